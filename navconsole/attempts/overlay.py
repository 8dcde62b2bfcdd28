"""Shapes to draw on a screenshot, in pixels of the picture. Pure: evidence in, plain values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from navigation.types import AnchorCheck, Box, Candidate, NormBox, NormPoint, Phrase, Size

WORTH_SHOWING = 0.6
"""An expected text whose nearest reading is less like it than this was simply not there."""
WEAK = 0.8
"""Candidates under this share of the best score are drawn faintly."""
LAYERS = ("phrases", "anchors", "candidates", "winner", "click", "banner")


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle with a title for the pointer and, where it helps, a label; `style` picks its look.

    `rank` ties it to a row of the candidate table; `label_at` is x, baseline and text-anchor.
    """

    layer: str
    box: Box
    title: str
    label: str = ""
    style: str = ""
    rank: int | None = None
    label_at: tuple[float, float, str] = (0, 0, "start")


@dataclass(frozen=True, slots=True)
class Overlay:
    """`unit` is a length that looks the same on any picture: about 1/100 of its width."""

    size: Size
    unit: float
    shapes: Sequence[Shape]
    click: tuple[int, int] | None

    def layer(self, name: str) -> list[Shape]:
        return [shape for shape in self.shapes if shape.layer == name]

    def has(self, name: str) -> bool:
        return self.click is not None if name == "click" else any(shape.layer == name for shape in self.shapes)


def build_overlay(
    size: Size,
    *,
    phrases: Iterable[Phrase] = (),
    anchors: Iterable[AnchorCheck] = (),
    candidates: Sequence[Candidate] = (),
    winner: Box | None = None,
    click: NormPoint | None = None,
    banner: NormBox | None = None,
) -> Overlay:
    """All layers of one picture; what lies outside it is left out."""
    unit = max(size.width / 100, 4.0)
    shapes = [
        *(Shape("phrases", p.box, f"{p.text} · {p.confidence:.0%}") for p in phrases),
        *_anchor_shapes(anchors),
        *_candidate_shapes(candidates, winner, unit),
    ]
    if winner:
        shapes.append(Shape("winner", _grown(winner, 3), ""))
    if banner:
        shapes.append(Shape("banner", _to_pixels(banner, size), ""))
    kept = [shape for shape in shapes if _is_inside(shape.box, size)]
    return Overlay(size, round(unit, 2), kept, _click_pixels(click, size))


def is_near(anchor: AnchorCheck) -> bool:
    """Whether what was read for an expected text resembles it enough to be worth showing."""
    return anchor.is_met or anchor.expected == "absent" or anchor.score >= WORTH_SHOWING


def _anchor_shapes(anchors: Iterable[AnchorCheck]) -> list[Shape]:
    return [
        Shape(
            "anchors",
            _grown(anchor.box, 2),
            f"{anchor.text} · {anchor.score:.0%}",
            style="met" if anchor.is_met else "unmet",
        )
        for anchor in anchors
        if anchor.box is not None and is_near(anchor)
    ]


def _candidate_shapes(candidates: Sequence[Candidate], winner: Box | None, unit: float) -> list[Shape]:
    best = max((c.score for c in candidates), default=0.0)
    return [
        Shape(
            "candidates",
            candidate.box,
            f"{candidate.text} · {candidate.score:.0%}",
            label=f"{rank} · {candidate.score * 100:.0f}",
            style="best" if rank == 1 and winner else "weak" if candidate.score < WEAK * best else "",
            rank=rank,
            label_at=_beside(candidate.box, unit),
        )
        for rank, candidate in enumerate(candidates, start=1)
    ]


def _beside(box: Box, unit: float) -> tuple[float, float, str]:
    """Where a label stands: left of the box, since rows lie close above each other; right of it at the left edge."""
    y = round(box.center.y + 0.5 * unit, 1)
    if box.x > 7 * unit:
        return round(box.x - 0.5 * unit, 1), y, "end"
    return round(box.right + 0.5 * unit, 1), y, "start"


def _grown(box: Box, by: int) -> Box:
    return Box(box.x - by, box.y - by, box.w + 2 * by, box.h + 2 * by)


def _to_pixels(box: NormBox, size: Size) -> Box:
    return Box(
        round(box.x * size.width), round(box.y * size.height), round(box.w * size.width), round(box.h * size.height)
    )


def _is_inside(box: Box, size: Size) -> bool:
    return box.x < size.width and box.y < size.height and box.right > 0 and box.bottom > 0


def _click_pixels(click: NormPoint | None, size: Size) -> tuple[int, int] | None:
    if click is None or not (0 <= click.x <= 1 and 0 <= click.y <= 1):
        return None
    return min(int(click.x * size.width), size.width - 1), min(int(click.y * size.height), size.height - 1)
