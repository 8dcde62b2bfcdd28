"""Hours of mixed load with a kill every few minutes: does anything grow that should not?

    python -m tests.bench.soak [--hours 12] [--kill-every 600] [--agents 2] [--seed 1] [--json FILE]

A real server; agents that post an attempt every two seconds and show the screen after half of them; a person who opens
lists, attempts, pictures, searches and the dashboard. Every `--kill-every` seconds the server is killed (every third
time it is asked to end) and started anew. Between two starts the memory, handles, threads, log of changes and temporary
files are looked at; growth is the mean slope of these lives, in units an hour, beside its own uncertainty. In the end
each acknowledged attempt is looked up. Exit status 1 when something was lost, left running or left behind, or grew.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from navconsole.settings import ConsoleSettings
from navigation.client import ClientError, NavigateClient, navigate_action
from navigation.records import AttemptFilter
from navigation.store import open_store
from navigation.types import Screen, Target
from tests.bench.agents_at_once import draw, prepare, seen_by
from tests.bench.tables import table
from tests.faults.server import SECRET, Server

PACE_S = 2.0
"""One attempt of an agent, one look of the person."""
SETTLING = 0.25
"""This share of a life is not counted: what is loaded on first use is not growth."""
GROWTH_AN_HOUR: Mapping[str, float] = {
    "server MiB": 2.0,
    "readers MiB": 4.0,
    "handles": 2.0,
    "threads": 1.0,
    "log of changes MiB": 1.0,
    "temporary files": 1.0,
}
"""Growth below this is none: less than a nightly restart would notice."""
_ALLOWED = {"ok", "absent", "ambiguous", "low_confidence", "not_landed", "wrong_screen", "interrupted"}


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen of the server `at` seconds after its start."""

    life: int
    at: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Growth:
    """Units an hour: the mean slope of the lives, and one standard error of it (NaN of fewer than three lives)."""

    an_hour: float
    error: float
    level: float

    def is_none(self, bound: float) -> bool:
        """Whether it is below the bound, or not to be told from nothing (two standard errors)."""
        return self.an_hour <= bound or self.an_hour - 2 * self.error <= 0


@dataclass
class Figures:
    seconds: float = 0.0
    killed: int = 0
    ended: int = 0
    acknowledged: dict[str, str] = field(default_factory=dict)
    looks: int = 0
    odd_answers: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    lost: int = 0
    left_running: int = 0
    left_behind: list[str] = field(default_factory=list)

    @property
    def growth(self) -> dict[str, Growth]:
        return {name: growth_of(self.samples, name) for name in GROWTH_AN_HOUR}

    @property
    def has_grown(self) -> list[str]:
        return [name for name, found in self.growth.items() if not found.is_none(GROWTH_AN_HOUR[name])]

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.left_running or self.left_behind or self.odd_answers or self.has_grown)


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        figures = soak(
            Path(folder), seconds=options.hours * 3600, kill_every_s=options.kill_every, agents=options.agents,
            seed=options.seed, tell=lambda line: print(line, flush=True),
        )  # fmt: skip
    print(report(figures))
    if options.json:
        options.json.write_text(json.dumps(asdict(figures), indent=1))
    return 0 if figures.is_good else 1


