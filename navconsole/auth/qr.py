"""A QR code as the outline of its dark squares, for a template to draw as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import segno

QUIET_ZONE = 4  # modules of white around it (ISO/IEC 18004)


@dataclass(frozen=True, slots=True)
class QrCode:
    """`path` is SVG path data in modules; the drawing is `size` modules wide and high, its white border included."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix]
    runs = [
        f"M{QUIET_ZONE + start} {QUIET_ZONE + y}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for start, length in _dark_runs(row)
    ]
    return QrCode(len(rows) + 2 * QUIET_ZONE, "".join(runs))


def _dark_runs(row: bytes) -> list[tuple[int, int]]:
    """(first module, how many) of each run of dark ones."""
    runs, at = [], 0
    for is_dark, modules in groupby(row):
        length = len(list(modules))
        if is_dark:
            runs.append((at, length))
        at += length
    return runs
