"""From a grounding on a screenshot to a place an agent can press; and the neutral page model. Pure.

An agent's screen may have another size than the screenshot it sent (a scaled desktop, a reduced capture), so the
answer travels as fractions and is turned into device pixels only where it is pressed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from navigation.errors import BadActionError
from navigation.geometry import clip, contains_point, to_norm_box, to_norm_point, to_pixel_point
from navigation.phrases import group_phrases
from navigation.types import Box, Control, Grounding, NormBox, NormPoint, Page, Point, Size, Word


@dataclass(frozen=True, slots=True)
class ResolvedAction:
    """Where to press: as fractions for the wire, and the box that the press must stay in."""

    point: NormPoint
    box: NormBox


def resolve(grounding: Grounding, size: Size) -> ResolvedAction:
    """The place to press for a found target.

    Raises BadActionError when nothing was found, or the point lies outside its box or the screenshot: such an
    answer must never be pressed.
    """
    if grounding.outcome != "found" or grounding.point_px is None or grounding.box_px is None:
        raise BadActionError("nothing was found that could be pressed", path="grounding", code="nothing_found")
    visible = clip(grounding.box_px, size)
    if visible is None or not contains_point(visible, grounding.point_px):
        raise BadActionError("the point lies outside the control", path="grounding.point", code="point_outside")
    return ResolvedAction(to_norm_point(grounding.point_px, size), to_norm_box(visible, size))


def device_point(point: NormPoint, device: Size) -> Point:
    """The device pixel to press, whatever size the screenshot had.

    Raises BadActionError for a point outside 0..1.
    """
    if not (0.0 <= point.x <= 1.0 and 0.0 <= point.y <= 1.0):
        raise BadActionError("a point must lie between 0 and 1", path="point", code="point_outside")
    return to_pixel_point(point, device)


def build_page(
    words: Sequence[Word],
    size: Size,
    *,
    controls: Sequence[Control] = (),
    reader: str = "given",
    image_id: str = "",
    settings_key: str = "given",
) -> Page:
    """A page from words of any origin (a reader, a recorded file, an accessibility tree).

    Words and controls that lie outside the screenshot are dropped, those across its edge are clipped.
    """
    kept = [
        replace(w, box=box, confidence=min(1.0, max(0.0, w.confidence)))
        for w in words
        if w.text.strip() and (box := _visible(w.box, size)) is not None
    ]
    inside = tuple(Control(box, c.kind, c.is_disabled) for c in controls if (box := _visible(c.box, size)) is not None)
    return Page(size, tuple(kept), group_phrases(kept, inside), inside, reader, image_id, settings_key)


def _visible(box: Box, size: Size) -> Box | None:
    return clip(box, size) if box.w > 0 and box.h > 0 else None
