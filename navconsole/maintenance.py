"""What the server does beside answering: close abandoned attempts, re-encode pictures, purge. Never in a request."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from navconsole.operations.nightly import Nightly
from navigation.errors import NavigationError
from navigation.store import standalone
from navigation.store.protocol import Store

log = logging.getLogger(__name__)

EVERY_S = 5.0
BATCH = 5
NICENESS = 10


class Maintenance:
    """One background thread of low priority; `close` ends it within a picture's time."""

    def __init__(
        self, store: Store, *, nightly: Nightly | None = None, database: Path | None = None, every_s: float = EVERY_S
    ) -> None:
        self._store = store
        self._database = database
        self._is_log_large = False
        self._is_damage_known = bool(store.damage)
        self._nightly = nightly
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="maintenance", daemon=True)

    def start(self) -> None:
        """Close what an earlier process left undecided, then go on in the background. Nothing of a damaged database."""
        if self._store.damage:
            log.error("recovery left out: the database is damaged")
            self._thread.start()
            return
        count = self._store.interrupt_unfinished(datetime.now(UTC), all_undecided=True)
        runs = self._store.interrupt_lapsed(datetime.now(UTC))
        log.info("recovery done interrupted=%d runs=%d", count, len(runs))
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)  # Linux: of this thread only
        while not self._stop.wait(self._every_s):
            try:
                self._watch_log()
                self._look_at_damage()
                if not self._store.damage:
                    self._step()
            except (NavigationError, OSError) as err:  # a full disk or a lock: the next round tries again
                log.warning("maintenance put off kind=%s", type(err).__name__)

    def _look_at_damage(self) -> None:
        """Look once at all of a database of which a part could not be read: a disk may fail for a moment only."""
        if not self._store.damage or self._is_damage_known or self._database is None:
            return
        damage = standalone.damage_of(self._database)
        log.error("database looked at damaged=%s", bool(damage))
        self._store.note_damage(damage)
        self._is_damage_known = bool(damage)

    def _watch_log(self) -> None:
        """Say once when the database's log grew too large, and once when it is small again."""
        size = standalone.log_bytes(self._database) if self._database else 0
        if (size > standalone.LARGE_LOG) != self._is_log_large:
            self._is_log_large = not self._is_log_large
            if self._is_log_large:
                log.error("log large mib=%d: something reads for long, or the disk is slow", size >> 20)
            else:
                log.info("log small again mib=%d", size >> 20)

    def _step(self) -> None:
        count = self._store.interrupt_unfinished(datetime.now(UTC), all_undecided=False)
        if count:
            log.info("attempts interrupted count=%d", count)
        for run_id in self._store.interrupt_lapsed(datetime.now(UTC)):
            log.info("workflow run interrupted run=%s", run_id)
        while not self._stop.is_set() and self._store.reencode_waiting(BATCH) == BATCH:
            pass
        if self._nightly is not None and not self._stop.is_set():
            self._nightly.step()
