"""The part of `navconsole replay` that works in bulk: a run that is kept, and can be gone on with."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from navconsole.attempts.outcomes import outcome_view
from navconsole.replay.asking import Asked, AskedError, ask, matrix_of, setting_for
from navconsole.replay.bulk import LIMIT_S, carry_out
from navconsole.replay.bulk_worker import workers_for
from navconsole.replay.words import DIFFERENCES, DOUBTS, FAILURES, STATES
from navconsole.settings import ConsoleSettings
from navconsole.stop.commands import AT_THE_SHELL
from navconsole.terminal import gettext
from navconsole.workers import Workers
from navconsole.workers.cluster import Cluster
from navconsole.workers.processes import Processes
from navigation.records import AttemptSummary, AuditEvent, User
from navigation.replays import Replayed, ReplayRun, progress_of, setting_to_json
from navigation.store.protocol import Store

SHOWN = 20
_PAGE = 500


def replay_in_bulk(
    store: Store,
    settings: ConsoleSettings,
    asked: Asked,
    *,
    setting: dict[str, Any],
    run_id: str = "",
    processes: int | None = None,
    dask: str = "",
    as_json: bool,
) -> int:
    """Begin a run, or go on with the one of `run_id`, and say what came of it.

    Status 0: everything ended as it did; 1: something differs or failed, or the run is not through.
    """
    cluster = Cluster(dask) if dask else None  # before anything is kept, since it may not answer
    run = _known(store, run_id) if run_id else _begun(store, settings, asked, setting)
    workers = cluster or _workers(run, processes)
    try:
        if not as_json:
            click.echo(gettext("Replay %(id)s; if it is stopped, go on with --resume %(id)s", id=run.id), err=True)
        with _bar(run, is_shown=not as_json) as on_progress:
            run = carry_out(store, run.id, workers, on_progress=on_progress)
    finally:
        workers.close()
    if as_json:
        click.echo(json.dumps(_as_json(store, run), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_lines(store, run)))
    differs = any(count for kind, count in run.counts.get("differences", {}).items() if kind != "same")
    return int(run.state != "done" or differs or bool(run.counts.get("failures")))


def _begun(store: Store, settings: ConsoleSettings, asked: Asked, setting: dict[str, Any]) -> ReplayRun:
    event = AuditEvent(f"{AT_THE_SHELL}:{getpass.getuser()}", "replay_asked")
    try:
        made = setting_for(store, **setting)
        zone = ZoneInfo(settings.timezone)
        return ask(store, asked, made, _at_the_shell(), zone=zone, now=datetime.now(UTC), event=event)
    except AskedError as err:
        raise click.UsageError(gettext(str(err))) from None


def _at_the_shell() -> User:
    """Who has the database in hand sees everything; and is asked for no blind answer."""
    return User(AT_THE_SHELL, getpass.getuser(), "viewer", None, None, False, True, None, datetime.now(UTC))


def _known(store: Store, run_id: str) -> ReplayRun:
    run = store.replay(run_id)
    if run is None:
        raise click.UsageError(gettext("No replay here has the id %(id)s.", id=run_id))
    return run


def _workers(run: ReplayRun, processes: int | None) -> Workers:
    return workers_for(run) if processes is None else Processes(processes, limit_s=LIMIT_S)


@contextmanager
def _bar(run: ReplayRun, *, is_shown: bool) -> Iterator[Callable[[ReplayRun], object]]:
    """A progress bar on a terminal's error output, with the rate and the time to go."""
    columns = BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not (is_shown and sys.stderr.isatty())) as bar:
        task = bar.add_task("", total=run.total, completed=run.done, rate="")

        def advance(found: ReplayRun) -> None:
            rate = gettext("%(rate)s/s", rate=f"{progress_of(found).rate:.1f}")
            bar.update(task, completed=found.done, rate=rate)

        yield advance


def _lines(store: Store, run: ReplayRun) -> Iterator[str]:
    yield gettext(
        "%(state)s: %(done)s of %(total)s, %(left_out)s left out since limits have no part in them",
        state=gettext(STATES[run.state]), done=run.done, total=run.total, left_out=run.left_out,
    )  # fmt: skip
    rows, columns, cells = matrix_of(run.counts.get("changes", {}))
    for was in rows:
        for now in columns:
            if count := cells.get((was, now)):
                yield f"{count:>9}  {_outcome(was)}" + (f" → {_outcome(now)}" if was != now else "")
    labels = run.counts.get("labels", {})
    if labels:
        yield gettext(
            "By their labels: %(better)s wrong before and right now, %(worse)s right before and wrong now, of %(all)s",
            better=labels.get("wrong>right", 0), worse=labels.get("right>wrong", 0), all=sum(labels.values()),
        )  # fmt: skip
    for why, count in run.counts.get("failures", {}).items():
        yield f"{count:>9}  {gettext(FAILURES[why])}"  # type: ignore[index]
    for doubt, count in run.counts.get("doubts", {}).items():
        yield f"{count:>9}  {gettext(DOUBTS[doubt])}"  # type: ignore[index]
    changed = list(store.replayed(run.id, None, limit=SHOWN + 1))
    for line, one in changed[:SHOWN]:
        yield _line(line, one)
    if len(changed) > SHOWN:
        yield gettext("… and others; --json gives them all, the page of the console shows them on their pictures.")


def _line(line: AttemptSummary, one: Replayed) -> str:
    assert one.verdict is not None, "only what has a verdict differs"
    said = {True: gettext("right by its label"), False: gettext("wrong by its label"), None: ""}[one.is_right]
    parts = [
        line.id,
        gettext(DIFFERENCES[one.verdict.difference]),
        f"{_outcome(one.was)} → {_outcome(one.verdict.outcome)}",
    ]
    return "  ".join([*parts, said]).rstrip()


def _outcome(word: str) -> str:
    from navigation.types import Outcome

    return gettext(outcome_view(Outcome(word)).name)


def _as_json(store: Store, run: ReplayRun) -> dict[str, Any]:
    return {
        "run": run.id,
        "state": run.state,
        "asked": dict(run.asked),
        "setting": setting_to_json(run.setting),
        "total": run.total,
        "done": run.done,
        "left_out": run.left_out,
        "counts": run.counts,
        "changed": [_plain(line, one) for line, one in _every(store, run, "")],
        "failed": [{"id": line.id, "failure": one.failure} for line, one in _every(store, run, "failed")],
    }


def _plain(line: AttemptSummary, one: Replayed) -> dict[str, Any]:
    verdict = one.verdict
    assert verdict is not None, "only what has a verdict differs"
    return {
        "id": line.id,
        "difference": verdict.difference,
        "was": one.was.value,
        "outcome": verdict.outcome.value,
        "score": verdict.score,
        "margin": verdict.margin,
        "point": [verdict.point.x, verdict.point.y] if verdict.point else None,
        "doubt": one.doubt,
        "was_right": one.was_right,
        "is_right": one.is_right,
    }


def _every(store: Store, run: ReplayRun, kind: str) -> Iterator[tuple[AttemptSummary, Replayed]]:
    after = 0
    while found := store.replayed(run.id, None, kind=kind, after=after, limit=_PAGE):
        yield from found
        after = found[-1][1].seq
