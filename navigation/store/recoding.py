"""Pictures in other forms: lossless WebP proved equal to what came, and thumbnails. Bytes in, bytes out."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from navigation.errors import DamagedPictureError
from navigation.image_header import MAX_BYTES
from navigation.imaging import open_screenshot, pixel_sha256
from navigation.protocols import RgbImage
from navigation.types import Box

# Method 4 of 0..6: on screenshots about 0.3 of PNG's size; 6 saves 2 % more for three times the time.
METHOD = 4
THUMB_QUALITY = 80
CROP_QUALITY = 72  # a few words at their own size: about 5 KiB


def lossless(data: bytes, image_id: str) -> tuple[bytes, str] | None:
    """The picture as lossless WebP, or None where it would become too large to be opened again.

    The result is decoded and its pixels hashed before it is trusted. Raises DamagedPictureError when the bytes
    given do not have the pixels that the id names.
    """
    rgb = open_screenshot(data).rgb
    if pixel_sha256(rgb) != image_id:
        raise DamagedPictureError(image_id)
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "WEBP", lossless=True, method=METHOD, exact=True)
    if out.tell() > MAX_BYTES or pixel_sha256(_pixels(out.getvalue())) != image_id:
        return None
    return out.getvalue(), "webp"


def thumbnail(data: bytes, width: int) -> bytes:
    """A WebP at most `width` pixels wide, and never larger than the picture."""
    with Image.fromarray(open_screenshot(data).rgb) as image:
        height = max(1, round(image.height * width / image.width))
        small = (
            image if image.width <= width else image.resize((width, height), Image.Resampling.BOX, reducing_gap=None)
        )
        out = io.BytesIO()
        small.save(out, "WEBP", quality=THUMB_QUALITY, method=METHOD)
    return out.getvalue()


def crop(data: bytes, box: Box, width: int) -> bytes:
    """A WebP of what lies in `box`, `width` pixels wide, with the box's proportions; transparent off the picture."""
    with Image.fromarray(open_screenshot(data).rgb) as image:
        part = Image.new("RGBA", (box.w, box.h))
        part.paste(image.crop((box.x, box.y, box.right, box.bottom)), mask=_inside(image, box))
        small = part.resize((width, max(1, round(box.h * width / box.w))), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "WEBP", quality=CROP_QUALITY, method=METHOD)
    return out.getvalue()


def _inside(image: Image.Image, box: Box) -> Image.Image:
    """White where `box` lies on the picture, black elsewhere."""
    mask = Image.new("L", (box.w, box.h))
    mask.paste(255, (max(0, -box.x), max(0, -box.y), min(box.w, image.width - box.x), min(box.h, image.height - box.y)))
    return mask


def _pixels(data: bytes) -> RgbImage:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))
