"""What an untrusted picture says it is, read from its bytes without decoding a pixel.

Own small parsers, because the limits must hold before any decoder sees the data: type, size, frames,
completeness, and how much its compressed annotations unpack to. Pure: bytes in, values or BadScreenshotError out.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from navigation.errors import BadScreenshotError
from navigation.types import Size

MAX_BYTES = 20 * 1024 * 1024
"""Largest picture accepted, as received; a 4K screen as PNG is about 2 MiB, 8 MiB when it shows photographs."""
MAX_PIXELS = 40_000_000
"""Largest picture accepted, decoded: 120 MB of RGB; two 4K screens side by side are 17 million."""
MAX_SIDE = 16_383
"""Longest side: what a WebP, the format of the store, can hold (RFC 9649, 14 bits)."""
MIN_SIDE = 8
"""Shortest side: nothing smaller holds a letter."""
MAX_ANNOTATION_BYTES = 1024 * 1024
"""What a compressed text or colour profile inside a PNG may unpack to; real profiles are under 600 KB."""
MAX_PARTS = 50_000
"""Chunks or segments walked; a 20 MiB PNG in the usual 8 KiB chunks has 2,600."""
MAX_SCANS = 100
"""Passes of a progressive JPEG; encoders write about ten, each one costs a pass over every pixel."""

PictureFormat = Literal["png", "jpeg", "webp", "bmp"]


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """`size` is before orientation. `bits` per channel; `has_plain_colour` when it is 8-bit RGB or grey, no palette
    and no transparency key; `has_alpha` when there is an alpha channel. `orientation` is EXIF's 1..8."""

    format: PictureFormat
    size: Size
    bits: int = 8
    has_plain_colour: bool = True
    has_alpha: bool = False
    orientation: int = 1


def read_header(data: bytes) -> ImageHeader:
    """The header of a PNG, JPEG, WebP or BMP within the limits of this module.

    Raises BadScreenshotError: empty, truncated, too_large, too_small, animated, unsupported or damaged.
    """
    if not data:
        raise BadScreenshotError("empty", "it has no bytes")
    if len(data) > MAX_BYTES:
        raise BadScreenshotError("too_large", f"it has more than {MAX_BYTES // 1024 // 1024} MiB")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data.startswith(b"BM"):
        return _bmp(data)
    raise BadScreenshotError("unsupported", "it is not a PNG, JPEG, WebP or BMP picture")


def _checked(width: int, height: int) -> Size:
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        limit = f"{MAX_PIXELS // 1_000_000} million pixels, {MAX_SIDE} a side"
        raise BadScreenshotError("too_large", f"its header says {width} x {height}; the limit is {limit}")
    if width < MIN_SIDE or height < MIN_SIDE:
        raise BadScreenshotError("too_small", f"its header says {width} x {height}; the least is {MIN_SIDE} a side")
    return Size(width, height)


def _truncated() -> BadScreenshotError:
    return BadScreenshotError("truncated", "it ends too early")


def _damaged(what: str) -> BadScreenshotError:
    return BadScreenshotError("damaged", what)


def _unpack(layout: str, data: bytes | memoryview, at: int) -> tuple[Any, ...]:
    try:
        return struct.unpack_from(layout, data, at)
    except struct.error:
        raise _truncated() from None


# --- PNG ------------------------------------------------------------------------------------------


def _png(data: bytes) -> ImageHeader:
    chunks = _png_chunks(data)
    kind, body = next(chunks)
    if kind != b"IHDR" or len(body) != 13:
        raise _damaged("its first chunk is not a header")
    width, height, bits, colour, _, _, _ = _unpack(">IIBBBBB", body, 0)
    size = _checked(width, height)  # before the next chunk is looked at
    orientation, has_key, has_pixels, end = 1, False, False, b""
    for kind, body in chunks:
        if kind == b"acTL":
            raise BadScreenshotError("animated", "it is an animation")
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            _check_annotation(kind, body)
        elif kind == b"eXIf":
            orientation = _exif_orientation(bytes(body))
        has_key |= kind == b"tRNS"
        has_pixels |= kind == b"IDAT"
        end = kind
    if end != b"IEND" or not has_pixels:
        raise _truncated()
    return ImageHeader(
        "png",
        size,
        bits=bits,
        has_plain_colour=bits == 8 and colour in (0, 2) and not has_key,
        has_alpha=colour in (4, 6) or has_key,
        orientation=orientation,
    )


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Chunks to IEND, each whole and with a good checksum."""
    view, at = memoryview(data), 8
    for _ in range(MAX_PARTS):
        length, kind = _unpack(">I4s", view, at)
        body = view[at + 8 : at + 8 + length]
        (stored,) = _unpack(">I", view, at + 8 + length)
        if zlib.crc32(view[at + 4 : at + 8 + length]) != stored:
            raise _damaged("a checksum in it is wrong")
        yield kind, body
        if kind == b"IEND":
            return
        at += 12 + length
    raise _damaged("it has too many parts")


def _check_annotation(kind: bytes, body: memoryview) -> None:
    """Refuse a text or profile that unpacks to more than the limit, unpacking no more than that."""
    parts = bytes(body).split(b"\0", 1)
    packed = parts[1][1:] if len(parts) == 2 else b""
    if kind == b"iTXt":
        if not parts[1:] or parts[1][:1] != b"\1":
            return
        packed = parts[1][2:].split(b"\0", 2)[-1]
    inflate = zlib.decompressobj()
    try:
        inflate.decompress(packed, MAX_ANNOTATION_BYTES)
    except zlib.error:
        raise _damaged("an annotation in it is damaged") from None
    if inflate.unconsumed_tail:
        raise BadScreenshotError("too_large", "an annotation in it unpacks to more than 1 MiB")


# --- JPEG -----------------------------------------------------------------------------------------

_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN = re.compile(b"\xff\xda")  # three times faster over a picture than `bytes.count`


def _jpeg(data: bytes) -> ImageHeader:
    orientation, size, bits, components = 1, None, 8, 3
    for marker, at, length in _jpeg_segments(data):
        if marker in _SOF:
            bits, height, width, components = _unpack(">BHHB", data, at)
            size = _checked(width, height)
        elif marker == 0xE1 and data[at : at + 6] == b"Exif\0\0" and orientation == 1:
            orientation = _exif_orientation(data[at + 6 : at + length])
        elif marker == 0xDA:
            if data.rfind(b"\xff\xd9", at) < 0:  # from the end, where it should be
                raise _truncated()
            break
    if size is None:
        raise _truncated()
    if bits != 8:
        raise BadScreenshotError("unsupported", f"it is a JPEG of {bits} bits a channel")
    if sum(1 for _ in islice(_SCAN.finditer(data), MAX_SCANS + 1)) > MAX_SCANS:
        raise BadScreenshotError("too_large", "it has too many passes")
    return ImageHeader("jpeg", size, has_plain_colour=components in (1, 3), orientation=orientation)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, where its content starts, length of the content), up to and with the first scan's header."""
    at = 2
    for _ in range(MAX_PARTS):
        lead, marker = _unpack(">BB", data, at)
        if lead != 0xFF:
            raise _damaged("a marker in it is missing")
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        (length,) = _unpack(">H", data, at + 2)
        if length < 2:
            raise _damaged("a segment in it has no length")
        if at + 2 + length > len(data):
            raise _truncated()
        yield marker, at + 4, length - 2
        if marker == 0xDA:
            return
        at += 2 + length
    raise _damaged("it has too many parts")


