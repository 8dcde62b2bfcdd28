"""A policy's trial that an earlier server left: gone on with at the start, or its leavings removed."""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime, timedelta
from pathlib import Path

from navconsole.beside import Beside
from navigation.errors import StoreError
from navigation.store.protocol import Store

log = logging.getLogger(__name__)

FOLDER = "trials"
"""In the data folder: how far trials have come."""
RESUMED_WITHIN = timedelta(days=1)
"""A trial that takes the machine down with it must not do so at every start."""


def resume_trial(runner: Beside, store: Store, data: Path, now: datetime) -> None:
    """Go on with the trial that an earlier server left, from where it had come to; not with one that is old."""
    trial = store.unfinished_trial()
    if trial is not None and now - trial.asked.at > RESUMED_WITHIN:
        trial = None
    for left in (data / FOLDER).glob("*"):
        if trial is None or left.stem != trial.asked.id:
            left.unlink(missing_ok=True)
    if trial is not None:
        log.info("trial resumed trial=%s", trial.asked.id)
        with contextlib.suppress(StoreError):  # no room for a process; it can be asked again
            runner.start(trial.asked.id)
