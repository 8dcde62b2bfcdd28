"""Magnifying glasses: the sign by which a search input without a border is known. Pure.

A ring with a handle at one lower corner; the size of an icon beside a text. Nothing else about the screen counts.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from navigation.protocols import GreyImage
from navigation.types import Box

_INK = 150  # grey level of the flattened picture under which a pixel is ink
_SIDE = (9, 34)  # px
_ROUND = (0.75, 1.34)  # width by height of the icon and of the ring's hole
_HOLE = (0.28, 0.72)  # of the icon's side
_FILLED = 0.55  # share of its box that a round hole takes, at least
_OFF_CENTRE = 0.06  # of the icon's side: how far the hole is from the middle, away from the handle
_HANDLE = 0.3  # share of ink in the corner with the handle, at least
_CORNER = 0.12  # and in the other lower corner, at most


def find_lenses(flat: GreyImage) -> tuple[Box, ...]:
    """Boxes of the magnifying glasses on a flattened picture (ink dark on white)."""
    ink = np.asarray(flat < _INK, np.uint8)
    contours, tree = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return ()
    after, _before, child, parent = tree[0].T
    found = []
    for number in np.flatnonzero((parent == -1) & (child != -1) & (after[child] == -1)).tolist():  # one hole
        box = Box(*(int(v) for v in cv2.boundingRect(contours[number])))
        if _is_icon(box) and _is_lens(ink, box, contours[child[number]]):
            found.append(box)
    return tuple(found)


def _is_icon(box: Box) -> bool:
    return _SIDE[0] <= min(box.w, box.h) and max(box.w, box.h) <= _SIDE[1] and _is_round(box.w, box.h)


def _is_lens(ink: npt.NDArray[np.uint8], box: Box, hole: npt.NDArray[Any]) -> bool:
    x, y, w, h = (int(v) for v in cv2.boundingRect(hole))
    if not (_HOLE[0] * box.w <= w <= _HOLE[1] * box.w and _HOLE[0] * box.h <= h <= _HOLE[1] * box.h):
        return False
    if not _is_round(w, h) or cv2.contourArea(hole) < _FILLED * (w - 1) * (h - 1):
        return False
    right = (x + w / 2 - (box.x + box.w / 2)) / box.w
    down = (y + h / 2 - (box.y + box.h / 2)) / box.h
    if down > -_OFF_CENTRE or abs(right) < _OFF_CENTRE:
        return False
    size = max(2, box.w // 4)
    rows = ink[box.bottom - size : box.bottom]
    left_corner, right_corner = rows[:, box.x : box.x + size].mean(), rows[:, box.right - size : box.right].mean()
    handle, other = (right_corner, left_corner) if right < 0 else (left_corner, right_corner)
    return bool(handle >= _HANDLE and other <= _CORNER)


def _is_round(width: int, height: int) -> bool:
    return _ROUND[0] <= width / height <= _ROUND[1]
