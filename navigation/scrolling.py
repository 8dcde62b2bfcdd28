"""How far a view moved between two screenshots. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from navigation.protocols import RgbImage
from navigation.types import Box

_EDGE = 60  # grey levels; a step between two pixels that is higher is no more of an edge
_LEVEL = 12  # by which edges must differ to count as changed; above the noise of a lossy display
_STILL = 0.002  # share of the region that may change without a scroll: a caret, a clock
_ACROSS = 4  # columns averaged before comparing: a scroll moves rows, and is as plain at a quarter of the width
_COARSE, _TRIED = 16, 40  # columns by which shifts are sifted first; how many are then looked at closely
_OFF = 20  # by which an edge is not what moved there; rows of a list differ in a few digits only
_UNLIKE = 0.18  # share of the rows of pixels that may be off: those next to a heading that stays, a row lit up
_OVERLAP = 0.3  # of the region's height that must still be seen for a shift to be measured
_SEEN = 0.3  # share of what changed that must still be seen
_TIE = 0.02  # shifts by which so little more is off than by the best are as good as it: rows that repeat

Movement = Literal["still", "moved", "changed"]


@dataclass(frozen=True, slots=True)
class Shift:
    """ "still"; "moved" by `down_px` (positive: the view went down, its content up); "changed" in another way."""

    movement: Movement
    down_px: int = 0


def shift_between(before: RgbImage, after: RgbImage, region: Box, *, toward: int = 0, expected_px: int = 0) -> Shift:
    """How the content of a region moved between two screenshots of one size: down (`toward` 1), up (-1) or either (0).

    Only what changed is compared, so that a heading that stays and blank paper say nothing: each of it must be
    found again where it moved to. Where rows repeat, the shift nearest to `expected_px` is taken.
    """
    a, b = _rows(before, region), _rows(after, region)
    differs = np.abs(b - a)
    changed = differs > _LEVEL
    if changed.mean() < _STILL:
        return Shift("still")
    moving = _moving_rows(changed)
    a, b, changed = a[moving], b[moving], changed[moving]
    left = {down: _left_over(a, b, changed, down) for down in _likely(a, b, toward)}
    best = min(left.values(), default=1.0)
    if best > _UNLIKE:
        return Shift("changed")
    good = [down for down, rest in left.items() if rest <= best + _TIE]
    return Shift("moved", min(good, key=lambda down: (abs(down - expected_px), abs(down))))


def _likely(before: npt.NDArray[np.float32], after: npt.NDArray[np.float32], toward: int) -> list[int]:
    """The shifts that leave least between the two at a very coarse look."""
    height = before.shape[0]
    a, b = (cv2.resize(part, (_COARSE, height), interpolation=cv2.INTER_AREA) for part in (before, after))
    reach = int(height * (1 - _OVERLAP))
    shifts = [down for down in range(-reach, reach + 1) if down and down * toward >= 0]
    rest = {
        down: float(np.abs(b[: height - down] - a[down:]).mean() if down > 0 else np.abs(b[-down:] - a[:down]).mean())
        for down in shifts
    }
    return sorted(rest, key=rest.__getitem__)[:_TRIED]


def _moving_rows(changed: npt.NDArray[np.bool_]) -> slice:
    """The rows from the first that changed to the last: headings that stay at the top or bottom are left out."""
    rows = np.flatnonzero(changed.any(axis=1))
    return slice(int(rows[0]), int(rows[-1]) + 1)


def _rows(frame: RgbImage, region: Box) -> npt.NDArray[np.float32]:
    """How much each place of a region is an edge: letters are, whether the row they stand in is lit or not."""
    view = cv2.cvtColor(frame[region.y : region.bottom, region.x : region.right], cv2.COLOR_RGB2GRAY)
    edges = np.minimum(cv2.absdiff(view[:, 1:], view[:, :-1]), _EDGE)
    small = cv2.resize(edges, (max(1, region.w // _ACROSS), region.h), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _left_over(
    before: npt.NDArray[np.float32], after: npt.NDArray[np.float32], changed: npt.NDArray[np.bool_], down: int
) -> float:
    """The share of rows that are off when the content moved up by `down`; 1 where too little of it shows."""
    height = before.shape[0]
    seen = slice(0, height - down) if down > 0 else slice(-down, height)
    source = slice(down, height) if down > 0 else slice(0, height + down)
    mask = changed[seen] | changed[source]
    if np.count_nonzero(mask) < _SEEN * np.count_nonzero(changed):
        return 1.0
    off = (np.abs(after[seen] - before[source]) > _OFF) & mask
    return float((np.count_nonzero(off, axis=1) >= 2).sum() / max(1, mask.any(axis=1).sum()))
