"""From a grounding to a place to press; and pages from words of any origin."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.action_resolver import build_page, device_point, resolve
from navigation.errors import BadActionError
from navigation.geometry import to_norm_point
from navigation.reasons import Reason
from navigation.types import Box, Control, Grounding, NormPoint, Point, Size, Word

SIZE = Size(1366, 768)
FOUND = Grounding(
    "found",
    Reason("ok"),
    point=to_norm_point(Point(120, 210), SIZE),
    point_px=Point(120, 210),
    box_px=Box(100, 200, 80, 30),
)


def test_a_found_target_is_resolved_to_fractions() -> None:
    place = resolve(FOUND, SIZE)
    assert place.point.x == pytest.approx(120.5 / 1366)
    assert place.point.y == pytest.approx(210.5 / 768)


def test_the_box_travels_as_fractions_too() -> None:
    box = resolve(FOUND, SIZE).box
    assert (box.x * 1366, box.y * 768, box.w * 1366, box.h * 768) == pytest.approx((100, 200, 80, 30))


@pytest.mark.parametrize("outcome", ["absent", "ambiguous", "low_confidence", "vlm_unavailable"])
def test_what_was_not_found_can_never_be_pressed(outcome: str) -> None:
    with pytest.raises(BadActionError, match="nothing was found"):
        resolve(Grounding(outcome, Reason("absent", {"target": "x"})), SIZE)  # type: ignore[arg-type]


def test_a_point_outside_its_box_can_never_be_pressed() -> None:
    with pytest.raises(BadActionError, match="outside"):
        resolve(replace(FOUND, point_px=Point(300, 210)), SIZE)


def test_a_box_across_the_edge_is_clipped() -> None:
    place = resolve(replace(FOUND, point_px=Point(5, 205), box_px=Box(-20, 200, 60, 30)), SIZE)
    assert place.box.x == 0.0
    assert place.box.w == pytest.approx(40 / 1366)


def test_a_box_outside_the_screenshot_can_never_be_pressed() -> None:
    with pytest.raises(BadActionError):
        resolve(replace(FOUND, point_px=Point(2000, 210), box_px=Box(1990, 200, 60, 30)), SIZE)


@pytest.mark.parametrize(
    ("device", "pixel"),
    [(Size(1366, 768), Point(683, 384)), (Size(2732, 1536), Point(1366, 768)), (Size(100, 100), Point(50, 50))],
)
def test_a_point_lands_at_the_same_place_of_a_screen_of_any_size(device: Size, pixel: Point) -> None:
    assert device_point(NormPoint(0.5, 0.5), device) == pixel


@pytest.mark.parametrize("point", [NormPoint(-0.01, 0.5), NormPoint(0.5, 1.01), NormPoint(float("nan"), 0.5)])
def test_a_point_off_the_screen_is_refused(point: NormPoint) -> None:
    with pytest.raises(BadActionError):
        device_point(point, SIZE)


@pytest.mark.parametrize("corner", [NormPoint(0.0, 0.0), NormPoint(1.0, 1.0)])
def test_the_corners_are_on_the_screen(corner: NormPoint) -> None:
    point = device_point(corner, SIZE)
    assert 0 <= point.x < SIZE.width
    assert 0 <= point.y < SIZE.height


@given(st.builds(Size, st.integers(8, 4000), st.integers(8, 4000)), st.data())
def test_screenshot_pixel_and_device_pixel_agree_when_the_sizes_do(size: Size, data: st.DataObject) -> None:
    point = Point(data.draw(st.integers(0, size.width - 1)), data.draw(st.integers(0, size.height - 1)))
    assert device_point(to_norm_point(point, size), size) == point


def test_a_page_is_made_of_words_of_any_origin() -> None:
    page = build_page([Word("Valider", Box(10, 10, 60, 14), 0.9)], SIZE)
    assert [p.text for p in page.phrases] == ["Valider"]
    assert page.reader == "given"


def test_words_outside_the_screenshot_are_dropped() -> None:
    assert build_page([Word("Valider", Box(2000, 10, 60, 14), 0.9)], SIZE).words == ()


def test_words_across_the_edge_are_clipped() -> None:
    assert build_page([Word("Valider", Box(1340, 10, 60, 14), 0.9)], SIZE).words[0].box == Box(1340, 10, 26, 14)


@pytest.mark.parametrize("text", ["", "   ", "\u00a0"])
def test_words_without_text_are_dropped(text: str) -> None:
    assert build_page([Word(text, Box(10, 10, 60, 14), 0.9)], SIZE).words == ()


@pytest.mark.parametrize(("given_value", "kept"), [(-1.0, 0.0), (1.7, 1.0), (0.5, 0.5)])
def test_a_confidence_out_of_range_is_brought_back(given_value: float, kept: float) -> None:
    assert build_page([Word("a", Box(10, 10, 6, 14), given_value)], SIZE).words[0].confidence == kept


def test_controls_outside_the_screenshot_are_dropped() -> None:
    assert build_page([], SIZE, controls=[Control(Box(1400, 0, 50, 20), "button")]).controls == ()
