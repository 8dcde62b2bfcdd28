"""The evidence part by part: a rung or a screen that a good whole may hide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from navconsole.tuning.page import Choice, build_answer
from navconsole.tuning.parts import Parts, limits_for, of_part, part_names, parts_at
from navconsole.tuning.picture import cells_of
from navigation.evidence import Case, Gathered
from navigation.risk import GridPoint, lower_bound, upper_bound
from tests.navigation.evidence_made import ELSEWHERE, a_case, pressing

POINT = GridPoint(0.9, 0.08)


def of(number: int, *, rung: str = "ocr", screen: str = "login", is_wrong: bool = False) -> Case:
    case = a_case(number, spans=pressing(ELSEWHERE)) if is_wrong else a_case(number)
    return replace(case, rung=rung, unit=replace(case.unit, screen=screen, signature=screen))


LOGIN = [of(number) for number in range(300)]
BOARD = [of(number, rung="cache", screen="board", is_wrong=number < 304) for number in range(300, 320)]
CASES = [*LOGIN, *BOARD]


def parts(cases: list[Case] = CASES, alpha: float = 0.05) -> Parts:
    found = parts_at(cases, POINT, alpha, 0.05)
    assert found is not None
    return found


def test_each_part_has_its_counts_and_its_exact_bounds() -> None:
    rows = {row.key: row for row in parts().rows}
    assert list(rows) == ["", "rung:cache", "rung:ocr", "screen:dpi / board", "screen:dpi / login"]
    assert [(row.wrong, row.n) for row in rows.values()] == [(4, 320), (4, 20), (0, 300), (4, 20), (0, 300)]
    cache = rows["rung:cache"]
    assert (cache.low, cache.high) == (lower_bound(4, 20, 0.05), upper_bound(4, 20, 0.05))


def test_a_whole_that_passes_does_not_hide_a_part_that_does_not() -> None:
    assert parts().rows[0].state == "under"
    assert [(row.name, row.state) for row in parts().hidden] == [("cache", "over"), ("dpi / board", "over")]
    assert parts(alpha=0.01).rows[0].state == "open"
    assert parts(alpha=0.01).hidden == []  # the whole says it already


@pytest.mark.parametrize(("wrong", "state"), [(0, "open"), (1, "open"), (6, "over")])
def test_with_few_labels_a_part_is_open_rather_than_under(wrong: int, state: str) -> None:
    few = [of(number, rung="vlm", is_wrong=number < 400 + wrong) for number in range(400, 420)]
    by_key = {row.key: row for row in parts([*LOGIN, *few]).rows}
    assert by_key["rung:vlm"].state == state


def test_the_cases_of_a_part_are_drawn_and_counted_alone() -> None:
    def totals(part: str) -> tuple[int, int]:
        choice = Choice("", "", POINT, "1", POINT, part=part)
        answer = build_answer(Gathered(tuple(CASES), {}, {}), cells_of(of_part(CASES, part)), choice)
        assert answer.wrong.most == pytest.approx(answer.compared.after.wrong / answer.compared.after.present)
        assert answer.parts == parts()
        return answer.compared.after.wrong, answer.compared.after.present

    drawn: Mapping[str, tuple[int, int]] = {
        "": (4, 320), "rung:cache": (4, 20), "rung:ocr": (0, 300), "screen:dpi / board": (4, 20),
    }  # fmt: skip
    assert {part: totals(part) for part in drawn} == drawn
    assert of_part(CASES, "rung:none") == of_part(CASES, "screen:") == []


def test_a_refusal_is_of_no_rung() -> None:
    refused = replace(of(900), rung="")
    assert part_names([refused, of(901)]) == {"rung": ["ocr"], "screen": ["dpi / login"]}


def test_where_every_part_is_the_whole_there_is_nothing_to_tell_apart() -> None:
    assert parts_at(LOGIN, POINT, 0.05, 0.05) is None
    assert parts_at([], POINT, 0.05, 0.05) is None
    assert limits_for([]) == (0.05, 0.05)
