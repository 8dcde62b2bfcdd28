"""What the bar of every page and the page of stops show."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from navconsole.auth.permissions import allowed, may_see
from navigation.errors import StoreDamagedError
from navigation.oversight import EVERY_APPLICATION, StopEvent
from navigation.records import User
from navigation.store.protocol import Store

WAITING_LIMIT = 100
WAITS_FOR = timedelta(days=7)
"""A run that asked for a person longer ago is waited for by no robot any more."""
HISTORY = 50


@dataclass(frozen=True, slots=True)
class Bar:
    """`waiting` is the number of runs that wait, None for who does not handle them; `mark` names this state."""

    stops: Sequence[StopEvent]
    waiting: int | None
    may_stop: bool
    may_look: bool

    @property
    def is_everything_stopped(self) -> bool:
        return any(stop.application == EVERY_APPLICATION for stop in self.stops)

    @property
    def mark(self) -> str:
        return ".".join([*(str(int(stop.at.timestamp() * 1000)) for stop in self.stops), f"w{self.waiting}"])


@dataclass(frozen=True, slots=True)
class StopPage:
    """`applications` are those that may be stopped by themselves; `may_stop_all` says whether all together may be."""

    stops: Sequence[StopEvent]
    history: Sequence[StopEvent]
    applications: Sequence[str]
    may_stop_all: bool


def build_bar(store: Store, user: User, now: datetime) -> Bar:
    """What can be read of it: a damaged database must not take every page, and the page that says so, with it."""
    stops: Sequence[StopEvent] = ()
    waiting = None
    with suppress(StoreDamagedError):
        stops = visible(store.stops_in_force(), user)
        if _may(user, "inbox.index"):
            since = now - WAITS_FOR
            waiting = store.count_waiting(since=since, applications=user.applications, limit=WAITING_LIMIT)
    return Bar(
        stops=stops,
        waiting=waiting,
        may_stop=_may(user, "stop.stop", "POST"),
        may_look=_may(user, "stop.index"),
    )


def build_page(store: Store, user: User) -> StopPage:
    return StopPage(
        stops=visible(store.stops_in_force(), user),
        history=visible(store.stop_events(limit=HISTORY), user),
        applications=known_applications(store, user),
        may_stop_all=user.applications is None,
    )


def known_applications(store: Store, user: User) -> Sequence[str]:
    """Those that attempts were made on and that the person may see."""
    return store.known_applications(user.applications)


def visible(events: Sequence[StopEvent], user: User) -> Sequence[StopEvent]:
    """Those of everything, and of the applications the person may see."""
    return [event for event in events if event.application == EVERY_APPLICATION or may_see(user, event.application)]


def may_stop(user: User, application: str) -> bool:
    """Whether it is for this person to stop or let go: everything only for who may see everything."""
    return user.applications is None if application == EVERY_APPLICATION else may_see(user, application)


def _may(user: User, endpoint: str, method: str = "GET") -> bool:
    return user.role in allowed(endpoint, method)
