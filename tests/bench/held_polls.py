"""Fifty agents wait for a person while people look at pages: is the console quick, and what does one more agent hear?

python -m tests.bench.held_polls [--held 50] [--seconds 20]
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from navconsole.settings import ConsoleSettings
from navigation.ids import new_id
from navigation.records import AuditEvent
from navigation.store import open_store
from navigation.workflow_records import NewFile
from tests import screens
from tests.faults.server import Server

PROFILE = "profile: desk\nscreens: {any: {present: Ouvrir}}\ntargets: {open: {text: Ouvrir}}\n"
WORKFLOW = "workflow: wait\napplication: desk\nsteps:\n  - {ask_human: Continuer}\n  - {wait: 1}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", Path(folder) / "server.log", OCR_READERS="tesserocr")
        _add_files(server)
        server.start()
        try:
            return _measure(server, options.held, options.seconds)
        finally:
            server.stop()


def _measure(server: Server, held: int, seconds: int) -> int:
    with server.client() as client:
        runs = [_held_run(client, number) for number in range(held + 1)]
    alone, busy = _latencies(server, 5), []
    statuses: list[int] = []
    before = _processor_s(server.pid)
    threads = [
        threading.Thread(target=lambda run=run: statuses.append(_poll(server, run, seconds))) for run in runs[:held]
    ]
    for thread in threads:
        thread.start()
    time.sleep(2)
    one_more = _poll(server, runs[held], 1)
    busy = _latencies(server, max(3, seconds - 8))
    for thread in threads:
        thread.join()
    used = _processor_s(server.pid) - before
    print(
        f"held at once            {statuses.count(204)} of {held}\n"
        f"one more hears          {one_more}\n"
        f"a page, nobody waiting  {_said(alone)}\n"
        f"a page meanwhile        {_said(busy)}\n"
        f"processor time          {used:.1f} s in {seconds} s, pages included"
    )
    return 0 if statuses.count(204) == held and one_more == 503 else 1


def _add_files(server: Server) -> None:
    store = open_store(ConsoleSettings.from_env(data=server.data).database)
    files = [NewFile("profile", "desk", "", PROFILE), NewFile("workflow", "desk", "wait", WORKFLOW)]
    store.add_files(files, author="test", at=datetime.now(UTC), event=AuditEvent("test", "workflow_added"))
    store.close()


def _held_run(client: httpx.Client, number: int) -> tuple[str, int]:
    """A run that waits for a person, with its token."""
    run_id, agent = new_id(), new_id()
    stream = {"machine": f"poste-{number}", "client": agent, "parameters": {}}
    body = {"id": run_id, "application": "desk", "workflow": "wait", "agent": "a", "patient": None, "stream": stream}
    opened = client.post("/api/v1/runs", json=body).json()["stream"]
    path = f"/api/v1/runs/{run_id}"
    told = client.get(f"{path}/instruction?after=0&token={opened['token']}").json()
    result = {"number": 1, "id": told["id"], "client": agent, "token": opened["token"], "outcome": "needs_human"}
    parts = {"result": (None, json.dumps(result)), "screenshot": ("screen.png", _png())}
    assert client.post(f"{path}/results", files=parts).status_code == 200
    return run_id, opened["token"]


def _poll(server: Server, run: tuple[str, int], wait_s: int) -> int:
    with server.client() as client:
        path = f"/api/v1/runs/{run[0]}/instruction?after=1&token={run[1]}&wait={wait_s}"
        return client.get(path, timeout=wait_s + 30).status_code


def _latencies(server: Server, seconds: float) -> list[float]:
    """Milliseconds of a page that asks the database, one after another."""
    found, end = [], time.monotonic() + seconds
    with server.client() as client:
        while time.monotonic() < end:
            began = time.perf_counter()
            assert client.get("/login").status_code == 200
            found.append((time.perf_counter() - began) * 1000)
            time.sleep(0.02)
    return found


def _said(found: list[float]) -> str:
    found = sorted(found)
    return f"p50 {statistics.median(found):.0f} ms, p95 {found[int(len(found) * 0.95) - 1]:.0f} ms ({len(found)})"


def _processor_s(pid: int) -> float:
    """Seconds of processor time that the server's own process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _png() -> bytes:
    out = io.BytesIO()
    screens.board().image.save(out, "PNG", compress_level=1)
    return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
