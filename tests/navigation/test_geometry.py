"""Pixels and fractions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.geometry import (
    clip,
    contains,
    contains_point,
    distance,
    grow,
    intersection,
    share_inside,
    to_norm_box,
    to_norm_point,
    to_pixel_box,
    to_pixel_point,
    union,
    vertical_overlap,
)  # fmt: skip
from navigation.types import Box, NormPoint, Point, Size

sizes = st.builds(Size, st.integers(1, 6000), st.integers(1, 6000))
boxes = st.builds(Box, st.integers(-50, 3000), st.integers(-50, 3000), st.integers(1, 2000), st.integers(1, 2000))


@given(sizes, st.data())
def test_a_pixel_survives_the_way_to_fractions_and_back(size: Size, data: st.DataObject) -> None:
    point = Point(data.draw(st.integers(0, size.width - 1)), data.draw(st.integers(0, size.height - 1)))
    assert to_pixel_point(to_norm_point(point, size), size) == point


@given(sizes, st.data())
def test_a_box_survives_the_way_to_fractions_and_back(size: Size, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, size.width - 1)), data.draw(st.integers(0, size.height - 1))
    box = Box(x, y, data.draw(st.integers(1, size.width - x)), data.draw(st.integers(1, size.height - y)))
    assert to_pixel_box(to_norm_box(box, size), size) == box


@given(sizes, st.floats(-2, 3), st.floats(-2, 3))
def test_a_point_always_ends_inside_the_screenshot(size: Size, x: float, y: float) -> None:
    point = to_pixel_point(NormPoint(x, y), size)
    assert 0 <= point.x < size.width
    assert 0 <= point.y < size.height


@given(boxes, boxes)
def test_what_two_boxes_share_lies_in_both(a: Box, b: Box) -> None:
    common = intersection(a, b)
    if common is None:
        assert share_inside(a, b) == 0.0
    else:
        assert contains(a, common)
        assert contains(b, common)
        assert distance(a, b) == 0


@given(st.lists(boxes, min_size=1, max_size=6))
def test_a_union_holds_every_box(items: list[Box]) -> None:
    assert all(contains(union(items), box) for box in items)


@given(boxes)
def test_the_centre_is_inside(box: Box) -> None:
    assert contains_point(box, box.center)


def test_clipping_drops_what_lies_outside() -> None:
    assert clip(Box(-5, -5, 10, 10), Size(100, 100)) == Box(0, 0, 5, 5)
    assert clip(Box(200, 200, 10, 10), Size(100, 100)) is None


def test_growing_stays_inside_the_screenshot() -> None:
    assert grow(Box(0, 0, 10, 10), 5, 5, Size(100, 100)) == Box(0, 0, 15, 15)


@pytest.mark.parametrize(("a", "b", "share"), [(0, 0, 1.0), (0, 5, 0.5), (0, 10, 0.0), (0, 30, 0.0)])
def test_overlap_is_a_share_of_the_lower_box(a: int, b: int, share: float) -> None:
    assert vertical_overlap(Box(0, a, 10, 10), Box(0, b, 10, 10)) == pytest.approx(share)
