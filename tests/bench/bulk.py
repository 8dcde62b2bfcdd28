"""What replay in bulk costs: `python -m tests.bench.bulk [--sizes 1000,10000] [--pictures 24] [--rounds 3]`.

On stored readings, every attempt on a picture of its own, and on pictures that are read anew; here, in one and in two
processes, and over a Dask cluster of two workers on this machine. Wall time, the best of the rounds, which take turns;
the ratio is to one process in the same run. Starting the workers is not in it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from navconsole.replay.bulk import LIMIT_S, carry_out, reading_of
from navconsole.replay.units import asked_version
from navconsole.settings import ConsoleSettings
from navconsole.workers import Here, Workers
from navconsole.workers.cluster import Cluster
from navconsole.workers.processes import Processes
from navigation.engine import Engine
from navigation.records import AttemptFilter
from navigation.replays import ReplaySetting
from navigation.settings import Settings
from navigation.store import SqlStore, open_store, summaries
from tests.bench.tables import table
from tests.navconsole.replay.clusters import WORKERS, local_cluster
from tests.navconsole.replay.recorded import ANEW, ASKED, KEY, LOOSE, TOLD, a_run, other_pictures
from tests.navconsole.test_replay import Robot

ONE = "one process"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000", help="attempts on stored readings")
    parser.add_argument("--pictures", type=int, default=24, help="pictures that are read anew")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with ExitStack() as closing_all, tempfile.TemporaryDirectory() as folder:
        kinds = {name: closing_all.enter_context(opened(make)) for name, make in makers(closing_all).items()}
        stored = [timed(readings(Path(folder), int(size)), LOOSE, kinds, args.rounds) for size in args.sizes.split(",")]
        anew = timed(pictures(Path(folder), args.pictures), ANEW, kinds, args.rounds)
    print(f"\nload of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for title, found in (("stored readings", stored), ("pictures read anew", [anew])):
        print(f"\n## {title}\n\n{table(HEADS, [row for rows in found for row in rows])}")


HEADS = ("workers", "attempts", "seconds", "a second", "ms each", "to one process")


def makers(closing_all: ExitStack) -> dict[str, Callable[[], Workers]]:
    local = closing_all.enter_context(local_cluster())
    return {
        "here": Here,
        ONE: lambda: Processes(1, limit_s=LIMIT_S),
        "two processes": lambda: Processes(2, limit_s=LIMIT_S),
        f"Dask, {WORKERS} workers": lambda: Cluster(local.address),
    }


@contextmanager
def opened(make: Callable[[], Workers]) -> Iterator[Workers]:
    workers = make()
    try:
        yield workers
    finally:
        workers.close()


def timed(store: SqlStore, setting: ReplaySetting, kinds: dict[str, Workers], rounds: int) -> list[list[str]]:
    """A row for each kind of workers; each round does all of the work with every kind, one after the other."""
    best: dict[str, float] = {}
    done = 0
    with closing(store):
        for name, workers in kinds.items():
            warm(workers, setting)
            best[name] = float("inf")
        for _ in range(rounds):
            for name, workers in kinds.items():
                if setting.readers:
                    forget_readings(store)
                run = store.add_replay(a_run(setting), AttemptFilter(), event=TOLD)
                began = time.perf_counter()
                done = carry_out(store, run.id, workers).done
                best[name] = min(best[name], time.perf_counter() - began)
    return [
        [name, f"{done:,}", f"{s:.2f}", f"{done / s:.1f}", f"{1000 * s / done:.2f}", f"{best[ONE] / s:.2f} x"]
        for name, s in best.items()
    ]


def warm(workers: Workers, setting: ReplaySetting) -> None:
    """Each worker has loaded its program and opened its readers."""
    for _ in range(2):
        futures = [workers.submit(asked_version, reading_of(setting)) for _ in range(2 * workers.width)]
        for future in futures:
            future.result()


def pictures(folder: Path, count: int) -> SqlStore:
    """So many attempts, each on a picture of its own, as a server stored them."""
    console = ConsoleSettings(data=folder / "pictures", secret_key=KEY)
    store = open_store(console.database)
    assert isinstance(store, SqlStore)
    robot = Robot(store, Engine(Settings(readers=("tesserocr",))), console.subkey("patient"))
    for picture in other_pictures(count):
        robot.send(picture, {"type": "navigate", "target": {"text": "Fermer"}})
    return store


def forget_readings(store: SqlStore) -> None:
    with store._db.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM ocr_page")


def readings(folder: Path, count: int) -> SqlStore:
    """So many attempts, copies of a few that a server stored, each with a picture's row and reading of its own."""
    console = ConsoleSettings(data=folder / f"readings-{count}", secret_key=KEY)
    store = open_store(console.database)
    assert isinstance(store, SqlStore)
    robot = Robot(store, Engine(Settings(readers=("tesserocr",))), console.subkey("patient"))
    for picture, body in ASKED:
        robot.send(picture().image, {"type": "navigate", **body})
    with store._db.writing() as session:
        run = session.connection().exec_driver_sql
        first = run("SELECT seq, before_id FROM attempt ORDER BY seq").all()
        for number in range(count - len(first)):
            seq, picture_id = first[number % len(first)]
            image_id = hashlib.sha256(str(number).encode()).hexdigest()
            _copy(run, "screenshot", {"id": f"'{image_id}'"}, f"id = '{picture_id}'")
            _copy(run, "ocr_page", {"image_id": f"'{image_id}'"}, f"image_id = '{picture_id}'")
            named = {"id": "lower(hex(randomblob(16)))", "before_id": f"'{image_id}'"}
            _copy(run, "attempt", named, f"seq = {seq}", without="seq")
            new = run("SELECT max(seq) FROM attempt").scalar_one()
            for name in ("attempt_decision", "attempt_finish"):
                _copy(run, name, {"attempt_seq": new}, f"attempt_seq = {seq}")
        summaries.rebuild(session)
    return store


def _copy(run: Callable[..., Any], name: str, given: dict[str, Any], where: str, *, without: str = "") -> None:
    """Copy a row within its table, some of its columns given anew."""
    columns = [row[1] for row in run(f"PRAGMA table_info({name})").all() if row[1] != without]
    values = [str(given.get(column, f'"{column}"')) for column in columns]
    quoted = ", ".join(f'"{column}"' for column in columns)
    run(f"INSERT INTO {name} ({quoted}) SELECT {', '.join(values)} FROM {name} WHERE {where}")


if __name__ == "__main__":
    main()
