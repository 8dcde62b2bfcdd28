"""Tick boxes and radio buttons drawn in many ways, with what each of them says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from navigation.protocols import RgbImage
from navigation.types import Box

Mark = Literal["", "check", "cross", "dot", "dash", "square"]
_UP = 8  # drawn so much larger, then reduced: edges as soft as on a screen

SAYS: dict[tuple[str, Mark], bool | None] = {
    ("square", ""): False,
    ("square", "check"): True,
    ("square", "cross"): True,
    ("square", "dash"): None,
    ("square", "square"): None,
    ("round", ""): False,
    ("round", "dot"): True,
}


@dataclass(frozen=True)
class Look:
    """Colours of a theme: the page, an empty box and its border, a ticked box and the mark in it."""

    name: str
    page: tuple[int, int, int]
    empty: tuple[int, int, int]
    border: tuple[int, int, int]
    ticked: tuple[int, int, int]
    mark: tuple[int, int, int]


LOOKS = (
    Look("paper", (255, 255, 255), (255, 255, 255), (118, 118, 118), (255, 255, 255), (20, 20, 20)),
    Look("blue fill", (244, 246, 248), (255, 255, 255), (130, 140, 150), (0, 117, 255), (255, 255, 255)),
    Look("green fill", (236, 240, 241), (250, 250, 250), (160, 170, 176), (34, 139, 84), (255, 255, 255)),
    Look("classic", (212, 208, 200), (255, 255, 255), (64, 64, 64), (255, 255, 255), (0, 0, 0)),
    Look("disabled", (255, 255, 255), (239, 239, 239), (190, 190, 190), (239, 239, 239), (140, 140, 140)),
    Look("dark", (30, 32, 36), (42, 44, 50), (140, 144, 150), (42, 44, 50), (235, 235, 235)),
    Look("dark, filled", (18, 18, 18), (18, 18, 18), (170, 170, 170), (138, 180, 248), (18, 18, 18)),
    Look("dark, light boxes", (33, 37, 41), (255, 255, 255), (110, 116, 122), (13, 110, 253), (255, 255, 255)),
)
SIZES = (11, 13, 14, 16, 18, 20, 24, 28, 32)


def drawn(look: Look, outline: str, mark: Mark, side: int, *, shift: tuple[float, float] = (0, 0), thick: float = 1.0,
          bend: float = 0.0) -> tuple[RgbImage, Box]:  # fmt: skip
    """A picture of one box and where the box is, to the nearest pixel. `bend` and `thick` vary the mark."""
    pad = 14
    scale = _UP
    canvas = Image.new("RGB", ((side + 2 * pad) * scale, (side + 2 * pad) * scale), look.page)
    pen = ImageDraw.Draw(canvas)
    left, top = (pad + shift[0]) * scale, (pad + shift[1]) * scale
    right, bottom = left + side * scale - 1, top + side * scale - 1
    is_set = mark != ""
    fill = look.ticked if is_set else look.empty
    is_filled = is_set and look.ticked != look.empty
    border = look.ticked if is_filled else look.border
    width = max(1, round(side / 13)) * scale
    if outline == "round":
        pen.ellipse((left, top, right, bottom), fill=fill, outline=border, width=width)
    else:
        pen.rounded_rectangle((left, top, right, bottom), side * scale / 8, fill=fill, outline=border, width=width)
    _draw_mark(pen, mark, left, top, side * scale, look.mark, thick, bend)
    image = canvas.resize((side + 2 * pad, side + 2 * pad), Image.Resampling.BOX)
    return np.asarray(image).copy(), Box(pad, pad, side, side)


def _draw_mark(pen: ImageDraw.ImageDraw, mark: Mark, x: float, y: float, side: float, colour: tuple[int, int, int],
               thick: float, bend: float) -> None:  # fmt: skip
    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + side * px, y + side * py) for px, py in points]

    stroke = round(side * 0.13 * thick)
    if mark == "check":
        pen.line(at((0.22, 0.5), (0.42 + bend, 0.72), (0.79, 0.27)), fill=colour, width=stroke, joint="curve")
    elif mark == "cross":
        pen.line(at((0.25, 0.25), (0.75, 0.75)), fill=colour, width=stroke)
        pen.line(at((0.75, 0.25), (0.25, 0.75)), fill=colour, width=stroke)
    elif mark == "dot":
        pen.ellipse([*at((0.28, 0.28))[0], *at((0.72, 0.72))[0]], fill=colour)
    elif mark == "dash":
        pen.line(at((0.25, 0.5), (0.75, 0.5)), fill=colour, width=stroke)
    elif mark == "square":
        pen.rectangle([*at((0.28, 0.28))[0], *at((0.72, 0.72))[0]], fill=colour)


@dataclass(frozen=True)
class Case:
    name: str
    picture: RgbImage
    box: Box
    says: bool | None


def variety() -> Iterator[Case]:
    """Every look, outline, mark and size, each where it is, half a pixel off and with the box a pixel off."""
    for look in LOOKS:
        for (outline, mark), says in SAYS.items():
            for side in SIZES:
                for number, (shift, off) in enumerate([((0, 0), 0), ((0.5, 0.5), 0), ((0, 0), 1), ((0, 0), -1)]):
                    thick = 0.85 + 0.15 * number
                    picture, box = drawn(look, outline, mark, side, shift=shift, thick=thick, bend=0.03 * (number - 1))
                    given = Box(box.x + off, box.y - off, box.w, box.h)
                    yield Case(f"{look.name}/{outline}/{mark or 'empty'}/{side}/{number}", picture, given, says)
