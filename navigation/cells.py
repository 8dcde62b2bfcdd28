"""Cutting a flattened screen into cells that are read on their own: where a change ends, its cell ends. Pure.

The cuts depend on nothing but the ink beside them, so a screen of which a part changed has the same cells elsewhere,
pixel for pixel; and a text that was scrolled is the same cell at another place.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from navigation.protocols import GreyImage
from navigation.types import Box

_INK = 200  # grey level of the flattened picture under which a pixel is no paper
_ROWS = 6  # px; quiet rows that part two lines
_COLUMNS = 32  # px; quiet columns that part two blocks; wider than any space
_LEAST = (3, 5)  # px; less ink than this is no letter

Ink = npt.NDArray[np.bool_]


def find_cells(flat: GreyImage) -> list[Box]:
    """Boxes around all ink, in reading order, none of which overlap.

    Bands between quiet rows, then each band between quiet columns, and each block of several parts again.

    Source: the recursive X-Y cut of Nagy and Seth, 1984.
    """
    return _cells(flat < _INK, 0, 0)


def _cells(ink: Ink, x: int, y: int) -> list[Box]:
    found: list[Box] = []
    for top, bottom in spans(np.asarray(ink.any(axis=1)), _ROWS):
        band = ink[top:bottom]
        blocks = spans(np.asarray(band.any(axis=0)), _COLUMNS)
        if len(blocks) > 1:
            for left, right in blocks:
                found += _cells(band[:, left:right], x + left, y + top)
        else:
            left, right = blocks[0]
            if right - left >= _LEAST[0] and bottom - top >= _LEAST[1]:
                found.append(Box(x + left, y + top, right - left, bottom - top))
    return found


def spans(has_ink: Ink, gap: int = 1) -> list[tuple[int, int]]:
    """Start and end of each stretch of ink; stretches fewer than `gap` apart are one."""
    inked = np.flatnonzero(has_ink)
    if not len(inked):
        return []
    breaks = np.flatnonzero(np.diff(inked) > gap)
    starts, ends = inked[[0, *(breaks + 1)]], inked[[*breaks, -1]] + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
