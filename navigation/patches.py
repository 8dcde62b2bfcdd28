"""Whether a piece of a screen still is what it was, and where else it stands. Pure; pictures are RGB arrays.

A correlation of whole patches does not see one changed letter in a large button; the largest difference within a
few pixels does. Limits were measured on real screens (docs/decisions/0030-the-coordinate-cache.md).
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from navigation.geometry import intersection
from navigation.protocols import GreyImage, RgbImage
from navigation.types import Box
from navigation.vision import crop, to_grey

Likeness = Literal["same", "doubtful", "other"]

_SPOT = (3, 3)  # px; a dot or the foot of a letter
_DOUBTFUL_FROM = 0.55  # agreement; other texts reach 0.40, copies of JPEG quality 40 keep 0.60
_LEAST_CONTRAST = 64.0  # levels; in a paler piece noise would count for letters
_CONTRAST = 0.10  # change of the spread of grey levels; 0.15 when dimmed to 85 %, 0.09 after JPEG of quality 40
TINT = 8  # levels of a channel, between the medians and between the means; 16-bit colour moves them by 7
_FOUND = 0.90  # normalised correlation from which a text is taken to stand somewhere
_TELLING = 18  # pixels compared before a place is looked at whole
_FEW = 4000  # places among which it is quicker to go on one by one
_NOISE = 24  # levels by which such a pixel may differ
_MOST_FITS = 64  # places; more fit only where a pattern fills the screen
_PLAIN = 3.0  # grey levels of spread under which a patch shows nothing that could be found again


def likeness(now: RgbImage, then: RgbImage, *, sure_from: float) -> Likeness:
    """Whether two pieces of screens show the same control.

    Args:
        sure_from: agreement (0..1) from which they are the same; 1 less the largest difference of a channel,
            averaged over a spot of 3 by 3 pixels, as a share of the contrast of the earlier piece.

    Returns:
        "same"; "doubtful" when a lossy transmission or another text could be the cause, which only reading can tell;
        "other" when one is dimmed, restyled, of another size or says something else.
    """
    if now.shape != then.shape or now.size == 0:
        return "other"
    if np.array_equal(now, then):
        return "same"
    spot = float(cv2.blur(cv2.absdiff(now, then).max(axis=2), _SPOT).max())
    agreement = 1.0 - spot / max(_LEAST_CONTRAST, _contrast(then))
    if _tint(now, then) > TINT or abs(_spread(now) / max(_spread(then), 0.1) - 1.0) > _CONTRAST:
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


def drawn_alike(rgb: RgbImage, piece: RgbImage) -> list[Box]:
    """Every place of the whole screen where a piece is drawn in the same colours, pixel by pixel.

    Quick, since all but a few places fall out by a few pixels of the piece's strongest edges; unlike `places_of` it
    does not see the same text in other colours or between pixels. Where very many places fit, none is looked at
    whole and all are given.
    """
    height, width = piece.shape[:2]
    rows, columns = rgb.shape[0] - height + 1, rgb.shape[1] - width + 1
    if is_plain(piece) or rows < 1 or columns < 1:
        return []
    grey, wanted = to_grey(rgb), to_grey(piece)
    telling = _telling_pixels(wanted, grey)
    fits = np.full((rows, columns), 255, np.uint8)
    for y, x in telling:
        level = int(wanted[y, x])
        here = grey[y : y + rows, x : x + columns]
        cv2.bitwise_and(fits, cv2.inRange(here, max(0, level - _NOISE), level + _NOISE), dst=fits)
        if cv2.countNonZero(fits) <= _FEW:
            break
    found = cv2.findNonZero(fits)
    left, top = found.reshape(-1, 2).T if found is not None else np.empty((2, 0), np.int32)
    for y, x in telling:
        alike = np.abs(grey[top + y, left + x].astype(int) - int(wanted[y, x])) <= _NOISE
        left, top = left[alike], top[alike]
    places = [Box(int(x), int(y), width, height) for x, y in zip(left, top, strict=True)]
    return places if len(places) > _MOST_FITS else [place for place in places if places_of(rgb, piece, place)]


def _telling_pixels(piece: GreyImage, screen: GreyImage) -> list[tuple[int, int]]:
    """Some pixels (row, column) on the strongest edges of a piece, those of levels rare on the screen first."""
    edges = cv2.absdiff(piece[:, 1:], piece[:, :-1]).ravel().astype(int)
    strongest = np.argsort(-edges, kind="stable")[: max(_TELLING, edges.size // 8)]
    chosen = strongest[np.linspace(0, len(strongest) - 1, _TELLING).astype(int)]
    rows, columns = np.divmod(chosen, piece.shape[1] - 1)
    counts = np.bincount(screen[::8, ::8].ravel(), minlength=256)
    alike = np.convolve(counts, np.ones(2 * _NOISE + 1, int), "same")
    rarest_first = np.argsort(alike[piece[rows, columns]], kind="stable")
    return [(int(rows[index]), int(columns[index])) for index in rarest_first]


def is_plain(piece: RgbImage) -> bool:
    return piece.size == 0 or _spread(piece) < _PLAIN


def _common(a: Box, b: Box) -> float:
    shared = intersection(a, b)
    return shared.area / a.area if shared else 0.0


def _spread(piece: RgbImage) -> float:
    return float(to_grey(np.ascontiguousarray(piece)).std())


def _contrast(piece: RgbImage) -> float:
    """Levels between the brightest and the darkest value of the channel where that is most."""
    flat = piece.reshape(-1, 3)
    return float((flat.max(axis=0).astype(int) - flat.min(axis=0)).max())


def _tint(now: RgbImage, then: RgbImage) -> float:
    """By how much the ground (the usual colour) or the whole changed its colour."""
    ours, theirs = now.reshape(-1, 3), then.reshape(-1, 3)
    ground = np.abs(np.median(ours, axis=0) - np.median(theirs, axis=0)).max()
    return float(max(ground, np.abs(ours.mean(axis=0) - theirs.mean(axis=0)).max()))
