"""Numbers as small pictures: the score line and the bar of timings. Pure geometry; lengths in per cent of the width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from navigation.types import Candidate, Grounding

TOTAL, OTHER = "total", "other"
WHOLE = (TOTAL, "decide")
"""Sums of other stages."""
STAGE_ORDER = (
    *("capture_before", "ingest", "wait", "decode", "read_before", "read", "verify_before", "patient"),
    *("ground_cache", "ground_read", "ground_match", "ground", "ground_vlm", "record", "store", OTHER),
    *("press", "capture_after", "read_after", "verify_after"),
)
NO_RIVALS = frozenset(
    {"overlaps", "farther", "outside_region", "another_occurrence", "not_a_control", "no_field", "disabled"}
)
"""Candidates put aside by what was asked: the margin is not measured against them."""


@dataclass(frozen=True, slots=True)
class ScorePlot:
    """Scores on a line from 0 to 100. `needed` is the highest score a rival may have: winner less margin limit."""

    limit: float | None
    winner: float
    runner_up: float | None
    margin: float | None
    needed: float | None
    others: Sequence[float]

    @property
    def is_margin_enough(self) -> bool:
        return self.runner_up is None or self.needed is None or self.runner_up <= self.needed + 1e-9


@dataclass(frozen=True, slots=True)
class TimePart:
    """One stage: where its part of the bar begins and how long it is."""

    stage: str
    ms: float
    x: float
    width: float


def plot_scores(grounding: Grounding, *, score_limit: float | None, margin_limit: float | None) -> ScorePlot | None:
    """The score line of a grounding, None when nothing resembled the target."""
    best = best_candidate(grounding)
    if best is None:
        return None
    rival = runner_up(grounding)
    gap = grounding.margin if grounding.margin is not None or rival is None else best.score - rival.score
    others = [c.score * 100 for c in grounding.candidates if c is not best and c is not rival]
    return ScorePlot(
        limit=score_limit * 100 if score_limit is not None else None,
        winner=best.score * 100,
        runner_up=rival.score * 100 if rival else None,
        margin=gap * 100 if rival and gap is not None else None,
        needed=(best.score - margin_limit) * 100 if margin_limit is not None else None,
        others=sorted({round(score, 1) for score in others}, reverse=True)[:30],
    )


def best_candidate(grounding: Grounding) -> Candidate | None:
    """The winner, or the one that came nearest."""
    winners = [c for c in grounding.candidates if not c.rejected]
    return max(winners or grounding.candidates, key=lambda c: c.score, default=None)


def runner_up(grounding: Grounding) -> Candidate | None:
    """The best one that could have been meant as well: not the winner, nor put aside by what was asked."""
    best = best_candidate(grounding)
    rivals = [c for c in grounding.candidates if c is not best and c.rejected not in NO_RIVALS]
    return max(rivals, key=lambda c: c.score, default=None)


def plot_timings(before: Mapping[str, float], after: Mapping[str, float]) -> list[TimePart]:
    """The stages of the decision, then those of the check after the press, as parts of one bar.

    What a total says beyond its stages is shown as "other"; stages under half a millisecond are left to it.
    """
    stages = {**_stages(before), **_stages({AFTER_NAMES.get(k, k): v for k, v in after.items()})}
    whole = sum(stages.values())
    parts, x = [], 0.0
    for stage in sorted(stages, key=_stage_place):
        width = 100 * stages[stage] / whole
        parts.append(TimePart(stage, stages[stage], round(x, 3), round(width, 3)))
        x += width
    return parts


AFTER_NAMES = {"read": "read_after", "verify": "verify_after"}
LEAST_MS = 0.5


def _stages(timings: Mapping[str, float]) -> dict[str, float]:
    named = {k: float(v) for k, v in timings.items() if k not in WHOLE and v >= LEAST_MS}
    rest = timings.get(TOTAL, 0.0) - sum(named.values())
    return {**named, OTHER: rest} if rest >= LEAST_MS else named


def _stage_place(stage: str) -> tuple[int, str]:
    return (STAGE_ORDER.index(stage) if stage in STAGE_ORDER else len(STAGE_ORDER), stage)
