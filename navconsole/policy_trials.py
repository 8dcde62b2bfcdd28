"""Starts the process that answers a trial, one at a time, and ends it with the server."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

from navconsole.i18n import mark as _
from navigation.errors import StoreError
from navigation.place_records import PolicyTrial
from navigation.store.protocol import Store

log = logging.getLogger(__name__)

NOT_STARTED = _("The machine has no room for another process, so the policy was not tried. Try again in a while.")
FOLDER = "trials"
"""In the data folder: how far trials have come."""
RESUMED_WITHIN = timedelta(days=1)
"""A trial that takes the machine down with it must not do so at every start."""
_END_S = 5.0
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH")  # no secret of the server's environment reaches it


class Trials:
    """The trial processes of one server on the database `database`."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, trial: PolicyTrial) -> None:
        """Answer a trial that the store has let start. Raises StoreError when no process can be had."""
        command = [sys.executable, "-m", "navconsole.tuning.trial_worker", str(self._database), trial.asked.id]
        env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        with self._lock:
            self._end()
            try:
                self._process = subprocess.Popen(
                    [*command, str(os.getpid())], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=env
                )
            except OSError as err:
                raise StoreError(NOT_STARTED) from err

    def resume(self, store: Store, now: datetime) -> None:
        """Go on with the trial that an earlier server left, from where it had come to; not with one that is old."""
        trial = store.unfinished_trial()
        if trial is not None and now - trial.asked.at > RESUMED_WITHIN:
            trial = None
        for left in (self._database.parent / FOLDER).glob("*"):
            if trial is None or left.stem != trial.asked.id:
                left.unlink(missing_ok=True)
        if trial is not None:
            log.info("trial resumed trial=%s", trial.asked.id)
            with contextlib.suppress(StoreError):  # no room for a process; it can be asked again
                self.start(trial)

    def close(self) -> None:
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
