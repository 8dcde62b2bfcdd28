"""Evidence as pictures and lists: counts at a setting, the curve, what flips between two settings."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navconsole.tuning import page
from navconsole.tuning.page import HEIGHT, WIDTH, Choice, build_answer, curve, heat_map
from navconsole.tuning.picture import MARGINS, SCORES, Compared, cells_of, compare, curve_of, totals_at
from navigation.evidence import Case, Gathered, Truth
from navigation.risk import GridPoint
from tests.navigation.evidence_made import ELSEWHERE, SPOT, a_case, a_unit, pressing

STRICT, LOOSE = GridPoint(0.95, 0.08), GridPoint(0.8, 0.08)


def upto(score: float, number: int = 0, **given: object) -> Case:
    """Pressed at score limits up to this one."""
    spot = given.pop("spot", SPOT)
    return a_case(number, spans=pressing(spot, up_to=score), **given)  # type: ignore[arg-type]


CASES = [
    upto(0.99, 1),
    upto(0.9, 2),
    upto(0.85, 3, spot=ELSEWHERE),
    upto(0.99, 4, spot=ELSEWHERE),
    upto(0.85, 5, is_there=False),
    a_case(6, spot=None, is_there=False),
]


def test_counts_at_a_setting_are_of_units_and_tell_both_kinds_of_wrong_press() -> None:
    strict, loose = totals_at(CASES, STRICT), totals_at(CASES, LOOSE)
    assert (strict.right, strict.wrong, strict.refused, strict.absent, strict.found) == (1, 1, 2, 2, 0)
    assert (loose.right, loose.wrong, loose.refused, loose.absent, loose.found) == (2, 2, 0, 2, 1)
    assert strict.present == loose.present == 4


def test_flips_name_what_becomes_of_each_unit_worst_first() -> None:
    flips = [(flip.case.id, flip.side, flip.kind) for flip in compare(CASES, STRICT, LOOSE).flips]
    assert flips == [
        ("attempt 3", "present", "new_wrong"),
        ("attempt 5", "absent", "new_wrong"),
        ("attempt 2", "present", "gained"),
    ]
    back = compare(CASES, LOOSE, STRICT)
    assert [flip.kind for flip in back.flips] == ["lost", "mended", "mended"]
    assert (back.has_no_new_wrong_press, compare(CASES, STRICT, LOOSE).new_wrong) == (True, 2)


def test_where_there_are_too_many_flips_the_worst_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "FLIPS_SHOWN", 2)
    answer = build_answer(Gathered(tuple(CASES), {}, {}), cells_of(CASES), Choice("", "", STRICT, "1", LOOSE))
    assert [flip.kind for flip in answer.flips] == ["new_wrong", "new_wrong"]


def test_each_map_draws_the_share_it_is_named_after() -> None:
    answer = build_answer(Gathered(tuple(CASES), {}, {}), cells_of(CASES), Choice("", "", STRICT, "1", LOOSE))
    assert answer.found is not None
    maps = (answer.wrong, answer.coverage, answer.found)
    drawn = [{square.point: square.share for square in one.squares} for one in maps]
    assert [one[STRICT] for one in drawn] == [0.25, 0.25, 0]
    assert [one[GridPoint(0.88, 0.08)] for one in drawn] == [0.25, 0.5, 0]


def test_the_test_of_two_settings_counts_only_where_they_differ_in_being_right() -> None:
    assert compare(CASES, STRICT, STRICT).p == 1.0
    gained = [upto(0.9, number) for number in range(10)]
    assert compare(gained, STRICT, LOOSE).p == pytest.approx(2 / 2**10)


def test_of_a_units_cases_the_one_that_flips_is_shown() -> None:
    steady = a_case(1, id="steady")
    flips = upto(0.9, 1, id="flips", spot=ELSEWHERE)
    (flip,) = compare([steady, flips], STRICT, LOOSE).flips
    assert (flip.case.id, flip.kind) == ("flips", "new_wrong")


def test_a_case_that_is_wrong_either_way_counts_on_both_sides() -> None:
    either = a_case(1, truth=Truth(None))
    totals = totals_at([either], LOOSE)
    assert (totals.wrong, totals.found, totals.present, totals.absent) == (1, 1, 1, 1)


def test_the_curve_runs_from_strict_to_loose_within_its_band() -> None:
    points = curve_of(CASES, 0.08)
    assert [point.score for point in points] == sorted(SCORES, reverse=True)
    assert points[-1].coverage == 0.5
    assert points[-1].risk == 0.5
    assert all(point.low <= point.risk <= point.high for point in points)
    assert all(one.coverage <= other.coverage for one, other in itertools.pairwise(points))
    assert curve_of([a_case(1, is_there=False)], 0.08) == []


def test_cells_cover_every_setting_of_the_picture() -> None:
    cells = cells_of(CASES)
    assert len(cells) == len(SCORES) * len(MARGINS)
    at = {cell.point: cell for cell in cells}
    assert (at[STRICT].wrong, at[STRICT].right, at[STRICT].found) == (0.25, 0.25, 0)
    assert (at[LOOSE].wrong, at[LOOSE].right, at[LOOSE].found) == (0.5, 0.5, 0.5)


def test_without_evidence_everything_is_nought_and_nothing_breaks() -> None:
    answer = build_answer(Gathered((), {}, {}), cells_of([]), Choice("", "", STRICT, "1", LOOSE))
    assert answer.curve is None
    assert answer.compared == Compared(totals_at([], STRICT), totals_at([], LOOSE), (), 1.0)
    assert all(square.shade == 0 for square in answer.wrong.squares)


@given(st.floats(0, 1), st.floats(0, 1))
def test_every_setting_has_its_place_on_the_picture_stricter_ones_further_up_and_right(
    score: float, margin: float
) -> None:
    stricter = GridPoint(min(1, score + 0.05), min(1, margin + 0.05))
    spots = heat_map([], [], {"one": GridPoint(score, margin), "other": stricter}).spots
    for x, y in spots.values():
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
    assert spots["other"][0] >= spots["one"][0]
    assert spots["other"][1] <= spots["one"][1]


def test_spots_stand_on_their_cells() -> None:
    cells = cells_of(CASES)
    drawn = heat_map(cells, [cell.wrong for cell in cells], {"it": GridPoint(0.9, 0.08)})
    (square,) = [square for square in drawn.squares if square.point == GridPoint(0.9, 0.08)]
    x, y = drawn.spots["it"]
    assert square.x < x < square.x + drawn.cell[0]
    assert square.y < y < square.y + drawn.cell[1]


def test_the_curves_spots_lie_on_the_picture() -> None:
    drawn = curve(CASES, Choice("", "", STRICT, "1", LOOSE))
    assert drawn is not None
    assert drawn.spots["chosen"][0] == 0.5 * WIDTH
    assert 0 <= drawn.spots["chosen"][1] <= HEIGHT


def test_a_unit_of_another_screen_is_another_unit() -> None:
    two = [a_case(1), a_case(1, unit=a_unit(1, screen="Dossier"))]
    assert totals_at(two, LOOSE).present == 2
    assert totals_at([a_case(1), a_case(1, id="again")], LOOSE).present == 1
