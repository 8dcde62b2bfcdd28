"""When what happened in a run, in milliseconds from its beginning; and the same at an even pace. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from navconsole.attempts.plots import STAGE_ORDER
from navigation.records import AttemptDetail

LONGEST_MS, SHORTEST_MS = 1200, 400
"""Between two events of the evened film: a wait is cut, and what was quicker than an eye is stretched, so that twenty
steps take about half a minute."""

What = Literal["begins", "screen", "target", "press", "after", "ends"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `at_ms` at the robot's pace, `even_ms` in the evened film."""

    what: What
    at_ms: int
    even_ms: int


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt in the film; its events in order, the first "begins", the last "ends"."""

    id: str
    events: tuple[Event, ...]

    @property
    def begins(self) -> Event:
        return self.events[0]

    @property
    def ends(self) -> Event:
        return self.events[-1]


def build_timeline(attempts: Sequence[AttemptDetail]) -> list[Step]:
    """The attempts' events on one line of time; none lies before the one that was stored before it."""
    if not attempts:
        return []
    first = attempts[0].start.started_at
    moments = [(attempt.start.id, what, at) for attempt in attempts for what, at in _moments(attempt, first)]
    steps: dict[str, list[Event]] = {}
    before = even = 0
    for attempt_id, what, moment in moments:
        at = max(before, moment)
        even += min(max(at - before, 0 if what == "begins" else SHORTEST_MS), LONGEST_MS)
        steps.setdefault(attempt_id, []).append(Event(what, at, even))
        before = at
    return [Step(attempt_id, tuple(events)) for attempt_id, events in steps.items()]


def _moments(attempt: AttemptDetail, first: datetime) -> list[tuple[What, int]]:
    """What happened in one attempt and when, from what the record keeps: three times and the lengths of the stages."""
    start, decision, finish = attempt.start, attempt.decision, attempt.finish
    begun = _ms(start.started_at, first)
    found: list[tuple[What, int]] = [("begins", begun)]
    end = begun
    if decision is not None:
        end = _ms(decision.decided_at, first)
        if decision.verify_before is not None:
            found.append(("screen", min(end, begun + round(_until_screen(decision.timings)))))
        if decision.grounding is not None:
            found.append(("target", end))
        if decision.point_x_norm is not None:
            found.append(("press", end))
    if finish is not None:
        end = max(end, _ms(finish.finished_at, first))
        if finish.after_id is not None:
            found.append(("after", max(found[-1][1], end - round(sum(finish.timings.values())))))
    return [*found, ("ends", end)]


def _until_screen(timings: Mapping[str, float]) -> float:
    """Length of the stages up to the verdict on the screen."""
    return sum(timings.get(stage, 0.0) for stage in STAGE_ORDER[: STAGE_ORDER.index("verify_before") + 1])


def _ms(moment: datetime, first: datetime) -> int:
    return round((moment - first).total_seconds() * 1000)
