"""What the server and its reader hold in memory over many attempts: real server, real reader, screens never seen."""

from __future__ import annotations

import io
import json
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx
from PIL import Image

from navigation.ids import new_id
from tests import screens
from tests.faults.server import Server

_SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """MiB after so many attempts: resident in each, and held by all together (pages that they share counted once)."""

    attempts: int
    server_mib: float
    readers_mib: float
    together_mib: float


def held_over(attempts: int) -> list[Sample]:
    """Post so many attempts to a server of its own, each with another screen; what was held, from time to time."""
    samples = []
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", Path(folder) / "server.log", OCR_READERS="tesserocr")
        server.start()
        try:
            with server.client() as client:
                run_id = _create_run(client)
                for number in range(1, attempts + 1):
                    _attempt(client, run_id, chance)
                    if number % max(1, attempts // _SAMPLES) == 0:
                        samples.append(_sample(server, number))
        finally:
            server.stop()
    return samples


def _sample(server: Server, attempts: int) -> Sample:
    server_memory, *of_readers = (_memory(pid) for pid in (server.pid, *server.readers_of(server.pid)))
    return Sample(
        attempts,
        server_memory["Rss"],
        sum(memory["Rss"] for memory in of_readers),
        server_memory["Pss"] + sum(memory["Pss"] for memory in of_readers),
    )


def _memory(pid: int) -> dict[str, float]:
    """MiB by the kernel's names: Rss counts a shared page whole, Pss divides it among its holders (proc(5))."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(rest.split()[0]) / 1024 for name, rest in (line.split(":") for line in lines)}


def _create_run(client: httpx.Client) -> str:
    run_id = new_id()
    body = {"id": run_id, "application": "dpi", "workflow": "memory", "agent": "bench", "patient": None}
    client.post("/api/v1/runs", json=body).raise_for_status()
    return run_id


def _attempt(client: httpx.Client, run_id: str, chance: random.Random) -> None:
    """One of two screens with lines that no screen before had."""
    screen = screens.login() if chance.random() < 0.5 else screens.record()
    for row in range(4):
        screen.write(60, 600 + 30 * row, f"Séjour {chance.randrange(10**8)} du {chance.randrange(10**8)}")
    action = {"id": new_id(), "run_id": run_id, "type": "navigate", "target": {"text": "Se connecter"}}
    parts = {"action": (None, json.dumps(action)), "screenshot": ("screen.png", _png(screen.image))}
    client.post("/api/v1/attempts", files=parts).raise_for_status()


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
