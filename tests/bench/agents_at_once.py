"""Several agents post attempts at once while a person opens the list: run it, read the tables.

    python -m tests.bench.agents_at_once [--agents 8] [--each 15] [--stored 10000] [--readers tesserocr] [--json FILE]

A real server with its reader processes; each agent is a process of its own with the client that agents use, and sends
screens that no attempt before had, half of them shown again after the press. Afterwards each acknowledged attempt is
looked up in the store, with its pictures. Exit status 1 when one is missing, stands there twice or lacks a picture.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from navconsole.auth.accounts import add_user
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import ConsoleSettings
from navigation.client import NavigateClient, ServerBusyError, ServerUnreachableError, navigate_action
from navigation.ids import new_id
from navigation.imaging import open_screenshot
from navigation.records import AttemptFilter, RunStart, ScreenshotMeta
from navigation.store import Store, open_store
from navigation.types import Outcome, Screen, Target
from tests import screens
from tests.bench.filling import EVERY, fill
from tests.bench.tables import table
from tests.faults.server import SECRET, Server

AIM_MS = 100
"""p95 of the list of attempts while agents post."""
LOOKS_S = 0.25
"""A person opens the list so long after it came."""
ALONE_S = 4.0
STAGES: Mapping[str, tuple[str, ...]] = {
    "decode": ("decode",),
    "reading": ("read_before", "ground_read", "ground_read_deeper"),
    "grounding": ("ground_cache", "ground_match", "verify_before", "patient"),
    "store": ("record",),
}
"""What the server's own stages of an attempt are called here."""
QUEUE, REST, WHOLE, AFTER = "queue", "rest", "whole", "after the press"


@dataclass(frozen=True, slots=True)
class Sent:
    """One acknowledged attempt as its agent saw it; milliseconds."""

    id: str
    outcome: str
    queue_ms: float
    whole_ms: float
    after_ms: float | None
    timings: Mapping[str, float]


@dataclass
class Told:
    """What one agent tells in the end: what was acknowledged, how often it was refused for a while, what it gave up."""

    sent: list[Sent] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    gave_up: int = 0


@dataclass
class Figures:
    """Everything measured. The three of the promises must be zero."""

    seconds: float
    agents: list[Told]
    alone_ms: list[float]
    meanwhile_ms: list[float]
    lost: int = 0
    twice: int = 0
    without_picture: int = 0

    @property
    def sent(self) -> list[Sent]:
        return [one for told in self.agents for one in told.sent]

    @property
    def refused(self) -> Counter[int]:
        return sum((told.refused for told in self.agents), Counter())

    @property
    def gave_up(self) -> int:
        return sum(told.gave_up for told in self.agents)

    @property
    def is_good(self) -> bool:
        return self.lost == self.twice == self.without_picture == 0


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(
            Path(folder), agents=options.agents, each=options.each, stored=options.stored, readers=options.readers
        )
    print(report(figures))
    if options.json:
        options.json.write_text(json.dumps(_summary(figures), indent=1))
    return 0 if figures.is_good else 1


def measure(folder: Path, *, agents: int, each: int, stored: int, readers: str = "tesserocr") -> Figures:
    """So many agents send so many attempts each, to a server with so many attempts stored before."""
    pictures = draw(folder / "screens", agents * each)
    no_factor = {"NAVCONSOLE_SECOND_FACTOR_ROLES": "", "NAVCONSOLE_TIMEZONE": "UTC"}
    server = Server(folder / "data", folder / "server.log", OCR_READERS=readers, **no_factor)
    session = prepare(server, stored)
    server.start()
    try:
        figures = _run(server, session, [pictures[number::agents] for number in range(agents)])
    finally:
        server.stop()
    _judge(server, figures, stored)
    return figures


