"""Whether the time of a 404 tells what exists in another application from what does not exist.

    python -m tests.bench.hidden [--requests 400]

Asks a real server, over HTTP on loopback, for objects of an application that the person may not see and for ids that
nobody has, in random order. For each route: medians, the middle four fifths, and `told`, how often the slower of one of
each is the one that exists (0.50: the time tells nothing; ties count half).
"""

from __future__ import annotations

import argparse
import http.client
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from waitress.server import create_server

from navconsole.app import create_app
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import DATABASE_FILE, ConsoleSettings
from navigation.ids import new_id
from navigation.records import AttemptFilter, Role
from navigation.sampling import Sample
from navigation.store import open_store
from navigation.store.protocol import Store
from tests.bench.tables import table
from tests.navconsole.flows.films import add_film
from tests.seeding import seed

ROUTES: Sequence[tuple[Role, str]] = (
    ("engineer", "/attempts/{attempt}"),
    ("engineer", "/attempts/{attempt}/record.json"),
    ("engineer", "/attempts/{attempt}/before.webp"),
    ("engineer", "/attempts/{attempt}/whatif"),
    ("engineer", "/review/like/{attempt}"),
    ("engineer", "/runs/{run}"),
    ("engineer", "/flows/{run}"),
    ("engineer", "/review/audit/{sample}"),
    ("clinician", "/flows/{run}/1"),
    ("clinician", "/flows/{run}/1/before.webp"),
    ("clinician", "/flows/opinions/{attempt}"),
)


@contextmanager
def served(settings: ConsoleSettings, store: Store) -> Iterator[int]:
    """The console on a free port of loopback."""
    server = create_server(create_app(settings, store=store, navigator=None), host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port  # type: ignore[union-attr]
    server.close()
    thread.join(timeout=5)


def measured(port: int, cookie: str, there: str, nowhere: Sequence[str], requests: int) -> tuple[list[float], ...]:
    """Milliseconds of the answers for what exists, and for what does not."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    chance, times = random.Random(7), ([], [])  # type: ignore[var-annotated]
    order = [0, 1] * requests
    chance.shuffle(order)
    for number, which in enumerate([0, 1] * 5 + order):
        path = nowhere[number % len(nowhere)] if which else there
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html"})
        answer = connection.getresponse()
        answer.read()
        took = 1000 * (time.perf_counter() - began)
        assert answer.status == 404, (path, answer.status)
        if number >= 10:
            times[which].append(took)
    return times


def told(there: Sequence[float], nowhere: Sequence[float]) -> float:
    """The chance that of one of each the one that exists is the slower."""
    slower = sum((a > b) + (a == b) / 2 for a in there for b in nowhere)
    return slower / (len(there) * len(nowhere))


def line(role: str, route: str, there: Sequence[float], nowhere: Sequence[float]) -> list[str]:
    def spread(times: Sequence[float]) -> str:
        tenths = statistics.quantiles(times, n=10)
        return f"{statistics.median(times):.2f} ({tenths[0]:.2f}-{tenths[-1]:.2f})"

    gap = statistics.median(there) - statistics.median(nowhere)
    return [f"{role} {route}", spread(there), spread(nowhere), f"{gap:+.2f}", f"{told(there, nowhere):.2f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=400, help="of each kind, for each route")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / DATABASE_FILE)
        seed(store)
        film = add_film(store)
        attempt = store.run_attempts(film)[0].start.id
        now = datetime.now(UTC)
        sample = Sample(new_id(), "theirs", {"applications": None}, (), 1, 1.0, "ann", now)
        store.add_sample(sample, AttemptFilter(), by="outcome", size=17)
        settings = ConsoleSettings(data=Path(folder), secret_key="k" * 40, second_factor_roles=())
        cookies = {}
        for role in ("engineer", "clinician"):
            user = store.add_user(name=role, role=role, password_hash=None, applications=["another"])  # type: ignore[arg-type]
            secret = new_id()
            store.open_session(user.id, secret, now, "bench")
            cookies[role] = f"{SESSION_COOKIE}={secret}"
        known = {"attempt": attempt, "run": film, "sample": sample.id}
        rows = []
        with served(settings, store) as port:
            for role, route in ROUTES:
                nowhere = [route.format(**dict.fromkeys(known, new_id())) for _ in range(50)]
                times = measured(port, cookies[role], route.format(**known), nowhere, options.requests)
                rows.append(line(role, route, *times))
        print(table(["404 of", "exists, ms", "does not, ms", "gap", "told"], rows))
        store.close()


if __name__ == "__main__":
    main()
