"""How far a drawn list moved: exactly where it moved, and never a shift where something else happened."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from navigation.protocols import RgbImage
from navigation.scrolling import Shift, shift_between
from navigation.types import Box

REGION = Box(40, 60, 500, 300)


@cache
def content(kind: str) -> Image.Image:
    """A long list to look at through the region."""
    image = Image.new("RGB", (REGION.w, 2400), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    font = ImageFont.truetype("LiberationSans-Regular.ttf", 15)
    for row in range(60):
        y = 40 * row
        pen.line((0, y, REGION.w, y), fill=(220, 226, 230))
        text = {"rows": f"Patient {row * 7919 % 997}   Box {row % 9}", "alike": "Modifier", "sparse": ""}[kind]
        if kind == "sparse" and row % 5 == 0:
            text = f"Chapitre {row}"
        pen.text((20, y + 11), text, font=font, fill=(20, 20, 20))
    return image


def frame(kind: str, top: int, *, heading: bool = False) -> RgbImage:
    image = Image.new("RGB", (640, 400), (236, 240, 243))
    image.paste(content(kind).crop((0, top, REGION.w, top + REGION.h)), (REGION.x, REGION.y))
    if heading:
        pen = ImageDraw.Draw(image)
        pen.rectangle((REGION.x, REGION.y, REGION.right - 1, REGION.y + 36), fill=(13, 63, 102))
        pen.text((60, 68), "Patients", font=ImageFont.truetype("LiberationSans-Bold.ttf", 18), fill=(255, 255, 255))
    return np.asarray(image).copy()


@settings(max_examples=60, deadline=None)
@given(top=st.integers(300, 1500), down=st.integers(-250, 250), heading=st.booleans())
def test_a_shift_is_measured_exactly_while_half_the_view_is_still_seen(top: int, down: int, heading: bool) -> None:
    before, after = frame("rows", top, heading=heading), frame("rows", top + down, heading=heading)
    found = shift_between(before, after, REGION, toward=1 if down > 0 else -1)
    if abs(down) <= 150:
        assert found == (Shift("moved", down) if down else Shift("still"))
    else:
        assert found in (Shift("moved", down), Shift("changed"))


@pytest.mark.parametrize("down", [40, 120, 180])
def test_where_all_rows_are_alike_the_expected_shift_is_taken(down: int) -> None:
    found = shift_between(frame("alike", 203), frame("alike", 203 + down + 13), REGION, expected_px=down + 10)
    assert found == Shift("moved", down + 13)


def test_a_list_with_much_blank_paper_is_measured_too() -> None:
    assert shift_between(frame("sparse", 400), frame("sparse", 480), REGION) == Shift("moved", 80)


def test_noise_of_a_lossy_display_does_not_matter() -> None:
    noise = np.random.default_rng(3).integers(-8, 9, frame("rows", 0).shape)
    noisy = np.clip(frame("rows", 500).astype(int) + noise, 0, 255).astype(np.uint8)
    assert shift_between(frame("rows", 400), noisy, REGION) == Shift("moved", 100)
    assert shift_between(frame("rows", 500), noisy, REGION) == Shift("still")


def test_a_caret_is_no_movement() -> None:
    after = frame("rows", 400)
    after[100:118, 200:202] = 0
    assert shift_between(frame("rows", 400), after, REGION) == Shift("still")


def test_a_dialog_in_front_is_no_movement() -> None:
    after = frame("rows", 400)
    after[120:280, 120:460] = (250, 250, 250)
    assert shift_between(frame("rows", 400), after, REGION).movement == "changed"


def test_another_page_is_no_movement() -> None:
    assert shift_between(frame("rows", 0), frame("rows", 1700), REGION).movement == "changed"


def test_a_row_that_lights_up_is_no_movement_and_does_not_hide_one() -> None:
    lit = frame("rows", 400)
    row = lit[200:240, REGION.x : REGION.right].astype(int)
    lit[200:240, REGION.x : REGION.right] = np.clip(row * [0.1, 0.4, 0.8] + 20, 0, 255).astype(np.uint8)
    assert shift_between(frame("rows", 400), lit, REGION) == Shift("still")
    assert shift_between(frame("rows", 320), lit, REGION) == Shift("moved", 80)


def test_a_movement_the_other_way_is_none() -> None:
    assert shift_between(frame("rows", 400), frame("rows", 300), REGION, toward=1).movement == "changed"
    assert shift_between(frame("rows", 400), frame("rows", 300), REGION) == Shift("moved", -100)


def test_what_happens_outside_the_region_does_not_count() -> None:
    after = frame("rows", 400)
    after[:40] = 0
    assert shift_between(frame("rows", 400), after, REGION) == Shift("still")
