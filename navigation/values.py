"""Reading what stands in a field, and comparing it with what should. Uses a reader through its Protocol.

A value counts only when two preparations of the picture are read alike; digits and dates compare exactly. Nothing
read here is ever logged: it may be a patient's.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from navigation.deadline import Deadline
from navigation.geometry import clip, contains
from navigation.protocols import GreyImage, OcrEngine, RgbImage
from navigation.textfold import fold, skeleton
from navigation.types import Box, Size
from navigation.vision import enlarge, flatten, to_grey

ValueStatus = Literal["read", "empty", "hint", "masked", "unsure"]
Comparison = Literal["same", "different", "unsure"]

_BORDER = 3  # px cut off a field on each side
_INK_LEVEL = 40  # grey levels from the field's ground; weaker is noise, or a hint too pale to matter
_HINT_LEVEL = 150  # text that differs less is a hint or a disabled value: #757575 on white, Chromium's hint, has 138
_SIGN_GAP, _SIGN_WIDTH = (
    0.6,
    1.2,
)  # of the field's height: an arrow at its right end stands so far apart, and is no wider
_TEXT_HEIGHT = 34.0  # px; the letters tesseract's network was trained on are about this high
_MAX_SCALE = 4.0
_OTHER_SCALE = 0.7  # of the first preparation's: at one scale both lose the same comma
_MASK_DOTS = 4
_PAD = 10
_LOW_SIGNS = ".,;:!?_-–—…•·"


@dataclass(frozen=True, slots=True)
class ReadValue:
    """What stands in a field. `text` is "" unless it was read with certainty; `readings` are all that were made.

    `status`: "read"; "empty"; "hint" (pale text: a hint or a disabled value, nobody can tell); "masked" (dots of a
    password); "unsure" (two readings differ, or nothing was read where something stands).
    """

    status: ValueStatus
    text: str = field(default="", repr=False)
    readings: tuple[str, ...] = field(default=(), repr=False)


def read_value(reader: OcrEngine, rgb: RgbImage, box: Box, *, deadline: Deadline) -> ReadValue:
    """What stands in the field whose border is `box`. Raises the reader's OcrError."""
    inside = clip(Box(box.x + _BORDER, box.y + _BORDER, box.w - 2 * _BORDER, box.h - 2 * _BORDER), _size(rgb))
    if inside is None or inside.w < 4 or inside.h < 6:
        return ReadValue("unsure")
    view = to_grey(rgb[inside.y : inside.bottom, inside.x : inside.right])
    contrast = _contrast(view)
    text = _text_box(contrast)
    if text is None:
        return ReadValue("empty")
    ink = contrast[text.y : text.bottom, text.x : text.right]
    strokes = ink > max(_INK_LEVEL, ink.max() // 2)  # without the soft edges by which letters touch
    if _is_masked(strokes):
        return ReadValue("masked")
    lines = _line_heights(ink > _INK_LEVEL)
    scale = min(_MAX_SCALE, max(1.0, _TEXT_HEIGHT / max(lines)))
    layout: Literal["line", "block"] = "line" if len(lines) == 1 else "block"
    pictures = _prepared(rgb, Box(inside.x + text.x, inside.y + text.y, text.w, text.h), scale)
    readings = tuple(_joined([w.text for w in reader.read(p, layout=layout, deadline=deadline)]) for p in pictures)
    if not readings[0] or len(set(readings)) > 1 or _has_lost_a_mark(ink > _INK_LEVEL, readings[0], lines):
        return ReadValue("unsure", readings=readings)
    if float(ink.max()) < _HINT_LEVEL:
        return ReadValue("hint", readings=readings)
    return ReadValue("read", readings[0], readings)


def compare_values(expected: str, shown: str) -> Comparison:
    """Whether a field shows what it should.

    "same": equal but for case, accents, kinds of quotes and spaces between words; a date may be written another way
    (day before month), a decimal comma as a point. "unsure": they differ by letters that readers confuse, or by a
    space inside a number. Another digit, or a separator elsewhere, is "different".
    """
    a, b = _plain(expected), _plain(shown)
    if a == b:
        return "same"
    day_a, day_b = _as_date(a), _as_date(b)
    if day_a is not None and day_b is not None:
        return "same" if day_a == day_b else "different"
    if a.replace(" ", "") == b.replace(" ", ""):
        return "same" if _numbers(a) == _numbers(b) else "unsure"
    return "unsure" if skeleton(a) == skeleton(b) else "different"


def value_shows(expected: str, value: ReadValue) -> Comparison:
    """Whether what was read is what should be there; an empty field shows nothing else but an empty text."""
    if value.status == "read":
        return compare_values(expected, value.text)
    if value.status == "empty":
        return "different" if expected.strip() else "same"
    return "unsure"


# --- the picture ------------------------------------------------------------------------------------


def _contrast(view: GreyImage) -> npt.NDArray[np.uint8]:
    """How far each pixel is from the field's ground; borders, carets and rules taken out."""
    levels = np.bincount(view.ravel(), minlength=256)
    ground = int(np.convolve(levels, np.ones(5, int), "same").argmax())
    contrast = np.asarray(cv2.absdiff(view, np.full_like(view, ground)), np.uint8).copy()
    ink = contrast > _INK_LEVEL
    contrast[ink.mean(axis=1) > 0.9] = 0
    contrast[:, ink.mean(axis=0) > 0.9] = 0
    return contrast


def _text_box(contrast: npt.NDArray[np.uint8]) -> Box | None:
    """Where the text stands in a field, without a sign (an arrow, a calendar) apart from it at the right end."""
    ink = contrast > _INK_LEVEL
    columns = np.flatnonzero(ink.any(axis=0))
    if columns.size == 0:
        return None
    height, width = ink.shape
    breaks = np.flatnonzero(np.diff(columns) > _SIGN_GAP * height)
    left, right = int(columns[0]), int(columns[-1])
    if breaks.size:
        sign_from, text_to = int(columns[breaks[-1] + 1]), int(columns[breaks[-1]])
        if width - sign_from <= _SIGN_WIDTH * height:
            right = text_to
    elif width - left <= _SIGN_WIDTH * height < 0.5 * width:
        return None  # nothing but the sign
    rows = np.flatnonzero(ink[:, left : right + 1].any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1])
    return Box(left, top, right - left + 1, bottom - top + 1)


