"""Pictures that an attacker, a broken agent or an odd program may send, made from nothing at each run."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw


@dataclass(frozen=True)
class Hostile:
    """`code` is the BadScreenshotError code expected; None for a picture that must be accepted."""

    name: str
    make: Callable[[], bytes]
    code: str | None


def drawn(width: int = 320, height: int = 200) -> Image.Image:
    """A small screen with text, different in each corner."""
    picture = Image.new("RGB", (width, height), (240, 244, 248))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((10, 10, 110, 50), fill=(0, 90, 160))
    draw.text((20, 20), "Valider", fill="white")
    draw.rectangle((width - 60, height - 40, width - 10, height - 10), fill=(200, 30, 30))
    draw.text((20, 120), "Identifiant", fill=(20, 20, 20))
    return picture


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def png(**options: object) -> bytes:
    return saved(drawn(), "PNG", **options)


def jpeg(**options: object) -> bytes:
    return saved(drawn(), "JPEG", quality=90, **options)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(
    width: int, height: int, *, bits: int = 8, colour: int = 2, extra: bytes = b"", pixels: bytes = b""
) -> bytes:
    """A PNG from its parts; `pixels` are filtered rows, packed here."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def png_with(extra: bytes) -> bytes:
    """A good PNG with more chunks after its header."""
    good = png()
    return good[:33] + extra + good[33:]


def packed_zeros(size: int) -> bytes:
    out, packer, block = [], zlib.compressobj(9), bytes(1 << 20)
    for _ in range(size >> 20):
        out.append(packer.compress(block))
    return b"".join([*out, packer.flush()])


def apng() -> bytes:
    frames = [drawn(), Image.new("RGB", (320, 200), "red")]
    return saved(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=100)


def webp_animation() -> bytes:
    frames = [drawn(), Image.new("RGB", (320, 200), "red")]
    return saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)


def gif(frames: int = 2000) -> bytes:
    pictures = [Image.new("P", (8, 8), i % 256) for i in range(frames)]
    return saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=10)


def jpeg_header(width: int, height: int) -> bytes:
    good = bytearray(jpeg())
    at = good.index(b"\xff\xc0")
    good[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(good)


def jpeg_many_scans() -> bytes:
    good = jpeg(progressive=True)
    at = good.rindex(b"\xff\xda")
    scan = good[at:-2]
    return good[:-2] + scan * 200 + good[-2:]


def webp_header(width: int, height: int) -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4)
    body += struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def bmp_header(width: int, height: int) -> bytes:
    good = bytearray(saved(drawn(), "BMP"))
    good[18:26] = struct.pack("<ii", width, height)
    return bytes(good)


def sixteen_bit_grey() -> bytes:
    grey = np.asarray(drawn().convert("L")).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in grey.astype(">u2"))
    return png_of(320, 200, bits=16, colour=0, pixels=rows)


def sixteen_bit_rgb() -> bytes:
    rows = b"".join(b"\0" + (row.astype(np.uint16) * 257).astype(">u2").tobytes() for row in np.asarray(drawn()))
    return png_of(320, 200, bits=16, colour=2, pixels=rows)


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


BOMB = 200 << 20
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><body onload=alert(1)>PNG</body></html>"