# --- WebP -----------------------------------------------------------------------------------------


def _webp(data: bytes) -> ImageHeader:
    (riff,) = _unpack("<I", data, 4)
    if riff + 8 > len(data):
        raise _truncated()
    size, orientation, has_alpha, has_pixels = None, 1, False, False
    for kind, at, length in _webp_chunks(data, riff + 8):
        if kind == b"VP8X":
            (flags,) = _unpack("<B", data, at)
            has_alpha = bool(flags & 0x10)
            size = _checked(_u24(data, at + 4) + 1, _u24(data, at + 7) + 1)
        if kind in (b"ANIM", b"ANMF"):
            raise BadScreenshotError("animated", "it is an animation")
        if kind in (b"VP8 ", b"VP8L"):
            frame, frame_has_alpha = _webp_frame(data, kind, at)
            if size is not None and frame != size:
                raise _damaged("its frame does not fill its canvas")
            size, has_alpha, has_pixels = frame, has_alpha or frame_has_alpha, True
        if kind == b"EXIF":
            orientation = _exif_orientation(data[at : at + length].removeprefix(b"Exif\0\0"))
    if size is None or not has_pixels:
        raise _truncated()
    return ImageHeader("webp", size, has_plain_colour=not has_alpha, has_alpha=has_alpha, orientation=orientation)


def _webp_chunks(data: bytes, end: int) -> Iterator[tuple[bytes, int, int]]:
    at = 12
    for _ in range(MAX_PARTS):
        if at + 8 > end:
            return
        kind = data[at : at + 4]
        (length,) = _unpack("<I", data, at + 4)
        if at + 8 + length > end:
            raise _truncated()
        yield kind, at + 8, length
        at += 8 + length + length % 2
    raise _damaged("it has too many parts")


def _webp_frame(data: bytes, kind: bytes, at: int) -> tuple[Size, bool]:
    if kind == b"VP8 ":
        width, height = _unpack("<HH", data, at + 6)
        return _checked(width & 0x3FFF, height & 0x3FFF), False
    (packed,) = _unpack("<I", data, at + 1)
    return _checked((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1), bool(packed >> 28 & 1)


def _u24(data: bytes, at: int) -> int:
    _unpack("3s", data, at)
    return int.from_bytes(data[at : at + 3], "little")


# --- BMP ------------------------------------------------------------------------------------------


def _bmp(data: bytes) -> ImageHeader:
    (pixels_at, dib) = _unpack("<II", data, 10)
    if dib < 40:
        raise BadScreenshotError("unsupported", "it is a BMP of an old kind")
    width, height, _, depth, packing = _unpack("<iiHHI", data, 18)
    size = _checked(width, abs(height))
    if packing not in (0, 3) or depth not in (1, 4, 8, 16, 24, 32):
        raise BadScreenshotError("unsupported", "it is a compressed BMP")
    if pixels_at + (width * depth + 31) // 32 * 4 * size.height > len(data):
        raise _truncated()
    return ImageHeader("bmp", size, has_plain_colour=False)


# --- EXIF -----------------------------------------------------------------------------------------


def _exif_orientation(tiff: bytes) -> int:
    """The orientation 1..8 in the first directory of a TIFF block (tag 0x0112, EXIF 2.32); 1 for odd blocks."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, at)
        for entry in range(at + 2, at + 2 + 12 * min(count, 1000), 12):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, entry)
            if tag == 0x0112:
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
