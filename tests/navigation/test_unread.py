"""Ink that looks like text and that no word covers."""

from __future__ import annotations

import numpy as np
from PIL import ImageDraw

from navigation.geometry import contains, share_inside
from navigation.types import Box
from navigation.unread import find_unread
from tests.navigation import screens


def drawn(*texts: tuple[str, int, int]) -> np.ndarray:
    from PIL import Image

    image = Image.new("L", (600, 200), 255)
    pen = ImageDraw.Draw(image)
    for text, x, y in texts:
        pen.text((x, y), text, font=screens.font(15), fill=0)
    return np.asarray(image)


def test_a_text_that_no_word_covers_is_given_as_one_box() -> None:
    found = find_unread(drawn(("Ajouter une image", 40, 40)), [])
    assert len(found) == 1
    assert contains(Box(36, 38, 160, 24), found[0])


def test_a_text_that_was_read_is_not_given() -> None:
    assert find_unread(drawn(("Ajouter", 40, 40)), [Box(38, 38, 70, 24)]) == []


def test_texts_far_apart_are_given_apart_the_widest_first() -> None:
    found = find_unread(drawn(("id", 40, 40), ("stations", 200, 40)), [])
    assert len(found) == 2
    assert found[0].x > 150
    assert found[1].right < 80


def test_rules_and_filled_shapes_are_no_text() -> None:
    picture = drawn()
    picture = picture.copy()
    picture[50, 20:500] = 0
    picture[80:110, 20:300] = 0
    assert find_unread(picture, []) == []


def test_the_rest_of_a_half_read_text_is_given() -> None:
    found = find_unread(drawn(("6 Pages", 40, 40)), [Box(56, 38, 60, 24)])
    assert len(found) == 1
    assert share_inside(found[0], Box(38, 38, 14, 24)) > 0.9
