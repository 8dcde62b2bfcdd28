"""How the answers of two configurations to one attempt differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from navigation.reasons import Reason
from navigation.shadow import JUDGED, ShadowCounts, compared
from navigation.types import Box, Grounding, NavigateResult, NormPoint, Outcome, Point

FOUND = NavigateResult(
    Outcome.OK,
    Reason("found"),
    point=NormPoint(0.5, 0.5),
    point_px=Point(50, 50),
    box_px=Box(40, 45, 20, 10),
    grounding=Grounding("found", Reason("found"), score=0.95, margin=0.2),
)
ELSEWHERE = replace(FOUND, point=NormPoint(0.9, 0.5), point_px=Point(90, 50), box_px=Box(80, 45, 20, 10))


def _refusal(outcome: Outcome) -> NavigateResult:
    return NavigateResult(outcome, Reason(outcome.value))


@pytest.mark.parametrize(
    ("live", "candidate", "difference"),
    [
        (FOUND, FOUND, "same"),
        (FOUND, replace(FOUND, point_px=Point(41, 46)), "same"),
        (FOUND, ELSEWHERE, "elsewhere"),
        (replace(FOUND, box_px=None), FOUND, "elsewhere"),
        (FOUND, _refusal(Outcome.AMBIGUOUS), "refuses"),
        (_refusal(Outcome.AMBIGUOUS), FOUND, "presses"),
        (_refusal(Outcome.ABSENT), _refusal(Outcome.ABSENT), "same"),
        (_refusal(Outcome.ABSENT), _refusal(Outcome.AMBIGUOUS), "other_reason"),
    ],
)
def test_the_difference_is_named(live: NavigateResult, candidate: NavigateResult, difference: str) -> None:
    assert compared(live, candidate).difference == difference


def test_the_candidates_answer_is_kept() -> None:
    verdict = compared(_refusal(Outcome.AMBIGUOUS), FOUND)
    assert (verdict.outcome, verdict.score, verdict.margin, verdict.point) == (
        Outcome.OK,
        0.95,
        0.2,
        NormPoint(0.5, 0.5),
    )
    refusal = compared(FOUND, _refusal(Outcome.WRONG_SCREEN))
    assert (refusal.outcome, refusal.score, refusal.point) == (Outcome.WRONG_SCREEN, None, None)


def test_what_no_limit_has_a_part_in_is_not_judged() -> None:
    assert not JUDGED & {Outcome.WRONG_PATIENT, Outcome.TIMEOUT, Outcome.OCR_FAILED, Outcome.INTERRUPTED, Outcome.ERROR}


def test_different_is_the_sum_of_its_kinds() -> None:
    assert ShadowCounts(10, {"presses": 2, "refuses": 1}).different == 3
