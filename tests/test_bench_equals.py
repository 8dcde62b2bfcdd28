"""How the bench asks for one of several equal controls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from navigation import Target
from tests.bench.equals import in_reading_order, region_around, told_apart

SIZE = (1366, 768)
cells = st.sets(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=12)


@given(cells)
def test_a_region_holds_its_control_and_the_middle_of_no_other(places: set[tuple[int, int]]) -> None:
    boxes = [(200 * x, 70 * y, 80, 20) for x, y in places]
    for box in boxes:
        left, top, right, bottom = region_around(box, [b for b in boxes if b != box], *SIZE)
        held = [(x, y) for x, y, w, h in boxes if left <= x + w / 2 <= right and top <= y + h / 2 <= bottom]
        assert held == [box[:2]]


@given(cells)
def test_numbers_count_rows_from_the_top_each_from_the_left(places: set[tuple[int, int]]) -> None:
    boxes = [(200 * x, 70 * y, 80, 20) for x, y in places]
    ordered = sorted(boxes, key=lambda b: (b[1], b[0]))
    assert in_reading_order(boxes) == ordered
    asked = [
        (target.occurrence, held)
        for way, held, target in told_apart(Target("Ouvrir"), boxes, *SIZE)
        if way == "occurrence"
    ]
    assert sorted(asked) == [(number, [box]) for number, box in enumerate(ordered, start=1)]


def test_lines_of_one_link_share_a_number() -> None:
    boxes = [(35, 112, 145, 13), (35, 124, 96, 13), (35, 300, 96, 13)]
    asked = [
        (target.occurrence, held)
        for way, held, target in told_apart(Target("Rôles"), boxes, *SIZE)
        if way == "occurrence"
    ]
    assert asked == [(1, boxes[:2]), (1, boxes[:2]), (2, boxes[2:])]
