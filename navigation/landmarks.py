"""What a screen is known by again without reading it: pictures of its anchors, else the layout of the whole frame.

The anchors a person named are on the screen whatever data it shows, and are on no other screen; where none could
be cut out, the shape of everything drawn has to do, which knows a list of another length for another screen.
Measured in docs/decisions/0030-the-coordinate-cache.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from navigation.geometry import grow
from navigation.matching import text_score
from navigation.patches import is_plain, likeness, places_of
from navigation.protocols import RgbImage
from navigation.types import Box, Screen, Size, Verification
from navigation.vision import crop, to_grey

MAX_LANDMARKS = 4
_WHOLE = 0.90  # similarity of an anchor and the phrase it was read in; a longer phrase may hold data
_GRID = (64, 36)  # cells of the layout, across and down
_EDGE = 24  # grey levels between neighbours that count as drawn
_DRAWN = 4  # of 255: mean of a cell's edges from which the cell counts as drawn on
_ANOTHER_LAYOUT = 0.10  # share of drawn cells; other data on the same screen changed up to 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Landmark:
    """A piece of the screen: where it stood, in pixels, and what it looked like."""

    box: Box
    patch: RgbImage


@dataclass(frozen=True, slots=True, eq=False)
class ScreenView:
    """How a screen looked. `layout` holds one bit for each cell of the grid, packed."""

    landmarks: tuple[Landmark, ...]
    layout: bytes


def anchor_boxes(screen: Screen, verified: Verification) -> tuple[Box, ...]:
    """Where the anchors stand that say nothing of the data: read as whole phrases, and without parameters."""
    fixed = set(screen.present)
    return tuple(
        check.box
        for check in verified.anchors
        if check.expected == "present"
        and check.is_met
        and check.box is not None
        and check.text in fixed
        and text_score(check.text, check.read_text) >= _WHOLE
    )[:MAX_LANDMARKS]


def view_of(rgb: RgbImage, anchors: Sequence[Box]) -> ScreenView:
    """How a screen looks whose anchors stand in these boxes."""
    size = Size(rgb.shape[1], rgb.shape[0])
    boxes = [grow(box, 3, 3, size) for box in anchors[:MAX_LANDMARKS]]
    marks = [Landmark(box, crop(rgb, box).copy()) for box in boxes]
    return ScreenView(tuple(mark for mark in marks if not is_plain(mark.patch)), layout_of(rgb))


def is_same_screen(view: ScreenView, rgb: RgbImage, *, window_px: int, sure_from: float) -> bool:
    """Whether a picture of the same size shows that screen: each landmark in its place or near it."""
    if not view.landmarks:
        return layout_distance(view.layout, layout_of(rgb)) <= _ANOTHER_LAYOUT
    return all(_stands(mark, rgb, window_px, sure_from) for mark in view.landmarks)


def layout_of(rgb: RgbImage) -> bytes:
    """Which cells of the frame are drawn on, whatever is drawn: letters, borders, pictures."""
    grey = to_grey(rgb)
    edges = cv2.threshold(cv2.absdiff(grey[:, 1:], grey[:, :-1]), _EDGE, 255, cv2.THRESH_BINARY)[1]
    return np.packbits(cv2.resize(edges, _GRID, interpolation=cv2.INTER_AREA) > _DRAWN).tobytes()


def layout_distance(a: bytes, b: bytes) -> float:
    """Share (0..1) of the cells drawn on in either picture that are drawn on in one only."""
    first, second = _cells(a), _cells(b)
    if first.shape != second.shape:
        return 1.0
    either = np.count_nonzero(first | second)
    return float(np.count_nonzero(first ^ second) / either) if either else 0.0


def _cells(layout: bytes) -> npt.NDArray[np.uint8]:
    return np.unpackbits(np.frombuffer(layout, np.uint8))


def _stands(mark: Landmark, rgb: RgbImage, window_px: int, sure_from: float) -> bool:
    if likeness(crop(rgb, mark.box), mark.patch, sure_from=sure_from) != "other":
        return True
    near = grow(mark.box, window_px, window_px, Size(rgb.shape[1], rgb.shape[0]))
    places = places_of(rgb, mark.patch, near)
    return any(likeness(crop(rgb, place), mark.patch, sure_from=sure_from) != "other" for place in places)
