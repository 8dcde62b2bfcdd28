"""Ink that looks like text and that no word covers: what a reader left unread. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from navigation.geometry import union, vertical_overlap
from navigation.protocols import GreyImage
from navigation.types import Box

_INK = 140  # grey level of the flattened picture under which a pixel is ink
_HEIGHT = (6, 48)  # px
_LEAST_WIDTH = 5
_GAP = 3  # px between letters that surely are one text
_SPACE = 0.6  # of the height: gap between words that are read together
_DENSITY = (0.06, 0.75)  # share of ink in the box; a rule or a filled shape has more


def find_unread(flat: GreyImage, covered: Iterable[Box]) -> list[Box]:
    """Boxes of ink of the size of a text outside the covered ones, the widest first.

    Args:
        flat: the flattened picture, ink dark on white, rules removed.
        covered: the words that were read.
    """
    ink = np.asarray(flat < _INK, np.uint8) * 255
    for box in covered:
        ink[max(0, box.y - 2) : box.bottom + 2, max(0, box.x - 2) : box.right + 2] = 0
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((3, _GAP), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(joined, np.uint8))
    found = []
    for number in range(1, count):
        x, y, w, h, _area = (int(v) for v in stats[number])
        if not _HEIGHT[0] <= h <= _HEIGHT[1]:
            continue
        density = np.count_nonzero(ink[y : y + h, x : x + w]) / (w * h)
        if _DENSITY[0] <= density <= _DENSITY[1]:
            found.append(Box(x, y, w, h))
    return sorted((b for b in _joined(found) if b.w >= _LEAST_WIDTH), key=lambda b: -b.w)


def _joined(boxes: list[Box]) -> list[Box]:
    """Boxes side by side on one line, a space apart at most, as one."""
    joined: list[Box] = []
    for box in sorted(boxes, key=lambda b: b.x):
        for number, other in enumerate(joined):
            height = max(box.h, other.h)
            near = box.x - other.right <= _SPACE * height and height <= 2.2 * min(box.h, other.h)
            if near and vertical_overlap(box, other) >= 0.6:
                joined[number] = union((box, other))
                break
        else:
            joined.append(box)
    return joined
