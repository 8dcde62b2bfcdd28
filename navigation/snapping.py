"""From a place pointed at on a picture to the thing that stands there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from navigation.geometry import clip, contains_point, distance
from navigation.types import Box, Page, Point, Size

SnapKind = Literal["control", "phrase", "drawn"]

REACH_PX: Final = 12
"""How far beside a thing one may point and still mean it: half of the 24 px that WCAG 2.5.8 asks of a target."""
SCREEN_SHARE: Final = 0.25
"""A control larger than this share of the picture is a pane or a window, which nobody presses as a whole."""
DRAWN: Final = Size(48, 24)
"""What is taken around a point where nothing was seen, in pixels."""


@dataclass(frozen=True, slots=True)
class Snapped:
    """`kind` says what the box is: a control seen, a phrase read, or drawn around the point."""

    box: Box
    kind: SnapKind


def snap(point: Point, page: Page | None, size: Size, known: Sequence[Box] = ()) -> Snapped:
    """What a person means who points at `point` (pixels) on a picture of `size`.

    The smallest control that holds the point (`known` are boxes of controls that the page does not list), else the
    smallest such phrase, else the nearest of either within REACH_PX; else a box of the size of a word around the
    point. The box lies within the picture and is never empty.
    """
    point = Point(min(max(point.x, 0), size.width - 1), min(max(point.y, 0), size.height - 1))
    for kind, boxes in _things(page, size, known):
        holding = [box for box in boxes if contains_point(box, point)]
        if holding:
            return Snapped(min(holding, key=lambda box: box.area), kind)
    spot = Box(point.x, point.y, 1, 1)
    near = [(distance(box, spot), box.area, box, kind) for kind, boxes in _things(page, size, known) for box in boxes]
    reached = [(away, area, box, kind) for away, area, box, kind in near if away <= REACH_PX]
    if reached:
        _, _, box, kind = min(reached, key=lambda item: item[:2])
        return Snapped(box, kind)
    around = Box(point.x - DRAWN.width // 2, point.y - DRAWN.height // 2, DRAWN.width, DRAWN.height)
    return Snapped(clip(around, size) or spot, "drawn")


def text_in(box: Box, page: Page | None) -> str:
    """What was read inside a box, in the page's order; "" when nothing was."""
    phrases = page.phrases if page else ()
    return " ".join(phrase.text for phrase in phrases if contains_point(box, phrase.box.center))


def _things(page: Page | None, size: Size, known: Sequence[Box]) -> Iterable[tuple[SnapKind, list[Box]]]:
    limit = SCREEN_SHARE * size.width * size.height
    controls = [*known, *(control.box for control in (page.controls if page else ()))]
    yield "control", [box for found in controls if found.area <= limit and (box := clip(found, size))]
    yield "phrase", [box for phrase in (page.phrases if page else ()) if (box := clip(phrase.box, size))]
