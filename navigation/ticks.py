"""Whether a box is ticked, from pixels alone. Pure; None where the picture does not tell.

A box is judged by the mark in it, never by its colour: a theme may fill a box that is empty, or one that is partly
ticked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from navigation.colours import Colour, apart, contrast_with, median
from navigation.geometry import clip, grow
from navigation.protocols import RgbImage
from navigation.types import Box, Size

_TICK_SIDE = (9, 64)  # px of a tick box or radio button
_ROUND_SIDE = 10  # px; in a smaller circle the soft edges of border and dot run into one another
_INSETS = (0.14, 0.18, 0.25)  # of the side, cut off to leave the border out; a thick one needs the largest
_MARK_LEVEL = 24  # by which a mark differs from its box in some channel; above the noise of a lossy display
_EDGE_LEVEL = 12
_DOT, _NO_DOT_FROM = (0.25, 0.66), 0.7  # of its radius: how large a dot is; where an empty one's border may begin
_RAYS = 24
_ONE_STROKE = 0.85  # share of a tick's columns in which its ink is in one piece; many letters have several
_GRID = 48  # a mark is judged at this size, whatever the scale of the screen
_GREY_SPREAD, _NEAR, _PAPER, _DARK = 40, 40, 225, 110  # channel levels


def is_ticked(rgb: RgbImage, box: Box) -> bool | None:
    """Whether a tick box or radio button is ticked; None for a partly ticked one and where it cannot be told.

    `box` is the square itself, without its label; it may be a pixel or two off.
    """
    side = min(box.w, box.h)
    if not _TICK_SIDE[0] <= side <= _TICK_SIDE[1] or max(box.w, box.h) > 1.4 * side:
        return None
    if clip(box, _size(rgb)) != box:
        return None
    around = _around(rgb, box)
    edges = [_edge_at(rgb, box, around, 2 * math.pi * turn / _RAYS) for turn in range(_RAYS)]
    if sum(edge is not None for edge in edges) < 0.8 * _RAYS:
        return None  # nothing is drawn around it: this is no box
    given, box = box, _centred(box, edges)
    if _is_round(edges):
        if side < _ROUND_SIDE:
            return None
        is_marked, fill = _dotted(rgb, given, edges)
    else:
        views = [_inner(rgb, box, inset) for inset in _INSETS]
        is_marked, fill = _agreed([_marked(view) for view in views]), _ground(views[0])
    return None if is_marked is False and not _is_empty_fill(fill, around) else is_marked


# --- marks in boxes ---------------------------------------------------------------------------------


def _inner(rgb: RgbImage, box: Box, inset: float) -> npt.NDArray[np.uint8]:
    dx, dy = max(2, round(inset * box.w)), max(2, round(inset * box.h))
    return rgb[box.y + dy : box.bottom - dy, box.x + dx : box.right - dx]


def _ground(view: npt.NDArray[np.uint8]) -> Colour:
    """The colour along the rim of a view, where marks seldom reach."""
    return median(np.concatenate([view[0], view[-1], view[:, 0], view[:, -1]]))


def _edge_at(rgb: RgbImage, box: Box, around: Colour, angle: float) -> float | None:
    """How far from the middle, in pixels, a box begins in one direction, seen from outside; None: nowhere."""
    centre_x, centre_y = box.x + (box.w - 1) / 2, box.y + (box.h - 1) / 2
    dx, dy = math.cos(angle), math.sin(angle)
    distance = (min(box.w, box.h) / 2 + 2) / max(abs(dx), abs(dy))
    while distance >= 0.25 * min(box.w, box.h):
        x = min(max(round(centre_x + dx * distance), 0), rgb.shape[1] - 1)
        y = min(max(round(centre_y + dy * distance), 0), rgb.shape[0] - 1)
        red, green, blue = (int(v) for v in rgb[y, x])
        if apart((red, green, blue), around) >= _EDGE_LEVEL:
            return distance
        distance -= 0.25
    return None


def _centred(box: Box, edges: Sequence[float | None]) -> Box:
    """The box moved, by two pixels at most, to where its edges are as far from its middle on all sides."""
    quarter = len(edges) // 4
    right, down, left, up = (_straight(edges, side * quarter) for side in range(4))
    dx = 0 if left is None or right is None else round((right - left) / 2)
    dy = 0 if up is None or down is None else round((down - up) / 2)
    return Box(box.x + max(-2, min(2, dx)), box.y + max(-2, min(2, dy)), box.w, box.h)


def _straight(edges: Sequence[float | None], at: int) -> float | None:
    """The distance of one side, by the ray that meets it straight and its neighbours."""
    known = [e for e in (edges[at - 1], edges[at], edges[(at + 1) % len(edges)]) if e is not None]
    return float(np.median(known)) if known else None


def _is_round(edges: Sequence[float | None]) -> bool:
    """Whether the outline is as near at the corners as at the sides; opposite ones together, in case it is off."""
    quarter, eighth = len(edges) // 4, len(edges) // 8
    straight = [e for side in range(4) if (e := edges[side * quarter]) is not None]
    diagonal = [e for side in range(4) if (e := edges[side * quarter + eighth]) is not None]
    if len(straight) < 4 or len(diagonal) < 4:
        return False
    return sum(diagonal) <= 1.15 * sum(straight)


def _dotted(rgb: RgbImage, box: Box, edges: Sequence[float | None]) -> tuple[bool | None, Colour]:
    """Whether a dot lies in the middle of a round box, and the colour there.

    What the middle is like goes on to the border when there is no dot, and ends well before it when there is one: at
    a ring of another colour, be it the gap around a dot or the fill that a dot is cut out of.
    """
    right, down, left, up = (_straight(edges, side * _RAYS // 4) or 0.0 for side in range(4))
    outer = float(np.mean([e for e in edges if e is not None])) + 0.5
    x = np.arange(box.w) - (box.w - 1) / 2 - (right - left) / 2
    y = np.arange(box.h) - (box.h - 1) / 2 - (down - up) / 2
    radius = np.hypot(*np.meshgrid(x, y))
    view = rgb[box.y : box.bottom, box.x : box.right]
    middle = median(view[radius <= max(1.1, 0.25 * outer)])
    contrast = contrast_with(view, middle)
    rings = [contrast[np.abs(radius - 0.5 * number) < 0.5] for number in range(2, int(1.84 * outer) + 1)]
    means = [float(ring.mean()) for ring in rings]
    peak = max(means, default=0.0)
    if peak < _EDGE_LEVEL:
        return None, middle
    first = next(number for number, mean in enumerate(means) if mean >= 0.5 * peak)
    ends_at = 0.5 * (first + 2) / outer
    within = max((float(np.quantile(ring, 0.9)) for ring in rings[: max(1, first - 2)]), default=0.0)
    if ends_at >= _NO_DOT_FROM:
        return (False if within < _EDGE_LEVEL else None), middle
    ring = rings[int(np.argmax(means))]
    is_dot = _DOT[0] <= ends_at <= _DOT[1] and peak >= _MARK_LEVEL and float(ring.min()) >= 0.5 * peak
    return (True if is_dot and within < 0.5 * peak else None), middle


def _agreed(answers: Sequence[tuple[bool | None, bool]]) -> bool | None:
    """One answer of the views of a box, widest first: that of the widest where its mark is whole, else of most."""
    widest, is_whole = answers[0]
    if widest is False or is_whole:
        return widest
    if [answer for answer, _ in answers[1:]] == [False, False]:
        return False  # what the widest view has at its edge is the border: no mark ends there
    return True if [answer for answer, _ in answers].count(True) >= 2 else None


def _marked(view: npt.NDArray[np.uint8]) -> tuple[bool | None, bool]:
    """True for a known mark in a view of a square box's inside, False for nothing, None for something else.

    And whether the mark is whole: it does not reach the edge of the view.
    """
    contrast = contrast_with(view, _ground(view))
    strongest = float(contrast.max())
    if strongest < _MARK_LEVEL:
        return (False, True) if strongest < _EDGE_LEVEL else (None, False)
    ink = cv2.resize(contrast, (_GRID, _GRID), interpolation=cv2.INTER_CUBIC) > 0.5 * strongest
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    mark = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    is_whole = min(rows[0], columns[0]) > 0 and max(rows[-1], columns[-1]) < _GRID - 1
    return (True if _is_check(mark) or _is_cross(mark) else None), bool(is_whole)


def _is_check(mark: npt.NDArray[np.bool_]) -> bool:
    """Whether a mark goes down to a lowest point left of its middle, then up and farther than it came."""
    height, width = mark.shape
    if min(height, width) < 0.2 * _GRID or height < 0.45 * width or width < 0.45 * height:
        return False  # a dash: partly ticked
    columns = [np.flatnonzero(mark[:, x]) for x in range(width)]
    if np.mean([column.size > 0 and np.ptp(column) + 1 == column.size for column in columns]) < _ONE_STROKE:
        return False
    if any(column.size == 0 for column in columns) or mark.mean() > 0.62:
        return False
    line = np.array([column.mean() for column in columns]) / height
    thickness = np.array([column.size for column in columns]) / height
    lowest = np.array([column.max() for column in columns]) / height
    flat = np.flatnonzero(lowest >= lowest.max() - 0.03)
    vertex = float(flat.mean()) / width
    turn = int(flat.mean())
    arm = line[turn:]
    rising = np.count_nonzero(np.diff(arm) <= 0.01) >= 0.85 * max(1, arm.size - 1)
    left, right = float(line[: max(1, width // 12)].mean()), float(line[-max(1, width // 12) :].mean())
    return bool(
        0.06 <= vertex <= 0.62
        and rising
        and right <= 0.4
        and left >= right + 0.12
        and left <= lowest.max() - 0.12
        and thickness[: max(1, width // 4)].max() <= 0.62  # the stem of a letter is as high as the letter
    )


def _is_cross(mark: npt.NDArray[np.bool_]) -> bool:
    """Whether a mark is two diagonals: ink along both and none in the middle of its sides."""
    small = cv2.resize(mark.astype(np.float32), (15, 15), interpolation=cv2.INTER_AREA)
    along = np.arange(15)
    diagonals = small[along, along].mean() > 0.75 and small[along, 14 - along].mean() > 0.75
    sides = (small[0:3, 6:9], small[12:15, 6:9], small[6:9, 0:3], small[6:9, 12:15])
    return bool(diagonals and all(side.mean() < 0.25 for side in sides))


def _around(rgb: RgbImage, box: Box) -> Colour:
    """The colour that surrounds a box: the median of a frame some pixels outside it."""
    outer = grow(box, 5, 5, _size(rgb))
    view = rgb[outer.y : outer.bottom, outer.x : outer.right]
    return median(np.concatenate([view[0], view[-1], view[:, 0], view[:, -1]]))


def _is_empty_fill(fill: Colour, around: Colour) -> bool:
    """Whether a fill without a mark is that of an empty box: the ground's, paper, or dark where all is dark."""
    if max(fill) - min(fill) > _GREY_SPREAD and apart(fill, around) > _EDGE_LEVEL:
        return False
    return apart(fill, around) <= _NEAR or min(fill) >= _PAPER or (max(around) <= _DARK and max(fill) <= _DARK)


def _size(rgb: RgbImage) -> Size:
    return Size(rgb.shape[1], rgb.shape[0])
