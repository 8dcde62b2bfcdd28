"""Lets a server wait when the system has no file handle for one more connection.

By itself waitress tries again at once and logs a stack each time: the log fills the disk, some 15,000 lines a second.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

NO_HANDLES = (errno.EMFILE, errno.ENFILE)
PAUSE_S = 0.05
SAID_EVERY_S = 10.0


def be_patient(server: Any) -> None:
    """Replace how a WSGI server of waitress takes connections, on each of its addresses."""
    for one in [server] if hasattr(server, "accept") else server.map.values():
        if hasattr(one, "accept"):
            one.accept = _patient(one.accept)


def _patient(accept: Callable[[], Any]) -> Callable[[], Any]:
    said_at = float("-inf")

    def take() -> Any:
        nonlocal said_at
        try:
            return accept()
        except OSError as err:
            if err.errno not in NO_HANDLES:
                raise
            if time.monotonic() - said_at > SAID_EVERY_S:
                said_at = time.monotonic()
                log.error("no file handle for a connection: raise the limit of open files (LimitNOFILE)")
            time.sleep(PAUSE_S)
            return None

    return take
