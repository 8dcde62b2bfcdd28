"""Ticked or not, chosen or not, on drawn pictures: never the wrong answer, and an answer nearly always."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from navigation.protocols import RgbImage
from navigation.tabs import chosen_tab, is_chosen
from navigation.ticks import is_ticked
from navigation.types import Box
from tests.navigation.drawn_ticks import LOOKS, SAYS, Look, Mark, drawn, variety

KINDS = sorted(SAYS)


def test_a_wide_variety_of_boxes_is_never_misread_and_seldom_left_open() -> None:
    answers = [(case, is_ticked(case.picture, case.box)) for case in variety()]
    assert [case.name for case, answer in answers if answer is not None and answer is not case.says] == []
    told = Counter(answer is not None for case, answer in answers if case.says is not None)
    assert told.total() == 1440
    assert told[False] <= 0.03 * told.total()


COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


@settings(max_examples=150, deadline=None)
@given(
    page=COLOURS,
    empty=COLOURS,
    border=COLOURS,
    ticked=COLOURS,
    mark_colour=COLOURS,
    kind=st.sampled_from(KINDS),
    side=st.integers(9, 40),
    shift=st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)),
    off=st.tuples(st.integers(-1, 1), st.integers(-1, 1)),
)
def test_whatever_the_colours_ticked_is_not_taken_for_empty_nor_empty_for_ticked(
    page: tuple[int, int, int],
    empty: tuple[int, int, int],
    border: tuple[int, int, int],
    ticked: tuple[int, int, int],
    mark_colour: tuple[int, int, int],
    kind: tuple[str, Mark],
    side: int,
    shift: tuple[float, float],
    off: tuple[int, int],
) -> None:
    if max(abs(a - b) for a, b in zip(ticked, mark_colour, strict=True)) < 60:
        mark_colour = tuple(255 - c if abs(255 - 2 * c) > 60 else 0 for c in ticked)  # type: ignore[assignment]
    look = Look("any", page, empty, border, ticked, mark_colour)
    picture, box = drawn(look, kind[0], kind[1], side, shift=shift)
    answer = is_ticked(picture, Box(box.x + off[0], box.y + off[1], box.w, box.h))
    says = SAYS[kind]
    assert answer is None or says is None or answer is says


@pytest.mark.parametrize("sign", list("ABCDEFGHIJKLMNOPQRSTUVWYZabcdefghijklmnopqrstuvwyz0123456789+-?!=*&"))
def test_a_letter_in_a_box_is_no_tick(sign: str) -> None:
    for look in LOOKS[:2]:
        for side in (16, 20, 28):
            picture, box = drawn(look, "square", "", side)
            image = Image.fromarray(picture)
            font = ImageFont.truetype("LiberationSans-Regular.ttf", int(0.75 * side))
            middle = (box.x + side / 2, box.y + side / 2)
            ImageDraw.Draw(image).text(middle, sign, font=font, fill=(20, 20, 20), anchor="mm")
            assert is_ticked(np.asarray(image), box) is None


def blank(shade: int = 255) -> RgbImage:
    return np.full((60, 200, 3), shade, np.uint8)


@pytest.mark.parametrize("shade", [0, 40, 128, 255])
def test_where_no_box_is_drawn_nothing_is_said(shade: int) -> None:
    assert is_ticked(blank(shade), Box(20, 20, 16, 16)) is None


@pytest.mark.parametrize("box", [Box(20, 20, 5, 5), Box(20, 20, 90, 30), Box(190, 50, 20, 20), Box(-5, 0, 16, 16)])
def test_what_cannot_be_a_box_is_not_judged(box: Box) -> None:
    assert is_ticked(blank(), box) is None


def test_a_coloured_box_without_a_mark_is_not_judged() -> None:
    picture = blank()
    picture[20:36, 20:36] = (0, 117, 255)
    assert is_ticked(picture, Box(20, 20, 16, 16)) is None


# --- tabs -------------------------------------------------------------------------------------------

TABS = [Box(10 + 110 * number, 20, 100, 32) for number in range(4)]


def bar(*fills: tuple[int, int, int]) -> RgbImage:
    image = Image.new("RGB", (460, 120), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    font = ImageFont.truetype("LiberationSans-Regular.ttf", 15)
    for box, fill in zip(TABS, fills, strict=False):
        pen.rectangle((box.x, box.y, box.right - 1, box.bottom - 1), fill=fill)
        pen.text((box.x + 16, box.y + 8), "Examens", font=font, fill=(20, 20, 20))
    return np.asarray(image).copy()


GREY, BLUE = (225, 230, 233), (150, 195, 240)


def test_the_one_tab_of_another_colour_is_chosen() -> None:
    assert chosen_tab(bar(GREY, GREY, BLUE, GREY), TABS) == 2
    assert is_chosen(bar(GREY, GREY, BLUE, GREY), TABS[0], TABS[1:]) is False


def test_two_odd_tabs_leave_it_open() -> None:
    assert chosen_tab(bar(GREY, BLUE, BLUE, GREY), TABS) is None
    assert chosen_tab(bar(GREY, (210, 255, 210), BLUE, GREY), TABS) is None


def test_signs_that_disagree_leave_it_open() -> None:
    picture = bar(GREY, GREY, BLUE, GREY)
    picture[52:55, 10:110] = (200, 0, 0)  # a bar under another tab
    assert chosen_tab(picture, TABS) is None


def test_of_two_tabs_a_colour_alone_says_nothing() -> None:
    assert chosen_tab(bar(GREY, BLUE), TABS[:2]) is None


def test_one_tab_or_a_tab_off_the_screen_is_not_judged() -> None:
    assert chosen_tab(bar(GREY), TABS[:1]) is None
    assert chosen_tab(bar(GREY, BLUE, GREY), [*TABS[:3], Box(450, 20, 100, 32)]) is None
