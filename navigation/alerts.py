"""What people are told of when nobody looks at the console: events, the messages they become, and when. Pure.

No part of an alert can hold what stood on a screen or what somebody typed: it names applications, screens, numbers
and words of this program only. It refers to no run and no attempt, so that a purge has nothing to take here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

Kind = Literal["stop", "waiting", "drift", "certificate", "test"]
What = Literal[
    "stopped", "released", "needs_human", "gone", "rarer", "weaker", "certificate_ended", "test"
]  # fmt: skip
Channel = Literal["mail", "webhook"]
State = Literal["waiting", "sent", "given_up"]
Problem = Literal[
    "", "unreachable", "timeout", "certificate", "no_tls", "login", "recipient", "refused", "redirect", "forbidden",
    "removed",
]  # fmt: skip

KINDS: Final[tuple[Kind, ...]] = ("stop", "waiting", "drift", "certificate")
"""What somebody may ask to hear of."""
KIND_OF: Final[Mapping[What, Kind]] = {
    "stopped": "stop",
    "released": "stop",
    "needs_human": "waiting",
    "gone": "drift",
    "rarer": "drift",
    "weaker": "drift",
    "certificate_ended": "certificate",
    "test": "test",
}
CHANNELS: Final[tuple[Channel, ...]] = ("mail", "webhook")
STATES: Final[tuple[State, ...]] = ("waiting", "sent", "given_up")

MAX_TRIES: Final = 10
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)
SPREAD: Final = 0.5
"""A wait is longer or shorter by up to this share of it, so that many senders do not come back together."""
MOST_DETAILS: Final = 5
"""So many different details of like events are told; the others are counted."""
KEPT: Final = timedelta(days=90)
FORGOTTEN: Final = timedelta(days=7)
"""A condition that was not seen for so long is told of again when it comes back."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that happened. `detail` tells it from like events, or is empty.

    `key` is of a condition that lasts ("" for an event): as long as it is seen it is told of once.
    """

    what: What
    application: str
    at: datetime
    detail: str = ""
    key: str = ""

    @property
    def kind(self) -> Kind:
        return KIND_OF[self.what]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who hears of `kinds`: an address of e-mail, or the host of the webhook."""

    channel: Channel
    address: str
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Message:
    """Like events for one recipient. Its `id` goes with every try, so that whoever gets it twice can tell.

    `count` events came from `first_at` to `last_at`; `due_at` is when it is tried next. `problem` and `answer` (a
    number such as 550, or "") are of the last try.
    """

    id: str
    channel: Channel
    address: str
    what: What
    application: str
    count: int
    details: Sequence[str]
    first_at: datetime
    last_at: datetime
    due_at: datetime
    state: State = "waiting"
    tries: int = 0
    problem: Problem = ""
    answer: str = ""
    ended_at: datetime | None = None

    @property
    def kind(self) -> Kind:
        return KIND_OF[self.what]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a try: nothing wrong, or the problem. `answer` is the other side's number, if it gave one."""

    problem: Problem = ""
    answer: str = ""

    @property
    def is_done(self) -> bool:
        return not self.problem


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nothing but stops is told, from `begin` to `end` by the clock of `zone`; over midnight or not."""

    begin: time
    end: time
    zone: ZoneInfo

    def over(self, moment: datetime) -> datetime:
        """The end of the quiet hours that the moment lies in; the moment itself outside of them."""
        local = moment.astimezone(self.zone)
        clock = local.time()
        is_over_midnight = self.begin > self.end
        if self.end <= clock < self.begin if is_over_midnight else not self.begin <= clock < self.end:
            return moment
        day = local.date() + timedelta(days=int(clock >= self.end))
        return datetime.combine(day, self.end, self.zone).astimezone(moment.tzinfo)


@dataclass(frozen=True, slots=True)
class Pace:
    """How like events become one message: the first `gather` after it, the next not before `again` after the last."""

    gather: timedelta
    again: timedelta


_STOPS: Final = Pace(timedelta(0), timedelta(minutes=1))
_OTHERS: Final = Pace(timedelta(seconds=30), timedelta(minutes=10))


def pace_of(kind: Kind) -> Pace:
    """A stop is told at once; what may come by hundreds is gathered first."""
    return _STOPS if kind == "stop" else _OTHERS


def due_at(alert: Alert, last_due: datetime | None, quiet: Quiet | None) -> datetime:
    """When a new message with this event is to be sent.

    Args:
        alert: its first event.
        last_due: when the last message of like events to the same recipient was due; None when there was none.
        quiet: hours in which it must wait, unless it is a stop.
    """
    pace = pace_of(alert.kind)
    due = alert.at + pace.gather
    if last_due is not None:
        due = max(due, last_due + pace.again)
    return due if quiet is None or alert.kind == "stop" else quiet.over(due)


def with_detail(details: Sequence[str], detail: str) -> list[str]:
    """The details with one more, unless it is among them or there are enough."""
    if not detail or detail in details or len(details) >= MOST_DETAILS:
        return list(details)
    return [*details, detail]


def next_wait(tries: int, chance: float) -> timedelta:
    """How long to wait before the next try: doubled each time, up to an hour, and spread.

    Args:
        tries: how many there were, from 1.
        chance: 0..1, drawn for this wait.
    """
    wait = min(FIRST_WAIT * float(2 ** (tries - 1)), LONGEST_WAIT)
    return wait * (1 + SPREAD * (2 * chance - 1))
