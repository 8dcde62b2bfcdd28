"""Whether a piece of a screen still is what it was, on controls drawn as applications draw them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from navigation.patches import drawn_alike, is_plain, likeness, places_of
from navigation.protocols import RgbImage
from navigation.types import Box
from tests.navigation.screens import Drawing

SURE = 0.88
WHOLE = Box(0, 0, 1366, 768)


def pixels(drawing: Drawing | Image.Image) -> RgbImage:
    return np.asarray(drawing.image if isinstance(drawing, Drawing) else drawing)


def button(text: str = "Valider la dose 12", colour: tuple[int, int, int] = (22, 120, 80)) -> RgbImage:
    return pixels(Drawing().button(text, 100, 200, colour=colour))[196:241, 96:310]


def link(text: str, colour: tuple[int, int, int] = (25, 28, 36)) -> RgbImage:
    return pixels(Drawing().text(text, 100, 200, colour=colour))[196:225, 96:310]


def compressed(rgb: RgbImage, quality: int) -> RgbImage:
    done, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)


def dimmed(rgb: RgbImage, share: float) -> RgbImage:
    """As an opacity under 1 draws it: everything nearer to the ground."""
    return np.asarray(rgb * share + rgb[0, 0] * (1 - share), np.uint8)


def coarse(rgb: RgbImage) -> RgbImage:
    """As 16-bit colour shows it."""
    return rgb & np.array([0xF8, 0xFC, 0xF8], np.uint8)


@pytest.mark.parametrize("now", [button(), coarse(button())], ids=["unchanged", "16-bit colour"])
def test_the_same_control_is_the_same(now: RgbImage) -> None:
    assert likeness(now, button(), sure_from=SURE) == "same"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        pytest.param(button("Valider la dose 13"), button(), id="one digit"),
        pytest.param(button("Valider la dose 12."), button(), id="one dot"),
        pytest.param(link("Repas prépares"), link("Repas préparés"), id="one accent"),
    ],
)
def test_a_control_with_another_letter_is_never_taken_for_the_same(now: RgbImage, then: RgbImage) -> None:
    assert likeness(now, then, sure_from=SURE) != "same"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        pytest.param(button("Suspendre 12 mg"), button(), id="another text"),
        pytest.param(button(colour=(29, 78, 137)), button(), id="another colour"),
        pytest.param(dimmed(button(), 0.85), button(), id="a dimmed button"),
        pytest.param(link("Prescriptions", (90, 92, 98)), link("Prescriptions"), id="a greyed text"),
        pytest.param(pixels(Drawing())[196:241, 96:310], button(), id="an empty ground"),
        pytest.param(button()[:, 1:], button(), id="another size"),
    ],
)
def test_a_control_that_changed_is_another(now: RgbImage, then: RgbImage) -> None:
    assert likeness(now, then, sure_from=SURE) == "other"


def test_what_a_lossy_line_did_is_a_matter_of_reading() -> None:
    assert likeness(compressed(link("Prescriptions"), 40), link("Prescriptions"), sure_from=SURE) == "doubtful"


@settings(deadline=None)
@given(share=st.floats(0.2, 0.88))
def test_no_dimming_passes_for_the_same(share: float) -> None:
    assert likeness(dimmed(link("Prescriptions"), share), link("Prescriptions"), sure_from=SURE) == "other"


@settings(deadline=None)
@given(x=st.integers(0, 700), y=st.integers(260, 700))
def test_a_piece_is_found_wherever_it_stands(x: int, y: int) -> None:
    screen = pixels(Drawing().button("Valider", 100, 100)).copy()
    piece = screen[96:141, 96:210].copy()
    screen[y : y + 45, x : x + 114] = piece
    places = places_of(screen, piece, WHOLE)
    assert {(box.x, box.y) for box in places} == {(96, 96), (x, y)}


def test_a_piece_is_looked_for_in_its_surroundings_only() -> None:
    screen = pixels(Drawing().button("Valider", 100, 100).button("Valider", 100, 500))
    assert [box.y for box in places_of(screen, screen[96:141, 96:210], Box(0, 0, 400, 300))] == [96]


def test_another_text_of_the_same_look_is_no_place_of_a_piece() -> None:
    screen = pixels(Drawing().button("Exporter", 100, 100).button("Importer", 100, 300))
    text = screen[108:130, 116:186]
    assert [box.y for box in places_of(screen, text, WHOLE)] == [108]


@settings(deadline=None)
@given(x=st.integers(0, 1250), y=st.integers(260, 720))
def test_a_piece_that_is_drawn_twice_is_found_anywhere(x: int, y: int) -> None:
    screen = pixels(Drawing().button("Valider", 100, 100).text("Valider", 600, 100)).copy()
    piece = screen[96:141, 96:210].copy()
    screen[y : y + 45, x : x + 114] = piece
    places = drawn_alike(coarse(screen), piece)
    assert {(box.x, box.y) for box in places} == {(96, 96), (x, y)}


def test_a_pattern_that_fills_the_screen_stands_in_many_places() -> None:
    screen = np.tile(np.repeat(np.array([[[0], [255]], [[255], [0]]], np.uint8), 3, axis=2), (100, 100, 1))
    assert len(drawn_alike(screen, screen[:20, :20].copy())) > 1000


@pytest.mark.parametrize("size", [(30, 400), (800, 30)], ids=["flat", "narrow"])
def test_nothing_larger_than_the_screen_is_drawn_on_it(size: tuple[int, int]) -> None:
    screen = pixels(Drawing().button("Valider", 100, 100))
    assert drawn_alike(np.ascontiguousarray(screen[: size[0], : size[1]]), screen[96:141, 96:210]) == []


@pytest.mark.parametrize("around", [Box(0, 0, 20, 20), Box(0, 0, 0, 0)])
def test_a_piece_larger_than_where_it_is_looked_for_stands_nowhere(around: Box) -> None:
    assert places_of(pixels(Drawing()), button(), around) == []


def test_a_plain_piece_stands_nowhere() -> None:
    plain = np.full((30, 90, 3), 240, np.uint8)
    assert is_plain(plain)
    assert places_of(pixels(Drawing()), plain, WHOLE) == []
    assert not is_plain(button())
