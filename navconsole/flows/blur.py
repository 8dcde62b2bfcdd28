"""Blurring a screenshot so that nobody on it can be known, but for the places that say which screen it is."""

from __future__ import annotations

import io
from collections.abc import Iterable

import cv2
import numpy as np
from PIL import Image

from navigation.geometry import clip, grow
from navigation.protocols import RgbImage
from navigation.types import Box, Size

CELLS_ACROSS = 64
"""Cells that a picture's width is averaged to: 21 pixels at 1366, more than a line of a record is high."""
MARGIN_PX = 3
QUALITY = 80  # of lossy WebP; there is nothing fine left to keep


def blurred(rgb: RgbImage, kept: Iterable[Box]) -> RgbImage:
    """The picture averaged to coarse cells and smoothed, with the `kept` boxes (pixels) as they were.

    Averaging is what hides: it throws away, where a blur alone could be undone.
    """
    height, width = rgb.shape[:2]
    cell = max(width // CELLS_ACROSS, 1)
    coarse = cv2.resize(rgb, (max(width // cell, 1), max(height // cell, 1)), interpolation=cv2.INTER_AREA)
    hidden = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    for box in kept:
        shown = clip(grow(box, MARGIN_PX, MARGIN_PX, Size(width, height)), Size(width, height))
        if shown:
            at = np.s_[shown.y : shown.bottom, shown.x : shown.right]
            hidden[at] = rgb[at]
    return hidden


def to_webp(rgb: RgbImage) -> bytes:
    """The picture as lossy WebP, by the quickest method: a quarter of the time for a sixth more bytes."""
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "WEBP", quality=QUALITY, method=0)
    return out.getvalue()