def _line_heights(ink: npt.NDArray[np.bool_]) -> list[int]:
    """The heights of the lines of text, marks over and under letters counted with their line."""
    filled = ink.any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], filled, [False]]).astype(np.int8)))
    runs = [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    merged = [runs[0]]
    for start, end in runs[1:]:
        if start - merged[-1][1] <= 2:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return [end - start for start, end in merged]


def _has_lost_a_mark(ink: npt.NDArray[np.bool_], text: str, lines: list[int]) -> bool:
    """Whether more commas and points are drawn than were read: without its comma a dose is ten times as large."""
    if len(lines) != 1:
        return False
    count, _labels, stats, _centres = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    height = lines[0]
    parts = [Box(*part[:4]) for part in stats[1:count].tolist()]
    bottoms = [part.bottom for part in parts]
    if re.fullmatch(r"[\d ]+", text) and max(bottoms) - float(np.median(bottoms)) >= 2:
        return True  # digits stand on one line; a comma that touches one reaches under it
    low = sum(
        part.y >= 0.5 * height and part.h <= 0.45 * height and part.w <= 0.35 * height
        for part in parts
        if not any(other != part and contains(other, part) for other in parts)  # the dot in a zero
    )
    return low > sum(text.count(sign) for sign in _LOW_SIGNS) + 2 * text.count("…")


def _is_masked(ink: npt.NDArray[np.bool_]) -> bool:
    """Whether all there is are filled dots of one size in one row."""
    count, _labels, stats, centres = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    dots = stats[1:count]
    if len(dots) < _MASK_DOTS:
        return False
    widths, heights, areas = dots[:, 2], dots[:, 3], dots[:, 4]
    alike = np.ptp(widths) <= 1 and np.ptp(heights) <= 1 and np.ptp(centres[1:count, 1]) <= 1.5
    round_ones = np.all(np.abs(widths - heights) <= 1) and np.all(areas >= 0.6 * widths * heights)
    return bool(alike and round_ones)


def _prepared(rgb: RgbImage, text: Box, scale: float) -> tuple[GreyImage, GreyImage]:
    """The text flattened as pages are, and as it is but for being dark on light and its contrast stretched."""
    box = clip(Box(text.x - 2, text.y - 2, text.w + 4, text.h + 4), _size(rgb)) or text
    grey = to_grey(rgb[box.y : box.bottom, box.x : box.right])
    plain = cv2.normalize(grey, np.empty_like(grey), 0, 255, cv2.NORM_MINMAX)
    if float(np.median(plain)) < 128:
        plain = 255 - plain
    prepared = ((flatten(grey), scale), (np.asarray(plain, np.uint8), _OTHER_SCALE * scale))
    first, second = (enlarge(_padded(picture), max(1.0, factor)) for picture, factor in prepared)
    return first, second


def _padded(grey: GreyImage) -> GreyImage:
    shade = int(np.median(grey))
    padded = cv2.copyMakeBorder(grey, _PAD, _PAD, _PAD, _PAD, cv2.BORDER_CONSTANT, value=(shade,))
    return np.asarray(padded, np.uint8)


def _size(rgb: RgbImage) -> Size:
    return Size(rgb.shape[1], rgb.shape[0])


# --- the text ---------------------------------------------------------------------------------------


def _joined(words: list[str]) -> str:
    return " ".join(" ".join(words).split())


def _plain(text: str) -> str:
    """Case, accents and quotes folded, spaces single, decimal points as commas; signs at the ends are kept."""
    folded = fold(f"a {unicodedata.normalize('NFC', text)} a")[1:-1]
    return re.sub(r"(?<=\d)\.(?=\d)", ",", " ".join(folded.split()))


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+", text)


_DAY_FIRST = re.compile(r"(\d{1,2})([/ ,-])(\d{1,2})\2(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def _as_date(plain: str) -> date | None:
    """The date that a whole text is, day before month as France writes it."""
    if found := _DAY_FIRST.fullmatch(plain):
        year, month, day = found[4], found[3], found[1]
    elif found := _YEAR_FIRST.fullmatch(plain):
        year, month, day = found[1], found[2], found[3]
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
