"""Cutting a screen into cells."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from navigation.cells import find_cells, spans
from navigation.geometry import contains, intersection
from navigation.types import Box

PAPER, INK = 255, 0
BOXES = st.builds(Box, st.integers(0, 380), st.integers(0, 280), st.integers(1, 120), st.integers(1, 60))


def drawn(boxes: list[Box]) -> np.ndarray:
    flat = np.full((360, 520), PAPER, np.uint8)
    for box in boxes:
        flat[box.y : box.bottom, box.x : box.right] = INK
    return flat


@given(st.lists(BOXES, max_size=14))
def test_every_ink_that_may_be_a_letter_lies_whole_in_one_cell(boxes: list[Box]) -> None:
    cells = find_cells(drawn(boxes))
    for box in boxes:
        if box.w >= 3 and box.h >= 5:
            assert sum(contains(cell, box) for cell in cells) == 1


@given(st.lists(BOXES, max_size=14))
def test_cells_never_overlap_and_hold_ink_at_every_edge(boxes: list[Box]) -> None:
    flat = drawn(boxes)
    cells = find_cells(flat)
    assert not any(intersection(a, b) for i, a in enumerate(cells) for b in cells[i + 1 :])
    for cell in cells:
        part = flat[cell.y : cell.bottom, cell.x : cell.right] == INK
        assert part[0].any()
        assert part[-1].any()
        assert part[:, 0].any()
        assert part[:, -1].any()


@given(st.lists(BOXES, max_size=10), st.lists(BOXES, max_size=3))
def test_a_change_in_free_bands_leaves_the_other_cells_as_they_are(boxes: list[Box], added: list[Box]) -> None:
    upper = [Box(b.x, b.y // 2, b.w, min(b.h, 20)) for b in boxes]  # all above row 161
    lower = [Box(b.x, 200 + b.y // 4, b.w, min(b.h, 20)) for b in added]  # all under row 199
    assert [c for c in find_cells(drawn(upper + lower)) if c.bottom <= 180] == find_cells(drawn(upper))


@given(st.lists(BOXES, min_size=1, max_size=8), st.integers(1, 100))
def test_a_scrolled_text_is_the_same_cells_further_down(boxes: list[Box], down: int) -> None:
    small = [Box(b.x, b.y // 2, b.w, b.h) for b in boxes]
    moved = [Box(b.x, b.y + down, b.w, b.h) for b in small]
    lowered = [Box(c.x, c.y + down, c.w, c.h) for c in find_cells(drawn(small))]
    assert find_cells(drawn(moved)) == lowered


def test_lines_and_columns_are_cut_and_words_of_a_line_are_not() -> None:
    line = [Box(10, 10, 80, 20), Box(100, 10, 80, 20)]
    menu, text = Box(10, 60, 80, 200), [Box(200, y, 200, 20) for y in (70, 120, 170)]
    assert find_cells(drawn([*line, menu, *text])) == [Box(10, 10, 170, 20), menu, *text]


def test_dust_is_no_cell_and_paper_has_none() -> None:
    assert find_cells(drawn([Box(50, 50, 2, 40), Box(200, 120, 40, 4)])) == []
    assert find_cells(drawn([])) == []


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
def test_spans_hold_all_ink_and_lie_further_apart_than_the_gap(line: list[bool], gap: int) -> None:
    found = spans(np.array(line, bool), gap)
    inside = {n for start, end in found for n in range(start, end)}
    assert {n for n, has_ink in enumerate(line) if has_ink} <= inside
    assert all(line[start] and line[end - 1] for start, end in found)
    assert all(after[0] - before[1] >= gap for before, after in pairwise(found))
