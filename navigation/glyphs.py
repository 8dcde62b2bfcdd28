"""Counting the characters of a word in its picture, to tell when a reader wrote one twice or left one out.

Tesseract's network doubles or drops a digit of a long number now and then (nine digits become ten), the same in
several readings; the picture shows how many there are.
"""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np

from navigation.geometry import grow
from navigation.protocols import GreyImage
from navigation.types import Box, Size, Word
from navigation.vision import crop, enlarge

_SCALE = 4.0
_LEVELS = (
    0.35,
    0.4,
    0.45,
    0.5,
    0.55,
    0.6,
    0.65,
)  # shares of the ink's strength from which a pixel belongs to a character
_TALL = 0.55  # of the tallest character; below are accents, dots and dashes
_TOUCHING = 0.6  # so that 0.4 of a pitch more than usual is one more character: a slash that touches its digit
_FAINT = 8  # grey levels; weaker ink no person sees, though a reader may


def has_as_many_characters(grey: GreyImage, word: Word) -> bool:
    """Whether the picture of the word shows as many characters as were read."""
    expected = sum(c.isalnum() or c in "/()" for c in word.text)
    return expected == count_characters(grey, word.box)


def count_characters(grey: GreyImage, box: Box) -> int | None:
    """How many characters at least as tall as an x stand in a box; None where that cannot be told.

    Characters that touch are told apart by the pitch of the others.
    """
    area = grow(box, 2, 2, Size(grey.shape[1], grey.shape[0]))
    part = crop(grey, area)
    ink = cv2.absdiff(part, np.full_like(part, int(np.median(part))))
    strongest = int(ink.max())
    if strongest <= _FAINT:
        return None
    large = enlarge(np.asarray(ink, np.uint8), _SCALE)
    left, right = (box.x - area.x) * _SCALE, (box.right - area.x) * _SCALE
    counts = Counter(_count((large >= level * strongest).astype(np.uint8), left, right) for level in _LEVELS)
    number, times = counts.most_common(1)[0]
    return number if times >= len(_LEVELS) // 2 and number else None


def _count(mask: GreyImage, left: float, right: float) -> int:
    """The tall shapes of a mask whose middle lies between two columns."""
    _, _, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    shapes = [
        (float(centre[0]), int(width), int(height))
        for (_, _, width, height, _), centre in zip(stats[1:].tolist(), centres[1:].tolist(), strict=True)
        if left <= centre[0] <= right
    ]
    tallest = max((height for _, _, height in shapes), default=0)
    tall = sorted((middle, width) for middle, width, height in shapes if height >= _TALL * tallest)
    if len(tall) < 3:
        return len(tall)
    pitch = float(np.median(np.diff([middle for middle, _ in tall])))
    usual = float(np.median([width for _, width in tall]))
    return sum(1 + max(0, int((width - usual) / pitch + _TOUCHING)) for _, width in tall)
