"""Colours of parts of a picture, and how far they are from one another. Pure; levels are those of a channel, 0..255."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Colour = tuple[int, int, int]


def median(pixels: npt.NDArray[Any]) -> Colour:
    """The median of each channel."""
    red, green, blue = (int(v) for v in np.median(pixels.reshape(-1, 3), axis=0))
    return (red, green, blue)


def apart(a: Colour, b: Colour) -> int:
    """The largest difference in a channel."""
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def contrast_with(view: npt.NDArray[np.uint8], ground: Colour) -> npt.NDArray[np.float32]:
    """How far each pixel is from a colour."""
    difference: npt.NDArray[np.float32] = np.abs(view.astype(np.float32) - np.array(ground, np.float32)).max(axis=2)
    return difference
