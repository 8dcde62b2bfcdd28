"""What a vision model wrote, read strictly as one place on the picture or "not there". Pure.

Models agree on no convention: a point or a box, in pixels of the picture sent, in thousandths or in 0..1, x or
y first. Which one is a setting, never guessed from the numbers: 300 is a good value in two of them.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from navigation.errors import VlmInvalidError
from navigation.types import NormBox, NormPoint, Size

_FENCE = re.compile(r"\A```(?:json)?\s*\n(.*?)\n?```\Z", re.DOTALL | re.IGNORECASE)
_BOX_KEYS = ("box", "bbox", "bbox_2d", "box_2d")
_POINT_KEYS = ("point", "point_2d", "coordinate", "coordinates")


@dataclass(frozen=True, slots=True)
class Convention:
    """`unit` is "pixels" of the picture sent, "per_mille" or "unit"; `y_first` for (y, x) order."""

    unit: str
    y_first: bool = False

    def scale(self, sent: Size) -> tuple[float, float]:
        """What a full width and a full height are in this convention."""
        if self.unit == "pixels":
            return float(sent.width), float(sent.height)
        return (1000.0, 1000.0) if self.unit == "per_mille" else (1.0, 1.0)


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    content: str


class _Choice(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    message: _Message


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    choices: list[_Choice] = Field(min_length=1)


def reply_text(body: bytes | bytearray) -> str:
    """The text of an OpenAI-compatible chat completion. Raises VlmInvalidError."""
    try:
        return _Reply.model_validate(_load(body.decode("utf-8"))).choices[0].message.content
    except (ValidationError, UnicodeDecodeError):
        raise VlmInvalidError("its reply is not a chat completion") from None


def parse_place(text: str, convention: Convention, sent: Size) -> NormBox | NormPoint | None:
    """The place the model names, as fractions of the picture; None when it says that nothing fits.

    Takes one JSON value, alone or in one code fence: null, {"box": [a, b, c, d]}, {"point": [a, b]}, the same
    under the names the known models use, or a list holding exactly one of them.

    Raises VlmInvalidError for prose, several places, strings for numbers, NaN, or a place off the picture.
    """
    text = text.strip()
    fenced = _FENCE.match(text)
    value = _load(fenced[1] if fenced else text)
    if isinstance(value, list) and len(value) <= 1:
        value = value[0] if value else None
    if value is None:
        return None
    if not isinstance(value, dict):
        raise VlmInvalidError("it named no single place")
    boxes = [value[key] for key in _BOX_KEYS if key in value]
    points = [value[key] for key in _POINT_KEYS if key in value]
    if len(boxes) + len(points) != 1:
        raise VlmInvalidError("it named no single place")
    place = boxes[0] if boxes else points[0]
    if place is None:
        return None
    numbers = _fractions(place, 4 if boxes else 2, convention, sent)
    if points:
        return NormPoint(numbers[0], numbers[1])
    left, top, right, bottom = numbers
    if right <= left or bottom <= top:
        raise VlmInvalidError("its box has no size")
    return NormBox(left, top, right - left, bottom - top)


def _fractions(values: Any, count: int, convention: Convention, sent: Size) -> list[float]:
    if not isinstance(values, list) or len(values) != count:
        raise VlmInvalidError("its place is not made of numbers")
    if not all(type(value) in (int, float) and math.isfinite(value) for value in values):
        raise VlmInvalidError("its place is not made of numbers")
    if convention.y_first:
        values = [values[index ^ 1] for index in range(count)]
    full = convention.scale(sent)
    fractions = [value / full[index % 2] for index, value in enumerate(values)]
    if not all(0 <= value <= 1 for value in fractions):
        raise VlmInvalidError("its place is off the picture")
    return fractions


def _load(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise VlmInvalidError("its answer is not JSON") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
