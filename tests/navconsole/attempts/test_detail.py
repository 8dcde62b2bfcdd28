import pytest

from navconsole.attempts.detail import flat, why_not
from navconsole.attempts.outcomes import outcome_view
from navigation.reasons import Reason
from navigation.settings import thresholds_of
from navigation.types import Box, Candidate, Grounding, Outcome

LIMITS = {"score": 0.9, "margin": 0.08}


def candidate(score: float, rejected: str = "") -> Candidate:
    return Candidate("x", Box(0, 0, 9, 9), Box(0, 0, 9, 9), score, 0.9, rejected=rejected)


@pytest.mark.parametrize(
    ("outcome", "score", "rejected", "why"),
    [
        ("found", 1.0, "", ""),
        ("found", 1.0, "farther", "farther"),
        ("ambiguous", 0.97, "", "tie"),
        ("ambiguous", 0.91, "", "lower_score"),
        ("low_confidence", 0.89, "", "below_limit"),
        ("absent", 0.57, "no_field", "no_field"),
    ],
)
def test_each_candidate_that_was_not_chosen_has_a_reason(outcome: str, score: float, rejected: str, why: str) -> None:
    asked = candidate(score, rejected)
    grounding = Grounding(outcome, Reason("ok"), candidates=(candidate(1.0), asked))  # type: ignore[arg-type]
    assert why_not(asked, grounding, LIMITS) == why


@pytest.mark.parametrize(
    ("body", "versions"),
    [({"thresholds": {"score": 0.9, "margin": 0.08}}, {}), ({}, {"score": 0.9, "margin": 0.08}), (LIMITS, {"x": 7})],
)
def test_the_limits_are_found_where_the_record_keeps_them(body: dict[str, object], versions: dict[str, object]) -> None:
    assert thresholds_of(body, versions) == LIMITS


def test_nested_versions_become_lines() -> None:
    assert flat({"a": 1, "b": {"c": [1, 2], "d": None}}) == [("a", "1"), ("b.c", "1, 2"), ("b.d", "None")]


def test_behind_a_window_the_page_does_not_say_that_nothing_resembles_the_target() -> None:
    usual, covered = outcome_view(Outcome.ABSENT), outcome_view(Outcome.ABSENT, "covered")
    assert (covered.key, covered.name) == (usual.key, usual.name)
    assert "behind a window" in covered.meaning
    assert covered.advice != usual.advice
    assert outcome_view(Outcome.ABSENT, "absent_nearest") == usual
