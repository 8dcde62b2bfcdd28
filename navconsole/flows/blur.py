"""Blurring a screenshot so that nobody on it can be known, but for the places that say which screen it is."""

from __future__ import annotations

import io
from collections.abc import Iterable

from PIL import Image

from navigation.geometry import clip, grow
from navigation.types import Box, Size

CELLS_ACROSS = 64
"""Cells that a picture's width is averaged to: 21 pixels at 1366, more than a line of a record is high."""
MARGIN_PX = 3
QUALITY = 80  # of lossy WebP; there is nothing fine left to keep


def blurred(picture: Image.Image, kept: Iterable[Box]) -> Image.Image:
    """The picture averaged to coarse cells and smoothed, with the `kept` boxes (pixels) as they were.

    Averaging is what hides: it throws away, where a blur alone could be undone.
    """
    size = Size(*picture.size)
    cell = max(size.width // CELLS_ACROSS, 1)
    coarse = picture.resize((max(size.width // cell, 1), max(size.height // cell, 1)), Image.Resampling.BOX)
    hidden = coarse.resize(picture.size, Image.Resampling.BICUBIC)
    for box in kept:
        shown = clip(grow(box, MARGIN_PX, MARGIN_PX, size), size)
        if shown:
            hidden.paste(picture.crop((shown.x, shown.y, shown.right, shown.bottom)), (shown.x, shown.y))
    return hidden


def to_webp(picture: Image.Image) -> bytes:
    """The picture as lossy WebP, by the quickest method: a quarter of the time for a sixth more bytes."""
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=QUALITY, method=0)
    return out.getvalue()