def soak(
    folder: Path, *, seconds: float, kill_every_s: float, agents: int, seed: int, lives: int = 1, stored: int = 2_000,
    pace_s: float = PACE_S, tell: Callable[[str], None] = lambda _line: None,
) -> Figures:  # fmt: skip
    """Load for `seconds` and so many lives at least, each of `kill_every_s`; what came of it."""
    figures, temporary = Figures(), folder / "tmp"
    temporary.mkdir()
    pictures = [path.read_bytes() for path in draw(folder / "screens", 60)]
    server = Server(
        folder / "data", folder / "server.log", OCR_READERS="tesserocr", TMPDIR=str(temporary),
        NAVCONSOLE_SECOND_FACTOR_ROLES="", NAVCONSOLE_TIMEZONE="UTC",
    )  # fmt: skip
    session = prepare(server, stored)
    server.start()
    began = time.monotonic()
    with _load(server, session, pictures, figures, agents=agents, seed=seed, pace_s=pace_s):
        life = 0
        while True:
            end = time.monotonic() + kill_every_s
            figures.samples += _watched(server, temporary, life, end if life + 1 < lives else min(began + seconds, end))
            life += 1
            if time.monotonic() >= began + seconds and life >= lives:
                break
            if life % 3:
                server.kill()
                figures.killed += 1
            else:
                server.stop()
                figures.ended += 1
            tell(f"life {life}: {len(figures.acknowledged)} acknowledged, {_last(figures)}")
            server.start()
    server.stop()
    figures.seconds = time.monotonic() - began
    _judge(server, figures, temporary)
    return figures


# --- load -----------------------------------------------------------------------------------------


@contextmanager
def _load(
    server: Server, session: str, pictures: Sequence[bytes], figures: Figures, *, agents: int, seed: int, pace_s: float
) -> Iterator[None]:
    over = threading.Event()
    work = [
        threading.Thread(target=_agent, args=(server.url, pictures, figures, over, seed + number, pace_s))
        for number in range(agents)
    ]
    work.append(threading.Thread(target=_person, args=(server, session, figures, over, pace_s)))
    for one in work:
        one.start()
    try:
        yield
    finally:
        over.set()
        for one in work:
            one.join()


def _agent(
    url: str, pictures: Sequence[bytes], figures: Figures, over: threading.Event, seed: int, pace_s: float
) -> None:
    chance = random.Random(seed)
    with NavigateClient(url, SECRET, total_s=60, max_tries=20, first_wait_s=0.2) as client:
        run_id = ""
        while not over.wait(pace_s):
            with suppress(ClientError):
                run_id = run_id or client.create_run("dpi", "soak", f"agent {seed}")
                _attempt(client, run_id, chance, pictures, figures)
            if chance.random() < 0.05:
                run_id = ""


def _attempt(
    client: NavigateClient, run_id: str, chance: random.Random, pictures: Sequence[bytes], figures: Figures
) -> None:
    after = Screen(("Connexion au dossier patient",), name="login") if chance.random() < 0.5 else None
    png = chance.choice(pictures)
    answer = client.navigate(navigate_action(run_id, Target("Se connecter"), after=after), png)
    if answer.awaits_after:
        answer = client.after(answer.id, png)
    if answer.outcome is not None:
        figures.acknowledged[answer.id] = answer.outcome.value


def _person(server: Server, session: str, figures: Figures, over: threading.Event, pace_s: float) -> None:
    pages = ("/attempts", "/attempts?q=outcome%3Aabsent", "/attempts?q=connecter", "/dashboard", "/review/triage")
    with seen_by(server, session) as person:
        while not over.wait(pace_s / 2):
            for page in pages:
                with suppress(httpx.TransportError):  # the server is just being killed
                    answer = person.get(page)
                    figures.looks += 1
                    if answer.status_code != 200:
                        figures.odd_answers.append(f"{page}: {answer.status_code}")
                    elif page == "/attempts" and figures.acknowledged:
                        newest = next(reversed(list(figures.acknowledged)))
                        for part in ("", "/thumb", "/image/before"):
                            person.get(f"/attempts/{newest}{part}")


# --- what is watched --------------------------------------------------------------------------------


def _watched(server: Server, temporary: Path, life: int, until: float) -> Iterator[Sample]:
    began = time.monotonic()
    every_s = max(0.2, min(10.0, (until - began) / 30))
    while True:
        time.sleep(every_s)
        yield Sample(life, time.monotonic() - began, _values(server, temporary))
        if time.monotonic() >= until:
            return


