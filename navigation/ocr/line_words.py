"""Where the words of a recognised line stand, for a recogniser that gives only about where each letter is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from navigation.protocols import GreyImage
from navigation.types import Box, Word

_INK_STEP = 40  # grey levels from the line's ground that count as ink
_WIDE_GAP = 0.7  # of the line's height: no space inside a text is so wide
_LEAP = 3.0  # times the usual distance of two letters: no two letters of a word are so far apart
_RULE, _LEAST_RULE = 1.2, 16  # of the line's height, and px; no stroke of a letter lies across for so long
_UNDER = 0.65  # of the line's height: where underlines are looked for
_RULE_HEIGHT = 4  # px; what is thicker is a letter or an icon
_REACH = 0.45  # of the line's height: how far from a word's letters its ink may reach


@dataclass(frozen=True, slots=True)
class Spelt:
    """The letters of a word, each with about where its middle stands, in pixels from the line's left."""

    letters: Sequence[tuple[str, float]]

    @property
    def text(self) -> str:
        return "".join(letter for letter, _ in self.letters)

    @property
    def first_x(self) -> float:
        return self.letters[0][1]

    @property
    def last_x(self) -> float:
        return self.letters[-1][1]


def words_of_line(spelt: Sequence[Spelt], confidence: float, grey: GreyImage, box: Box, line: int) -> list[Word]:
    """The words of a line, each with the box of its ink; ink beside them (icons) belongs to none.

    Args:
        spelt: words from left to right.
        confidence: of the line, 0..1; each word gets it.
        grey: the line's pixels.
        box: where those pixels stand; the words' boxes are in the same pixels and inside it.
        line: the line's number.
    """
    ink = _without_rules(np.abs(grey.astype(np.int16) - int(np.median(grey))) > _INK_STEP)
    runs = _runs(np.flatnonzero(ink.any(axis=0)))
    advance = _advance(spelt)
    spelt = [part for word in spelt for part in _parted(word, runs, _WIDE_GAP * box.h, _LEAP * advance)]
    spans = _spans_of(runs, spelt, _REACH * box.h)
    return [
        Word(word.text, _placed(ink, box, *span), confidence, line) for word, span in zip(spelt, spans, strict=True)
    ]


def _without_rules(ink: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The ink of the letters; an underline would make one run of all words above it."""
    mask = np.asarray(ink, np.uint8)
    kernel = np.ones((1, max(_LEAST_RULE, round(_RULE * len(mask))) | 1), np.uint8)
    across = cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)
    down = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((_RULE_HEIGHT + 1, 1), np.uint8))
    is_rule = (across != 0) & (down == 0)
    is_rule[: round(_UNDER * len(ink))] = False
    return np.asarray(ink & ~is_rule, np.bool_)


def _runs(columns: npt.NDArray[np.intp]) -> list[tuple[int, int]]:
    """Runs of neighbouring columns, as [start, end)."""
    if columns.size == 0:
        return []
    cuts = np.flatnonzero(np.diff(columns) > 1)
    starts, ends = np.concatenate(([0], cuts + 1)), np.concatenate((cuts, [columns.size - 1]))
    return [(int(columns[a]), int(columns[b]) + 1) for a, b in zip(starts, ends, strict=True)]


def _advance(spelt: Sequence[Spelt]) -> float:
    """The usual distance between two letters of a word; 0 for single letters."""
    steps = sorted(b[1] - a[1] for word in spelt for a, b in pairwise(word.letters))
    return steps[len(steps) // 2] if steps else 0.0


def _parted(word: Spelt, runs: Sequence[tuple[int, int]], wide: float, leap: float) -> list[Spelt]:
    """A word cut where a gap wider than any space stands between two of its letters: two texts read as one.

    So is one whose letters lie a leap apart: an icon stands between them.
    """
    gaps = [(a[1] + b[0]) / 2 for a, b in pairwise(runs) if b[0] - a[1] > wide]
    parts: list[list[tuple[str, float]]] = [[word.letters[0]]]
    for left, right in pairwise(word.letters):
        if any(left[1] < gap < right[1] for gap in gaps) or (leap and right[1] - left[1] > max(leap, wide)):
            parts.append([])
        parts[-1].append(right)
    return [Spelt(part) for part in parts]


def _spans_of(runs: Sequence[tuple[int, int]], spelt: Sequence[Spelt], reach: float) -> list[tuple[int, int]]:
    """Columns of each word: those of the ink next to its letters; where there is none, of the letters themselves."""
    spans = [(int(w.first_x), int(w.last_x) + 1) for w in spelt]
    own: list[list[tuple[int, int]]] = [[] for _ in spelt]
    for start, end in runs:
        gaps = [max(0.0, w.first_x - (start + end) / 2, (start + end) / 2 - w.last_x) for w in spelt]
        nearest = int(np.argmin(gaps)) if gaps else -1
        if nearest >= 0 and gaps[nearest] <= reach:
            own[nearest].append((start, end))
    return [
        (min(s for s, _ in mine), max(e for _, e in mine)) if mine else span
        for mine, span in zip(own, spans, strict=True)
    ]


def _placed(ink: npt.NDArray[np.bool_], box: Box, start: int, end: int) -> Box:
    start = min(max(0, start), box.w - 1)
    end = min(max(start + 1, end), box.w)
    rows = np.flatnonzero(ink[:, start:end].any(axis=1))
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, box.h)
    return Box(box.x + start, box.y + top, end - start, bottom - top)
