"""The process that answers one trial: python -m navconsole.tuning.trial_worker DATABASE TRIAL_ID.

It gives way to the robots, and ends when the server that started it does.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import traceback
from pathlib import Path

import cv2

from navconsole.steps import utc_now
from navconsole.tuning.trying import answer_trial
from navconsole.tuning.waypoints import Waypoints
from navigation.errors import NavigationError
from navigation.store import open_store

log = logging.getLogger(__name__)

NICENESS = 15


def main(database: Path, trial_id: str, server_pid: int) -> int:
    """Exit status 0 when answered or cancelled, 1 when it failed."""
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    cv2.setNumThreads(1)
    store, waypoints = open_store(database, create=False), Waypoints(database.parent, trial_id)
    try:
        trial = store.trial(trial_id)
        if trial is None:
            return 1
        answer_trial(store, trial, waypoints=waypoints, may_go_on=lambda: os.getppid() == server_pid)
    except Exception as err:  # noqa: BLE001 the process's outer edge
        # Only the kind of fault and where it arose: its message might quote the screen.
        log.error("trial failed trial=%s kind=%s at=%s", trial_id, type(err).__name__, _where(err))
        with contextlib.suppress(NavigationError):
            store.end_trial(trial_id, "failed", utc_now())
        waypoints.remove()
        return 1
    finally:
        store.close()
    return 0


def _where(err: Exception) -> str:
    last = traceback.extract_tb(err.__traceback__)[-1]
    return f"{last.name}:{last.lineno}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
