"""Shapes to draw on a screenshot, in pixels of the picture. Pure: evidence in, plain values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from navigation.geometry import to_pixel_box
from navigation.types import AnchorCheck, Box, Candidate, Control, NormBox, NormPoint, Phrase, Size

WORTH_SHOWING = 0.6
"""An expected text whose nearest reading is less like it than this was simply not there."""
WEAK = 0.8
"""Candidates under this share of the best score are drawn faintly."""
LAYERS = ("phrases", "controls", "anchors", "candidates", "cache", "vlm", "click", "banner")


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle and what the pointer is told about it: text, likeness to what was asked, the reader's confidence.

    `style` picks its look; `rank` ties it to a row of the candidate table; `label_at` is x, baseline and text-anchor.
    """

    layer: str
    box: Box
    text: str = ""
    score: float | None = None
    confidence: float | None = None
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
    winner: Box | None

    def layer(self, name: str) -> list[Shape]:
        return [shape for shape in self.shapes if shape.layer == name]

    def has(self, name: str) -> bool:
        if name == "click":
            return self.click is not None
        return any(shape.layer == name for shape in self.shapes)

    def outline(self, name: str) -> str:
        """The rectangles of a layer as one SVG path: a page has hundreds of texts."""
        return "".join(f"M{s.box.x} {s.box.y}h{s.box.w}v{s.box.h}h-{s.box.w}z" for s in self.layer(name))

    @property
    def spots(self) -> str:
        """What the pointer may meet, one line each, parted by tabs:
        layer, x, y, width, height, text, score and confidence in per cent, style, rank."""
        return "\n".join(_spot(shape) for shape in self.shapes)


def build_overlay(
    size: Size,
    *,
    phrases: Iterable[Phrase] = (),
    controls: Iterable[Control] = (),
    anchors: Iterable[AnchorCheck] = (),
    candidates: Sequence[Candidate] = (),
    winner: Box | None = None,
    click: NormPoint | None = None,
    banner: NormBox | None = None,
) -> Overlay:
    """All layers of one picture; what lies outside it is left out."""
    unit = max(size.width / 100, 4.0)
    shapes = [
        *(Shape("phrases", p.box, p.text, confidence=p.confidence, style=p.source) for p in phrases),
        *(Shape("controls", c.box, style=c.kind) for c in controls),
        *_anchor_shapes(anchors),
        *_candidate_shapes(candidates, winner, unit),
        *(Shape(c.method, c.box, c.text, c.score) for c in candidates if c.method != "ocr"),
        *([Shape("banner", to_pixel_box(banner, size))] if banner else []),
    ]
    kept = [shape for shape in shapes if _is_inside(shape.box, size)]
    return Overlay(size, round(unit, 2), kept, _click_pixels(click, size), _grown(winner, 3) if winner else None)


def is_near(anchor: AnchorCheck) -> bool:
    """Whether what was read for an expected text resembles it enough to be worth showing."""
    return anchor.is_met or anchor.expected == "absent" or anchor.score >= WORTH_SHOWING


def _anchor_shapes(anchors: Iterable[AnchorCheck]) -> list[Shape]:
    return [
        Shape("anchors", _grown(anchor.box, 2), anchor.text, anchor.score, style="met" if anchor.is_met else "unmet")
        for anchor in anchors
        if anchor.box is not None and is_near(anchor)
    ]


def _candidate_shapes(candidates: Sequence[Candidate], winner: Box | None, unit: float) -> list[Shape]:
    best = max((c.score for c in candidates), default=0.0)
    return [
        Shape(
            "candidates",
            candidate.box,
            candidate.text,
            candidate.score,
            candidate.confidence,
            label=f"{rank} · {candidate.score * 100:.0f}",
            style="best" if rank == 1 and winner else "weak" if candidate.score < WEAK * best else "",
            rank=rank,
            label_at=_beside(candidate.box, unit),
        )
        for rank, candidate in enumerate(candidates, start=1)
    ]


def _spot(shape: Shape) -> str:
    box, text = shape.box, " ".join(shape.text.split())
    shares = ("" if share is None else f"{share * 100:.0f}" for share in (shape.score, shape.confidence))
    rank = shape.rank or ""
    return "\t".join(map(str, (shape.layer, box.x, box.y, box.w, box.h, text, *shares, shape.style, rank)))


def _beside(box: Box, unit: float) -> tuple[float, float, str]:
    """Where a label stands: left of the box, since rows lie close above each other; right of it at the left edge."""
    y = round(box.center.y + 0.5 * unit, 1)
    if box.x > 7 * unit:
        return round(box.x - 0.5 * unit, 1), y, "end"
    return round(box.right + 0.5 * unit, 1), y, "start"


def _grown(box: Box, by: int) -> Box:
    return Box(box.x - by, box.y - by, box.w + 2 * by, box.h + 2 * by)


def _is_inside(box: Box, size: Size) -> bool:
    return box.x < size.width and box.y < size.height and box.right > 0 and box.bottom > 0


def _click_pixels(click: NormPoint | None, size: Size) -> tuple[int, int] | None:
    if click is None or not (0 <= click.x <= 1 and 0 <= click.y <= 1):
        return None
    return min(int(click.x * size.width), size.width - 1), min(int(click.y * size.height), size.height - 1)
