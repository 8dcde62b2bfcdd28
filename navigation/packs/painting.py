"""Replaces what a picture shows outside the places that must stay. Pixels in, pixels out; no text is asked for.

The picture is laid out in large tiles of their middle colour, in which no letter can be told, read or not. Then come
back: of the controls that matter the border, and the texts that matter pixel for pixel. Where other words were read,
made-up ones of the same size and colours are written, the same at the same place on every picture.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from navigation.geometry import grow, share_inside
from navigation.packs.needs import Needs
from navigation.protocols import RgbImage
from navigation.types import Box, Page, Size, Word

Style = Literal["text", "flat"]

TILE: Final = 32
"""px; of text up to twice as high, read or not, nothing legible is left in tiles of this size."""
RING: Final = 5
"""px of a control's border that stay, inwards; outwards 3."""
PAD: Final = (4, 3)
"""px of paper that stay around a text: readers want some."""
_SYLLABLES = "la re mi to nu sa vo ri le po da no fe lu ba zo ki me".split()  # noqa: SIM905 (one line)


def painted(rgb: RgbImage, page: Page, needs: Needs, style: Style) -> RgbImage:
    """The picture without what the needs do not name; `page` is its reading."""
    size = page.size
    others = [word for word in (*page.words, *page.second_words) if not _is_kept(word.box, needs)]
    bare = np.ascontiguousarray(rgb.copy())
    for word in others:
        _fill(bare, grow(word.box, 2, 2, size), _ground_of(rgb, word))
    done = _tiled(bare)
    for box in needs.controls:
        _put_back_control(done, bare, box, size)
    texts = [grow(box, *PAD, size) for box in needs.texts]
    for box in texts:
        _cut(done, box)[:] = _cut(rgb, box)
    for word in others:
        if any(share_inside(word.box, box) > 0 for box in texts):
            _fill_around(done, word.box, needs.texts, _ground_of(rgb, word))
        elif style == "text":
            _write(done, word, _ground_of(rgb, word), _ink_of(rgb, word))
    return done


def _is_kept(box: Box, needs: Needs) -> bool:
    return any(share_inside(box, kept) > 0.5 for kept in needs.texts)


def _tiled(rgb: RgbImage) -> RgbImage:
    """Each tile in its median colour."""
    height, width = rgb.shape[:2]
    down, across = -height % TILE, -width % TILE
    padded = cv2.copyMakeBorder(rgb, 0, down, 0, across, cv2.BORDER_REPLICATE)
    tiles = padded.reshape(padded.shape[0] // TILE, TILE, padded.shape[1] // TILE, TILE, 3)
    tiles = tiles.transpose(0, 2, 1, 3, 4).reshape(tiles.shape[0], tiles.shape[2], -1, 3)
    middle = np.partition(tiles, TILE * TILE // 2, axis=2)[:, :, TILE * TILE // 2]
    whole = np.repeat(np.repeat(middle, TILE, axis=0), TILE, axis=1)
    return np.ascontiguousarray(whole[:height, :width])


def _put_back_control(done: RgbImage, bare: RgbImage, box: Box, size: Size) -> None:
    """Border and ground of a control; what stands in it is gone."""
    outer = grow(box, 3, 3, size)
    inner = Box(box.x + RING, box.y + RING, box.w - 2 * RING, box.h - 2 * RING)
    if inner.w < 1 or inner.h < 1:
        _cut(done, outer)[:] = _cut(bare, outer)
        return
    kept = _cut(done, inner).copy() if inner.h > 4 * TILE else None  # a window keeps the tiles it holds
    ground = np.median(_cut(bare, inner).reshape(-1, 3), axis=0).astype(np.uint8)
    _cut(done, outer)[:] = _cut(bare, outer)
    _cut(done, inner)[:] = ground if kept is None else kept


def _fill_around(done: RgbImage, box: Box, texts: Sequence[Box], colour: npt.NDArray[np.uint8]) -> None:
    """Wipe a word that reaches into the paper around a kept text, but for the text's own place."""
    kept = [(text, _cut(done, text).copy()) for text in texts if share_inside(text, _with_edge(box)) > 0]
    _fill(done, box, colour)
    for text, pixels in kept:
        _cut(done, text)[:] = pixels


def _with_edge(box: Box) -> Box:
    return Box(box.x - 1, box.y - 1, box.w + 2, box.h + 2)


def _write(done: RgbImage, word: Word, ground: npt.NDArray[np.uint8], ink: npt.NDArray[np.uint8]) -> None:
    box = word.box
    if box.w < 4 or box.h < 5:
        return
    letters = _letters(box.x, box.y, box.w, box.h)
    part = _cut(done, box)
    share = letters[: part.shape[0], : part.shape[1], None].astype(np.float32) / 255
    part[:] = (share * ink + (1 - share) * ground).astype(np.uint8)


@lru_cache(maxsize=4096)
def _letters(x: int, y: int, w: int, h: int) -> npt.NDArray[np.uint8]:
    """Coverage 0..255 of a made-up word that fills a box; what it says depends on the box alone."""
    chance = random.Random(f"{x},{y},{w},{h}")
    length = max(1, round(w / (0.55 * h)))
    text = "".join(chance.choice(_SYLLABLES) for _ in range(length // 2 + 1))[:length]
    font = ImageFont.load_default(max(8, h))
    left, top, right, bottom = font.getbbox(text)
    drawn = Image.new("L", (max(1, int(right - left)), max(1, int(bottom - top))), 0)
    ImageDraw.Draw(drawn).text((-left, -top), text, fill=255, font=font)
    return np.asarray(drawn.resize((w, h), Image.Resampling.LANCZOS))


def _ground_of(rgb: RgbImage, word: Word) -> npt.NDArray[np.uint8]:
    if word.ground is not None:
        return np.array(word.ground, np.uint8)
    return np.asarray(np.median(_cut(rgb, word.box).reshape(-1, 3), axis=0), np.uint8)


def _ink_of(rgb: RgbImage, word: Word) -> npt.NDArray[np.uint8]:
    if word.ink is not None:
        return np.array(word.ink, np.uint8)
    is_light = int(_ground_of(rgb, word).max()) > 127
    return np.array((40, 40, 40) if is_light else (225, 225, 225), np.uint8)


def _fill(picture: RgbImage, box: Box, colour: npt.NDArray[np.uint8]) -> None:
    _cut(picture, box)[:] = colour


def _cut(picture: RgbImage, box: Box) -> RgbImage:
    return picture[max(0, box.y) : max(0, box.bottom), max(0, box.x) : max(0, box.right)]
