"""People over robots: stops, and what a person did with a run that waited for one. Pure.

Events are only ever added; the newest one of an application, or of a run, says how things are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from navigation.types import Outcome

EVERY_APPLICATION: Final = ""
"""Stands for all robots in a stop."""

Step = Literal["taken_over", "resumed", "abandoned"]
RunState = Literal["going", "waiting", "taken_over", "resumed", "abandoned"]
HaltCode = Literal["stopped", "run_taken_over", "run_abandoned"]

STEPS: Final[tuple[Step, ...]] = ("taken_over", "resumed", "abandoned")
FROM_STATES: Final[dict[Step, frozenset[RunState]]] = {
    "taken_over": frozenset({"waiting"}),
    "resumed": frozenset({"waiting", "taken_over"}),
    "abandoned": frozenset({"waiting", "taken_over", "resumed"}),
}
"""The states in which a person may do each step."""

STATE_OF_SEVERAL: Final[dict[Step, RunState]] = {"resumed": "waiting", "abandoned": "waiting", "taken_over": "resumed"}
"""In which state each of several runs must be for a step with all of them; taking over takes a resuming back."""

HALTS: Final[dict[RunState, HaltCode]] = {"taken_over": "run_taken_over", "abandoned": "run_abandoned"}
"""Why nothing may be pressed in a run of these states: a reason's code."""


@dataclass(frozen=True, slots=True)
class StopEvent:
    """Robots of `application` (EVERY_APPLICATION: of all) were stopped or let go again, by whom, when and why."""

    application: str
    is_stopped: bool
    author_id: str
    author: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RunStep:
    """What a person did with a run, at the attempt that was its newest then."""

    run_id: str
    attempt_id: str
    step: Step
    author_id: str
    author: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RunStanding:
    """How a run stands: its newest attempt (None before the first), the newest step, and the stop in force, if any."""

    run_id: str
    application: str
    state: RunState
    attempt_id: str | None
    last_step: RunStep | None
    stop: StopEvent | None

    @property
    def halt(self) -> HaltCode | None:
        """Why nothing may be pressed in it now; None when robots may go on."""
        return "stopped" if self.stop else HALTS.get(self.state)


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run that waits for a person or is in a person's hands.

    `reason` is that of its newest attempt, as JSON (None while it is under way), `since` when that was started.
    """

    run_id: str
    application: str
    workflow: str
    agent: str
    attempt_id: str
    screen: str
    target_text: str
    reason: Mapping[str, Any] | None
    since: datetime
    state: RunState
    last_step: RunStep | None


def run_state(outcome: Outcome | None, last_step: Step | None, *, is_newer: bool) -> RunState:
    """How a run stands.

    Args:
        outcome: of its newest attempt; None when there is none or it is under way.
        last_step: what a person did last.
        is_newer: whether that attempt came after that step.
    """
    if last_step in ("taken_over", "abandoned"):
        return last_step
    if last_step == "resumed" and not is_newer:
        return "resumed"
    return "waiting" if outcome is Outcome.NEEDS_HUMAN else "going"
