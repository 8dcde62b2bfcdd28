"""From untrusted bytes to RGB pixels: the only place a screenshot is decoded.

Judged from the header first (`image_header`), then decoded by OpenCV where it is right and fast, by Pillow
elsewhere. Colour profiles are ignored: a screenshot's numbers are what the screen was told to show.
"""

from __future__ import annotations

import hashlib
import importlib
import io
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from navigation.errors import BadScreenshotError
from navigation.image_header import MAX_BYTES, MAX_PIXELS, MAX_SIDE, MIN_SIDE, ImageHeader, read_header
from navigation.protocols import RgbImage
from navigation.types import Size

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MAX_SIDE", "MIN_SIDE", "Screenshot", "decode", "open_screenshot", "pixel_sha256"]

Image.preinit()  # not with the first picture, when no file handle may be left to load them with
importlib.import_module("PIL.WebPImagePlugin")

_WHITE = 255
_BAND_ROWS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Screenshot:
    """A decoded picture, the right way up. `rgb` is (height, width, 3) uint8 and read-only.

    `image_id` is the SHA-256 of the pixels; `format` and `received_bytes` are of what was sent.
    """

    rgb: RgbImage = field(repr=False)
    size: Size
    image_id: str
    format: str
    received_bytes: int


def open_screenshot(data: bytes) -> Screenshot:
    """Decode an untrusted PNG, JPEG, WebP or BMP.

    Palette, grey, CMYK and 16-bit pictures become 8-bit RGB (16-bit ones scaled, not clipped); transparent
    parts are shown over white; EXIF orientation is applied here, once, so that picture, boxes and points agree.

    Raises BadScreenshotError, whose code tells: empty, truncated, too_large, too_small, animated,
    unsupported, damaged.
    """
    rgb, image_format = decode(data)
    rgb.flags.writeable = False
    height, width = rgb.shape[:2]
    return Screenshot(rgb, Size(width, height), pixel_sha256(rgb), image_format, len(data))


def decode(data: bytes) -> tuple[RgbImage, str]:
    """The pixels of an untrusted picture, (height, width, 3) uint8, and its format, all but the hash; raises as
    `open_screenshot` does."""
    header = read_header(data)
    return np.ascontiguousarray(_turn(_pixels(data, header), header.orientation)), header.format


def pixel_sha256(rgb: RgbImage) -> str:
    """SHA-256 of "WIDTHxHEIGHT:" and the pixels row by row, so that equal bytes of another shape differ."""
    height, width = rgb.shape[:2]
    digest = hashlib.sha256(b"%dx%d:" % (width, height))
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.hexdigest()


def _pixels(data: bytes, header: ImageHeader) -> RgbImage:
    is_plain = header.has_plain_colour and header.format in ("png", "jpeg")
    try:
        if is_plain:
            flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
            rgb = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        elif header.bits == 16 or (header.format == "png" and header.bits == 8 and header.has_alpha):
            rgb = _flatten(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))
        else:
            rgb = _decode_with_pillow(data, header)
    except cv2.error:
        rgb = None
    if rgb is None or rgb.shape != (header.size.height, header.size.width, 3):
        raise BadScreenshotError("damaged", "its pixels cannot be read")
    return np.asarray(rgb, np.uint8)


def _flatten(pixels: npt.NDArray[Any] | None) -> RgbImage | None:
    """OpenCV's grey, BGR or BGRA of 8 or 16 bits, as RGB of 8 bits over white."""
    if pixels is None:
        return None
    if pixels.dtype == np.uint16:
        pixels = _to_8_bits(pixels)
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), np.uint8)
    if pixels.shape[2] == 3:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
    rgba = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA), np.uint8)
    return _over_white(rgba)


def _to_8_bits(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """0..65535 to 0..255, to nearest: 257 is 65535 / 255."""
    scaled = np.empty(pixels.shape, np.uint8)
    for top in range(0, len(pixels), _BAND_ROWS):  # in bands, so that the wider sums stay small
        scaled[top : top + _BAND_ROWS] = (pixels[top : top + _BAND_ROWS].astype(np.uint32) + 128) // 257
    return scaled


def _over_white(rgba: RgbImage) -> RgbImage:
    alpha = rgba[..., 3]
    rgb = np.ascontiguousarray(rgba[..., :3])
    if int(alpha.min()) == _WHITE:
        return rgb
    for top in range(0, len(rgb), _BAND_ROWS):
        band = slice(top, top + _BAND_ROWS)
        share = alpha[band, :, None].astype(np.uint32)
        rgb[band] = (rgb[band] * share + _WHITE * (255 - share) + 127) // 255
    return rgb


def _decode_with_pillow(data: bytes, header: ImageHeader) -> RgbImage:
    try:
        with Image.open(io.BytesIO(data), formats=[header.format.upper()]) as picture:
            # The size was judged from the header; Pillow must see the same one before it decodes.
            if picture.size != (header.size.width, header.size.height):
                raise BadScreenshotError("damaged", "its header says two sizes")
            if picture.has_transparency_data:
                return _over_white(np.asarray(picture.convert("RGBA")))
            return np.asarray(picture.convert("RGB"))
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as err:
        if isinstance(err, OSError) and err.errno is not None:
            raise  # the system's and not Pillow's: a handle that was not to be had says nothing of the picture
        raise BadScreenshotError("damaged", "its pixels cannot be read") from err


def _turn(rgb: RgbImage, orientation: int) -> RgbImage:
    """The picture as it is meant to be seen; EXIF orientations 5 to 8 swap width and height."""
    if orientation in (5, 6, 7, 8):
        rgb = rgb.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    return rgb
