"""A profile while a person makes it: names and texts as they were typed, sound or not. Pure.

`writing` makes the file of it, and the file's own checks say what is wrong; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, cast

from navigation.types import NormBox, TargetKind
from navigation.workflows.model import EVERY_LANGUAGE, Profile, Texts
from navigation.workflows.profiles import LANGUAGES

DECIMALS: Final = 4
"""Of the sides of a box that a person drew: a quarter of a pixel on a screen 2,500 wide."""


@dataclass(frozen=True, slots=True)
class Line:
    """One text, of one language or of every one."""

    text: str
    language: str = EVERY_LANGUAGE


@dataclass(frozen=True, slots=True)
class DraftScreen:
    name: str = ""
    present: tuple[Line, ...] = ()
    absent: tuple[Line, ...] = ()
    banner: NormBox | None = None
    is_without_patient: bool = False


@dataclass(frozen=True, slots=True)
class DraftTarget:
    name: str = ""
    text: tuple[Line, ...] = ()
    synonyms: tuple[Line, ...] = ()
    kind: TargetKind = "clickable"
    region: NormBox | None = None
    allow_disabled: bool = False
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    application: str
    languages: tuple[str, ...] = LANGUAGES[:1]
    screens: tuple[DraftScreen, ...] = ()
    targets: tuple[DraftTarget, ...] = ()


def draft_of(profile: Profile) -> Draft:
    """The draft that writes a profile meaning the same; a text that is one in all languages is one line."""
    languages = profile.languages
    return Draft(
        profile.application,
        languages,
        tuple(
            DraftScreen(
                name,
                _lines(screen.present, languages),
                _lines(screen.absent, languages),
                screen.banner,
                screen.is_without_patient,
            )
            for name, screen in profile.screens.items()
        ),
        tuple(
            DraftTarget(
                name,
                _lines(target.text, languages),
                _lines(target.synonyms, languages),
                target.kind,
                target.region,
                target.allow_disabled,
                target.is_secret,
            )
            for name, target in profile.targets.items()
        ),
    )


def draft_to_json(draft: Draft) -> dict[str, Any]:
    return asdict(draft)


def draft_from_json(value: Mapping[str, Any]) -> Draft:
    """The draft that `draft_to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    screens = (
        {**one, "present": _read(one["present"]), "absent": _read(one["absent"]), "banner": _box(one["banner"])}
        for one in value["screens"]
    )
    targets = (
        {**one, "text": _read(one["text"]), "synonyms": _read(one["synonyms"]), "region": _box(one["region"])}
        for one in value["targets"]
    )
    return Draft(
        value["application"],
        tuple(value["languages"]),
        tuple(DraftScreen(**one) for one in screens),
        tuple(DraftTarget(**{**one, "kind": cast(TargetKind, one["kind"])}) for one in targets),
    )


def drawn_box(x: float, y: float, w: float, h: float) -> NormBox:
    """A box (shares 0..1) as a file says it: rounded, within the picture, never empty."""
    step = 10**-DECIMALS
    x, y = min(round(x, DECIMALS), 1 - step), min(round(y, DECIMALS), 1 - step)
    return NormBox(x, y, _side(x, w, step), _side(y, h, step))


def _side(start: float, length: float, step: float) -> float:
    return round(min(max(round(length, DECIMALS), step), 1 - start), DECIMALS)


def _lines(texts: Texts, languages: Sequence[str]) -> tuple[Line, ...]:
    if EVERY_LANGUAGE in texts:
        return tuple(Line(text) for text in texts[EVERY_LANGUAGE])
    common = [text for text in texts.get(languages[0], ()) if all(text in texts.get(one, ()) for one in languages)]
    own = [Line(text, one) for one in languages for text in texts.get(one, ()) if text not in common]
    return (*own, *(Line(text) for text in common))


def _read(lines: Sequence[Mapping[str, str]]) -> tuple[Line, ...]:
    return tuple(Line(**line) for line in lines)


def _box(value: Mapping[str, float] | None) -> NormBox | None:
    return None if value is None else NormBox(**value)
