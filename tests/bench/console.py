"""How fast the console answers, and what it weighs: run it, read the table.

    python -m tests.bench.console [--attempts 50000] [--million] [--data FOLDER] [--json FILE]

Makes attempts in bulk on a few hundred drawn pictures, starts the real server without a reader, and asks it for whole
pages over HTTP, then shows them in a real Chromium with nothing cached, and labels there by keyboard. Aims are those of
issue 4; at a million, twice as long.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import sync_playwright

from navconsole.auth.accounts import add_user
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import ConsoleSettings
from navigation.ids import new_id
from navigation.imaging import open_screenshot
from navigation.records import UNLABELLED, AttemptFilter, RunStart, ScreenshotMeta
from navigation.store import Store, open_store
from navigation.types import Outcome, Page
from tests import screens
from tests.bench.filling import EVERY, fill
from tests.bench.labelling import keyboard_run
from tests.bench.tables import table

ROOT = Path(__file__).parents[2]
SECRET = secrets.token_urlsafe(32)  # of this run: a kept store knows those of earlier ones
PICTURES = 200
ROUNDS = 40
LARGE = 50_000  # above, twice as long is aimed at
LABELS = 8  # by keyboard, a round
KIB = 1024
SERVE = """
import sys, pathlib
from navconsole.serving import serve
from navconsole.settings import ConsoleSettings
from navigation.store import open_store
settings = ConsoleSettings(data=pathlib.Path(sys.argv[1]), secret_key="k" * 40, port=int(sys.argv[2]), timezone="UTC")
serve(settings, store=open_store(settings.database), navigator=None)
"""
"""A console without a reader, in a process that holds nothing of this one."""

AIMS: Mapping[str, tuple[float, str]] = {
    "list": (20, "ms"),
    "filter": (25, "ms"),
    "search": (40, "ms"),
    "detail": (15, "ms"),
    "label": (7, "ms"),
    "first rows, cold": (400, "ms"),
    "label, next case visible": (120, "ms"),
    "list page": (250, "KiB"),
    "scripts": (60, "KiB"),
    "memory": (150, "MiB"),
}
"""Figures that are promised, by the first words of what is measured."""


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    unit: str


def main() -> None:
    arguments = _arguments()
    size = 1_000_000 if arguments.million else arguments.attempts
    with tempfile.TemporaryDirectory() as temporary:
        figures = measure(size, data=arguments.data or Path(temporary))
    print(f"{size:,} attempts\n\n{report(figures, is_large=size > LARGE)}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({figure.name: figure.value for figure in figures}, indent=1))


def measure(attempts: int, *, data: Path, pictures: int = PICTURES, rounds: int = ROUNDS) -> list[Figure]:
    """Every figure of a console over so many attempts, which are made in `data` unless there are some."""
    settings = ConsoleSettings(data=data, secret_key="k" * 40, port=_free_port(), timezone="UTC")
    if not settings.database.exists():
        _prepare(settings, attempts, pictures)
    cases = _cases(settings)
    with _server(settings) as pid, _client(settings) as client:
        figures = [Figure(name, _median(ask, rounds), "ms") for name, ask in _questions(client, cases)]
        figures += _in_browser(settings, max(1, rounds // 8))
        return [*figures, Figure("memory, server", _resident_mib(pid), "MiB")]


def report(figures: list[Figure], *, is_large: bool) -> str:
    """A table of the figures beside their aims."""
    rows = []
    for figure in figures:
        known = [name for name in AIMS if re.match(rf"{name}\b", figure.name)]
        aim, unit = AIMS[max(known, key=len)] if known else (0.0, "")
        shown = f"{aim * (2 if is_large and unit == 'ms' else 1):g} {unit}" if aim else ""
        rows.append((figure.name, f"{figure.value:.1f} {figure.unit}", shown))
    return table(("", "measured", "aim"), rows)


# --- making ---------------------------------------------------------------------------------------


def _prepare(settings: ConsoleSettings, attempts: int, pictures: int) -> None:
    """A store with so many attempts, the last one now, and one engineer."""
    store = open_store(settings.database)
    try:
        add_user(store, "anne", "engineer")
        start = datetime.now(UTC) - EVERY * attempts
        run = RunStart(new_id(), "dpi", "bench", "agent", None, "0" * 64, start)
        store.create_run(run)
        config = store.ensure_config({"thresholds": {"score": 0.9, "margin": 0.08}}, "bench", "bench")
        images = [_picture(store, number) for number in range(pictures)]
        began = time.perf_counter()
        with store._db.writing() as session:  # type: ignore[attr-defined]
            fill(session, attempts, run_ids=[run.id], image_ids=images, config_id=config.id, start=start)
        print(f"{attempts:,} attempts made in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    finally:
        store.close()


def _cases(settings: ConsoleSettings) -> list[str]:
    """Log the engineer in; ids of some failures without a label, not the newest."""
    store = open_store(settings.database)
    try:
        engineer = store.users()[0]
        store.open_session(engineer.id, SECRET, datetime.now(UTC), "127.0.0.1")
        failed = AttemptFilter(outcomes=[Outcome.AMBIGUOUS], labels=[UNLABELLED])
        first = store.list_attempts(failed)
        return [row.id for row in store.list_attempts(failed, cursor=first.next_cursor).rows or first.rows]
    finally:
        store.close()


def _picture(store: Store, number: int) -> str:
    """A screen of the seeded hospital with lines of its own, stored with what a reader would read."""
    chance = random.Random(number)
    screen = (screens.login, screens.board, screens.record)[number % 3]()
    for row in range(4):
        screen.write(60, 600 + 30 * row, f"Séjour {chance.randrange(10**8)} du {chance.randrange(10**8)}")
    out = io.BytesIO()
    screen.image.save(out, "PNG", compress_level=1)
    shot = open_screenshot(out.getvalue())
    size = len(out.getvalue())
    store.blobs.put_received(shot.image_id, out.getvalue(), "png")
    store.add_screenshot(
        ScreenshotMeta(shot.image_id, shot.size.width, shot.size.height, "png", size, "png", size, datetime.now(UTC))
    )
    store.put_page(Page(shot.size, (), tuple(screen.phrases), (), "tesserocr", shot.image_id, "bench", 380.0))
    store.blobs.reencode(shot.image_id)
    return shot.image_id


# --- the server -----------------------------------------------------------------------------------


@contextmanager
def _server(settings: ConsoleSettings) -> Iterator[int]:
    command = [sys.executable, "-c", SERVE, str(settings.data), str(settings.port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                httpx.get(f"{settings.base_url}/health", timeout=5)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _client(settings: ConsoleSettings) -> Iterator[httpx.Client]:
    headers = {"Accept": "text/html", "Accept-Language": "fr"}
    cookies = {SESSION_COOKIE: SECRET}
    with httpx.Client(
        base_url=settings.base_url, headers=headers, cookies=cookies, timeout=60, trust_env=False
    ) as client:
        yield client


def _free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


# --- whole pages over HTTP ------------------------------------------------------------------------


def _questions(client: httpx.Client, cases: list[str]) -> Iterator[tuple[str, Callable[[], None]]]:
    """What is asked, by name. The first thumbnail of each case is drawn, the later ones are kept."""
    day = (datetime.now(UTC) - timedelta(days=2)).date()
    pages = {
        "list": "",
        "filter outcome": "?outcome=ambiguous",
        "filter rare outcome": "?outcome=account_locked",
        "filter application, screen, outcome": "?application=dpi&screen=urgences&outcome=absent",
        "filter outcome, no label": "?outcome=absent&label=none",
        "filter labelled wrong": "?label=wrong",
        "filter outcome, score": "?outcome=ambiguous&score_max=%3C60",
        "filter one day": f"?since={day}&until={day}",
        "list, lowest score first": "?sort=score",
        "list, every facet open": "?facet=target&facet=cause&facet=reviewer&facet=config",
        "search word": "?q=prescription",
        "search words, outcome": "?q=signer+alerte&outcome=absent",
        "search reason": "?q=%22Nothing+changed%22",
        "search note": "?q=jaune",
        "search nothing": "?q=introuvable",
        "groups": "?view=groups",
        "groups of one day": f"?view=groups&since={day}&until={day}",
    }
    following = re.search(r'rel="next" href="/attempts([^"]+)"', client.get("/attempts").text)
    pages["list, next page"] = following[1].replace("&amp;", "&") if following else ""
    for name, query in pages.items():
        yield name, lambda query=query: _get(client, f"/attempts{query}")  # type: ignore[misc]
    around = iter(cases * ROUNDS)
    yield "detail", lambda: _get(client, f"/attempts/{next(around)}?outcome=ambiguous")
    yield "news of a list", lambda: _get(client, "/attempts/news?after=1")
    drawn = iter(cases)
    yield "thumbnail, drawn", lambda: _get(client, f"/attempts/{next(drawn)}/thumb")
    yield "thumbnail, kept", lambda: _get(client, f"/attempts/{cases[0]}/thumb")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(f"/attempts/{cases[0]}").text)
    assert token
    form = {"csrf_token": token[1], "answer": "right"}
    for name, queue in (("label", ""), ("label, in the triage", "?queue=triage")):
        labelled = iter(cases * ROUNDS)
        yield name, lambda to=labelled, queue=queue: _post(client, f"/review/label/{next(to)}{queue}", form)  # type: ignore[misc]


def _get(client: httpx.Client, path: str) -> None:
    client.get(path).raise_for_status()


def _post(client: httpx.Client, path: str, form: Mapping[str, str]) -> None:
    answer = client.post(path, data=dict(form))
    assert answer.status_code < 400, answer.status_code


def _median(action: Callable[[], None], rounds: int) -> float:
    """Milliseconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


