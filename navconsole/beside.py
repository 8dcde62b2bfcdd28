"""A process beside the server, for work that takes minutes: one at a time of a kind, ended with the server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from navconsole.i18n import mark as _
from navigation.errors import StoreError

NOT_STARTED = _("The machine has no room for another process, so nothing was begun. Try again in a while.")
_END_S = 5.0
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "TESSDATA_PREFIX", "TESSERACT_CMD")  # and none of its secrets


class Beside:
    """Runs `python -m MODULE DATABASE ID PID`, where PID is this server's, so that it can end when the server does."""

    def __init__(self, module: str, database: Path) -> None:
        self._module = module
        self._database = database
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, work_id: str, *, ends_other: bool = True) -> None:
        """Begin what the store has let start. One that still runs is ended first, or else left to come to this work by
        itself.

        Raises StoreError when no process can be had.
        """
        command = [sys.executable, "-m", self._module, str(self._database), work_id, str(os.getpid())]
        env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        with self._lock:
            if not ends_other and self._process is not None and self._process.poll() is None:
                return
            self._end()
            try:
                self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=env)
            except OSError as err:
                raise StoreError(NOT_STARTED) from err

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
