"""Pixels and fractions of a screenshot, and how boxes lie to each other. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from navigation.types import Box, NormBox, NormPoint, Point, Size

Item = TypeVar("Item")


def to_norm_point(point: Point, size: Size) -> NormPoint:
    """The centre of a pixel as fractions of the screenshot, so that `to_pixel_point` gives the pixel back."""
    return NormPoint((point.x + 0.5) / size.width, (point.y + 0.5) / size.height)


def to_pixel_point(point: NormPoint, size: Size) -> Point:
    """The pixel that holds a point; rounds down and stays inside the screenshot."""
    return Point(_clamp(int(point.x * size.width), size.width - 1), _clamp(int(point.y * size.height), size.height - 1))


def to_norm_box(box: Box, size: Size) -> NormBox:
    return NormBox(box.x / size.width, box.y / size.height, box.w / size.width, box.h / size.height)


def to_pixel_box(box: NormBox, size: Size) -> Box:
    """The pixels a fractional box touches (edges rounded to the nearest pixel), clipped, at least one pixel."""
    left, top = (
        _clamp(round(box.x * size.width), size.width - 1),
        _clamp(round(box.y * size.height), size.height - 1),
    )
    right = min(size.width, max(left + 1, round((box.x + box.w) * size.width)))
    bottom = min(size.height, max(top + 1, round((box.y + box.h) * size.height)))
    return Box(left, top, right - left, bottom - top)


def clip(box: Box, size: Size) -> Box | None:
    """The part of the box inside the screenshot, or None if nothing of it is."""
    return intersection(box, Box(0, 0, size.width, size.height))


def grow(box: Box, dx: int, dy: int, size: Size) -> Box:
    """The box with `dx` and `dy` pixels more on each side, clipped."""
    return clip(Box(box.x - dx, box.y - dy, box.w + 2 * dx, box.h + 2 * dy), size) or box


def intersection(a: Box, b: Box) -> Box | None:
    left, top = max(a.x, b.x), max(a.y, b.y)
    right, bottom = min(a.right, b.right), min(a.bottom, b.bottom)
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all; raises ValueError for none."""
    items = list(boxes)
    left, top = min(b.x for b in items), min(b.y for b in items)
    return Box(left, top, max(b.right for b in items) - left, max(b.bottom for b in items) - top)


def contains_point(box: Box, point: Point) -> bool:
    return box.x <= point.x < box.right and box.y <= point.y < box.bottom


def contains(outer: Box, inner: Box, *, slack: int = 0) -> bool:
    """Whether `inner` lies within `outer` but for `slack` pixels on each side."""
    return (
        inner.x >= outer.x - slack
        and inner.y >= outer.y - slack
        and inner.right <= outer.right + slack
        and inner.bottom <= outer.bottom + slack
    )


def share_inside(inner: Box, outer: Box) -> float:
    """The share (0..1) of `inner`'s area that lies in `outer`; asked of each word and control, so without objects."""
    across = min(inner.x + inner.w, outer.x + outer.w) - max(inner.x, outer.x)
    if across <= 0:
        return 0.0
    down = min(inner.y + inner.h, outer.y + outer.h) - max(inner.y, outer.y)
    return across * down / (inner.w * inner.h) if down > 0 else 0.0


def vertical_overlap(a: Box, b: Box) -> float:
    """Common height as a share (0..1) of the lower of the two heights."""
    common = min(a.bottom, b.bottom) - max(a.y, b.y)
    return max(0, common) / max(1, min(a.h, b.h))


def horizontal_overlap(a: Box, b: Box) -> float:
    """Common width as a share (0..1) of the smaller of the two widths."""
    common = min(a.right, b.right) - max(a.x, b.x)
    return max(0, common) / max(1, min(a.w, b.w))


def distance(a: Box, b: Box) -> float:
    """Pixels between the nearest edges of two boxes; 0 when they touch or overlap."""
    dx = max(0, a.x - b.right, b.x - a.right)
    dy = max(0, a.y - b.bottom, b.y - a.bottom)
    return float((dx * dx + dy * dy) ** 0.5)


def _clamp(value: int, high: int) -> int:
    return max(0, min(value, high))


def in_reading_order(items: Sequence[Item], box_of: Callable[[Item], Box]) -> list[Item]:
    """Rows from the top, each from the left."""
    rows: list[list[Item]] = []
    for item in sorted(items, key=lambda item: box_of(item).y + box_of(item).h / 2):
        if rows and vertical_overlap(box_of(rows[-1][0]), box_of(item)) > 0.5:
            rows[-1].append(item)
        else:
            rows.append([item])
    return [item for row in rows for item in sorted(row, key=lambda item: box_of(item).x)]
