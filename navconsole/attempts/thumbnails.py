"""Which part of a screenshot stands for an attempt in a list. Pure geometry."""

from __future__ import annotations

from navconsole.attempts.evidence import Evidence
from navconsole.attempts.plots import best_candidate
from navigation.geometry import to_pixel_point
from navigation.types import Box, Point, Size

CROP_SHARE = 0.18  # of the picture's width: a control and its neighbours, at any resolution
CROP_RATIO = 3
GRID = 8  # attempts at one control share a crop although their points differ by a pixel or two


def crop_box(evidence: Evidence, size: Size) -> Box | None:
    """The surroundings of the press, or else of what came nearest; None when nothing on the picture is of interest.

    The point is in the middle, so a box may reach beyond the picture.
    """
    point = _point_of_interest(evidence, size)
    if point is None:
        return None
    width = max(CROP_RATIO, round(size.width * CROP_SHARE))
    height = width // CROP_RATIO
    x, y = (round(value / GRID) * GRID for value in (point.x, point.y))
    return Box(x - width // 2, y - height // 2, width, height)


def _point_of_interest(evidence: Evidence, size: Size) -> Point | None:
    """Where it was pressed, else the best candidate, else an expected text that was read."""
    if evidence.click is not None:
        return to_pixel_point(evidence.click, size)
    best = best_candidate(evidence.grounding) if evidence.grounding else None
    if best is not None:
        return best.box.center
    read = [anchor.box for anchor in (evidence.before.anchors if evidence.before else ()) if anchor.box is not None]
    return read[0].center if read else None
