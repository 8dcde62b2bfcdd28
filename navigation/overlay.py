"""A window that covers a dimmed screen: what stands behind it can be read and cannot be pressed. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from navigation.geometry import union
from navigation.protocols import RgbImage
from navigation.types import Box

_DIMMED = 0.86  # of the brightest level: nothing behind a veil is brighter (usual veils leave 0.4 to 0.75)
_SHARE = (0.02, 0.62)  # of the screen's area that the window takes
_MARGIN = 0.06  # of the screen's width that is dimmed on either side, at least
_OFF_CENTRE = 0.08  # of the screen's width
_STRAY = 0.002  # share of a row or column that may be bright outside the window: noise of compression
_LEAST_BRIGHT = 150
_LIT = 0.5  # share of a bright window that is bright, and of a dark one that is its bare ground, at least
_SAME_GROUND = 4  # levels; the dimmed screen around a dark window differs by 8 and more


def find_overlay(rgb: RgbImage) -> Box | None:
    """The window in front of a dimmed screen, or None.

    Everything outside it is darker than the brightest level by a veil's share, and it stands in the middle.
    """
    red, green, blue = cv2.split(rgb)
    bright = np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)
    top = int(np.percentile(bright[::4, ::4], 99.9))
    if top < _LEAST_BRIGHT:
        return None
    lit = np.asarray(bright > _DIMMED * top, np.uint8)
    height, width = lit.shape
    columns = cv2.reduce(lit, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    rows = cv2.reduce(lit, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    across, down = np.flatnonzero(columns > _STRAY * height), np.flatnonzero(rows > _STRAY * width)
    if not across.size or not down.size:
        return None
    box = Box(int(across[0]), int(down[0]), int(across[-1] - across[0]) + 1, int(down[-1] - down[0]) + 1)
    left, right = box.x / width, 1 - box.right / width
    is_central = min(left, right) >= _MARGIN and abs(left - right) <= 2 * _OFF_CENTRE
    if not is_central:
        return None
    inside = int(np.count_nonzero(lit[box.y : box.bottom, box.x : box.right]))
    window = box if inside >= _LIT * box.area else _panel_around(rgb, box)
    return window if window is not None and _SHARE[0] <= window.area / lit.size <= _SHARE[1] else None


def _panel_around(rgb: RgbImage, texts: Box) -> Box | None:
    """The dark panel that bright texts stand on, where another ground begins on all its sides."""
    ground = np.array([_median(rgb, channel, texts) for channel in range(3)])
    alike = np.asarray(cv2.inRange(rgb, np.ceil(ground - _SAME_GROUND), np.floor(ground + _SAME_GROUND)), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(alike, connectivity=4)
    if count < 2:
        return None
    inside = labels[texts.y : texts.bottom, texts.x : texts.right].ravel()
    number = int(np.bincount(inside, minlength=count)[1:].argmax()) + 1
    x, y, w, h, area = (int(v) for v in stats[number])
    height, width = alike.shape
    is_framed = x > 0 and y > 0 and x + w < width and y + h < height
    panel = union((texts, Box(x, y, w, h)))
    return panel if is_framed and area >= _LIT * panel.area else None


def _median(rgb: RgbImage, channel: int, box: Box) -> float:
    """The median level of a channel in a box, by counting the levels."""
    part = rgb[box.y : box.bottom, box.x : box.right]
    below = cv2.calcHist([part], [channel], None, [256], [0, 256]).ravel().cumsum()
    low, high = np.searchsorted(below, [(box.area - 1) // 2, box.area // 2], side="right")
    return float(low + high) / 2
