"""The purge by age that the server makes by itself, once a day at the time that is set."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from navconsole.operations.clock import keep_mark, last_mark, now_marked
from navconsole.operations.purging import counts_of, finish_purges, purge
from navconsole.settings import ConsoleSettings
from navigation.configurations import SERVER
from navigation.retention import ClockMark, clock_jump, has_jumped
from navigation.store import standalone
from navigation.store.protocol import Store

log = logging.getLogger(__name__)

MARKED_EVERY = timedelta(minutes=10)


class Nightly:
    """Asked every few seconds by the server's maintenance; most of the time it does nothing.

    A clock that may have jumped by more than a day (since the last mark, also of an earlier start) holds every purge
    by age until somebody has run `navconsole purge` by hand, which marks the clock as right.
    """

    def __init__(self, store: Store, settings: ConsoleSettings, *, mark: Callable[[], ClockMark] = now_marked) -> None:
        self._store = store
        self._data: Path = settings.data
        self._settings = settings
        self._mark = mark
        self._due = self._next(mark().at)
        self._is_held = False

    @property
    def is_held(self) -> bool:
        """Whether the clock holds purges by age back."""
        return self._is_held

    def step(self) -> None:
        """Purge if the time has come. Raises StoreBusyError while a backup is under way: the next step tries again."""
        last, now = last_mark(self._data), self._mark()
        if has_jumped(last, now):
            if not self._is_held:
                log.error("purge held: the clock moved hours=%.0f", clock_jump(last, now).total_seconds() / 3600)
            self._is_held = True
            return
        self._is_held = False
        if last is None or now.boot != last.boot or now.at - last.at >= MARKED_EVERY:
            keep_mark(self._data, now, attempt=standalone.last_attempt(self._settings.database))
        if self._due is None or now.at < self._due:
            return
        finished = finish_purges(self._store, self._data)
        done = purge(self._store, self._data, self._settings.operations.retention.cutoffs(now.at), author=SERVER)
        self._due = self._next(now.at)
        counts = " ".join(f"{kind}={count}" for kind, count in sorted(counts_of(done).items()))
        log.info("purged by age finished_earlier=%d %s", finished, counts)

    def _next(self, now: datetime) -> datetime | None:
        """The next time of day that is set, after `now`; None when none is."""
        at = self._settings.operations.purge_at
        if at is None:
            return None
        zone = ZoneInfo(self._settings.timezone)
        local = now.astimezone(zone)
        due = datetime.combine(local.date(), at, zone)
        if due <= local:
            due = datetime.combine(local.date() + timedelta(days=1), at, zone)
        return due.astimezone(UTC)