REFUSED: tuple[Hostile, ...] = (
    Hostile("zero bytes", lambda: b"", "empty"),
    Hostile("one byte", lambda: b"\x89", "unsupported"),
    Hostile("png signature only", lambda: png()[:8], "truncated"),
    Hostile("png cut in its header", lambda: png()[:20], "truncated"),
    Hostile("png cut in its pixels", lambda: png()[: len(png()) // 2], "truncated"),
    Hostile("png without its end", lambda: png()[:-12], "truncated"),
    Hostile("png with a tail of zeros", lambda: png()[:300].ljust(len(png()), b"\0"), "damaged"),
    Hostile("png with one byte flipped", lambda: _flipped(png(), len(png()) // 2), "damaged"),
    Hostile("png with half its rows", lambda: png_of(64, 64, pixels=bytes(193 * 32)), "damaged"),
    Hostile("png with no pixels", lambda: png_of(64, 64, pixels=b""), "damaged"),
    Hostile("png of an impossible colour type", lambda: png_of(64, 64, colour=5, pixels=bytes(9999)), "damaged"),
    Hostile("png 20000 x 20000", lambda: png_of(20_000, 20_000), "too_large"),
    Hostile("png strip", lambda: png_of(4_000_000, 8), "too_large"),
    Hostile("png 2^31 wide", lambda: png_of(2**31 - 1, 2**31 - 1), "too_large"),
    Hostile("png 1 x 1", lambda: png_of(1, 1, pixels=bytes(4)), "too_small"),
    Hostile("png 0 x 0", lambda: png_of(0, 0), "too_small"),
    Hostile("png text bomb", lambda: png_with(chunk(b"zTXt", b"a\0\0" + packed_zeros(BOMB))), "too_large"),
    Hostile("png utf-8 text bomb", lambda: png_with(chunk(b"iTXt", b"a\0\1\0\0\0" + packed_zeros(BOMB))), "too_large"),
    Hostile("png profile bomb", lambda: png_with(chunk(b"iCCP", b"a\0\0" + packed_zeros(BOMB))), "too_large"),
    Hostile("png of a million chunks", lambda: png_with(chunk(b"tEXt", b"a\0") * 1_000_000), "damaged"),
    Hostile("more than 20 MiB", lambda: png() + bytes(20 << 20), "too_large"),
    Hostile("animated png", apng, "animated"),
    Hostile("animated webp", webp_animation, "animated"),
    Hostile("gif of 2000 frames", gif, "unsupported"),
    Hostile("svg named png", lambda: SVG, "unsupported"),
    Hostile("html named png", lambda: HTML, "unsupported"),
    Hostile("tiff", lambda: saved(drawn(), "TIFF"), "unsupported"),
    Hostile("pdf", lambda: b"%PDF-1.7\n", "unsupported"),
    Hostile("zip", lambda: b"PK\x03\x04" + bytes(100), "unsupported"),
    Hostile("jpeg cut", lambda: jpeg()[: len(jpeg()) // 2], "truncated"),
    Hostile("jpeg cut in its header", lambda: jpeg()[:30], "truncated"),
    Hostile("jpeg with a tail of zeros", lambda: jpeg()[:1000].ljust(len(jpeg()), b"\0"), "truncated"),
    Hostile("jpeg without markers", lambda: b"\xff\xd8\xff\xe0\x00\x04ab" + bytes(100), "damaged"),
    Hostile("jpeg 20000 x 20000", lambda: jpeg_header(20_000, 20_000), "too_large"),
    Hostile("jpeg of 200 scans", jpeg_many_scans, "too_large"),
    Hostile("webp cut", lambda: saved(drawn(), "WEBP")[:100], "truncated"),
    Hostile("webp without pixels", lambda: webp_header(320, 200), "truncated"),
    Hostile("webp 16384 x 16384", lambda: webp_header(16_384, 16_384), "too_large"),
    Hostile("bmp cut", lambda: saved(drawn(), "BMP")[:5000], "truncated"),
    Hostile("bmp 20000 x 20000", lambda: bmp_header(20_000, 20_000), "too_large"),
    Hostile("bmp of negative width", lambda: bmp_header(-320, 200), "too_small"),
)

ACCEPTED: tuple[Hostile, ...] = (
    Hostile("png", png, None),
    Hostile("png interlaced", lambda: png_of(16, 16, pixels=bytes(49 * 16)), None),
    Hostile("png palette", lambda: saved(drawn().quantize(64), "PNG"), None),
    Hostile("png 1 bit", lambda: saved(drawn().convert("1"), "PNG"), None),
    Hostile("png grey", lambda: saved(drawn().convert("L"), "PNG"), None),
    Hostile("png alpha", lambda: saved(drawn().convert("RGBA"), "PNG"), None),
    Hostile("png 16-bit grey", sixteen_bit_grey, None),
    Hostile("png 16-bit rgb", sixteen_bit_rgb, None),
    Hostile("jpeg", jpeg, None),
    Hostile("jpeg progressive", lambda: jpeg(progressive=True), None),
    Hostile("jpeg grey", lambda: saved(drawn().convert("L"), "JPEG"), None),
    Hostile("jpeg cmyk", lambda: saved(drawn().convert("CMYK"), "JPEG", quality=95), None),
    Hostile("jpeg turned", lambda: jpeg(exif=exif(6)), None),
    Hostile("webp", lambda: saved(drawn(), "WEBP"), None),
    Hostile("webp lossless", lambda: saved(drawn(), "WEBP", lossless=True), None),
    Hostile("bmp", lambda: saved(drawn(), "BMP"), None),
)
