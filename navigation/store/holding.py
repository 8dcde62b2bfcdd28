"""One process at a time for what must not meet: a purge keeps off while a backup copies pictures.

The system lets go of a lock when its process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from navigation.errors import StoreBusyError
from navigation.store import sentences

PURGE_LOCK = "purge.lock"
SOON_S = 0.05


@contextmanager
def held(lock: Path, *, is_shared: bool = False, wait_s: float = 0.0, detail: str = sentences.HELD) -> Iterator[None]:
    """Hold the lock file while it lasts; shared ones keep off only those that are not.

    Raises StoreBusyError with `detail` when it is not had within `wait_s` seconds.
    """
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(handle, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX, time.monotonic() + wait_s, detail)
        yield
    finally:
        os.close(handle)


def _take(handle: int, kind: int, until: float, detail: str) -> None:
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError as err:
            if time.monotonic() >= until:
                raise StoreBusyError(detail) from err
            time.sleep(SOON_S)
        else:
            return