def _run(server: Server, session: str, shares: Sequence[Sequence[Path]]) -> Figures:
    with (
        seen_by(server, session) as person,
        ProcessPoolExecutor(len(shares), mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        for future in [pool.submit(_ready) for _ in shares]:
            future.result()
        list(_looks(person, until=time.monotonic() + ALONE_S / 4))
        alone = list(_looks(person, until=time.monotonic() + ALONE_S))
        began = time.monotonic()
        told = [pool.submit(_agent, server.url, number, list(share)) for number, share in enumerate(shares)]
        meanwhile = list(_looks(person, while_any=told))
        seconds = time.monotonic() - began
        return Figures(seconds, [future.result() for future in told], alone, meanwhile)


# --- an agent, in its own process -----------------------------------------------------------------


class _Counting(NavigateClient):
    """The agents' client, with what it was refused and when what it sent last was sent."""

    refused: Counter[int]
    last_began: float

    def _response(self, method: str, path: str, **content: Any) -> httpx.Response:
        self.last_began = time.perf_counter()
        try:
            return super()._response(method, path, **content)
        except ServerBusyError as refusal:
            self.refused[refusal.status] += 1
            raise


def _ready() -> None:
    time.sleep(0.5)  # long enough that every process of the pool takes one: all have loaded what they need


def _agent(url: str, number: int, pictures: list[Path]) -> Told:
    told, chance = Told(), random.Random(number)
    with _Counting(url, SECRET) as client:
        client.refused = told.refused
        run_id = client.create_run("dpi", "at once", f"agent {number}")
        for path in pictures:
            try:
                told.sent.append(_attempt(client, run_id, path.read_bytes(), wants_after=chance.random() < 0.5))
            except (ServerBusyError, ServerUnreachableError):
                told.gave_up += 1
    return told


def _attempt(client: _Counting, run_id: str, png: bytes, *, wants_after: bool) -> Sent:
    after = Screen(("Connexion au dossier patient",), name="login") if wants_after else None
    action = navigate_action(run_id, Target("Se connecter"), after=after)
    began = time.perf_counter()
    answer = client.navigate(action, png)
    whole, queue = _since(began), (client.last_began - began) * 1000
    timings, outcome, after_ms = dict(answer.timings), answer.outcome, None
    if answer.awaits_after:
        began = time.perf_counter()
        outcome, after_ms = client.after(answer.id, png).outcome, _since(began)
    return Sent(answer.id, outcome.value if outcome else "", queue, whole, after_ms, timings)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


# --- a person -------------------------------------------------------------------------------------


@contextmanager
def seen_by(server: Server, session: str) -> Iterator[httpx.Client]:
    headers = {"Accept": "text/html", "Accept-Language": "fr"}
    with httpx.Client(
        base_url=server.url, headers=headers, cookies={SESSION_COOKIE: session}, timeout=60, trust_env=False
    ) as client:
        yield client


def _looks(
    person: httpx.Client, *, until: float = float("inf"), while_any: Sequence[Future[Told]] = ()
) -> Iterator[float]:
    """Milliseconds of each opening of the list, until a moment or while somebody is at work."""
    while time.monotonic() < until and not (while_any and all(future.done() for future in while_any)):
        began = time.perf_counter()
        answer = person.get("/attempts")
        assert answer.status_code == 200
        assert "row-link" in answer.text
        yield _since(began)
        time.sleep(LOOKS_S)


# --- before and after -----------------------------------------------------------------------------


def draw(folder: Path, count: int) -> list[Path]:
    """Log-in pages and records, each with lines of its own; one in three has nothing to press on it."""
    folder.mkdir()
    chance = random.Random(count)
    paths = []
    for number in range(count):
        screen = screens.record() if number % 3 == 2 else screens.login()
        for row in range(4):
            screen.write(60, 600 + 30 * row, f"Séjour {chance.randrange(10**8)} du {chance.randrange(10**8)}")
        paths.append(folder / f"{number:04}.png")
        paths[-1].write_bytes(_png(screen.image))
    return paths


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


def prepare(server: Server, stored: int) -> str:
    """Attempts that are there already, and an engineer who is logged in; the session's secret."""
    session = secrets.token_urlsafe(32)
    store = open_store(ConsoleSettings.from_env(data=server.data).database)
    with closing(store):
        engineer = add_user(store, "anne", "engineer")
        store.open_session(engineer.id, session, datetime.now(UTC), "127.0.0.1")
        start = datetime.now(UTC) - EVERY * max(1, stored)
        run = RunStart(new_id(), "dpi", "bench", "agent", None, "0" * 64, start)
        store.create_run(run)
        config = store.ensure_config({"thresholds": {"score": 0.9, "margin": 0.08}}, "bench", "bench")
        image = _stored_picture(store)
        with store._db.writing() as rows:  # type: ignore[attr-defined]
            fill(rows, stored, run_ids=[run.id], image_ids=[image], config_id=config.id, start=start)
    return session


def _stored_picture(store: Store) -> str:
    data = _png(screens.board().image)
    shot = open_screenshot(data)
    store.blobs.put_received(shot.image_id, data, "png")
    size = len(data)
    store.add_screenshot(
        ScreenshotMeta(shot.image_id, shot.size.width, shot.size.height, "png", size, "png", size, datetime.now(UTC))
    )
    return shot.image_id


def _judge(server: Server, figures: Figures, stored: int) -> None:
    """Compare what was acknowledged with what is stored, through the store itself."""
    acknowledged = {one.id: one for one in figures.sent}
    with closing(open_store(ConsoleSettings.from_env(data=server.data).database)) as store:
        for attempt_id, one in acknowledged.items():
            detail = store.attempt(attempt_id)
            if detail is None or detail.finish is None or detail.finish.outcome is not Outcome(one.outcome):
                figures.lost += 1
                continue
            pictures = filter(None, (detail.start.before_id, detail.finish.after_id))
            figures.without_picture += not all(_is_there(store, image_id) for image_id in pictures)
        listed = store.count_attempts(AttemptFilter()).total - stored
        figures.twice = max(0, listed - len(acknowledged) - figures.gave_up)


def _is_there(store: Store, image_id: str) -> bool:
    if store.screenshot(image_id) is None:
        return False
    return open_screenshot(store.blobs.read(image_id)[0]).image_id == image_id


# --- tables ---------------------------------------------------------------------------------------


def report(figures: Figures) -> str:
    """Every figure, as two tables and a few lines."""
    rows = [(name, *_said(values)) for name, values in stages_of(figures.sent).items()]
    lists = [
        ("the list, nobody posts", *_said(figures.alone_ms), ""),
        ("the list meanwhile", *_said(figures.meanwhile_ms), f"p95 {AIM_MS} ms"),
    ]
    refused = ", ".join(f"{count} with {status}" for status, count in sorted(figures.refused.items())) or "none"
    outcomes = Counter(one.outcome for one in figures.sent)
    return (
        f"{len(figures.agents)} agents, {len(figures.sent)} attempts in {figures.seconds:.0f} s: "
        f"{60 * len(figures.sent) / figures.seconds:.0f} a minute ({dict(outcomes)})\n"
        f"sent again after a refusal  {refused}\n"
        f"given up                    {figures.gave_up}\n"
        f"acknowledged and lost       {figures.lost}\n"
        f"stored twice                {figures.twice}\n"
        f"without a picture           {figures.without_picture}\n\n"
        f"{table(('ms', 'p50', 'p95', 'times'), rows)}\n\n{table(('ms', 'p50', 'p95', 'times', 'aim'), lists)}"
    )


def stages_of(sent: Sequence[Sent]) -> dict[str, list[float]]:
    """Milliseconds by stage. `queue` is what came before the request that was let in; `rest` is the way there and back,
    waiting for a turn, storing the decision and answering; reading counts waiting for a reader."""
    stages: dict[str, list[float]] = {QUEUE: [one.queue_ms for one in sent]}
    for name, own in STAGES.items():
        stages[name] = [sum(one.timings.get(stage, 0.0) for stage in own) for one in sent]
    stages[REST] = [one.whole_ms - one.queue_ms - one.timings.get("total", 0.0) for one in sent]
    stages[WHOLE] = [one.whole_ms for one in sent]
    stages[AFTER] = [one.after_ms for one in sent if one.after_ms is not None]
    return stages


def _said(values: Sequence[float]) -> tuple[float | str, float | str, int]:
    if not values:
        return "–", "–", 0
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], len(ordered)


def _summary(figures: Figures) -> dict[str, Any]:
    return {
        "agents": len(figures.agents),
        "attempts": len(figures.sent),
        "seconds": figures.seconds,
        "refused": figures.refused,
        "gave_up": figures.gave_up,
        "lost": figures.lost,
        "twice": figures.twice,
        "without_picture": figures.without_picture,
        "stages": {name: _said(values) for name, values in stages_of(figures.sent).items()},
        "list": {"alone": _said(figures.alone_ms), "meanwhile": _said(figures.meanwhile_ms)},
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--each", type=int, default=15, help="attempts an agent sends")
    parser.add_argument("--stored", type=int, default=10_000, help="attempts stored before")
    parser.add_argument("--readers", default="tesserocr", help="the server's OCR_READERS")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
