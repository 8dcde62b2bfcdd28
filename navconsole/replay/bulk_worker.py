"""The process that carries out replays in bulk: python -m navconsole.replay.bulk_worker DATABASE RUN_ID SERVER_PID.

One of them works at a time, the others wait. It gives way to the robots, goes on with the other runs that wait when its
own is through, and ends when the server that started it does; what is left can be gone on with.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from navconsole.replay.bulk import LIMIT_S, carry_out
from navconsole.steps import utc_now
from navconsole.workers import Here, Workers, WorkersError
from navconsole.workers.processes import Processes
from navigation.errors import ConflictError, NavigationError
from navigation.replays import ReplayRun
from navigation.store import open_store
from navigation.store.protocol import Store

log = logging.getLogger(__name__)

NICENESS = 15
LOCK_FILE = "replay.lock"
LOOK_S = 0.3
SMALL = 200
"""Attempts on stored readings that are sooner through here than a process starts."""


def main(database: Path, run_id: str, server_pid: int) -> int:
    """Exit status 0 when every run that waited is through, paused or cancelled, 1 when one could not be carried out."""
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with _alone(database.parent, server_pid) as is_alone:
        return _work(database, run_id, server_pid) if is_alone else 0


def _work(database: Path, run_id: str, server_pid: int) -> int:
    store = open_store(database, create=False)
    status = 0
    tried: set[str] = set()
    try:
        while (run := _next(store, run_id, tried)) is not None and os.getppid() == server_pid:
            tried.add(run.id)
            status = max(status, _carry_out(store, run, server_pid))
    finally:
        store.close()
    return status


@contextlib.contextmanager
def _alone(folder: Path, server_pid: int) -> Iterator[bool]:
    """Wait until no other such process of this data folder works; False when the server is gone before.

    The system lets go of the lock when a process ends, however it ends.
    """
    with (folder / LOCK_FILE).open("w") as handle:
        while os.getppid() == server_pid:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(LOOK_S)
            else:
                yield True
                return
    yield False


def _next(store: Store, first: str, tried: set[str]) -> ReplayRun | None:
    """The run that was asked for, then the oldest that waits for a worker."""
    now = utc_now()
    waiting = [run for run in store.replays() if run.state == "running" and not run.is_worked_on(now)]
    left = [run for run in reversed(waiting) if run.id not in tried]
    return next((run for run in left if run.id == first), left[0] if left else None)


def _carry_out(store: Store, run: ReplayRun, server_pid: int) -> int:
    workers = workers_for(run)
    try:
        carry_out(store, run.id, workers, may_go_on=lambda: os.getppid() == server_pid)
    except ConflictError as err:  # another worker was quicker: it is in good hands
        log.info("replay left run=%s why=%s", run.id, type(err).__name__)
    except (NavigationError, OSError) as err:
        # Only the kind of fault, but for what is wrong with workers: another message might quote the screen.
        log.error("replay failed run=%s why=%s", run.id, err if isinstance(err, WorkersError) else type(err).__name__)
        return 1
    finally:
        workers.close()
    return 0


def workers_for(run: ReplayRun) -> Workers:
    """As many processes as there are processors but one, which the robots keep; none for what is small."""
    if not run.setting.readers and run.total - run.done <= SMALL:
        return Here()
    return Processes(max(1, (os.cpu_count() or 2) - 1), limit_s=LIMIT_S)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
