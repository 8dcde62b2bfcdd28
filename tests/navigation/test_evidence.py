"""Which labels count, as what, once for each target; and that unequal chances are made equal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from navigation.evidence import (
    REFUSED,
    RIGHT,
    WRONG,
    Audited,
    Case,
    Truth,
    case_set_of,
    counts_for,
    gather,
    table_of,
    thinned,
    truth_of,
)
from navigation.labels import Label
from navigation.risk import grid_of, multi_start, p_values
from navigation.types import Box, Size
from tests.navigation.evidence_made import ELSEWHERE, HERE, SPOT, a_case, a_unit, pressing
from tests.navigation.store.making import a_label

FOUND = {"outcome": "found", "box_px": [10, 10, 40, 20]}
ABSENT = {"outcome": "absent", "box_px": None}
GRID = grid_of([0.9, 1.0], [0.1])


def label(answer: str = "right", **given: Any) -> Label:
    return a_label("attempt", answer=answer, **{"sample_id": "sample"} | given)


# --- what labels say --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "grounding", "truth"),
    [
        ([label(place="box", box=HERE)], FOUND, Truth(True, (HERE,))),
        ([label("wrong", place="box", box=HERE)], ABSENT, Truth(True, (HERE,))),
        ([label("wrong", place="absent")], FOUND, Truth(False)),
        ([label()], FOUND, Truth(True, (Box(10, 10, 40, 20),))),
        ([label("wrong")], FOUND, Truth(None)),
        ([label()], ABSENT, Truth(False)),
        ([label("wrong")], ABSENT, Truth(True)),
        ([label(), label(author_id="bob", place="box", box=HERE)], FOUND, Truth(True, (HERE,))),
    ],
    ids=[
        "in a box",
        "missed",
        "pressed though absent",
        "right as pressed",
        "wrong, not said where",
        "rightly refused",
        "wrongly refused, not said where",
        "two agree, one names the place",
    ],
)
def test_labels_say_whether_and_where_the_target_is(labels: list[Label], grounding: Any, truth: Truth) -> None:
    assert truth_of(labels, grounding) == truth


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ([], "unlabelled"),
        ([label("unsure")], "unsure"),
        ([label("right"), label("wrong", author_id="bob")], "disputed"),
        ([label("right", sample_id=None)], "triage"),
        ([label("right"), label("wrong", author_id="bob", sample_id=None)], "disputed"),
        ([label("right", id="x"), label("withdrawn", replaces="x")], "unlabelled"),
    ],
    ids=["none", "unsure", "disputed", "triage only", "triage contradicts", "taken back"],
)
def test_other_labels_certify_nothing(labels: list[Label], why: str) -> None:
    assert truth_of(labels, FOUND) == why


def test_a_refusal_of_equal_places_says_nothing_without_a_place() -> None:
    assert truth_of([label()], {"outcome": "ambiguous"}) == "unplaced"


def test_a_settled_dispute_counts_as_it_was_settled() -> None:
    disputed = [label("right"), label("wrong", author_id="bob")]
    settled = label("right", author_id="cleo", source="adjudicated", sample_id=None)
    assert truth_of([*disputed, settled], FOUND) == Truth(True, (HERE,))


def an_audited(position: int, labels: tuple[Label, ...] = (), **given: Any) -> Audited:
    box = [10, 10, 40, 20]
    candidate = {"text": "Valider", "box": box, "text_box": box, "score": 0.95, "confidence": 0.9}
    grounding = {**FOUND, "reason": {"code": "found"}, "point_px": [30, 20], "candidates": [candidate], "method": "ocr"}
    values = {
        "attempt_id": f"attempt {position}", "unit": a_unit(position), "grounding": grounding,
        "target": {"text": "Valider"}, "score": 0.9, "margin": 0.08, "reading": "tesserocr/5", "size": Size(1366, 768),
        "sample_id": "sample", "position": position, "chance": 0.5, "labels": labels,
    }  # fmt: skip
    return Audited(**values | given)


def test_evidence_is_gathered_with_what_was_left_out() -> None:
    attempts = [
        an_audited(0, (label(),)),
        an_audited(1),
        an_audited(2, (label("unsure"),)),
        an_audited(3, (label(),), grounding=None),
        an_audited(4, chance=0.1),
    ]
    found = gather(attempts)
    assert [case.id for case in found.cases] == ["attempt 0"]
    assert found.unused == {"unlabelled": 2, "unsure": 1}
    assert found.least == {"sample": 0.1}
    assert found.cases[0].rung == "ocr"
    assert table_of(found.cases, "present", grid_of([0.95, 0.96], [0.08])).outcomes.tolist() == [[REFUSED, RIGHT]]


# --- which samples count ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "counts"),
    [
        ([], True),
        ([["application", "dpi"]], True),
        ([["application", "dpi"], ["since", "2026-01-01"], ["sort", "oldest"]], True),
        ([["application", "other"]], False),
        ([["screen", "Connexion"]], False),
        ([["outcome", "absent"]], False),
        ([["score_max", "90"]], False),
        ([["method", "ocr"]], False),
        ([["q", "valider"]], False),
    ],
)
def test_a_sample_of_a_part_or_of_what_the_engine_did_does_not_count(filters: list[list[str]], counts: bool) -> None:
    assert counts_for({"filter": filters}, "dpi", "") == counts


def test_a_simulated_audit_counts_only_where_it_is_asked_for_and_then_alone() -> None:
    simulated, drawn = {"filter": [], "simulated": True}, {"filter": []}
    assert not counts_for(simulated, "dpi", "")
    assert counts_for(simulated, "dpi", "", simulated=True)
    assert not counts_for(drawn, "dpi", "", simulated=True)


def test_a_sample_of_some_applications_says_nothing_of_the_others() -> None:
    asked = {"filter": [], "applications": ["dpi"]}
    assert counts_for(asked, "dpi", "Connexion")
    assert not counts_for(asked, "other", "")
    assert not counts_for(asked, "", "")


# --- what a unit comes to ---------------------------------------------------------------------------


def outcomes(*cases: Case, side: Any = "present") -> list[list[int]]:
    found: list[list[int]] = table_of(cases, side, GRID).outcomes.tolist()
    return found


def test_a_press_is_right_in_the_box_and_wrong_beside_it() -> None:
    assert outcomes(a_case(), a_case(1, spot=ELSEWHERE), a_case(2, spot=None)) == [
        [RIGHT, RIGHT],
        [WRONG, WRONG],
        [REFUSED, REFUSED],
    ]


def test_points_are_in_the_order_of_the_grid() -> None:
    assert outcomes(a_case(spans=pressing(SPOT, up_to=0.95))) == [[REFUSED, RIGHT]]


def test_where_the_target_is_absent_to_refuse_is_right() -> None:
    absent = a_case(is_there=False), a_case(1, spot=None, is_there=False)
    assert outcomes(*absent, side="absent") == [[WRONG, WRONG], [RIGHT, RIGHT]]
    assert outcomes(*absent) == []


def test_a_wrong_press_that_nobody_placed_is_wrong_on_both_sides() -> None:
    case = a_case(is_there=None)
    assert outcomes(case) == outcomes(case, side="absent") == [[WRONG, WRONG]]


def test_in_doubt_the_worst_counts() -> None:
    maybe = a_case(spans=pressing(SPOT, possible=(ELSEWHERE,)))
    assert outcomes(maybe) == [[WRONG, WRONG]]
    perhaps = [replace(a_case(), spans=(a_case().spans[0]._replace(likely=None, possible=(SPOT,)),))]
    assert outcomes(*perhaps) == [[REFUSED, REFUSED]]


def test_repeats_of_a_target_count_once_and_the_worst_wins() -> None:
    same = [a_case(0, spot=spot, unit=a_unit(7)) for spot in (SPOT, SPOT, ELSEWHERE, None)]
    assert outcomes(*same) == [[WRONG, WRONG]]
    assert outcomes(*same[:2]) == [[RIGHT, RIGHT]]


def test_the_case_set_is_named_by_its_cases_and_their_labels() -> None:
    cases = [a_case(0, label_ids=("a",)), a_case(1)]
    assert case_set_of(cases) == case_set_of(cases[::-1])
    assert case_set_of(cases) != case_set_of([a_case(0, label_ids=("b",)), cases[1]])
    assert case_set_of(cases) != case_set_of(cases[:1])


# --- equal chances ----------------------------------------------------------------------------------


def test_equal_chances_leave_everything_in() -> None:
    cases = [a_case(number, chance=0.2) for number in range(50)]
    assert thinned(cases, {"sample": 0.2}) == cases


def test_a_unit_that_was_four_times_as_likely_stays_in_one_time_of_four() -> None:
    cases = [a_case(number, chance=0.4) for number in range(4000)]
    assert len(thinned(cases, {"sample": 0.1})) == pytest.approx(1000, abs=90)


def test_all_cases_of_a_unit_go_together() -> None:
    cases = [a_case(number, unit=a_unit(number // 3), chance=0.4) for number in range(300)]
    kept = {case.id for case in thinned(cases, {"sample": 0.1})}
    assert all(len({f"attempt {3 * unit + part}" in kept for part in range(3)}) == 1 for unit in range(100))


ALPHA, DELTA, RUNS = 0.02, 0.05, 2000


@pytest.mark.parametrize("is_thinned", [True, False], ids=["thinned", "as drawn"])
def test_strata_with_unequal_chances_keep_the_promise_only_when_thinned(is_thinned: bool) -> None:
    """A stratum that is drawn rarely and fails often: as drawn, it weighs less than it does in the whole.

    Of 450 units drawn at 0.6 each lot keeps about a sixth, as the other stratum's chance of 0.1 asks; 40 lots are drawn
    by name, as in a look, and used in turn.
    """
    lots = [[a_case(n, sample_id=str(lot), chance=0.6) for n in range(450)] for lot in range(40)]
    kept = [[int(case.id.split()[1]) for case in thinned(cases, {cases[0].sample_id: 0.1})] for cases in lots]
    chance = np.random.default_rng(11)
    broken = 0
    for run in range(RUNS):
        often, rarely = chance.random(450) < 0.005, chance.random(150) < 0.06
        often = often[kept[run % 40]] if is_thinned else often
        n, errors = len(often) + len(rarely), int(often.sum() + rarely.sum())
        broken += bool(multi_start(p_values(np.array([errors]), n, ALPHA), [0], DELTA))
    whole = (750 * 0.005 + 1500 * 0.06) / 2250  # what 450 drawn at 0.6 and 150 drawn at 0.1 stand for
    assert whole > ALPHA
    assert (broken / RUNS <= 0.063) == is_thinned


def test_targets_repeated_five_times_keep_the_promise() -> None:
    """Each of 250 targets is labelled five times; counted as 1,250 they would promise far too much."""
    chance = np.random.default_rng(5)
    grid = grid_of([0.9], [0.1])
    broken, as_many = 0, 0
    truly = 1.03 * ALPHA
    for _ in range(RUNS // 100):
        wrong = chance.random(250) < truly
        cases = [a_case(n, spot=ELSEWHERE if wrong[n] else SPOT) for n in range(250) for _ in range(5)]
        table = table_of(cases, "present", grid)
        assert len(table.units) == 250
        assert table.count(WRONG)[0] == wrong.sum()
    for _ in range(RUNS):
        errors = np.array([(chance.random(250) < truly).sum()])
        broken += bool(multi_start(p_values(errors, 250, ALPHA), [0], DELTA))
        as_many += bool(multi_start(p_values(5 * errors, 1250, ALPHA), [0], DELTA))
    assert broken / RUNS <= 0.063
    assert as_many / RUNS > 0.2
