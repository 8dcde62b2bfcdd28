"""Robots post to a server that is killed again and again; then every promise is checked against what is stored.

Four robots send real screenshots, note what they sent and what was acknowledged. kill -9 at a random moment, start
again, and: what was acknowledged is there as it was answered; nothing is there by half; what was under way is
`interrupted` or was completed; no reader outlives its server.
"""

from __future__ import annotations

import io
import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from navconsole.settings import ConsoleSettings
from navigation.ids import new_id
from navigation.imaging import open_screenshot
from navigation.records import AttemptDetail, AttemptFilter
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests import screens
from tests.faults.server import Server

AGENTS = 4
ANSWER_WAIT_S = 60.0


@dataclass
class Journal:
    """What the robots know. `sent` are requests by attempt; `answers` the last acknowledged answer of each."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    sent: dict[str, tuple[dict[str, Any], bytes]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Report:
    """The figures of a loop; everything but the first four must be zero."""

    rounds: int = 0
    acknowledged: int = 0
    interrupted: int = 0
    completed_unseen: int = 0
    lost: int = 0
    half: int = 0
    unresolved: int = 0
    outlived: int = 0

    @property
    def is_good(self) -> bool:
        return self.lost == self.half == self.unresolved == self.outlived == 0


def run(folder: Path, *, rounds: int, seed: int, longest_s: float = 3.0) -> Iterator[Report]:
    """Kill the server `rounds` times; the report so far after each."""
    chance = random.Random(seed)
    server = Server(folder / "data", folder / "server.log")
    journal, report = Journal(), Report()
    server.start()
    try:
        run_id = _create_run(server)
        for number in range(rounds):
            pid = server.pid
            stopping = threading.Event()
            seeds = [seed + number * AGENTS + robot for robot in range(AGENTS)]
            robots = [
                threading.Thread(target=_post_until_killed, args=(server, run_id, journal, stopping, own))
                for own in seeds
            ]
            for robot in robots:
                robot.start()
            if number % 2:  # every second kill comes after an answer, however slow the machine
                _await_answer(journal, len(journal.answers))
            time.sleep(chance.uniform(0.2, longest_s))
            server.kill()
            stopping.set()
            for robot in robots:
                robot.join()
            report.outlived += _outlivers(server, pid)
            server.start()
            report.rounds += 1
            _judge(server, journal, report)
            yield report
    finally:
        server.stop()


def _create_run(server: Server) -> str:
    run_id = new_id()
    body = {"id": run_id, "application": "dpi", "workflow": "kill", "agent": "loop", "patient": None}
    with server.client() as client:
        assert client.post("/api/v1/runs", json=body).status_code == 201
    return run_id


def _await_answer(journal: Journal, known: int) -> None:
    end = time.monotonic() + ANSWER_WAIT_S
    while len(journal.answers) == known and time.monotonic() < end:
        time.sleep(0.02)


def _post_until_killed(server: Server, run_id: str, journal: Journal, stopping: threading.Event, seed: int) -> None:
    chance = random.Random(seed)
    with server.client() as client:
        while not stopping.is_set():
            action, picture = _attempt(run_id, chance)
            with journal.lock:
                journal.sent[action["id"]] = (action, picture)
            try:
                answer = _send(client, action, picture)
                if answer is None:
                    continue
                with journal.lock:
                    journal.answers[answer["id"]] = answer
                if answer["awaits_after"] and chance.random() < 0.8:
                    final = client.post(f"/api/v1/attempts/{answer['id']}/after", files={"screenshot": BOARD})
                    if final.status_code == 200:
                        with journal.lock:
                            journal.answers[answer["id"]] = final.json()
            except httpx.TransportError:
                return


def _send(client: httpx.Client, action: dict[str, Any], picture: bytes) -> dict[str, Any] | None:
    parts = {"action": (None, json.dumps(action)), "screenshot": ("screen.png", picture)}
    response = client.post("/api/v1/attempts", files=parts)
    assert response.status_code in (200, 503), response.text
    answer: dict[str, Any] | None = response.json() if response.status_code == 200 else None
    return answer


def _attempt(run_id: str, chance: random.Random) -> tuple[dict[str, Any], bytes]:
    """Mostly a screen never seen before, which must be read; sometimes a known one, which is answered at once."""
    action = {"id": new_id(), "run_id": run_id, "type": "navigate", "target": {"text": "Se connecter"}}
    if chance.random() < 0.6:
        action["verify_after"] = {"name": "board", "present": ["MARTIN Jeannine"]}
    picture = screens.login().image if chance.random() < 0.8 else screens.record().image
    if chance.random() < 0.7:
        picture = picture.copy()
        picture.putpixel((chance.randrange(200), chance.randrange(600, 768)), (chance.randrange(256), 0, 0))
    return action, _png(picture)


def _judge(server: Server, journal: Journal, report: Report) -> None:
    """Compare what the robots know with what is stored, through the store itself."""
    store = open_store(ConsoleSettings.from_env(data=server.data).database)
    try:
        stored = {attempt_id: store.attempt(attempt_id) for attempt_id in journal.sent}
        report.acknowledged = len(journal.answers)
        report.lost = sum(not _is_kept(answer, stored[known]) for known, answer in journal.answers.items())
        report.half = sum(not _is_whole(store, detail) for detail in stored.values() if detail)
        unseen = [detail for known, detail in stored.items() if detail and known not in journal.answers]
        report.interrupted = sum(_outcome(detail) is Outcome.INTERRUPTED for detail in unseen)
        # Decided, the answer lost, and not yet closed for want of a second picture: each attempt counts once.
        report.completed_unseen = sum(d.decision is not None and _outcome(d) is not Outcome.INTERRUPTED for d in unseen)
        report.unresolved = len(unseen) - report.interrupted - report.completed_unseen
        listed = store.count_attempts(AttemptFilter()).total
        report.half += abs(listed - sum(detail is not None for detail in stored.values()))
    finally:
        store.close()


def _is_kept(answer: dict[str, Any], detail: AttemptDetail | None) -> bool:
    """Whether the record still says what was answered; it may have gone on since (its picture waited for too long)."""
    if detail is None or detail.decision is None:
        return False
    if answer["state"] == "finished":
        return detail.finish is not None and detail.finish.outcome.value == answer["outcome"]
    point = None if detail.decision.point_x_norm is None else detail.decision.point_x_norm
    return detail.decision.outcome.value == answer["outcome"] and point == (answer["point"] or {}).get("x")


def _is_whole(store: Store, detail: AttemptDetail) -> bool:
    """Whether every picture the attempt names is there, readable, and the one it was."""
    if detail.state == "started":
        return False
    after_id = detail.finish.after_id if detail.finish else None
    for image_id in filter(None, (detail.start.before_id, after_id)):
        data, _ = store.blobs.read(image_id)
        if store.screenshot(image_id) is None or open_screenshot(data).image_id != image_id:
            return False
    return True


def _outcome(detail: AttemptDetail) -> Outcome | None:
    return detail.finish.outcome if detail.finish else None


def _outlivers(server: Server, pid: int) -> int:
    end = time.monotonic() + 5
    while (left := server.readers_of(pid)) and time.monotonic() < end:
        time.sleep(0.05)
    return len(left)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


BOARD = _png(screens.board().image)
