"""Shadow mode: what another configuration would have answered to an attempt, beside what was answered. Pure.

A trial judges from what was read for the attempt; it presses nothing and remembers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from navigation.geometry import contains_point
from navigation.types import NavigateResult, NormPoint, Outcome

Difference = Literal["same", "refuses", "presses", "elsewhere", "other_reason"]

DIFFERENCES: Final = ("elsewhere", "presses", "refuses", "other_reason")
"""What may differ, most dangerous first: another place is pressed; pressed where the live one refused; refused where it
pressed; refused with another outcome."""
JUDGED: Final = frozenset(
    {Outcome.OK, Outcome.WRONG_SCREEN, Outcome.ABSENT, Outcome.LOW_CONFIDENCE, Outcome.AMBIGUOUS, Outcome.DISABLED}
)
"""Outcomes that limits have a part in; the others would be the same under any."""


@dataclass(frozen=True, slots=True)
class ShadowTrial:
    """A configuration that judges beside the one in use, from `started_at` until `ended_at` (None: it still does)."""

    id: int
    config_id: int
    author_id: str
    author: str
    reason: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShadowVerdict:
    """What the trial's configuration would have answered; a point is complete or absent."""

    difference: Difference
    outcome: Outcome
    score: float | None
    margin: float | None
    point: NormPoint | None


@dataclass(frozen=True, slots=True)
class ShadowCounts:
    """Of a trial: attempts judged, and those judged otherwise by kind of difference."""

    judged: int
    by_difference: Mapping[str, int]

    @property
    def different(self) -> int:
        return sum(self.by_difference.values())


def compared(live: NavigateResult, candidate: NavigateResult) -> ShadowVerdict:
    """The candidate's answer and how it differs; a point on the control that was found is the same place."""
    found = candidate.grounding
    return ShadowVerdict(
        difference=_difference(live, candidate),
        outcome=candidate.outcome,
        score=found.score if found else None,
        margin=found.margin if found else None,
        point=candidate.point,
    )


def _difference(live: NavigateResult, candidate: NavigateResult) -> Difference:
    if live.outcome is Outcome.OK and candidate.outcome is Outcome.OK:
        is_same = (
            live.box_px is not None
            and candidate.point_px is not None
            and contains_point(live.box_px, candidate.point_px)
        )
        return "same" if is_same else "elsewhere"
    if live.outcome is candidate.outcome:
        return "same"
    if live.outcome is Outcome.OK:
        return "refuses"
    return "presses" if candidate.outcome is Outcome.OK else "other_reason"
