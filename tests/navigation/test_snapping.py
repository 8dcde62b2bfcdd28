"""From a point to the thing pointed at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from navigation.geometry import clip, contains_point, distance
from navigation.snapping import REACH_PX, snap, text_in
from navigation.types import Box, Control, Page, Phrase, Point, Size

SIZE = Size(400, 300)
BUTTON, LABEL, PANE = Box(100, 100, 80, 30), Box(110, 106, 50, 16), Box(0, 0, 400, 250)


def page(*controls: Box, phrases: tuple[tuple[str, Box], ...] = ()) -> Page:
    return Page(
        SIZE,
        (),
        tuple(Phrase(text, box, 0.9) for text, box in phrases),
        tuple(Control(box, "button") for box in controls),
        "drawn",
        "image",
        "none",
    )


def test_a_control_wins_over_the_text_in_it() -> None:
    found = snap(Point(120, 110), page(BUTTON, phrases=(("Valider", LABEL),)), SIZE)
    assert (found.box, found.kind) == (BUTTON, "control")


def test_of_controls_in_each_other_the_smallest_is_meant() -> None:
    assert snap(Point(120, 110), page(Box(90, 90, 120, 60), BUTTON), SIZE).box == BUTTON


def test_a_pane_is_not_what_one_means() -> None:
    found = snap(Point(120, 110), page(PANE, phrases=(("Valider", LABEL),)), SIZE)
    assert (found.box, found.kind) == (LABEL, "phrase")


def test_beside_a_thing_is_still_on_it_within_reach() -> None:
    beside, away = Point(BUTTON.right + REACH_PX - 1, 110), Point(BUTTON.right + REACH_PX + 1, 110)
    assert snap(beside, page(BUTTON), SIZE).box == BUTTON
    assert snap(away, page(BUTTON), SIZE).kind == "drawn"


def test_without_a_page_a_box_is_drawn_around_the_point() -> None:
    found = snap(Point(200, 150), None, SIZE)
    assert found.kind == "drawn"
    assert found.box.center == Point(200, 150)


def test_the_text_of_a_box_is_that_of_the_phrases_centred_in_it() -> None:
    read = page(
        phrases=(("Se", Box(105, 106, 20, 16)), ("connecter", Box(128, 106, 40, 16)), ("Aide", Box(0, 0, 30, 9)))
    )
    assert text_in(BUTTON, read) == "Se connecter"
    assert text_in(BUTTON, None) == ""


boxes = st.builds(Box, st.integers(-50, 420), st.integers(-50, 320), st.integers(1, 200), st.integers(1, 150))
pages = st.builds(
    lambda controls, texts: page(*controls, phrases=tuple(("text", box) for box in texts)),
    st.lists(boxes, max_size=8),
    st.lists(boxes, max_size=8),
)


@given(st.builds(Point, st.integers(-10, 410), st.integers(-10, 310)), pages)
def test_a_box_is_always_given_inside_the_picture_and_within_reach(point: Point, read: Page) -> None:
    found = snap(point, read, SIZE)
    assert found.box.area > 0
    assert clip(found.box, SIZE) == found.box
    inside = Point(min(max(point.x, 0), 399), min(max(point.y, 0), 299))
    assert distance(found.box, Box(inside.x, inside.y, 1, 1)) <= REACH_PX
    if found.kind == "drawn":
        things = [c.box for c in read.controls if c.box.area <= 0.25 * 400 * 300] + [p.box for p in read.phrases]
        assert not any(contains_point(box, inside) for box in things)


@given(pages, boxes)
def test_the_middle_of_a_control_means_it_or_a_smaller_one_in_it(read: Page, box: Box) -> None:
    first = snap(box.center, read, SIZE)
    again = snap(first.box.center, read, SIZE)
    if first.kind == "control":
        assert again.kind == "control"
        assert again.box.area <= first.box.area
