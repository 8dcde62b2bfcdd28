"""Pictures made ready for reading, and the rectangles drawn on them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from navigation.geometry import contains
from navigation.types import Box
from navigation.vision import find_controls, flatten, ink_colour, to_grey, without_lines
from tests.navigation import screens

GROUND = (246, 248, 251)


def drawing(ground: tuple[int, int, int] = GROUND) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (600, 300), ground)
    return image, ImageDraw.Draw(image)


def near(box: Box, wanted: Box, slack: int = 2) -> bool:
    return contains(wanted, box, slack=slack) and contains(box, wanted, slack=slack)


@pytest.mark.parametrize(
    ("fill", "outline", "kind"),
    [
        ((29, 78, 137), (29, 78, 137), "button"),
        ((255, 255, 255), (205, 212, 222), "field"),
        (GROUND, (150, 150, 150), "field"),
    ],
    ids=["filled button", "white input", "outlined"],
)
def test_a_rectangle_is_found_with_its_kind(
    fill: tuple[int, int, int], outline: tuple[int, int, int], kind: str
) -> None:
    image, pen = drawing()
    pen.rectangle((100, 80, 299, 115), fill=fill, outline=outline)
    controls = find_controls(np.asarray(image))
    assert [(near(c.box, Box(100, 80, 200, 36)), c.kind) for c in controls] == [(True, kind)]


def test_rounded_corners_are_no_obstacle() -> None:
    image, pen = drawing()
    pen.rounded_rectangle((100, 80, 299, 115), 6, fill=(22, 120, 80))
    assert [near(c.box, Box(100, 80, 200, 36)) for c in find_controls(np.asarray(image))] == [True]


def test_an_empty_picture_has_no_controls() -> None:
    image, _ = drawing()
    assert find_controls(np.asarray(image)) == ()


@pytest.mark.parametrize(
    ("ink", "ground"),
    [((20, 20, 20), (255, 255, 255)), ((255, 255, 255), (29, 78, 137)), ((160, 160, 160), (255, 255, 255))],
    ids=["dark on white", "white on blue", "grey placeholder"],
)
def test_flattened_text_is_dark_on_white(ink: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    image, pen = drawing(ground)
    pen.text((40, 40), "Prescription", font=screens.font(18), fill=ink)
    flat = flatten(to_grey(np.asarray(image)))
    assert flat[35:65, 35:170].min() < 60
    assert np.median(flat) > 250


def test_a_coloured_button_leaves_only_its_text() -> None:
    rgb = np.asarray(screens.Drawing().button("Valider", 100, 200).image)
    flat = flatten(to_grey(rgb), find_controls(rgb))
    inside = flat[203:233, 104:112]  # between the button's edge and its text
    assert inside.min() > 200
    assert flat[205:230, 118:170].min() < 80


def test_a_bold_capital_with_four_straight_sides_is_not_taken_for_a_button() -> None:
    image, pen = drawing((255, 255, 255))
    font = screens.font(17)
    pen.text((40, 40), "LEFEVRE", font=font, fill=(30, 35, 45), stroke_width=1)
    rgb = np.asarray(image)
    letter = flatten(to_grey(rgb), find_controls(rgb))
    plain = flatten(to_grey(rgb))
    assert np.array_equal(letter, plain)


def test_borders_and_underlines_go_and_letters_stay() -> None:
    image, pen = drawing((255, 255, 255))
    pen.line((40, 70, 400, 70), fill=(0, 0, 0))
    pen.text((40, 40), "Valider", font=screens.font(16), fill=(0, 0, 0))
    flat, rules = without_lines(flatten(to_grey(np.asarray(image))))
    assert [(r.x <= 45, r.right >= 395, 67 <= r.y <= 71) for r in rules] == [(True, True, True)]
    assert flat[68:73, 45:395].min() > 200
    assert flat[40:62, 40:100].min() < 60


def test_the_colour_of_letters_is_told_from_their_ground() -> None:
    image, pen = drawing((255, 255, 255))
    pen.text((40, 40), "Lien", font=screens.font(20), fill=(20, 60, 200))
    rgb = np.asarray(image)
    red, green, blue = ink_colour(rgb, flatten(to_grey(rgb)), Box(40, 40, 50, 24)) or (0, 0, 0)
    assert blue > red + 60
    assert blue > green + 60


@pytest.mark.parametrize("number", ["8003954402", "4444444444", "8004117265"])
def test_the_crossbars_of_bold_digits_side_by_side_are_no_rule(number: str) -> None:
    image, pen = drawing((255, 243, 205))
    pen.text((40, 40), number, font=screens.font(20), fill=(20, 20, 30), stroke_width=1)
    flat = flatten(to_grey(np.asarray(image)))
    cleared, rules = without_lines(flat)
    assert np.array_equal(cleared, flat)
    assert rules == ()
