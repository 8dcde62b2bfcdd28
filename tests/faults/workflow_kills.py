"""Agents walk a workflow while their server, they themselves, or both are killed; then every promise is checked.

What is counted: presses made twice for one instruction, answers that were acknowledged and are not stored, runs that
are left running.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from navconsole.settings import ConsoleSettings
from navigation.records import AuditEvent
from navigation.store import open_store
from navigation.workflow_records import NewFile
from tests.faults.desk import PROFILE, WORKFLOW, Desk, served
from tests.faults.server import ROOT, Server

Victim = Literal["server", "agent", "both"]
VICTIMS: tuple[Victim, ...] = ("both", "agent", "server")
RUN_S = 90.0
LEASE_S = 20


@dataclass
class Kills:
    """The figures of the rounds; the three of the promises must be zero."""

    rounds: int = 0
    done: int = 0
    stopped: int = 0
    interrupted: int = 0
    presses: int = 0
    acknowledged: int = 0
    pressed_twice: int = 0
    lost: int = 0
    left_running: int = 0
    killed: dict[str, int] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return self.pressed_twice == self.lost == self.left_running == 0


class _Agent:
    """The agent's process; its output is read from a file, which a kill does not cut."""

    def __init__(self, server: Server, desk: str, folder: Path) -> None:
        self._command = [sys.executable, "-m", "tests.faults.desk_agent", server.url, desk, str(folder / "agent")]
        self.out = folder / "agent.out"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.out.open("ab") as out:
            self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=out, stderr=out)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def wait(self, timeout_s: float) -> int | None:
        assert self._process is not None
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def said(self, word: str) -> list[list[str]]:
        lines = self.out.read_text(encoding="utf-8").splitlines() if self.out.exists() else []
        return [line.split()[1:] for line in lines if line.startswith(f"{word} ")]


def run(folder: Path, *, rounds: int, seed: int) -> Iterator[Kills]:
    """Walk one run a round, with one kill in it; the figures so far after each."""
    chance = random.Random(seed)
    server = Server(folder / "data", folder / "server.log", NAVCONSOLE_LEASE_S=str(LEASE_S), OCR_READERS="tesserocr")
    _add_files(server)
    kills, desk = Kills(), Desk()
    server.start()
    try:
        with served(desk) as url:
            agent = _Agent(server, url, folder)
            for number in range(rounds):
                victim = VICTIMS[number % len(VICTIMS)]
                desk.clear()
                _round(server, agent, victim, chance)
                kills.rounds += 1
                kills.killed[victim] = kills.killed.get(victim, 0) + 1
                _judge(server, agent, desk, kills)
                yield kills
    finally:
        server.stop()


def _round(server: Server, agent: _Agent, victim: Victim, chance: random.Random) -> None:
    known = len(agent.said("acknowledged"))
    agent.start()
    _await(lambda: len(agent.said("acknowledged")) > known)
    time.sleep(chance.uniform(0.0, 2.5))
    if victim in ("agent", "both"):
        agent.kill()
    if victim in ("server", "both"):
        server.kill()
        server.start()
    if victim in ("agent", "both"):
        agent.start()
    if agent.wait(RUN_S) is None:
        agent.kill()


def _await(is_so: object, timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not is_so() and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.02)


def _judge(server: Server, agent: _Agent, desk: Desk, kills: Kills) -> None:
    """Compare what the agent heard with what is stored."""
    store = open_store(ConsoleSettings.from_env(data=server.data).database)
    try:
        runs = {run_id: store.workflow_run(run_id) for (run_id,) in agent.said("run")}
        status = [run.status for run in runs.values() if run is not None]
        heard = {(run_id, int(number)): outcome for run_id, number, outcome in agent.said("acknowledged")}
        stored = {
            (answer.run_id, answer.number): answer.outcome.value
            for run_id in runs
            for answer in store.workflow_answers(run_id)
        }
        kills.acknowledged = len(heard)
        kills.lost = sum(stored.get(key) != outcome for key, outcome in heard.items())
        kills.presses, kills.pressed_twice = len(desk.presses), desk.pressed_twice
        kills.done, kills.stopped = status.count("done"), status.count("stopped")
        kills.interrupted = status.count("interrupted")
        kills.left_running = status.count("running") + status.count("held")
    finally:
        store.close()


def _add_files(server: Server) -> None:
    store = open_store(ConsoleSettings.from_env(data=server.data).database)
    files = [NewFile("profile", "desk", "", PROFILE), NewFile("workflow", "desk", "turns", WORKFLOW)]
    store.add_files(files, author="test", at=datetime.now(UTC), event=AuditEvent("test", "workflow_added"))
    store.close()
