"""A surface on which nothing is done: each deed is drawn on the screen as it is then, and kept as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2

from navigation.agents.frames import decode, encode, size_of
from navigation.agents.surface import Surface
from navigation.geometry import to_pixel_point
from navigation.keyboards import Keystroke
from navigation.protocols import RgbImage
from navigation.types import NormPoint, Point, PressKind

_COLOUR, _HALO = (214, 32, 96), (255, 255, 255)
_RADIUS, _CROSS = 18, 30


class DryRunSurface:
    """Shows what `surface` shows, and writes where it would press to numbered PNG files in `folder`.

    Typed texts are not written anywhere: they may be secrets.
    """

    def __init__(self, surface: Surface, folder: Path) -> None:
        self._surface = surface
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._number = 0

    def screenshot(self) -> bytes:
        return self._surface.screenshot()

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self._keep(f"press-{kind}", point)

    def drag(self, start: NormPoint, end: NormPoint) -> None:
        self._keep("drag", start, end)

    def scroll(self, point: NormPoint, steps: int) -> None:
        self._keep("scroll", point)

    def type_text(self, text: str) -> None:
        self._keep("type")

    def type_keys(self, strokes: Sequence[Keystroke]) -> None:
        self._keep("type")

    def _keep(self, deed: str, *points: NormPoint) -> None:
        self._number += 1
        frame = decode(self._surface.screenshot()).copy()
        places = [to_pixel_point(point, size_of(frame)) for point in points]
        for place in places:
            _draw(frame, place)
        if len(places) > 1:
            _line(frame, places[0], places[1])
        (self._folder / f"{self._number:03}-{deed}.png").write_bytes(encode(frame))


def _draw(frame: RgbImage, at: Point) -> None:
    """A ring and a cross around the point, which itself stays to be seen."""
    for colour, width in ((_HALO, 5), (_COLOUR, 2)):
        cv2.circle(frame, (at.x, at.y), _RADIUS, colour, width, cv2.LINE_AA)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            inner, outer = (at.x + dx * 6, at.y + dy * 6), (at.x + dx * _CROSS, at.y + dy * _CROSS)
            cv2.line(frame, inner, outer, colour, width, cv2.LINE_AA)


def _line(frame: RgbImage, start: Point, end: Point) -> None:
    for colour, width in ((_HALO, 5), (_COLOUR, 2)):
        cv2.arrowedLine(frame, (start.x, start.y), (end.x, end.y), colour, width, cv2.LINE_AA, tipLength=0.05)
