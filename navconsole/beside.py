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
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, work_id: str, *, ends_other: bool = True) -> None:
        """Begin what the store has let start. One that still runs is ended first, or else goes on; who may work then is
        theirs to settle.

        Raises StoreError when no process can be had.
        """
        command = [sys.executable, "-m", self._module, str(self._database), work_id, str(os.getpid())]
        env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        with self._lock:
            if ends_other:
                self._end()
            self._processes = [process for process in self._processes if process.poll() is None]
            try:
                self._processes.append(
                    subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=env)
                )
            except OSError as err:
                raise StoreError(NOT_STARTED) from err

    def close(self) -> None:
        with self._lock:
            self._end()

    def _end(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []
