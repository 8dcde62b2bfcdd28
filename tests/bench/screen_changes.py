"""Changes to a real screenshot that keep it believable: other data in it, a control moved, dimmed, renamed, doubled."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from navigation.geometry import clip, grow, intersection
from navigation.protocols import RgbImage
from navigation.types import Box, Size
from navigation.vision import crop

_WORDS = (
    "MARTIN", "Jeanne", "DURAND", "Paul", "12/03/1958", "80012345", "urgence", "dyspnée", "37,8", "examen", "box", "04",
    "Lefèvre", "Odile", "sortie",
)  # fmt: skip


def with_other_data(rgb: RgbImage, truth: Mapping[str, Any], *, keep: Sequence[Box], seed: int) -> RgbImage:
    """Every text that is no control, no label and none of `keep` replaced by another one, about as long or shorter."""
    chance = random.Random(seed)
    kept = [*keep, *(Box(*map(round, e["label_bbox"])) for e in truth["elements"] if e.get("label_bbox"))]
    kept += [Box(*map(round, e["bbox"])) for e in truth["elements"] if e["kind"] == "clickable"]
    image = Image.fromarray(rgb)
    for line in truth["lines"]:
        box = clip(Box(*map(round, line["bbox"])), Size(image.width, image.height))
        if box is not None and not any(intersection(box, other) for other in kept):
            _write_over(image, box, chance)
    return np.asarray(image)


def pushed_down(rgb: RgbImage, box: Box, *, by: int) -> RgbImage | None:
    """Everything from 30 px above a control on moved down, as by a message; None where the control would leave."""
    top = box.y - 30
    if top < 60 or box.bottom + by + 8 > rgb.shape[0]:
        return None
    moved = rgb.copy()
    moved[top + by :] = rgb[top:-by]
    moved[top : top + by] = rgb[top]
    return moved


def compressed(rgb: RgbImage, quality: int = 60) -> RgbImage:
    """The picture after JPEG, as a lossy connection shows it."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)


def dimmed(rgb: RgbImage, box: Box, share: float) -> RgbImage:
    """A control as an opacity under 1 draws it, on the ground beside it."""
    changed = rgb.copy()
    inside = crop(changed, box)
    ground = rgb[box.y, max(0, box.x - 6)].astype(float)
    inside[:] = (inside * share + ground * (1 - share)).astype(np.uint8)
    return changed


def recoloured(rgb: RgbImage, box: Box) -> RgbImage | None:
    """A control whose colours are turned; None for one that is grey, where turning changes nothing."""
    changed = rgb.copy()
    inside = crop(changed, box)
    if int(inside.max(axis=2).astype(int).max() - inside.min(axis=2).astype(int).min()) == 0:
        return None
    turned = inside[:, :, [2, 0, 1]]
    if int(np.abs(turned.astype(int) - inside.astype(int)).max()) < 60:
        return None
    inside[:] = turned
    return changed


def with_letter_out(rgb: RgbImage, text: Box) -> RgbImage | None:
    """The part of a text with most ink, as wide as a letter, painted over; None where there is hardly any ink."""
    inside = crop(rgb, text)
    ground = np.median(inside.reshape(-1, 3), axis=0)
    ink = np.abs(inside.astype(float) - ground).max(axis=2).sum(axis=0)
    width = max(6, round(0.7 * text.h))
    if len(ink) <= 2 * width or ink.max() < 200:
        return None
    at = int(np.argmax(np.convolve(ink, np.ones(width), "valid")))
    changed = rgb.copy()
    crop(changed, text)[:, at : at + width] = ground.astype(np.uint8)
    return changed


def with_twin(rgb: RgbImage, box: Box) -> RgbImage | None:
    """The same control once more, under or over the first; None where there is no room."""
    size = Size(rgb.shape[1], rgb.shape[0])
    whole = grow(box, max(8, box.h), 4, size)
    step = whole.h + 30
    top = whole.y + step if whole.bottom + step < size.height else whole.y - step
    if top < 0 or step > 100:
        return None
    changed = rgb.copy()
    changed[top : top + whole.h, whole.x : whole.right] = crop(rgb, whole)
    return changed


def _write_over(image: Image.Image, box: Box, chance: random.Random) -> None:
    pixels = np.asarray(image)[box.y : box.bottom, box.x : box.right].reshape(-1, 3).astype(int)
    ground = np.median(pixels, axis=0).astype(int)
    ink = pixels[np.abs(pixels - ground).sum(axis=1).argmax()]
    font = ImageFont.truetype("DejaVuSans.ttf", max(7, int(box.h * 0.72)))
    text = ""
    while font.getlength(f"{text} {(word := chance.choice(_WORDS))}") < box.w * chance.uniform(0.6, 1.0):
        text = f"{text} {word}".strip()
    draw = ImageDraw.Draw(image)
    draw.rectangle((box.x, box.y, box.right - 1, box.bottom - 1), fill=tuple(map(int, ground)))
    draw.text((box.x, box.y), text, font=font, fill=tuple(map(int, ink)))
