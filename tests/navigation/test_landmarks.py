"""What a screen is known by again without reading it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from navigation.landmarks import MAX_LANDMARKS, anchor_boxes, is_same_screen, layout_distance, layout_of, view_of
from navigation.protocols import RgbImage
from navigation.reasons import Reason
from navigation.types import AnchorCheck, Box, Screen, Verification
from tests.navigation import screens
from tests.navigation.screens import Drawing

TITLE, ANCHOR = Box(20, 140, 90, 20), Box(40, 206, 90, 22)
LAYOUTS = st.binary(min_size=288, max_size=288)


def pixels(picture: Image.Image | Drawing) -> RgbImage:
    return np.asarray(picture.image if isinstance(picture, Drawing) else picture)


def table(rows: int, title: str = "Patients du jour", down: int = 0) -> RgbImage:
    drawing = Drawing().text(title, 20, 140 + down, size=18).button("Actualiser", 1100, 130 + down)
    for row in range(rows):
        drawing.text(f"Patient {row * 7919} né le 0{row % 9 + 1}/02/19{40 + row}", 40, 200 + down + 34 * row)
    return pixels(drawing)


def same(then: RgbImage, now: RgbImage, anchors: tuple[Box, ...]) -> bool:
    return is_same_screen(view_of(then, anchors), now, window_px=160, sure_from=0.88)


TABLE_TITLE = (Box(20, 142, 156, 20),)


@pytest.mark.parametrize("rows", [0, 3, 14])
def test_a_list_of_another_length_is_the_same_screen_by_its_anchor(rows: int) -> None:
    assert same(table(8), table(rows), TABLE_TITLE)


def test_an_anchor_pushed_down_by_a_message_still_stands() -> None:
    assert same(table(8), table(8, down=60), TABLE_TITLE)


@pytest.mark.parametrize(
    "other",
    [table(8, title="Patients sortis"), table(8, title="Patients du soir"), pixels(screens.board())],
    ids=["another title", "one word", "another screen"],
)
def test_a_screen_without_the_anchor_is_another(other: RgbImage) -> None:
    assert not same(table(8), other, TABLE_TITLE)


def test_every_anchor_must_stand() -> None:
    login = pixels(screens.login())
    other = login.copy()
    other[300:325, 500:620] = other[0, 700]
    assert same(login, login, (Box(500, 210, 90, 20), Box(500, 302, 110, 20)))
    assert not same(login, other, (Box(500, 210, 90, 20), Box(500, 302, 110, 20)))


def test_without_anchors_the_layout_tells_screens_apart() -> None:
    login, board = pixels(screens.login()), pixels(screens.board())
    assert same(login, login, ())
    assert not same(login, board, ())
    jeanne, paul = screens.patient(), screens.patient(name="DURAND Paul", ipp="71234567", born="01/11/1990")
    assert same(pixels(jeanne), pixels(paul), ())


def test_an_anchor_of_one_colour_is_no_landmark() -> None:
    assert view_of(pixels(Drawing()), (Box(300, 300, 80, 20),)).landmarks == ()


@settings(deadline=None)
@given(LAYOUTS, LAYOUTS)
def test_layouts_differ_by_a_share_and_not_from_themselves(one: bytes, other: bytes) -> None:
    assert layout_distance(one, one) == 0
    assert 0 <= layout_distance(one, other) <= 1
    assert layout_distance(one, other) == layout_distance(other, one)


def test_a_layout_of_another_kind_is_wholly_different() -> None:
    assert layout_distance(layout_of(pixels(screens.login())), b"\x00") == 1


# --- which anchors ----------------------------------------------------------------------------------


def check(text: str, read: str = "", *, expected: str = "present", met: bool = True) -> AnchorCheck:
    return AnchorCheck(text, expected, met, 1.0, TITLE, read or text)  # type: ignore[arg-type]


def boxes_of(screen: Screen, *checks: AnchorCheck) -> int:
    return len(anchor_boxes(screen, Verification("passed", checks, Reason("screen_passed", {"count": 1}))))


@pytest.mark.parametrize(
    ("screen", "found"),
    [
        pytest.param(Screen(("Identifiant",)), check("Identifiant"), id="a text of the screen"),
    ],
)
def test_an_anchor_that_was_read_is_a_landmark(screen: Screen, found: AnchorCheck) -> None:
    assert boxes_of(screen, found) == 1


@pytest.mark.parametrize(
    ("screen", "found"),
    [
        pytest.param(Screen(("{ipp}",), parameters={"ipp": "80012345"}), check("80012345"), id="a parameter's value"),
        pytest.param(Screen(("Motif",)), check("Motif", "Motif : chute dans l'escalier"), id="part of a longer text"),
        pytest.param(Screen((), ("Erreur",)), check("Erreur", expected="absent"), id="a text that must be absent"),
        pytest.param(Screen(("Identifiant",)), check("Identifiant", met=False), id="a text that was not read"),
    ],
)
def test_what_may_be_data_is_no_landmark(screen: Screen, found: AnchorCheck) -> None:
    assert boxes_of(screen, found) == 0


def test_a_few_landmarks_are_enough() -> None:
    names = tuple(f"Texte {number}" for number in range(9))
    assert boxes_of(Screen(names), *[check(name) for name in names]) == MAX_LANDMARKS
