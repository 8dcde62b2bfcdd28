"""From a profile's file to an application's screens and targets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from navigation.textfold import fold
from navigation.types import TargetKind
from navigation.workflows.document import Node
from navigation.workflows.model import EVERY_LANGUAGE, Profile, ProfileScreen, ProfileTarget, Texts
from navigation.workflows.problems import Place, harmless
from navigation.workflows.reading import Reader

LANGUAGES: Final = ("fr", "en")
"""Languages that texts are recognised in; see `navigation.visual_login`."""
_MAX_NAMED: Final = 500
_PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_-]{0,59})\}", re.ASCII)
# Whole words, folded; a field of these names holds a secret.
_SECRET_WORDS = re.compile(r"\b(mot de passe|mdp|code secret|code pin|pin|password|passcode|passphrase)\b")


def parse_profile(node: Node, reader: Reader) -> Profile | None:
    """The profile; what is wrong is noted with the reader. None when not even its application can be told."""
    found = reader.fields(node, ("profile", "languages", "screens", "targets"), ("profile", "screens", "targets"))
    application = reader.text(found["profile"], 100) if "profile" in found else None
    languages = _languages(found.get("languages"), reader)
    screens: dict[str, ProfileScreen] = {}
    targets: dict[str, ProfileTarget] = {}
    if "screens" in found:
        for name, value in reader.named(found["screens"], _MAX_NAMED):
            screens[name] = _screen(value, languages, reader)
    if "targets" in found:
        for name, value in reader.named(found["targets"], _MAX_NAMED):
            target = _target(value, languages, reader)
            if target is not None:
                targets[name] = target
    return None if application is None else Profile(application, languages, screens, targets)


def has_parameter(text: str) -> bool:
    """Whether a screen's text holds a parameter of the workflow, `{ipp}`."""
    return _PLACEHOLDER.search(text) is not None


def _languages(node: Node | None, reader: Reader) -> tuple[str, ...]:
    if node is None:
        return LANGUAGES[:1]
    chosen = [reader.choice(entry, LANGUAGES) for entry in reader.items(node, len(LANGUAGES))]
    if not chosen:
        reader.wrong("none", node.place)
    return tuple(dict.fromkeys(name for name in chosen if name is not None)) or LANGUAGES[:1]


def _screen(node: Node, languages: Sequence[str], reader: Reader) -> ProfileScreen:
    found = reader.fields(node, ("present", "absent", "banner", "without_patient"), ("present",))
    present = _texts(found.get("present"), languages, reader)
    if "present" in found and not any(present.values()):
        reader.wrong("nothing_to_know_by", found["present"].place)
    absent = _texts(found.get("absent"), languages, reader)
    is_without = reader.flag(found["without_patient"]) if "without_patient" in found else False
    banner = reader.box(found["banner"]) if "banner" in found else None
    if banner is not None and is_without:
        reader.wrong("banner_and_none", found["banner"].place)
    texts = [text for given in (present, absent) for each in given.values() for text in each]
    parameters = frozenset(name for text in texts for name in _PLACEHOLDER.findall(text))
    return ProfileScreen(present, absent, banner, is_without, parameters, node.place)


def _target(node: Node, languages: Sequence[str], reader: Reader) -> ProfileTarget | None:
    known = ("text", "synonyms", "kind", "region", "allow_disabled", "secret")
    found = reader.fields(node, known, ("text",))
    texts = _texts(found.get("text"), languages, reader, is_single=True)
    kind = reader.choice(found["kind"], ("clickable", "field")) if "kind" in found else "clickable"
    target = ProfileTarget(
        text=texts,
        synonyms=_texts(found.get("synonyms"), languages, reader, is_partial=True),
        kind=cast(TargetKind, kind or "clickable"),
        region=reader.box(found["region"]) if "region" in found else None,
        allow_disabled=reader.flag(found["allow_disabled"]) if "allow_disabled" in found else False,
        is_secret=reader.flag(found["secret"]) if "secret" in found else False,
        place=node.place,
    )
    if target.is_secret and target.kind != "field":
        reader.wrong("secret_not_field", found["secret"].place)
        target = replace(target, is_secret=False)
    if target.kind == "field" and not target.is_secret and _looks_secret(target):
        reader.wrong("password_not_secret", node.place)
    return target if texts else None


def looks_secret(text: str) -> bool:
    """Whether a field of this name holds a password or a code."""
    return _SECRET_WORDS.search(fold(text)) is not None


def _looks_secret(target: ProfileTarget) -> bool:
    texts = [text for given in (target.text, target.synonyms) for each in given.values() for text in each]
    return any(map(looks_secret, texts))


def _texts(
    node: Node | None, languages: Sequence[str], reader: Reader, *, is_single: bool = False, is_partial: bool = False
) -> Texts:
    """Texts for every language at once, or by language: then each one of the profile's, unless `is_partial`."""
    if node is None:
        return {}
    if not isinstance(node.value, Mapping):
        found = _one(node, reader) if is_single else reader.texts(node)
        return {EVERY_LANGUAGE: found} if found else {}
    texts: dict[str, tuple[str, ...]] = {}
    for language, value in node.value.items():
        if language not in languages:
            reader.wrong("language", node.names[language], name=harmless(language))
            continue
        texts[language] = _one(value, reader) if is_single else reader.texts(value)
    _note_missing(texts, languages, node.place, reader, is_partial)
    return texts


def _note_missing(texts: Texts, languages: Sequence[str], place: Place, reader: Reader, is_partial: bool) -> None:
    if not is_partial:
        for language in languages:
            if language not in texts:
                reader.wrong("no_language", place, language=language)


def _one(node: Node, reader: Reader) -> tuple[str, ...]:
    text = reader.text(node)
    return () if text is None else (text,)
