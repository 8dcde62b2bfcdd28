"""A profile on its maker's desk: the draft, what of it is open, and what each button makes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast

from werkzeug.datastructures import MultiDict

from navigation.records import Json
from navigation.textfold import fold
from navigation.types import NormBox
from navigation.workflow_records import FileVersion
from navigation.workflows.drafts import (
    Draft,
    DraftScreen,
    DraftTarget,
    Line,
    draft_from_json,
    draft_of,
    draft_to_json,
)
from navigation.workflows.files import parse
from navigation.workflows.model import Profile
from navigation.workflows.pointing import Pointed, name_for
from navigation.workflows.profiles import LANGUAGES, looks_secret

Values = MultiDict[str, str]
MODES: Final = ("present", "absent", "target", "banner")
Mode = Literal["present", "absent", "target", "banner"]
MAX_LINES: Final = 50
MAX_TYPED: Final = 300
"""More than a file takes, so that what is too long is said and not cut."""
MAX_ENTRIES: Final = 500
_BESIDE: Final = ("base", "screen", "target", "language", "note", "on")
_LISTS: Final = {"present": "screen", "absent": "screen", "text": "target", "synonyms": "target"}


@dataclass(frozen=True, slots=True)
class Desk:
    """`base` is the version that the draft was made from (0: none); `screen` and `target` are what is open, by number;
    `language` is that of the texts pointed at ("" for every one), `on` the attempt on whose picture it was changed
    last."""

    draft: Draft
    base: int = 0
    screen: int | None = None
    target: int | None = None
    language: str = ""
    note: str = ""
    on: str = ""

    @property
    def open_screen(self) -> DraftScreen | None:
        return None if self.screen is None else self.draft.screens[self.screen]

    @property
    def open_target(self) -> DraftTarget | None:
        return None if self.target is None else self.draft.targets[self.target]


def first_desk(application: str, newest: FileVersion | None) -> Desk:
    """A desk with the newest version on it, or with nothing."""
    said = parse(newest.text).said if newest is not None else None
    if newest is None or not isinstance(said, Profile):
        return Desk(Draft(application), newest.version if newest else 0)
    draft = draft_of(said)
    language = draft.languages[0] if len(draft.languages) > 1 else ""
    return Desk(draft, newest.version, 0 if draft.screens else None, None, language)


def desk_to_json(desk: Desk) -> dict[str, Any]:
    rest = {name: getattr(desk, name) for name in _BESIDE}
    return {"draft": draft_to_json(desk.draft), **rest}


def desk_from_json(value: Json) -> Desk:
    rest: Any = {name: value[name] for name in _BESIDE}
    return Desk(draft_from_json(cast(Mapping[str, Any], value["draft"])), **rest)


# --- what was typed -------------------------------------------------------------------------------


def typed(desk: Desk, values: Values) -> Desk:
    """The desk with what a form says of the open screen and target, of the languages and the note.

    An entry is known by its number and the name it had when the form was made: one that is not there any more is left.
    """
    draft = desk.draft
    if "languages" in values:
        chosen = tuple(one for one in LANGUAGES if one in values.getlist("languages"))
        draft = replace(draft, languages=chosen or draft.languages)
    screen = _index(values, "screen", [one.name for one in draft.screens])
    if screen is not None:
        draft = replace(draft, screens=_with(draft.screens, screen, _typed_screen(draft.screens[screen], values)))
    target = _index(values, "target", [one.name for one in draft.targets])
    if target is not None:
        draft = replace(draft, targets=_with(draft.targets, target, _typed_target(draft.targets[target], values)))
    language = values.get("language", desk.language)
    return replace(
        desk,
        draft=draft,
        screen=_open(values, "screen", screen, desk.screen),
        target=_open(values, "target", target, desk.target),
        language=language if language in draft.languages and len(draft.languages) > 1 else "",
        note=values.get("note", desk.note)[:MAX_TYPED].strip(),
        on=values.get("on", desk.on)[:MAX_TYPED],
    )


def _typed_screen(screen: DraftScreen, values: Values) -> DraftScreen:
    patient = values.get("patient", "")
    return DraftScreen(
        _short(values.get("screen.name", "")),
        _lines(values, "present"),
        _lines(values, "absent"),
        screen.banner if patient == "banner" else None,
        patient == "none",
    )


def _typed_target(target: DraftTarget, values: Values) -> DraftTarget:
    kind = values.get("kind", "")
    return replace(
        target,
        name=_short(values.get("target.name", "")),
        text=_lines(values, "text"),
        synonyms=_lines(values, "synonyms"),
        kind="clickable" if kind == "clickable" else "field",
        is_secret=kind == "secret",
        allow_disabled="allow_disabled" in values,
        region=target.region if "region" in values else None,
    )


def _lines(values: Values, name: str) -> tuple[Line, ...]:
    pairs = zip(values.getlist(name), values.getlist(f"{name}.language"), strict=False)
    lines = [Line(_short(text), language if language in LANGUAGES else "") for text, language in pairs]
    return tuple(line for line in lines if line.text)[:MAX_LINES]


def _short(text: str) -> str:
    return " ".join(text.split())[:MAX_TYPED]


def _index(values: Values, name: str, names: Sequence[str]) -> int | None:
    number = values.get(name, "")
    index = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else len(names)
    return index if index < len(names) and names[index] == values.get(f"{name}.was", "") else None


def _open(values: Values, name: str, found: int | None, before: int | None) -> int | None:
    """What was open on the page: nothing where it says so; what was open before where it does not say."""
    return None if values.get(name) == "" else before if found is None else found


# --- what a button does ---------------------------------------------------------------------------


def acted(desk: Desk, act: str) -> Desk:
    """The desk after a button: "open-screen:2", "drop:present:1"… What is not there is left as it is."""
    verb, *rest = act.split(":")
    draft = desk.draft
    numbers = [int(part) for part in rest if part.isascii() and part.isdigit() and len(part) < 4]
    number = numbers[0] if numbers else -1
    if verb == "open-screen" and 0 <= number < len(draft.screens):
        return replace(desk, screen=number)
    if verb == "open-target" and 0 <= number < len(draft.targets):
        return replace(desk, target=number if number != desk.target else None)
    if verb == "add-screen" and len(draft.screens) < MAX_ENTRIES:
        name = name_for(rest[0] if rest and rest[0] else "screen", [one.name for one in draft.screens])
        return replace(
            desk, draft=replace(draft, screens=(*draft.screens, DraftScreen(name))), screen=len(draft.screens)
        )
    if verb == "remove-screen" and desk.screen is not None:
        left = _without(draft.screens, desk.screen)
        return replace(desk, draft=replace(draft, screens=left), screen=0 if left else None)
    if verb == "remove-target" and desk.target is not None:
        return replace(desk, draft=replace(draft, targets=_without(draft.targets, desk.target)), target=None)
    if verb in ("drop", "flip") and rest and rest[0] in _LISTS:
        return _line_acted(desk, verb, rest[0], number)
    return desk


def pointed(desk: Desk, mode: Mode, found: Pointed) -> Desk:
    """The desk with a text that was pointed at: expected on the open screen or not, or a target, which opens.

    Where no screen is open one begins, named by the text. A text that is there already is not taken twice.
    """
    if mode == "target":
        return _with_target(desk, found)
    if desk.screen is None:
        desk = acted(desk, f"add-screen:{found.text.replace(':', ' ')}")
    screen, index = desk.open_screen, desk.screen
    if screen is None or index is None or mode == "banner":
        return desk
    line = Line(_short(found.text), desk.language)
    lines: tuple[Line, ...] = getattr(screen, mode)
    if any(fold(one.text) == fold(line.text) and one.language in ("", line.language) for one in lines):
        return desk
    added: Any = {mode: (*lines, line)[:MAX_LINES]}
    changed = replace(screen, **added)
    return replace(desk, draft=replace(desk.draft, screens=_with(desk.draft.screens, index, changed)))


def with_banner(desk: Desk, box: NormBox) -> Desk:
    """The desk with the place of the patient's banner on the open screen; as it is where none is open."""
    if desk.screen is None or desk.open_screen is None:
        return desk
    changed = replace(desk.open_screen, banner=box, is_without_patient=False)
    return replace(desk, draft=replace(desk.draft, screens=_with(desk.draft.screens, desk.screen, changed)))


