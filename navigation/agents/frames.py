"""Comparing screenshots of one screen: what changed, where, and how much. Pure; a blinking caret is no change."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from navigation.agents.surface import AgentError
from navigation.geometry import clip, grow
from navigation.protocols import RgbImage
from navigation.types import Box, Size

# A pixel has changed when one of its channels differs by more than this (of 255): above the noise of a lossy
# remote display, below the difference of a pale hint to its field.
_LEVEL = 24
# A text caret at up to 1.5x scale: 1–3 px wide, taller than a dash, no taller than a large field.
_CARET_MAX_WIDTH, _CARET_MIN_HEIGHT, _CARET_MAX_HEIGHT = 4, 9, 64
# Changed pixels nearer than this belong to one change: the letters of a word, not the words of two fields.
_JOIN_PX = 5

Mask = npt.NDArray[np.bool_]


def decode(png: bytes) -> RgbImage:
    """The pixels of a screenshot the agent took itself, (h, w, 3). Raises AgentError for a damaged one."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise AgentError("The screenshot just taken cannot be decoded; take it again")
    return np.asarray(pixels, np.uint8)


def encode(frame: RgbImage) -> bytes:
    done, data = cv2.imencode(".png", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise AgentError("The screenshot cannot be encoded as PNG")
    return bytes(data.tobytes())


def size_of(frame: RgbImage) -> Size:
    return Size(frame.shape[1], frame.shape[0])


def change_mask(before: RgbImage, after: RgbImage) -> Mask:
    """Which pixels changed; all of them when the two differ in size."""
    if before.shape != after.shape:
        return np.ones(after.shape[:2], bool)
    red, green, blue = cv2.split(cv2.absdiff(before, after))
    return np.asarray(cv2.max(cv2.max(red, green), blue) > _LEVEL)


def changes(before: RgbImage, after: RgbImage) -> list[Box]:
    """The places that changed, carets left out."""
    return [box for box in all_changes(before, after) if not is_caret(box)]


def all_changes(before: RgbImage, after: RgbImage) -> list[Box]:
    """The places that changed, one box for each group of pixels near one another."""
    mask = change_mask(before, after).astype(np.uint8)
    if not mask.any():
        return []
    joined = cv2.dilate(mask, np.ones((_JOIN_PX, _JOIN_PX), np.uint8))
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for label in range(1, count):
        x, y, w, h = (int(value) for value in stats[label][:4])
        inside = mask[y : y + h, x : x + w] * (labels[y : y + h, x : x + w] == label)
        found.append(_tight(Box(x, y, w, h), inside))
    return found


def _tight(box: Box, mask: npt.NDArray[np.uint8]) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return Box(box.x + left, box.y + top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)


def is_caret(box: Box) -> bool:
    return box.w <= _CARET_MAX_WIDTH and _CARET_MIN_HEIGHT <= box.h <= _CARET_MAX_HEIGHT


def is_same(before: RgbImage, after: RgbImage, within: Box | None = None) -> bool:
    """Whether nothing but a caret changed, on the whole screen or in one part of it."""
    if before.shape != after.shape:
        return False
    if within is not None:
        before, after = _part(before, within), _part(after, within)
    return not changes(before, after)


def is_untouched(before: RgbImage, after: RgbImage, within: Box) -> bool:
    """Whether one part of the screen is the same to the pixel.

    Nothing is forgiven here, neither as a caret (the l that makes Michel of Miche has the shape of one) nor as
    noise (a reader reads ink that is three grey levels off its ground).
    """
    return before.shape == after.shape and np.array_equal(_part(before, within), _part(after, within))


def changed_share(before: RgbImage, after: RgbImage, *, outside: Sequence[Box] = ()) -> float:
    """The share (0..1) of the screen's pixels that changed, those inside the given boxes not counted."""
    mask = change_mask(before, after)
    for box in outside:
        mask[box.y : box.bottom, box.x : box.right] = False
    return float(mask.mean())


def painted(frame: RgbImage, boxes: Sequence[Box], colour: tuple[int, int, int]) -> RgbImage:
    """A copy with the boxes filled flat."""
    copy = frame.copy()
    for box in boxes:
        copy[box.y : box.bottom, box.x : box.right] = colour
    return copy


def find_patch(frame: RgbImage, patch: RgbImage, *, likeness: float) -> list[Box]:
    """Where a picture stands in the frame, by normalised cross-correlation of at least `likeness`."""
    height, width = patch.shape[:2]
    if height > frame.shape[0] or width > frame.shape[1]:
        return []
    scores = cv2.matchTemplate(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY),
                               cv2.TM_CCOEFF_NORMED)  # fmt: skip
    hits = (np.isfinite(scores) & (scores >= likeness)).astype(np.uint8)
    count, _labels, stats, _centres = cv2.connectedComponentsWithStats(hits, connectivity=8)
    return [
        Box(int(x), int(y), int(w) + width - 1, int(h) + height - 1) for x, y, w, h, _area in stats[1:count].tolist()
    ]


def enlarged(box: Box, by_px: int, size: Size) -> Box:
    """A little more than the box, inside the screen; the nearest pixel for a box outside it."""
    grown = grow(box, by_px, by_px, size)
    return clip(grown, size) or Box(min(box.x, size.width - 1), min(box.y, size.height - 1), 1, 1)


def crop(frame: RgbImage, box: Box) -> RgbImage:
    return _part(frame, box).copy()


def _part(frame: RgbImage, box: Box) -> RgbImage:
    return frame[box.y : box.bottom, box.x : box.right]
