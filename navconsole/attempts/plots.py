"""Numbers as small pictures: the score line and the bar of timings. Pure geometry; lengths in per cent of the width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from navigation.types import Candidate, Grounding

WHOLE = ("total",)
STAGE_ORDER = (
    "ingest",
    "wait",
    "decode",
    "read",
    "verify_before",
    "patient",
    "cache",
    "match",
    "ground",
    "crops",
    "vlm",
)


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
    """The best one elsewhere: not the winner and not on the same place."""
    best = best_candidate(grounding)
    rivals = [c for c in grounding.candidates if c is not best and c.rejected != "overlaps"]
    return max(rivals, key=lambda c: c.score, default=None)


def plot_timings(*timings: Mapping[str, float]) -> list[TimePart]:
    """The stages as parts of one bar, in the order they are gone through; stages of that name in both are added."""
    stages: dict[str, float] = {}
    for part in timings:
        for stage in sorted(part, key=_stage_place):
            if stage not in WHOLE and part[stage] > 0:
                stages[stage] = stages.get(stage, 0.0) + float(part[stage])
    whole = sum(stages.values())
    parts, x = [], 0.0
    for stage, ms in stages.items():
        width = 100 * ms / whole
        parts.append(TimePart(stage, ms, round(x, 3), round(width, 3)))
        x += width
    return parts


def _stage_place(stage: str) -> tuple[int, str]:
    return (STAGE_ORDER.index(stage) if stage in STAGE_ORDER else len(STAGE_ORDER), stage)
