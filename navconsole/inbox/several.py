"""What the pages of several runs at once need: what can be done with each, what somebody else did meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from navigation.oversight import STATE_OF_SEVERAL, RunStanding, RunStep, Step, WaitingRun
from navigation.records import User
from navigation.store.protocol import Store

STOPPED = "stopped"
"""The code of the reason of an attempt that a stop has halted."""


@dataclass(frozen=True, slots=True)
class Preview:
    """`ready` still wait as they were seen; `passed` do not: somebody did something with them, or the robot went on.

    `stopped` are applications of ready runs that are stopped: their robots wait on, whatever is said here.
    """

    ready: Sequence[WaitingRun]
    passed: Sequence[RunStanding]
    stopped: Sequence[str]

    @property
    def chosen(self) -> Sequence[str]:
        """What the form sends of each ready run."""
        return [mark_of(run) for run in self.ready]


@dataclass(frozen=True, slots=True)
class Done:
    """What a person did with several runs at one moment, and how they stand; `returnable` may still be taken back."""

    at: datetime
    step: Step
    steps: Sequence[RunStep]
    standings: Sequence[RunStanding]

    @property
    def returnable(self) -> Sequence[RunStep]:
        if self.step != "resumed":
            return []
        wanted = STATE_OF_SEVERAL["taken_over"]
        pairs = zip(self.steps, self.standings, strict=True)
        return [step for step, now in pairs if now.state == wanted and now.attempt_id == step.attempt_id]


def mark_of(run: WaitingRun) -> str:
    """A run as a form names it: with the attempt at which it was seen to wait."""
    return f"{run.run_id} {run.attempt_id}"


def halted_by_stop(runs: Sequence[WaitingRun]) -> list[WaitingRun]:
    """Those in nobody's hands that a stop has halted."""
    return [run for run in runs if run.state == "waiting" and (run.reason or {}).get("code") == STOPPED]


def build_preview(store: Store, waiting: Sequence[WaitingRun], chosen: Sequence[tuple[str, str]]) -> Preview:
    """How the chosen (run, attempt) pairs stand now, in the order of the inbox."""
    wanted = dict(chosen)
    ready = [run for run in waiting if run.state == "waiting" and wanted.get(run.run_id) == run.attempt_id]
    known = {run.run_id for run in ready}
    passed = [now for run_id in wanted if run_id not in known and (now := store.run_standing(run_id))]
    standings = [store.run_standing(run.run_id) for run in ready]
    stopped = sorted({now.application for now in standings if now and now.stop})
    return Preview(ready, passed, stopped)


def steps_for(
    pairs: Sequence[tuple[str, str]], step: Step, author: User, now: datetime, note: str = ""
) -> list[RunStep]:
    """The same step with each (run, attempt), of one moment."""
    return [RunStep(run_id, attempt_id, step, author.id, author.name, note, now) for run_id, attempt_id in pairs]


def build_done(store: Store, author: User, at: datetime) -> Done | None:
    """What the person did at that moment; None when it was nothing."""
    steps = store.run_steps_at(author.id, at)
    standings = [now for step in steps if (now := store.run_standing(step.run_id))]
    return Done(at, steps[0].step, steps, standings) if steps and len(standings) == len(steps) else None
