"""The right patient, the whole way from screenshot to press, on banners drawn in several layouts.

A reduced round of `tests/bench/patients.py`, whose figures are in docs/benchmarks.md.
"""

from __future__ import annotations

import random

import pytest

from navigation import Engine, Settings
from tests.bench.banners import LAYOUTS, NEIGHBOURS, SPOILS, draw, someone
from tests.bench.patients import CHANGED, KINDS, REMOTE, RIGHT, UNSEEN, WRONG, Case, cases_of, is_pressed


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Settings())


@pytest.mark.parametrize("kind", KINDS)
def test_another_patient_is_never_pressed_and_the_right_one_is(engine: Engine, kind: str) -> None:
    """One pair of each kind, each in another layout; a patient whose banner cannot be seen is not pressed either."""
    at = KINDS.index(kind)
    number = at * len(LAYOUTS) + at % len(LAYOUTS)
    cases = list(cases_of(number, random.Random(100 + at)))
    assert {case.sort for case in cases} == ({RIGHT, WRONG, UNSEEN} if kind in SPOILS else {RIGHT, WRONG})
    assert {case.kind for case in cases if case.sort == WRONG} == {kind}
    for case in cases:
        assert is_pressed(engine, case) == (case.sort == RIGHT), case


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_banner_is_the_same_patient_s_or_another_s_in_every_layout(engine: Engine, layout: object) -> None:
    """The right patient at first and the neighbour at the press: what counts is the last look."""
    chance = random.Random(7)
    person = someone(chance)
    other = NEIGHBOURS["one digit"](person, chance)
    right, wrong = draw(person, layout).image, draw(other, layout).image  # type: ignore[arg-type]
    assert is_pressed(engine, Case(CHANGED, "", RIGHT, person, (right, right)))
    assert not is_pressed(engine, Case(CHANGED, "", WRONG, person, (right, wrong)))


def test_the_round_of_the_measurement_has_every_kind_in_every_layout() -> None:
    chance, seen = random.Random(1), set()
    for number in range(len(KINDS) * len(LAYOUTS)):
        seen |= {(case.kind, case.layout) for case in cases_of(number, chance) if case.sort == WRONG}
    assert len(seen) == len(KINDS) * len(LAYOUTS)
    assert REMOTE in KINDS
    assert len(LAYOUTS) >= 5


@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_a_neighbour_is_somebody_else(kind: str) -> None:
    chance = random.Random(2)
    for _ in range(200):
        person = someone(chance)
        assert NEIGHBOURS[kind](person, chance).fields != person.fields
