"""A picture to be shown smaller, in part or blurred: Pillow's, since nothing is measured on it.

What the store has re-encoded, Pillow reads alone, so that a console without an engine loads neither numpy nor OpenCV
(some 40 MiB). Everything else is decoded by `imaging`, which gives the same pixels.
"""

from __future__ import annotations

import io

from PIL import Image

from navigation.errors import BadScreenshotError
from navigation.image_header import read_header


def open_picture(data: bytes) -> Image.Image:
    """An untrusted PNG, JPEG, WebP or BMP as RGB, the right way up, with the pixels of `imaging.open_screenshot`.

    Raises BadScreenshotError as that does.
    """
    header = read_header(data)
    if header.format != "webp" or header.has_alpha or header.orientation != 1:
        return _decoded(data)
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as picture:
            if picture.size != (header.size.width, header.size.height):
                raise BadScreenshotError("damaged", "its header says two sizes")
            return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError) as err:
        raise BadScreenshotError("damaged", "its pixels cannot be read") from err


def _decoded(data: bytes) -> Image.Image:
    from navigation.imaging import open_screenshot  # loads numpy and OpenCV

    return Image.fromarray(open_screenshot(data).rgb)
