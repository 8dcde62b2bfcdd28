"""A magnifying glass is told from other signs, and the text after it is a search input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from navigation.fields import find_fields
from navigation.grounding import ground_page
from navigation.lenses import find_lenses
from navigation.types import Box, Control, Target
from tests.navigation import screens
from tests.navigation.pages import LIMITS, control, page_of


def paper() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (300, 120), 255)
    return image, ImageDraw.Draw(image)


def lens(pen: ImageDraw.ImageDraw, x: int, y: int, side: int, *, flipped: bool = False) -> None:
    ring = round(side * 0.68)
    left = x + side - ring if flipped else x
    width = max(2, side // 8)
    pen.ellipse((left, y, left + ring, y + ring), outline=0, width=width)
    near, far = (left + ring * 0.15, x) if flipped else (left + ring * 0.85, x + side)
    pen.line((near, y + ring * 0.85, far, y + side), fill=0, width=width + 1)


@pytest.mark.parametrize("side", [14, 18, 24, 30])
@pytest.mark.parametrize("flipped", [False, True])
def test_a_ring_with_a_handle_is_found(side: int, flipped: bool) -> None:
    image, pen = paper()
    lens(pen, 40, 40, side, flipped=flipped)
    found = find_lenses(np.asarray(image))
    assert len(found) == 1
    assert abs(found[0].x - 40) <= 2
    assert abs(found[0].w - side) <= 3


def test_letters_digits_rings_and_boxes_are_no_lenses() -> None:
    image, pen = paper()
    pen.text((10, 10), "OQDPR 0689 abdegopq @&%", font=screens.font(18), fill=0)
    pen.ellipse((20, 60, 38, 78), outline=0, width=2)
    pen.rectangle((60, 60, 78, 78), outline=0, width=2)
    pen.ellipse((100, 60, 118, 78), fill=0)
    assert find_lenses(np.asarray(image)) == ()


def test_a_ring_without_a_handle_at_its_lower_corner_is_no_lens() -> None:
    image, pen = paper()
    pen.ellipse((40, 40, 53, 53), outline=0, width=2)
    pen.line((53, 46, 60, 46), fill=0, width=2)
    pen.line((47, 53, 47, 60), fill=0, width=1)
    assert find_lenses(np.asarray(image)) == ()


def test_the_text_after_a_lens_is_pressed_as_the_input_of_its_name() -> None:
    page = page_of(("Chercher un dossier", 60, 100), ("Accueil", 60, 140))
    page = replace(page, controls=(Control(Box(36, 98, 16, 16), "lens"),))
    found = ground_page(page, Target("Chercher un dossier", kind="field"), LIMITS)
    assert found.point_px is not None
    assert 100 <= found.point_px.y <= 114
    assert ground_page(page, Target("Accueil", kind="field"), LIMITS).outcome == "absent"


def test_a_lens_far_from_a_text_makes_no_input_of_it() -> None:
    page = replace(page_of(("Dossiers", 200, 100)), controls=(Control(Box(36, 98, 16, 16), "lens"),))
    assert ground_page(page, Target("Dossiers", kind="field"), LIMITS).outcome == "absent"


def test_a_lens_beside_an_input_takes_nothing_out_of_it() -> None:
    page = page_of(("Filtrer", 68, 100), controls=(control(60, 94, 400, 26),))
    page = replace(page, controls=(*page.controls, Control(Box(36, 98, 16, 16), "lens")))
    (field,) = find_fields(page)
    assert field.box == Box(60, 94, 400, 26)
