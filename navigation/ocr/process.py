"""One worker process as the server sees it: started in its own session, asked, ended with all its children."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from navigation.deadline import Deadline
from navigation.ocr import wire

_PREFIX = "navconsole-reader-"
_MIN_ROOM_BYTES = 1024**3
_REAP_S = 5.0
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH")  # nothing else: no secret of the server's environment reaches a reader


class WorkerProcess:
    """Started at once, ready when `hello` has answered. Used by one thread at a time."""

    def __init__(self, spec: Mapping[str, str]) -> None:
        self.uses = 0
        self._lock = threading.Lock()
        self._is_reaped = False
        self._hello: dict[str, Any] | None = None
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=folder_root()))
        self._channel, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "navigation.ocr.worker", str(theirs.fileno()), str(lifeline)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env=_environment(self._folder),
                pass_fds=(theirs.fileno(), lifeline),
                start_new_session=True,
            )
        finally:
            theirs.close()
            os.close(lifeline)
        with suppress(OSError):  # already dead: `hello` says so
            wire.send(self._channel, dict(spec))

    @property
    def pid(self) -> int:
        """Also the id of the process group."""
        return self._process.pid

    def hello(self, *, deadline: Deadline) -> dict[str, Any]:
        """What the worker said when it was ready. Raises TimeoutError, OSError, WireError."""
        if self._hello is None:
            self._hello = wire.receive(self._channel, deadline=deadline)
        return self._hello

    def ask(self, request: Mapping[str, Any], picture: memoryview, *, deadline: Deadline) -> dict[str, Any]:
        """The answer to one request. Raises TimeoutError, OSError, WireError; the worker is then unusable."""
        self.uses += 1
        if deadline.has_passed:
            raise TimeoutError
        self._channel.settimeout(deadline.remaining_s or 0.001)
        wire.send(self._channel, dict(request), picture)
        return wire.receive(self._channel, deadline=deadline)

    def kill(self) -> None:
        """Kill the whole group; whoever waits for its answer sees the channel close. For any thread, at any time."""
        with self._lock:
            if self._is_reaped:
                return
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # until it is reaped, the id is still theirs
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Kill the group, reap it, give back all it held. For the thread that uses the worker; twice does once."""
        self.kill()
        with self._lock:
            if self._is_reaped:
                return
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_REAP_S)
            self._is_reaped = True
        self._channel.close()
        os.close(self._lifeline)
        shutil.rmtree(self._folder, ignore_errors=True)


def sweep_folders() -> None:
    """Remove folders that servers killed in the middle of a reading left behind: they may hold a screen."""
    for folder in folder_root().glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


def folder_root() -> Path:
    """Memory rather than a disk where there is enough of it: pytesseract hands pictures over as files."""
    memory = Path("/dev/shm")
    with suppress(OSError):
        room = os.statvfs(memory)
        if os.access(memory, os.W_OK) and room.f_bavail * room.f_frsize >= _MIN_ROOM_BYTES:
            return memory
    return Path(tempfile.gettempdir())


def _environment(folder: Path) -> dict[str, str]:
    package_root = Path(__file__).parents[2]
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    one_thread = dict.fromkeys(("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    here = {"PYTHONPATH": str(package_root), "TMPDIR": str(folder), "HOME": str(folder), "LANG": "C.UTF-8"}
    return {**kept, **one_thread, **here}
