"""Where a log-in flow stands: signed, void, objected; and when it may be signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from navigation.flows import LoginFlow, Standing, Terms, first_open, may_sign, standing_of, void_reasons
from tests.navigation.store.making import NOW, a_label, a_signoff

THEN = Terms(config_id=1, profile_version=0)
FLOW = LoginFlow("dpi", "tour", "run", NOW, THEN)
SIGNED = a_signoff("run")
BEFORE, AFTER = (a_label("attempt", created_at=NOW + timedelta(hours=h)) for h in (-1, 1))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (THEN, ()),
        (Terms(2, 0), ("configuration",)),
        (Terms(1, 3), ("profile",)),
        (Terms(2, 3), ("configuration", "profile")),
    ],
)
def test_a_change_of_configuration_or_profile_makes_a_signoff_void(now: Terms, expected: tuple[str, ...]) -> None:
    assert void_reasons(THEN, now) == expected
    assert standing_of(FLOW, SIGNED, [], now) == Standing("void" if expected else "signed", expected)


def test_a_flow_that_never_came_to_its_end_has_nothing_to_sign() -> None:
    assert standing_of(LoginFlow("dpi", "tour"), None, [], THEN) == Standing("no_film")


def test_a_film_of_another_configuration_cannot_be_signed_for_this_one() -> None:
    assert standing_of(FLOW, None, [], THEN) == Standing("unsigned")
    assert standing_of(FLOW, None, [], Terms(2, 0)) == Standing("unsigned", ("configuration",))


def test_an_objection_stands_until_the_next_signoff() -> None:
    assert standing_of(FLOW, None, [BEFORE], THEN).state == "objected"
    assert standing_of(FLOW, SIGNED, [BEFORE], THEN).state == "signed"
    assert standing_of(FLOW, SIGNED, [BEFORE, AFTER], THEN).state == "objected"


def test_only_yes_to_every_step_may_be_signed() -> None:
    yes = {step: a_label(step, answer="right") for step in ("a", "b")}
    assert may_sign(["a", "b"], yes)
    assert not may_sign(["a", "b", "c"], yes)
    assert not may_sign([], {})
    for answer in ("wrong", "unsure"):
        assert not may_sign(["a", "b"], yes | {"b": replace(yes["b"], answer=answer)})


def test_resuming_goes_to_the_first_step_without_an_answer() -> None:
    answers = {step: a_label(step) for step in ("a", "c")}
    assert first_open(["a", "b", "c"], answers) == 2
    assert first_open(["a", "c"], answers) is None
