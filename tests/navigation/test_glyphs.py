"""How many characters a picture shows, whatever a reader made of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from navigation.glyphs import count_characters, has_as_many_characters
from navigation.protocols import GreyImage
from navigation.types import Box, Word

NUMBERS = st.text("0123456789", min_size=4, max_size=15)


FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf")


def drawn(
    text: str, *, size: int = 16, ink: int = 25, ground: int = 240, name: str = FONTS[0]
) -> tuple[GreyImage, Box]:
    image = Image.new("L", (500, 60), ground)
    font = ImageFont.truetype(name, size)
    ImageDraw.Draw(image).text((40, 20), text, font=font, fill=ink)
    pixels = np.asarray(image)
    rows, columns = np.nonzero(pixels != ground)
    left, top = int(columns.min()), int(rows.min())
    return pixels, Box(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)


@given(NUMBERS, st.integers(16, 28), st.sampled_from([(25, 240), (255, 78), (230, 30), (100, 140)]))
@settings(max_examples=60, deadline=None)
def test_a_number_has_as_many_characters_as_were_drawn(number: str, size: int, colours: tuple[int, int]) -> None:
    grey, box = drawn(number, size=size, ink=colours[0], ground=colours[1])
    assert count_characters(grey, box) == len(number)


@given(NUMBERS, st.integers(11, 28), st.sampled_from(FONTS))
@settings(max_examples=60, deadline=None)
def test_digits_that_touch_are_never_counted_as_more(number: str, size: int, font: str) -> None:
    """Then the number says nothing, and nothing is pressed; a digit too many would confirm a doubled one."""
    grey, box = drawn(number, size=size, name=font)
    assert (count_characters(grey, box) or 0) <= len(number)


@given(NUMBERS, st.data())
@settings(max_examples=60, deadline=None)
def test_a_digit_written_twice_or_left_out_is_noticed(number: str, data: st.DataObject) -> None:
    grey, box = drawn(number)
    at = data.draw(st.integers(0, len(number) - 1))
    assert has_as_many_characters(grey, Word(number, box, 0.9))
    assert not has_as_many_characters(grey, Word(number[:at] + number[at] + number[at:], box, 0.9))
    assert not has_as_many_characters(grey, Word(number[:at] + number[at + 1 :], box, 0.9))


@pytest.mark.parametrize("text", ["12/03/1958", "12-03-1958", "IPP:80012345", "N°574344060", "(57"])
def test_words_with_other_signs_are_counted_too(text: str) -> None:
    grey, box = drawn(text)
    assert has_as_many_characters(grey, Word(text, box, 0.9))


def test_a_neighbour_s_character_is_not_counted() -> None:
    grey, box = drawn("80012345")
    narrower = Box(box.x, box.y, box.w // 2, box.h)
    assert count_characters(grey, narrower) == 4


@pytest.mark.parametrize(("ink", "ground"), [(240, 240), (236, 240)], ids=["nothing", "what nobody sees"])
def test_where_nothing_is_to_be_seen_nothing_is_counted(ink: int, ground: int) -> None:
    grey, _ = drawn("80012345", ink=25)
    image = np.where(grey < 200, ink, ground).astype(np.uint8)
    assert count_characters(image, Box(40, 20, 80, 20)) is None
    assert not has_as_many_characters(image, Word("80012345", Box(40, 20, 80, 20), 0.9))
