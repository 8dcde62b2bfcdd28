"""What the bar of every page, the inbox, the dashboard and a robot's question cost: run it, read the table.

    python -m tests.bench.oversight [--attempts 50000 1000000]

Fills a store for each size (20 s between attempts, 100 to a run, one in fifty handed to a person and gone on from)
and times what each page asks, then whole pages through the application.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from navconsole.app import create_app
from navconsole.settings import DATABASE_FILE, ConsoleSettings
from navconsole.stop.context import WAITS_FOR
from navigation.ids import new_id
from navigation.records import AttemptFilter, RunStart, ScreenshotMeta
from navigation.store import Store, open_store
from tests.bench import filling

ROUNDS = 15
EVERY_S = 20
SPAN = timedelta(days=29)
IMAGE = "0" * 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, nargs="*", default=[50_000, 1_000_000])
    parser.add_argument("--folder", type=Path, help="where to make the temporary stores")
    arguments = parser.parse_args()
    results = {size: _measured(size, arguments.folder) for size in arguments.attempts}
    print("| median ms | " + " | ".join(f"{size:,}" for size in results) + " |")
    print("|---|" + "---|" * len(results))
    for question in next(iter(results.values())):
        print(f"| {question} | " + " | ".join(f"{result[question]:.1f}" for result in results.values()) + " |")


def _measured(size: int, folder: Path | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=folder) as made:
        store = open_store(Path(made) / DATABASE_FILE)
        try:
            run_ids = _filled(store, size)
            settings = ConsoleSettings(data=Path(made), secret_key="k" * 40, is_auth_disabled=True)
            app = create_app(settings, store=store, navigator=None)
            return {name: _median_ms(ask) for name, ask in _questions(store, app, run_ids[-1])}
        finally:
            store.close()


def _filled(store: Store, size: int) -> list[str]:
    now = datetime.now(UTC)
    filling.START = now - timedelta(seconds=EVERY_S * size)
    config = store.ensure_config({"score": 0.9}, "bench", "bench")
    store.add_screenshot(ScreenshotMeta(IMAGE, 40, 30, "png", 500, "png", 500, now))
    run_ids = [new_id() for _ in range(size // 100)]
    with store._db.writing() as session:  # type: ignore[attr-defined]
        for run_id in run_ids:
            session.execute(_RUN, {"id": run_id, "at": filling.START.strftime("%Y-%m-%d %H:%M:%S.%f")})
        filling.fill(session, size, run_ids=run_ids, image_ids=[IMAGE], config_id=config.id)
        _count_days(session, size)
    assert store.run(run_ids[0]) == RunStart(run_ids[0], "dpi", "w", "a", None, "0" * 64, filling.START)
    return run_ids


_RUN = text(
    "INSERT INTO run (id, application, workflow, agent, body_hash, created_at) "
    f"VALUES (:id, 'dpi', 'w', 'a', '{'0' * 64}', :at)"
)


def _count_days(session: Session, size: int) -> None:
    """Counts by day as the store would have kept them, with five expected texts for each screen."""
    waiting = f"seq % 50 = 0 OR (seq % 100 = 99 AND seq > {size - 2000})"
    session.execute(text(f"UPDATE attempt_summary SET outcome = 'needs_human', method = NULL WHERE {waiting}"))
    day = "substr(started_at, 1, 10)"
    session.execute(
        text(
            f"INSERT INTO attempt_day SELECT {day}, application, screen, count(*), sum(outcome = 'ok'), "
            "sum(outcome = 'needs_human'), 0, 0, sum(outcome = 'not_landed'), count(method), "
            "count(CASE method WHEN 'cache' THEN 1 END) FROM attempt_summary GROUP BY 1, 2, 3"
        )
    )
    for number in range(5):
        session.execute(
            text(
                f"INSERT INTO anchor_day SELECT {day}, application, screen, 'texte {number}', count(*), "
                "count(*) - (count(*) > 3), count(*) / 2 FROM attempt_summary GROUP BY 1, 2, 3"
            )
        )


def _questions(store: Store, app: Flask, run_id: str) -> Iterator[tuple[str, Callable[[], object]]]:
    now = datetime.now(UTC)
    since = (now - SPAN).date()
    client = app.test_client()
    yield "robot: how a run stands", lambda: store.run_standing(run_id)
    yield "bar: stops in force", store.stops_in_force
    yield "bar: count of waiting runs", lambda: store.count_waiting(since=now - WAITS_FOR, applications=None)
    yield "inbox: waiting runs", lambda: store.waiting_runs(since=now - WAITS_FOR, applications=None)
    yield "dashboard: counts of 30 days", lambda: store.day_counts(since=since, applications=None)
    yield "dashboard: expected texts", lambda: store.anchor_counts(since=since, applications=None)
    yield "dashboard: timings of 500", lambda: store.stage_timings(applications=None)
    yield "dashboard: open work", lambda: store.open_work(user_id="ann", now=now, applications=None)
    yield "list of attempts", lambda: store.list_attempts(AttemptFilter())
    for path in ("/dashboard", "/dashboard?days=90", "/inbox", "/stop", "/stop/bar"):
        assert client.get(path).status_code == 200
        yield f"GET {path}", lambda path=path: client.get(path)  # type: ignore[misc]


def _median_ms(ask: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
