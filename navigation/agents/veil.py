"""Painting over what was typed as a secret, in every screenshot, until it is gone from the screen.

The veil lies on the field and on everything else the typing changed, so a text that went astray is covered too.

"The screen has changed" is judged between one settled frame and the next (after a press on another control, say):
outside the veil at least 1 % of the pixels differ (another form or page; typing into a second field changes
less), *and* the picture of the typed text is nowhere on the new frame. When it is still there, moved by a
message above the form for example, the veil moves with it. So an empty field of the next page is seen again,
with its hint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from navigation.agents.frames import changed_share, changes, crop, enlarged, find_patch, painted, size_of
from navigation.geometry import clip, union
from navigation.protocols import RgbImage
from navigation.types import Box

_MARGIN_PX = 4
_ANOTHER_SCREEN = 0.01
# How like the typed text a place must be to be covered: the same text on another background still passes.
_LIKENESS = 0.8
# Below this spread of levels a picture is an empty field, and would be "found" wherever nothing is.
_FLAT = 4.0
VEIL_COLOUR = (128, 128, 128)


@dataclass(frozen=True, slots=True)
class Veil:
    """Boxes to paint, and the picture of the typed text by which it is found again (None when nothing was seen)."""

    boxes: tuple[Box, ...]
    ink: RgbImage | None

    @classmethod
    def over(cls, field: Box, before: RgbImage, after: RgbImage) -> Veil:
        """A veil for a text typed into `field` between two frames."""
        size = size_of(after)
        covered = enlarged(field, _MARGIN_PX, size)
        typed = changes(before, after)
        boxes = (covered, *(enlarged(box, _MARGIN_PX, size) for box in typed))
        inside = [part for box in typed if (part := clip(box, size)) and _lies_on(part, covered)]
        ink = crop(after, union(inside)) if inside else None
        return cls(boxes, ink if ink is not None and ink.std() >= _FLAT else None)

    def cover(self, frame: RgbImage) -> RgbImage:
        """The frame with the secret painted over, wherever on it the typed text stands."""
        return cover_all(frame, (self,))

    def on_next(self, before: RgbImage, after: RgbImage) -> Veil | None:
        """What is left of the veil on the next frame: itself, itself moved, or None when it is lifted."""
        if changed_share(before, after, outside=self.boxes) < _ANOTHER_SCREEN:
            return self
        found = self.found(after)
        return Veil(tuple(found), self.ink) if found else None

    def found(self, frame: RgbImage) -> list[Box]:
        """Where the typed text stands on this frame, a little enlarged."""
        if self.ink is None:
            return []
        size = size_of(frame)
        return [enlarged(box, _MARGIN_PX, size) for box in find_patch(frame, self.ink, likeness=_LIKENESS)]


def cover_all(frame: RgbImage, veils: Sequence[Veil]) -> RgbImage:
    """The frame under all veils; each looks at the bare frame, so that one does not hide what another looks for."""
    boxes = [box for veil in veils for box in (*veil.boxes, *veil.found(frame))]
    return painted(frame, boxes, VEIL_COLOUR) if boxes else frame


def _lies_on(box: Box, field: Box) -> bool:
    return box.x < field.right and field.x < box.right and box.y < field.bottom and field.y < box.bottom