def _values(server: Server, temporary: Path) -> dict[str, float]:
    log = Path(f"{ConsoleSettings.from_env(data=server.data).database}-wal")
    return {
        "server MiB": _memory_mib(server.pid),
        "readers MiB": sum(_memory_mib(pid) for pid in server.readers_of(server.pid)),
        "handles": _count(Path(f"/proc/{server.pid}/fd")),
        "threads": _count(Path(f"/proc/{server.pid}/task")),
        "log of changes MiB": log.stat().st_size / 2**20 if log.exists() else 0.0,
        "temporary files": _files(temporary) + _files(server.data / "screenshots" / "unfinished"),
    }


def _memory_mib(pid: int) -> float:
    """Memory of its own, which is what a leak takes: shared pages of libraries do not count."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:  # it ended meanwhile
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_", "Swap:"))) / 1024


def _count(folder: Path) -> int:
    with suppress(OSError):
        return sum(1 for _ in folder.iterdir())
    return 0


def _files(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def _last(figures: Figures) -> str:
    return ", ".join(f"{name} {value:.0f}" for name, value in figures.samples[-1].values.items())


def growth_of(samples: Sequence[Sample], name: str) -> Growth:
    """The slope of each life after its settling, by least squares; then their mean."""
    lives: dict[int, list[Sample]] = {}
    for sample in samples:
        lives.setdefault(sample.life, []).append(sample)
    slopes = []
    for life in lives.values():
        settled = [one for one in life if one.at >= SETTLING * life[-1].at]
        if len(settled) >= 3:
            times, values = [one.at / 3600 for one in settled], [one.values[name] for one in settled]
            slopes.append(statistics.linear_regression(times, values).slope)
    if not slopes:
        return Growth(math.nan, math.nan, math.nan)
    error = statistics.stdev(slopes) / math.sqrt(len(slopes)) if len(slopes) >= 3 else math.nan
    return Growth(statistics.fmean(slopes), error, statistics.median(one.values[name] for one in samples))


# --- afterwards -----------------------------------------------------------------------------------


def _judge(server: Server, figures: Figures, temporary: Path) -> None:
    with closing(open_store(ConsoleSettings.from_env(data=server.data).database)) as store:
        for attempt_id, outcome in figures.acknowledged.items():
            detail = store.attempt(attempt_id)
            figures.lost += detail is None or detail.finish is None or detail.finish.outcome.value != outcome
        running = store.list_attempts(AttemptFilter(is_running=True), limit=200).rows
        found = [detail for row in running if (detail := store.attempt(row.id))]
        figures.left_running = sum(detail.start.expires_at < datetime.now(UTC) for detail in found)
    left = [path for folder in (temporary, server.data / "screenshots" / "unfinished") for path in folder.rglob("*")]
    figures.left_behind = [path.name for path in left if path.is_file()]
    figures.left_behind += [f"reader {pid}" for pid in server.readers_of(server.pid)]
    odd = set(figures.acknowledged.values()) - _ALLOWED
    figures.odd_answers += [f"an attempt ended as {outcome}" for outcome in sorted(odd)]


def report(figures: Figures) -> str:
    """Every figure: what came of the load, and growth as a table."""
    grown = figures.has_grown
    rows = [
        (name, found.level, found.an_hour, found.error, GROWTH_AN_HOUR[name], "yes" if name in grown else "no")
        for name, found in figures.growth.items()
    ]
    return (
        f"{figures.seconds / 3600:.2f} h, killed {figures.killed} times, asked to end {figures.ended} times\n"
        f"attempts acknowledged    {len(figures.acknowledged)}\n"
        f"looks of a person        {figures.looks}\n"
        f"acknowledged and lost    {figures.lost}\n"
        f"left running             {figures.left_running}\n"
        f"left behind              {figures.left_behind or 0}\n"
        f"odd answers              {figures.odd_answers[:5] or 0}\n\n"
        f"{table(('', 'level', 'growth an hour', '± (1 se)', 'none below', 'grown'), rows)}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--kill-every", type=float, default=600.0, help="seconds")
    parser.add_argument("--agents", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file for the samples and figures")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
