"""Whether a piece of a screen still is what it was, and where else it stands. Pure; pictures are RGB arrays.

A correlation of whole patches does not see one changed letter in a large button; the largest difference within a
few pixels does. Limits were measured on real screens (docs/decisions/0030-the-coordinate-cache.md).
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from navigation.geometry import intersection
from navigation.protocols import RgbImage
from navigation.types import Box
from navigation.vision import crop, to_grey

Likeness = Literal["same", "doubtful", "other"]

_SPOT = (3, 3)  # px; a dot or the foot of a letter
_DOUBTFUL_FROM = (
    0.69  # agreement; texts that differ in a word reach 0.67, copies of JPEG quality 40 seldom fall under 0.71
)
_CONTRAST = 0.08  # change of the spread of grey levels; 0.10 when dimmed to 90 %, mostly under 0.05 after JPEG
FILL = 8  # levels of a channel between the medians; 16-bit colour moves them by 7
_FOUND = 0.90  # normalised correlation from which a text is taken to stand somewhere
_PLAIN = 3.0  # grey levels of spread under which a patch shows nothing that could be found again


def likeness(now: RgbImage, then: RgbImage, *, sure_from: float) -> Likeness:
    """Whether two pieces of screens show the same control.

    Args:
        sure_from: agreement (0..1) from which they are the same; 1 less the largest difference of a channel,
            averaged over a spot of 3 by 3 pixels, in full scale.

    Returns:
        "same"; "doubtful" when a lossy transmission or another text could be the cause, which only reading can tell;
        "other" when one is dimmed, restyled, of another size or says something else.
    """
    if now.shape != then.shape or now.size == 0:
        return "other"
    if np.array_equal(now, then):
        return "same"
    agreement = 1.0 - float(cv2.blur(cv2.absdiff(now, then).max(axis=2), _SPOT).max()) / 255.0
    contrast = abs(_spread(now) / max(_spread(then), 0.1) - 1.0)
    if contrast > _CONTRAST or float(np.abs(_fill(now) - _fill(then)).max()) > FILL:
        return "other"
    if agreement >= sure_from:
        return "same"
    return "doubtful" if agreement >= _DOUBTFUL_FROM else "other"


def places_of(rgb: RgbImage, piece: RgbImage, around: Box) -> list[Box]:
    """Where a piece of a screen stands inside `around`, best first; each place once.

    A piece without anything on it stands nowhere: it could not be told from any other plain part.
    """
    height, width = piece.shape[:2]
    if is_plain(piece) or around.w < width or around.h < height:
        return []
    found = cv2.matchTemplate(to_grey(crop(rgb, around)), to_grey(piece), cv2.TM_CCOEFF_NORMED)
    rows, columns = np.nonzero(found >= _FOUND)
    best_first = np.argsort(-found[rows, columns], kind="stable")
    places: list[Box] = []
    for index in best_first:
        place = Box(around.x + int(columns[index]), around.y + int(rows[index]), width, height)
        if all(_common(place, kept) < 0.5 for kept in places):
            places.append(place)
    return places


def is_plain(piece: RgbImage) -> bool:
    return piece.size == 0 or _spread(piece) < _PLAIN


def _common(a: Box, b: Box) -> float:
    shared = intersection(a, b)
    return shared.area / a.area if shared else 0.0


def _spread(piece: RgbImage) -> float:
    return float(to_grey(np.ascontiguousarray(piece)).std())


def _fill(piece: RgbImage) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(np.median(piece.reshape(-1, 3), axis=0), np.float64)
