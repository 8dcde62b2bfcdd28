"""A real Dask cluster on the loopback: a scheduler and workers, processes of their own, ended by their id."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ADDRESS = re.compile(r"Scheduler at:\s+(tcp://\S+)")
_STARTED = re.compile(r"Registered to:")
_WAIT_S = 60.0
_HERE = ("--host", "127.0.0.1", "--no-dashboard")
WORKERS = 2
_ROOT = Path(__file__).resolve().parents[3]


class Program:
    """One process of the cluster; what it says is read until it ends."""

    def __init__(self, *args: str, until: re.Pattern[str]) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "dask", *args]
        env = os.environ | {"PYTHONPATH": str(_ROOT)}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, start_new_session=True
        )
        self.said: list[str] = []
        self.found = ""
        self._is_up = threading.Event()
        self._reading = threading.Thread(target=self._read, args=(until,), daemon=True)
        self._reading.start()

    def wait(self) -> str:
        """What it said once it was up."""
        assert self._is_up.wait(_WAIT_S), "".join(self.said)
        return self.found

    def kill(self) -> None:
        if self.process.stdout is None or self.process.stdout.closed:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reading.join()
        self.process.stdout.close()

    def _read(self, until: re.Pattern[str]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            match = until.search(line)
            if match:
                self.found = match[1] if match.groups() else match[0]
                self._is_up.set()


class Local:
    """`address` of the scheduler, and its two workers."""

    def __init__(self) -> None:
        self.address = ""
        self.scheduler: Program | None = None
        self.workers: list[Program] = []

    def mend(self) -> None:
        """Start what is not there, or is not any more."""
        if self.scheduler is None or self.scheduler.process.poll() is not None:
            self.close()
            self.scheduler = Program("scheduler", "--port", "0", *_HERE, until=_ADDRESS)
            self.address = self.scheduler.wait()
        self.workers = [worker for worker in self.workers if worker.process.poll() is None]
        missing = WORKERS - len(self.workers)
        started = [
            Program("worker", self.address, "--nthreads", "1", "--no-nanny", *_HERE, until=_STARTED)
            for _ in range(missing)
        ]
        for worker in started:
            worker.wait()
        self.workers += started

    def close(self) -> None:
        for program in (*self.workers, *filter(None, [self.scheduler])):
            program.kill()
        self.scheduler, self.workers = None, []


@contextmanager
def local_cluster() -> Iterator[Local]:
    cluster = Local()
    try:
        cluster.mend()
        yield cluster
    finally:
        cluster.close()
