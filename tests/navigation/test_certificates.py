"""Plans, looks that are paid for, promises and what they leave out, and the end of a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from navigation.certificates import (
    Certificate,
    Finding,
    Look,
    Needed,
    Now,
    Plan,
    ended,
    faults_of,
    look,
)
from navigation.evidence import Case, Gathered
from navigation.ids import new_id
from navigation.risk import GridPoint, upper_bound
from navigation.types import Size
from tests.navigation.evidence_made import ELSEWHERE, SPOT, a_case, a_unit, pressing
from tests.navigation.store.making import NOW


def a_plan(**given: Any) -> Plan:
    values = {
        "id": "plan", "application": "dpi", "screen": "", "alpha": 0.05, "alpha_absent": None, "delta": 0.05,
        "scores": (0.8, 0.9, 1.0), "margins": (0.0, 0.05, 0.1, 0.2), "procedure": "multi_start", "mode": "frozen",
        "note": "", "author": "ann", "created_at": NOW,
    }  # fmt: skip
    return Plan(**values | given)


def found(plan: Plan, cases: Sequence[Case], *earlier: Look) -> Finding:
    return look(plan, Gathered(tuple(cases), {}, {}), earlier)


def a_look(finding: Finding, **given: Any) -> Look:
    values = {name: getattr(finding, name) for name in ("number", "spent", "case_set", "units", "present", "absent")}
    values |= {"id": new_id(), "plan_id": "plan", "unused": {}, "passed": 0, "needed": None, "is_certified": False}
    return Look(**values | {"author": "ann", "at": NOW} | given)


def cases_of(right: int, wrong: int = 0, *, start: int = 0, **given: Any) -> list[Case]:
    spots = [SPOT] * right + [ELSEWHERE] * wrong
    return [a_case(start + number, spot=spot, **given) for number, spot in enumerate(spots)]


# --- plans ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"alpha": 0.0}, "alpha"),
        ({"alpha_absent": 1.0}, "alpha"),
        ({"delta": 1.2}, "delta"),
        ({"scores": ()}, "grid"),
        ({"margins": (1.5,)}, "grid"),
        ({"procedure": "holm"}, "holm"),
    ],
)
def test_a_plan_that_cannot_be_is_named(given: dict[str, Any], fault: str) -> None:
    assert faults_of(a_plan(**given)) == (fault,)


def test_a_plan_that_can_be_has_no_fault() -> None:
    assert faults_of(a_plan()) == ()
    assert faults_of(a_plan(procedure="holm", scores=(0.9, 0.8), margins=(0.1, 0.2, 0.05, 0.0))) == ()


def test_the_grid_is_named_by_its_points() -> None:
    assert a_plan().grid_hash == a_plan(note="other", scores=(1.0, 0.9, 0.8)).grid_hash
    assert a_plan().grid_hash != a_plan(scores=(0.8, 0.9)).grid_hash


# --- too few labels ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "wanted"),
    [
        (a_plan(), 63),
        (a_plan(procedure="holm", scores=(0.9, 0.8), margins=(0.1, 0.2, 0.05, 0.0)), 82),
        (a_plan(scores=(0.9,), margins=(0.1,)), 42),
        (a_plan(alpha=0.01), 391),
    ],
    ids=["three starts", "Holm on eight", "one named beforehand", "one per cent"],
)
def test_it_says_how_many_labels_more_by_the_procedure_in_use(plan: Plan, wanted: int) -> None:
    finding = found(plan, cases_of(17))
    assert finding.needed == Needed(wanted, 0, wanted)
    assert not finding.is_look
    assert finding.promise is None


def test_exactly_so_many_are_enough() -> None:
    assert found(a_plan(), cases_of(79)).promise is None
    assert found(a_plan(), cases_of(80)).promise is not None


def test_targets_that_are_not_there_have_a_need_of_their_own() -> None:
    absent = cases_of(0, 0) + [a_case(n, spot=None, is_there=False) for n in range(100, 120)]
    finding = found(a_plan(alpha_absent=0.05), [*cases_of(80), *absent])
    assert finding.needed is not None
    assert (finding.needed.present, finding.needed.absent) == (0, 60)
    assert finding.needed.draw == 300  # one in five that are labelled is not there


# --- looks ------------------------------------------------------------------------------------------


def test_the_setting_that_finds_most_is_recommended_of_those_that_pass() -> None:
    loose = [a_case(n, spans=pressing(SPOT, up_to=0.85)) for n in range(200, 260)]
    finding = found(a_plan(), [*cases_of(140), *loose])
    assert finding.promise is not None
    assert finding.promise.point == GridPoint(0.8, 0.2)
    assert finding.promise.coverage == 1.0
    assert finding.promise.present.errors == 0
    assert finding.promise.present.bound == upper_bound(0, 200, 0.05 / 3)
    assert finding.promise.present.bound < 0.05


def test_a_walk_ends_where_wrong_presses_begin() -> None:
    wrong = [a_case(n, spans=pressing(ELSEWHERE, up_to=0.85)) for n in range(200, 260)]
    finding = found(a_plan(), [*cases_of(140), *wrong])
    assert finding.promise is not None
    assert finding.promise.point == GridPoint(1.0, 0.2)  # 0.9 passes too and finds no more
    assert finding.promise.coverage == pytest.approx(0.7)


def test_both_risks_must_be_low() -> None:
    pressed = [a_case(n, is_there=False) for n in range(200, 220)]
    refused = [a_case(n, spot=None, is_there=False) for n in range(300, 400)]
    assert found(a_plan(), [*cases_of(140), *pressed, *refused]).promise is not None
    assert found(a_plan(alpha_absent=0.05), [*cases_of(140), *pressed, *refused]).promise is None
    both = found(a_plan(alpha_absent=0.05), [*cases_of(140), *refused]).promise
    assert both is not None
    assert both.absent is not None
    assert (both.absent.n, both.absent.errors) == (100, 0)


def test_a_setting_that_only_refuses_is_not_recommended() -> None:
    finding = found(a_plan(), [a_case(n, spot=None) for n in range(100)])
    assert finding.passed == 12
    assert finding.promise is None


def test_errors_raise_what_is_needed() -> None:
    finding = found(a_plan(mode="growing"), cases_of(200, 20))
    assert finding.is_look
    assert finding.promise is None
    assert finding.needed is not None
    more = finding.needed.present
    enough = found(a_plan(mode="growing"), [*cases_of(200, 20), *cases_of(more, start=1000)], a_look(finding))
    assert enough.promise is not None
    short = found(a_plan(mode="growing"), [*cases_of(200, 20), *cases_of(more - 1, start=1000)], a_look(finding))
    assert short.promise is None


def test_a_growing_plan_pays_for_each_look_at_the_same_targets() -> None:
    plan, cases = a_plan(mode="growing"), cases_of(200)
    first = found(plan, cases)
    second = found(plan, cases, a_look(first))
    assert (first.number, first.spent) == (1, 0.025)
    assert (second.number, second.spent) == (2, pytest.approx(0.05 / 6))


def test_a_look_of_another_plan_is_paid_for_too_and_one_at_other_targets_is_not() -> None:
    first = found(a_plan(mode="growing"), cases_of(200))
    other = a_plan(id="other", mode="growing", scores=(0.9,))
    assert found(other, cases_of(200), a_look(first)).number == 2
    assert found(other, cases_of(200, start=500), a_look(first)).number == 1


def test_a_frozen_plan_takes_only_targets_that_nobody_has_looked_at() -> None:
    first = found(a_plan(), cases_of(120))
    assert (first.present, first.spent) == (120, 0.05)
    again = found(a_plan(id="second"), [*cases_of(120), *cases_of(100, start=500)], a_look(first))
    assert (again.present, again.number, again.spent) == (100, 1, 0.05)


def test_unequal_chances_are_thinned_before_a_look() -> None:
    often = [replace(case, chance=0.4) for case in cases_of(400)]
    finding = look(a_plan(), Gathered(tuple(often), {}, {"sample": 0.1}), ())
    assert finding.present == pytest.approx(100, abs=30)


def test_a_promise_says_before_how_many_of_its_labels_it_was_declared() -> None:
    plan, cases = a_plan(), cases_of(100)

    def labelled(at: Sequence[timedelta]) -> list[Case]:
        return [
            replace(case, label_ids=("first", "second")[: 1 + number % 2], first_label_at=NOW + at[number % len(at)])
            for number, case in enumerate(cases)
        ]

    before, moment, after = (timedelta(seconds=seconds) for seconds in (-1, 0, 1))
    expected = [([after], (150, 150)), ([moment], (150, 150)), ([before], (0, 150)), ([after, before], (50, 150))]
    for times, told in expected:
        promise = found(plan, labelled(times)).promise
        assert promise is not None
        assert promise.declared is not None
        assert (promise.declared.before, promise.declared.labels) == told
        assert promise.declared.is_blind == (told == (150, 150))


# --- parts ------------------------------------------------------------------------------------------


def test_a_low_rate_of_the_whole_does_not_hide_a_screen_with_a_high_one() -> None:
    bad = [
        a_case(n, spot=ELSEWHERE if n % 5 == 0 else SPOT, unit=a_unit(n, screen="Prescriptions"))
        for n in range(1000, 1030)
    ]
    promise = found(a_plan(), [*cases_of(570), *bad]).promise
    assert promise is not None
    parts = {part.name: part for part in promise.parts if part.kind == "screen"}
    assert parts["dpi / Prescriptions"].counted.share == pytest.approx(0.2)
    assert [part.name for part in promise.excluded] == ["dpi / Prescriptions"]


def test_each_rung_is_beside_the_whole() -> None:
    remembered = cases_of(40, 10, start=1000, rung="cache")
    promise = found(a_plan(), [*cases_of(950, rung="ocr"), *remembered]).promise
    assert promise is not None
    rungs = {part.name: part for part in promise.parts if part.kind == "rung"}
    assert (rungs["cache"].counted.n, rungs["cache"].counted.errors, rungs["cache"].is_over) == (50, 10, True)
    assert not rungs["ocr"].is_over


# --- the end ----------------------------------------------------------------------------------------

SIZE = Size(1366, 768)


def a_certificate(plan: Plan) -> Certificate:
    promise = found(plan, cases_of(200)).promise
    assert promise is not None
    return Certificate("certificate", "look", promise, "f" * 64, ("tesserocr/5",), (SIZE,), {"dpi": 3}, "ann", NOW)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (Now({"dpi": 3}, frozenset({"tesserocr/5"}), frozenset({SIZE})), ()),
        (Now({"dpi": 3}, frozenset(), frozenset()), ()),
        (Now({"dpi": 4}, frozenset({"tesserocr/5"}), frozenset({SIZE})), ("application",)),
        (Now({"dpi": 3}, frozenset({"tesserocr/5"}), frozenset({SIZE, Size(1920, 1080)})), ("resolution",)),
        (Now({"dpi": 3}, frozenset({"tesserocr/6"}), frozenset({SIZE})), ("reader",)),
        (Now({}, frozenset({"x"}), frozenset({Size(1, 1)})), ("application", "resolution", "reader")),
    ],
    ids=["as it was", "nothing since", "another profile", "another size", "another reader", "all of them"],
)
def test_a_certificate_ends_when_what_it_was_made_with_changes(now: Now, why: tuple[str, ...]) -> None:
    plan = a_plan()
    assert ended(a_certificate(plan), plan, now) == why


@pytest.mark.parametrize(("wrong", "why"), [(1, ()), (8, ("live",))])
def test_a_certificate_ends_when_live_audits_show_it_surely_wrong(wrong: int, why: tuple[str, ...]) -> None:
    plan = a_plan()
    now = Now({"dpi": 3}, frozenset(), frozenset(), tuple(cases_of(40, wrong)))
    assert ended(a_certificate(plan), plan, now) == why


def test_the_larger_p_value_keeps_the_promise_of_both_risks() -> None:
    """Targets that are not there are pressed just too often, those that are there never wrongly: 2,000 looks."""
    chance = np.random.default_rng(3)
    plan = a_plan(alpha_absent=0.05, scores=(0.9,), margins=(0.1,))
    here = cases_of(100)
    pressed = [a_case(1000 + n, is_there=False) for n in range(100)]
    refused = [a_case(1000 + n, spot=None, is_there=False) for n in range(100)]
    by_count: dict[int, bool] = {}

    def certifies(errors: int) -> bool:
        if errors not in by_count:
            cases = [*here, *pressed[:errors], *refused[errors:]]
            by_count[errors] = found(plan, cases).promise is not None
        return by_count[errors]

    broken = sum(certifies(int(errors)) for errors in chance.binomial(100, 0.051, 2000))
    assert 0 < broken / 2000 <= 0.063
