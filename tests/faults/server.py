"""The real server as a process, for tests that take things away from it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from navconsole.settings import ConsoleSettings
from navigation.store import open_store

ROOT = Path(__file__).parents[2]
SECRET = "secret-of-the-test-robot-0123456789"
_NOT_PASSED_ON = ("SECRET_KEY", "DASHBOARD_PASSWORD", "RPA_AUTH_DISABLED", "RPA_VLM_BASE_URL", "OCR_READERS")


class Server:
    """`navconsole serve` on a data folder of its own; `start` and `kill` as often as wanted."""

    def __init__(self, data: Path, log: Path, **env: str) -> None:
        self.data = data
        self.log = log
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        clean = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
        self._env = {**clean, **env}
        self._process: subprocess.Popen[bytes] | None = None
        self._add_token()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "navconsole.cli", "serve", "--data", str(self.data), "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=log, stderr=log)
        for _ in range(600):
            try:
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
            assert self._process.poll() is None, self.log.read_text()[-2000:]
        raise AssertionError("the server did not answer")

    def kill(self) -> None:
        """kill -9, as the kernel or an operator in a hurry does it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """End it as a service manager does; its exit status."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def client(self, *, language: str = "en") -> httpx.Client:
        headers = {"Authorization": f"Bearer {SECRET}", "Accept-Language": language}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def readers_of(self, pid: int) -> list[int]:
        """Processes that work for the server `pid`, itself gone or not: its readers and what they started."""
        mark = f"navconsole-reader-{pid}-".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdecimal() and mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def _add_token(self) -> None:
        store = open_store(ConsoleSettings.from_env(data=self.data).database)
        store.add_token(name="test", secret=SECRET, scopes=["ingest"], applications=None, expires_at=None)
        store.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
