"""What the forms of labelling may say."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from navigation.labels import ANSWERS, CAUSES, Answer, Place
from navigation.sampling import MAX_SIZE, STRATIFIED_BY
from navigation.types import Box, Point, Size

MAX_NOTE = 2000
MAX_NAME = 100
YES_NO = {"yes": True, "no": False, "": None}
_BOX = re.compile(r"(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})")


@dataclass(frozen=True, slots=True)
class LabelForm:
    """What was said of an attempt. `point` is where a picture without scripts was pressed; it has still to be snapped.

    `cause` of "" is the proposed one; `screen` and `landed` are "yes", "no", or "" for what follows from the rest.
    `errors` names the fields that cannot be used, by keys of `words.ERRORS`.
    """

    answer: Answer | None = None
    place: Place | None = None
    box: Box | None = None
    point: Point | None = None
    cause: str = ""
    screen: str = ""
    landed: str = ""
    note: str = ""
    seen: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


def parse_label(values: Mapping[str, str], size: Size) -> LabelForm:
    """Read a form or an address about a picture of `size`; what cannot be used is left out and named in `errors`."""
    errors: dict[str, str] = {}
    answer = values.get("answer") or None
    if answer not in (None, *ANSWERS[:3]):
        answer, errors["answer"] = None, "answer"
    place = values.get("place") or None
    box = _box(values.get("box", ""), size) if place == "box" else None
    if place not in (None, "box", "absent") or (place == "box" and box is None):
        place, errors["place"] = None, "place"
    cause = values.get("cause", "")
    if cause not in ("", *CAUSES):
        cause, errors["cause"] = "", "cause"
    said = {name: values.get(name, "") for name in ("screen", "landed")}
    errors |= {name: "choice" for name, value in said.items() if value not in YES_NO}
    note = values.get("note", "").strip()
    if len(note) > MAX_NOTE:
        errors["note"] = "note"
    return LabelForm(
        answer=answer,  # type: ignore[arg-type]
        place=place,  # type: ignore[arg-type]
        box=box,
        point=_point(values, size),
        cause=cause,
        screen=said["screen"] if said["screen"] in YES_NO else "",
        landed=said["landed"] if said["landed"] in YES_NO else "",
        note=note,
        seen=values.get("seen") or None,
        errors=errors,
    )


@dataclass(frozen=True, slots=True)
class SampleForm:
    """A sample as it is asked for; shares in per cent, as typed."""

    name: str = ""
    by: str = "outcome"
    size: str = "50"
    double: str = "20"
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def double_share(self) -> float:
        return _percent(self.double) or 0.0


def parse_sample(values: Mapping[str, str]) -> SampleForm:
    given = {name: values.get(name, "").strip() for name in ("name", "by", "size", "double")}
    errors = {}
    if not 1 <= len(given["name"]) <= MAX_NAME:
        errors["name"] = "name"
    if given["by"] not in STRATIFIED_BY:
        errors["by"] = "choice"
    if not (given["size"].isascii() and given["size"].isdigit() and 1 <= int(given["size"][:9]) <= MAX_SIZE):
        errors["size"] = "size"
    if _percent(given["double"]) is None:
        errors["double"] = "share"
    return SampleForm(**given, errors=errors)


def _box(text: str, size: Size) -> Box | None:
    """ "x,y,w,h" in pixels, when it is a rectangle within the picture."""
    match = _BOX.fullmatch(text)
    if match is None:
        return None
    box = Box(*map(int, match.groups()))
    return box if box.area and box.right <= size.width and box.bottom <= size.height else None


def _point(values: Mapping[str, str], size: Size) -> Point | None:
    """Where an `<input type="image" name="at">` was pressed."""
    x, y = values.get("at.x", ""), values.get("at.y", "")
    if not (x.isascii() and x.isdigit() and y.isascii() and y.isdigit() and len(x) < 6 and len(y) < 6):
        return None
    return Point(min(int(x), size.width - 1), min(int(y), size.height - 1))


def _percent(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value / 100 if math.isfinite(value) and 0 <= value <= 100 else None