# --- a real browser -------------------------------------------------------------------------------


def _in_browser(settings: ConsoleSettings, rounds: int) -> list[Figure]:
    """First rows with nothing cached, and what the page and its scripts weigh over the wire."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "Chromium is missing; run make setup"
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=path, args=flags)) as browser,
    ):
        loads = [_load(browser, settings) for _ in range(rounds + 1)][1:]  # the browser itself starts with the first
        labelled = _labelled(browser, settings, LABELS * rounds)
    return [
        Figure("label, next case visible", statistics.median(labelled), "ms"),
        Figure("first rows, cold", statistics.median(load[0] for load in loads), "ms"),
        Figure("list page, over the wire", loads[0][1] / KIB, "KiB"),
        Figure("scripts, over the wire", loads[0][2] / KIB, "KiB"),
    ]


def _load(browser: Any, settings: ConsoleSettings) -> tuple[float, int, int]:
    """Milliseconds until the rows are painted; bytes of the whole page, and of its scripts."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.add_cookies([{"name": SESSION_COOKIE, "value": SECRET, "url": settings.base_url}])
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}
    network.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    network.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: int(e["encodedDataLength"])}))
    page.goto(f"{settings.base_url}/attempts", wait_until="networkidle")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert page.locator(".row-link").count() > 0
    context.close()
    scripts = sum(size for request, size in sizes.items() if kinds.get(request) == "Script")
    return painted, sum(sizes.values()), scripts


def _labelled(browser: Any, settings: ConsoleSettings, labels: int) -> list[float]:
    """Milliseconds from each label, given by keyboard in the triage, until the next case is painted."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.add_cookies([{"name": SESSION_COOKIE, "value": SECRET, "url": settings.base_url}])
    page = context.new_page()
    page.goto(f"{settings.base_url}/review/triage")
    page.click(".page-head button")
    page.wait_for_load_state("networkidle")
    times = keyboard_run(page, labels)
    context.close()
    return times


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=50_000, help="how many attempts to measure at")
    parser.add_argument(
        "--million", action="store_true", help="at 1,000,000 attempts instead (some minutes to make them)"
    )
    parser.add_argument("--data", type=Path, help="use the store in this folder, made there unless it is; it is kept")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
