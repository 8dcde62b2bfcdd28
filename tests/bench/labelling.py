"""How fast a person labels by keyboard: the server's time for a label, and from the last key to the next case.

    python -m tests.bench.labelling [--labels 500]

Seeds failures on drawn screens, then works through the triage in a real Chromium: every third label is wrong with its
proposed cause (two keys), the others are right (one key). A case is visible when its picture is decoded and painted.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright
from waitress.server import create_server

from navconsole.app import create_app
from navconsole.auth.accounts import add_user
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import ConsoleSettings
from navigation.records import AttemptFilter
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.bench.tables import table
from tests.seeding import seed, stories

SECRET = "session-of-the-bench"
LOOK_MS = 400  # a person looks at a case for longer; meanwhile the next one is loaded
KEYS = (("y",), ("y",), ("x", "Enter"))
SHOWN = """(left) => {
  const picture = document.querySelector(".picture-before img");
  const isOther = !location.pathname.includes(left) || !location.pathname.startsWith("/attempts/");
  return isOther && document.querySelector("#label-form, .queue, .empty") && (!picture || picture.complete);
}"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"


def keyboard_run(page: Page, labels: int) -> list[float]:
    """Label the triage by keyboard from the case that is open; milliseconds from each last key to the next case."""
    times = []
    for number in range(labels):
        page.wait_for_timeout(LOOK_MS)
        left = page.evaluate("() => location.pathname.split('/')[2]")
        *before, last = KEYS[number % len(KEYS)]
        for key in before:
            page.keyboard.press(key)
            page.wait_for_selector("#verdict[data-answer=wrong]")
        began = time.perf_counter()
        page.keyboard.press(last)
        page.wait_for_function(SHOWN, arg=left, polling="raf")
        page.evaluate(PAINTED)
        times.append((time.perf_counter() - began) * 1000)
    return times


def server_times(base: str, store: Store, labels: int) -> list[float]:
    """Milliseconds of one POST of a label, over HTTP on this machine."""
    rows = store.list_attempts(AttemptFilter(outcomes=[Outcome.OK]), limit=labels).rows
    times = []
    with httpx.Client(base_url=base, cookies={SESSION_COOKIE: SECRET}, headers={"Accept": "text/html"}) as client:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/password").text)
        assert token
        for row in rows:
            began = time.perf_counter()
            answer = client.post(f"/review/label/{row.id}", data={"csrf_token": token[1], "answer": "right"})
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 303, answer.status_code
    return times


@contextmanager
def console(folder: Path, rounds: int) -> Iterator[tuple[str, Store]]:
    """A console with seeded attempts and an engineer's session SECRET."""
    settings = ConsoleSettings(data=folder, secret_key="k" * 40)
    with closing(open_store(settings.database)) as store:
        seed(store, rounds=rounds)
        user = add_user(store, "anne", "engineer")
        store.open_session(user.id, SECRET, datetime.now(UTC), "127.0.0.1")
        server = create_server(create_app(settings, store=store, navigator=None), host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=server.run, daemon=True).start()
        yield f"http://127.0.0.1:{server.effective_port}", store
        server.close()
        server.task_dispatcher.shutdown()


def in_browser(base: str, labels: int) -> tuple[list[float], float]:
    """Times of each label, and seconds of the whole run."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "Chromium is missing; run make setup"
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright, closing(playwright.chromium.launch(executable_path=path, args=flags)) as made:
        browser: Any = made
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.add_cookies([{"name": SESSION_COOKIE, "value": SECRET, "url": base}])
        page = context.new_page()
        page.goto(f"{base}/review/triage")
        page.click(".page-head button")
        page.wait_for_load_state("networkidle")
        began = time.perf_counter()
        return keyboard_run(page, labels), time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=500)
    labels: int = parser.parse_args().labels
    failing = sum(story.outcome is not Outcome.OK for story in stories())
    with tempfile.TemporaryDirectory() as folder, console(Path(folder), labels // failing + 1) as (base, store):
        served = server_times(base, store, min(labels, 200))
        shown, seconds = in_browser(base, labels)
    rows = [
        ["label, on the server", f"{statistics.median(served):.1f} ms", f"{_high(served):.1f} ms", "7 ms"],
        ["label, next case visible", f"{statistics.median(shown):.0f} ms", f"{_high(shown):.0f} ms", "120 ms"],
        ["labels an hour, by keyboard alone", f"{labels / seconds * 3600:.0f}", "", "500"],
    ]
    print(table(["", "median", "95 %", "aim"], rows))


def _high(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
