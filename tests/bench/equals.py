"""How one of several equal controls of a ground truth is told apart: a point on it, a region around it, its number.

Boxes are (x, y, width, height) in pixels, as the corpus writes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from navigation import NormBox, NormPoint, Target

TIE_BREAKS = ("near", "region", "occurrence")

Edges = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def told_apart(
    target: Target, boxes: Sequence[Sequence[float]], width: int, height: int
) -> Iterator[tuple[str, list[Sequence[float]], Target]]:
    """Each of the equal controls asked for in each way: the way, the boxes of the control, the target."""
    numbers = _numbers(boxes)
    for box in boxes:
        x, y = _centre(box)
        left, top, right, bottom = region_around(box, [b for b in boxes if b is not box], width, height)
        region = NormBox(left / width, top / height, (right - left) / width, (bottom - top) / height)
        yield "near", [box], replace(target, near=NormPoint(x / width, y / height))
        yield "region", [box], replace(target, region=region)
        number = numbers[tuple(box)]
        lines = [b for b in boxes if numbers[tuple(b)] == number]
        yield "occurrence", lines, replace(target, occurrence=number)


def _numbers(boxes: Sequence[Sequence[float]]) -> dict[tuple[float, ...], int]:
    """The number of each box in reading order; lines of one link, whose boxes touch, share one."""
    numbers: dict[tuple[float, ...], int] = {}
    for box in in_reading_order(boxes):
        line_above = next((known for known in numbers if _touches(known, box)), None)
        numbers[tuple(box)] = numbers[line_above] if line_above else len(set(numbers.values())) + 1
    return numbers


def _touches(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(one[at] <= other[at] + other[at + 2] and other[at] <= one[at] + one[at + 2] for at in (0, 1))


def in_reading_order(boxes: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """Rows from the top, each from the left; a box starts a row when its centre is under all of the row before."""
    rows: list[list[Sequence[float]]] = []
    for box in sorted(boxes, key=lambda b: b[1] + b[3] / 2):
        if rows and _centre(box)[1] < max(b[1] + b[3] for b in rows[-1]):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda b: b[0])]


def region_around(box: Sequence[float], others: Sequence[Sequence[float]], width: int, height: int) -> Edges:
    """The box grown by its own size on each side, inside the picture, and cut back half way to the centre of every
    other box that it would hold."""
    x, y, w, h = box
    left, top, right, bottom = max(0.0, x - w), max(0.0, y - h), min(width, x + 2 * w), min(height, y + 2 * h)
    for other in others:
        cx, cy = _centre(other)
        if not (left <= cx <= right and top <= cy <= bottom):
            continue
        gaps = {"left": x - cx, "right": cx - x - w, "top": y - cy, "bottom": cy - y - h}
        side = max(gaps, key=lambda name: gaps[name])
        half = gaps[side] / 2
        match side:
            case "left":
                left = x - half
            case "right":
                right = x + w + half
            case "top":
                top = y - half
            case _:
                bottom = y + h + half
    return left, top, right, bottom


def _centre(box: Sequence[float]) -> tuple[float, float]:
    x, y, w, h = box
    return x + w / 2, y + h / 2