def _with_target(desk: Desk, found: Pointed) -> Desk:
    targets = desk.draft.targets
    text = _short(found.text)
    for index, target in enumerate(targets):
        same_kind = target.kind == found.kind
        if same_kind and any(fold(line.text) == fold(text) for line in target.text):
            return replace(desk, target=index)
    if len(targets) >= MAX_ENTRIES:
        return desk
    made = DraftTarget(
        name_for(text, [one.name for one in targets]),
        (Line(text, desk.language),),
        kind=found.kind,
        is_secret=found.kind == "field" and looks_secret(text),
    )
    return replace(desk, draft=replace(desk.draft, targets=(*targets, made)), target=len(targets))


def _line_acted(desk: Desk, verb: str, name: str, number: int) -> Desk:
    """A line of an open entry dropped, or moved to the other list: expected or not, text or other text."""
    whose = _LISTS[name]
    entry: Any = desk.open_screen if whose == "screen" else desk.open_target
    index = desk.screen if whose == "screen" else desk.target
    if entry is None or index is None or not 0 <= number < len(getattr(entry, name)):
        return desk
    lines = getattr(entry, name)
    changes: dict[str, Any] = {name: _without(lines, number)}
    if verb == "flip":
        other = next(one for one, owner in _LISTS.items() if owner == whose and one != name)
        changes[other] = (*getattr(entry, other), lines[number])[:MAX_LINES]
    entry = replace(entry, **changes)
    if whose == "screen":
        return replace(desk, draft=replace(desk.draft, screens=_with(desk.draft.screens, index, entry)))
    return replace(desk, draft=replace(desk.draft, targets=_with(desk.draft.targets, index, entry)))


def _with(entries: tuple[Any, ...], index: int, entry: Any) -> tuple[Any, ...]:
    return (*entries[:index], entry, *entries[index + 1 :])


def _without(entries: tuple[Any, ...], index: int) -> tuple[Any, ...]:
    return (*entries[:index], *entries[index + 1 :])
