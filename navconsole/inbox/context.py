"""What the inbox shows of each run that waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from navconsole.attempts.outcomes import RUNNING
from navigation.codec import reason_from_json
from navigation.oversight import FROM_STATES, STEPS, Step, WaitingRun

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Case:
    """One run of the inbox. `steps` are what may be done with it now; `waited` is how long, in its largest unit."""

    run: WaitingRun
    sentence: str
    waited: tuple[int, str]
    steps: Sequence[Step]
    is_mine: bool

    @property
    def is_held(self) -> bool:
        return self.run.state == "taken_over"


@dataclass(frozen=True, slots=True)
class Inbox:
    waiting: Sequence[Case]
    held: Sequence[Case]


def build_inbox(runs: Sequence[WaitingRun], now: datetime, *, user_id: str, translate: Callable[[str], str]) -> Inbox:
    cases = [build_case(run, now, user_id=user_id, translate=translate) for run in runs]
    return Inbox([case for case in cases if not case.is_held], [case for case in cases if case.is_held])


def build_case(run: WaitingRun, now: datetime, *, user_id: str, translate: Callable[[str], str]) -> Case:
    return Case(
        run=run,
        sentence=reason_from_json(run.reason).sentence(translate) if run.reason else translate(RUNNING.meaning),
        waited=waited(now - run.since),
        steps=[step for step in STEPS if run.state in FROM_STATES[step]],
        is_mine=run.state == "taken_over" and run.last_step is not None and run.last_step.author_id == user_id,
    )


def waited(time: timedelta) -> tuple[int, str]:
    """A time in whole minutes, hours or days, whichever is the largest that fits: (12, "minutes")."""
    seconds = max(0, int(time.total_seconds()))
    if seconds < HOUR:
        return seconds // MINUTE, "minutes"
    return (seconds // HOUR, "hours") if seconds < 2 * DAY else (seconds // DAY, "days")
