"""What each key does. Pages use the default keys; a person's own ones are translated to them in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from navconsole.i18n import mark as _

Where = Literal["anywhere", "list", "case", "label"]


@dataclass(frozen=True, slots=True)
class Key:
    """`name` is stable; `default` the character typed; `does` a message id."""

    name: str
    default: str
    does: str
    where: Where


TABLE: Final = (
    Key("help", "?", _("show these keys"), "anywhere"),
    Key("next", "j", _("next case, next row"), "anywhere"),
    Key("previous", "k", _("previous case, previous row"), "anywhere"),
    Key("back", "u", _("back to the list"), "case"),
    Key("search", "/", _("search"), "list"),
    Key("view", "s", _("side by side, slider, blink, difference"), "case"),
    Key("zoom_in", "+", _("zoom in"), "case"),
    Key("zoom_out", "-", _("zoom out"), "case"),
    Key("whole", "0", _("whole picture"), "case"),
    Key("text", "t", _("select the text that was read"), "case"),
    Key("step_back", ",", _("previous step of the run"), "case"),
    Key("step_on", ".", _("next step of the run"), "case"),
    Key("play", "p", _("play the run from here"), "case"),
    Key("earlier", "e", _("last good attempt at the same target beside this one, and back"), "case"),
    Key("what_if", "w", _("what if: other limits, other text"), "case"),
    Key("right", "y", _("the engine was right: saves"), "label"),
    Key("wrong", "x", _("the engine was wrong; again, or Enter, saves"), "label"),
    Key("absent", "a", _("the target is not there"), "label"),
    Key("unsure", "i", _("I cannot tell: saves"), "label"),
    Key("point", "m", _("point at where it should have pressed"), "label"),
    Key("note", "n", _("write a note"), "label"),
    Key("undo", "z", _("take back the last label or the last settling"), "label"),
    Key("case", "c", _("make a case of this label; again takes it back"), "label"),
    Key("like", "g", _("settle its like; again, or Enter, saves"), "label"),
)
WHERE: Final[Mapping[str, str]] = {
    "anywhere": _("Everywhere"),
    "list": _("In the list"),
    "case": _("On a case"),
    "label": _("Labelling"),
}
CAUSE_KEYS: Final = "1234567890to"
"""Keys of the causes, in the order of `navigation.labels.CAUSES`; they count while a label is being given."""
NAMES: Final = tuple(key.name for key in TABLE)


def effective(own: Mapping[str, str]) -> dict[str, str]:
    """The key of each name, a person's own where there is one."""
    return {key.name: own.get(key.name, key.default) for key in TABLE}


def translation(own: Mapping[str, str]) -> dict[str, str]:
    """What each key that was typed stands for: a default key, or "" where a default was given up."""
    chosen = effective(own)
    given_up = {key.default: "" for key in TABLE if chosen[key.name] != key.default}
    return given_up | {chosen[key.name]: key.default for key in TABLE if chosen[key.name] != key.default}


def problems_with(chosen: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a choice of keys: name -> "one" (not one visible character) or "twice"."""
    keys = list(chosen.values())
    wrong = {name: "one" for name, key in chosen.items() if len(key) != 1 or not key.isprintable() or key.isspace()}
    return {name: "twice" for name, key in chosen.items() if keys.count(key) > 1} | wrong
