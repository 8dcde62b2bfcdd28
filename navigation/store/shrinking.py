"""Pictures made small: thumbnails and crops as lossy WebP. Bytes in, bytes out."""

from __future__ import annotations

import io

from PIL import Image

from navigation.picture import open_picture
from navigation.types import Box

METHOD = 4  # of 0..6
THUMB_QUALITY = 80
CROP_QUALITY = 72  # a few words at their own size: about 5 KiB


def thumbnail(data: bytes, width: int) -> bytes:
    """A WebP at most `width` pixels wide, and never larger than the picture."""
    with open_picture(data) as image:
        height = max(1, round(image.height * width / image.width))
        small = (
            image if image.width <= width else image.resize((width, height), Image.Resampling.BOX, reducing_gap=None)
        )
        out = io.BytesIO()
        small.save(out, "WEBP", quality=THUMB_QUALITY, method=METHOD)
    return out.getvalue()


def crop(data: bytes, box: Box, width: int) -> bytes:
    """A WebP of what lies in `box`, `width` pixels wide, with the box's proportions; transparent off the picture."""
    with open_picture(data) as image:
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
