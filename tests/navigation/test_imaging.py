from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from navigation.errors import BadScreenshotError
from navigation.image_header import read_header
from navigation.imaging import open_screenshot, pixel_sha256
from navigation.types import Size
from tests.faults import hostile_images as hostile

TWIN = np.asarray(hostile.drawn())


@pytest.mark.parametrize("case", hostile.REFUSED, ids=lambda case: case.name)
def test_a_hostile_picture_is_refused_with_its_own_code(case: hostile.Hostile) -> None:
    with pytest.raises(BadScreenshotError) as caught:
        open_screenshot(case.make())
    assert caught.value.code == case.code
    assert caught.value.detail


@pytest.mark.parametrize("case", hostile.ACCEPTED, ids=lambda case: case.name)
def test_an_unusual_but_good_picture_becomes_rgb(case: hostile.Hostile) -> None:
    data = case.make()
    shot = open_screenshot(data)
    assert shot.rgb.shape == (shot.size.height, shot.size.width, 3)
    assert shot.rgb.dtype == np.uint8
    assert shot.received_bytes == len(data)
    assert not shot.rgb.flags.writeable


@pytest.mark.parametrize(
    ("data", "tolerance"),
    [
        pytest.param(hostile.png(), 0, id="png"),
        pytest.param(hostile.saved(hostile.drawn().convert("RGBA"), "PNG"), 0, id="opaque alpha"),
        pytest.param(hostile.sixteen_bit_rgb(), 0, id="16-bit"),
        pytest.param(hostile.saved(hostile.drawn(), "WEBP", lossless=True), 0, id="webp"),
        pytest.param(hostile.saved(hostile.drawn(), "BMP"), 0, id="bmp"),
        pytest.param(hostile.saved(hostile.drawn().convert("CMYK"), "JPEG", quality=100, subsampling=0), 12, id="cmyk"),
        pytest.param(hostile.saved(hostile.drawn(), "JPEG", quality=100, subsampling=0), 12, id="jpeg"),
    ],
)
def test_the_same_screen_in_another_format_gives_the_same_pixels(data: bytes, tolerance: int) -> None:
    difference = np.abs(open_screenshot(data).rgb.astype(int) - TWIN.astype(int))
    assert difference.max() <= tolerance or (tolerance and np.percentile(difference, 99) <= tolerance)


def test_a_palette_picture_equals_its_own_colours() -> None:
    picture = hostile.drawn().quantize(64)
    assert np.array_equal(open_screenshot(hostile.saved(picture, "PNG")).rgb, np.asarray(picture.convert("RGB")))


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    grey = np.asarray(hostile.drawn().convert("L"))
    assert np.array_equal(open_screenshot(hostile.sixteen_bit_grey()).rgb[..., 0], grey)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparent_parts_are_shown_over_white(kind: str) -> None:
    picture = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    picture.paste((10, 20, 30, 255), (8, 0, 16, 16))
    picture.paste((0, 0, 0, 128), (0, 0, 2, 2))
    rgb = open_screenshot(hostile.saved(picture, kind, lossless=True)).rgb
    assert rgb[8, 4].tolist() == [255, 255, 255]
    assert rgb[8, 12].tolist() == [10, 20, 30]
    assert rgb[0, 0].tolist() == [127, 127, 127]


def test_a_transparent_colour_of_a_palette_is_shown_over_white() -> None:
    picture = Image.new("P", (16, 16), 0)
    picture.putpalette([0, 0, 0, 200, 10, 10])
    picture.paste(1, (8, 0, 16, 16))
    rgb = open_screenshot(hostile.saved(picture, "PNG", transparency=0)).rgb
    assert rgb[8, 4].tolist() == [255, 255, 255]
    assert rgb[8, 12].tolist() == [200, 10, 10]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_exactly_once(kind: str, orientation: int) -> None:
    """Turning the picture the way a camera would have stored it, then opening it, gives the picture back."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = hostile.drawn().transpose(undo[orientation]) if orientation > 1 else hostile.drawn()
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    shot = open_screenshot(hostile.saved(stored, kind, exif=hostile.exif(orientation), **options))
    assert shot.size == Size(320, 200)
    assert np.abs(shot.rgb.astype(int) - TWIN.astype(int)).mean() < 2


def test_equal_bytes_of_another_shape_have_another_id() -> None:
    assert pixel_sha256(np.zeros((8, 16, 3), np.uint8)) != pixel_sha256(np.zeros((16, 8, 3), np.uint8))


def test_the_id_is_of_the_pixels_and_not_of_the_file() -> None:
    assert open_screenshot(hostile.png()).image_id == open_screenshot(hostile.saved(hostile.drawn(), "BMP")).image_id


PROBE = """
import resource, sys, time
from tests.faults.hostile_images import png_of, jpeg_header
from navigation.imaging import open_screenshot
from navigation.errors import BadScreenshotError
pictures = [png_of(20_000, 20_000, pixels=bytes(1_000_000)), jpeg_header(20_000, 20_000)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
for picture in pictures:
    try:
        open_screenshot(picture)
    except BadScreenshotError as err:
        assert err.code == "too_large"
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_twenty_thousand_squared_is_refused_in_200_ms_and_50_mb(pytestconfig: pytest.Config) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=pytestconfig.rootpath, capture_output=True, text=True, check=True
    )
    seconds, kilobytes = (float(part) for part in done.stdout.split())
    assert seconds < 0.2
    assert kilobytes < 50_000


@pytest.mark.parametrize("name", ["png text bomb", "png profile bomb", "png of a million chunks", "jpeg of 200 scans"])
def test_a_bomb_is_refused_quickly(name: str) -> None:
    data = next(case for case in hostile.REFUSED if case.name == name).make()
    start = time.perf_counter()
    with pytest.raises(BadScreenshotError):
        open_screenshot(data)
    assert time.perf_counter() - start < 1


@settings(max_examples=300, deadline=None)
@given(
    base=st.sampled_from([case.make() for case in hostile.ACCEPTED]),
    edits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 10**6) | st.none(),
)
def test_any_damage_gives_a_picture_or_a_refusal_and_nothing_else(
    base: bytes, edits: list[tuple[int, int]], cut: int | None
) -> None:
    data = bytearray(base)
    for at, value in edits:
        data[at % len(data)] = value
    data = data[: cut % len(data)] if cut else data
    try:
        shot = open_screenshot(bytes(data))
    except BadScreenshotError:
        return
    assert shot.size.width * shot.size.height * 3 == shot.rgb.size


@given(st.binary(max_size=200))
def test_random_bytes_never_break_the_header_parser(data: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x10\0\0\0WEBP", b"BM"):
        try:
            header = read_header(start + data)
        except BadScreenshotError:
            continue
        assert header.size.width >= 8
