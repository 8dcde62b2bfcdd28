"""`navconsole replay`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from navconsole.attempts.outcomes import outcome_view
from navconsole.attempts.query import quoted
from navconsole.auth.commands import data_option, json_option
from navconsole.replay.asking import READERS, Asked
from navconsole.replay.replaying import VERDICTS, Answer, Note, Replayed, Replayer, attempts_of
from navconsole.settings import ConsoleSettings
from navconsole.terminal import Command, gettext
from navigation.records import AttemptFilter
from navigation.settings import Settings
from navigation.store import open_store
from navigation.store.protocol import Store


class ReaderNames(click.ParamType[tuple[str, ...]]):
    """Readers by name, in their order: "tesserocr,rapidocr"."""

    name = "readers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        names = tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else tuple(value)
        unknown = next((name for name in names if name not in READERS or names.count(name) > 1), None)
        if unknown is not None:
            problem = gettext("“%(text)s” is no reader, or named twice. Readers are %(known)s, by comma.",
                              text=unknown, known=", ".join(READERS))  # fmt: skip
            self.fail(problem, param, ctx)
        return names


_SHARE = click.FloatRange(0, 1)


@click.command(cls=Command)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--application", help="Every attempt on this application.")
@click.option("--latest", type=click.IntRange(min=1), help="The newest attempts only, so many of them.")
@click.option("--anew", is_flag=True, help="Read each screenshot again, even where its reading is stored.")
@click.option("--query", help="In bulk: attempts that a line of the console's list lets through.")
@click.option("--cases", "of_cases", is_flag=True, help="In bulk: attempts that are cases.")
@click.option("--set", "set_name", help="In bulk: attempts whose cases are in this set.")
@click.option("--all", "every", is_flag=True, help="In bulk: every attempt.")
@click.option("--config", "config_id", type=click.IntRange(min=1), help="In bulk: under the limits of this number.")
@click.option("--score", type=_SHARE, help="In bulk: with this score limit, 0 to 1.")
@click.option("--margin", type=_SHARE, help="In bulk: with this margin, 0 to 1.")
@click.option("--readers", type=ReaderNames(), help="In bulk: read pictures with these, such as tesserocr,rapidocr.")
@click.option("--language", help="In bulk, with --readers: their language, such as fra (OCR_LANG).")
@click.option("--processes", type=click.IntRange(1, 256), help="In bulk: so many worker processes.")
@click.option("--dask", metavar="ADDRESS", help="In bulk: the workers of this Dask scheduler, tcp://host:port.")
@click.option("--resume", metavar="RUN", help="Go on with this replay in bulk.")
@data_option
@json_option
@click.pass_context
def replay(
    ctx: click.Context,
    ids: tuple[str, ...],
    application: str | None,
    latest: int | None,
    anew: bool,
    query: str | None,
    of_cases: bool,
    set_name: str | None,
    every: bool,
    config_id: int | None,
    score: float | None,
    margin: float | None,
    readers: tuple[str, ...] | None,
    language: str | None,
    processes: int | None,
    dask: str | None,
    resume: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Decide stored attempts again, offline. Example: navconsole replay --latest 20

    ID is an attempt's or a run's. Stored screenshots are judged with the limits of then, by their stored reading where
    it is of the readers that run here now, else read again. A vision model is not asked, its recorded replies answer.
    Nothing is pressed, learned or changed.

    Not replayed: what the coordinate cache held (what was found by it is read, and must lie on the same control),
    how long things took, attempts that a timeout, a fault or an interruption ended, and a robot's last look before
    its press.

    In bulk, with any of the options that say so, the decision before the press is taken again from stored readings, or
    with --readers from the pictures, under the limits of then or those that are given. The replay is kept, shown on the
    console's page of replays, and can be gone on with. Example: navconsole replay --query "app:dpi" --config 3

    Status 0: all are the same; 1: some differ or have lost their picture, or a replay in bulk is not through.
    """
    choosing = Asked(_line_for(query, application), of_cases, set_name or "", ids, latest)
    setting = {"config_id": config_id, "score": score, "margin": margin, "readers": readers or ()}
    in_bulk = [query, of_cases, set_name, every, config_id, score, margin, readers, processes, dask, resume]
    if language is not None and not readers:
        raise click.UsageError(gettext("--language is that of --readers; name them too."))
    if any(value not in (None, False) for value in in_bulk):
        if anew:
            raise click.UsageError(gettext("In bulk, pictures are read anew with --readers; --anew is for the others."))
        if bool(resume) == (every or choosing != Asked()):
            raise click.UsageError(
                gettext(
                    "Say which attempts (--query, --cases, --set, --application, --latest, ids, or --all), or --resume."
                )
            )
        from navconsole.replay.bulk_command import replay_in_bulk

        console = ConsoleSettings.from_env(data=data)
        store = open_store(console.database, create=False)
        try:
            status = replay_in_bulk(
                store, console, replace(choosing, ids=tuple(_named(store, ids))), run_id=resume or "",
                setting=setting | {"language": language or Settings.from_env().language},
                processes=processes, dask=dask or "", as_json=as_json,
            )  # fmt: skip
        finally:
            store.close()
        ctx.exit(status)
    if bool(ids) == bool(application or latest):
        raise click.UsageError(gettext("Name attempts or runs, or else give --application or --latest."))
    settings = ConsoleSettings.from_env(data=data)
    store = open_store(settings.database, create=False)
    try:
        replayer = Replayer(store, Settings.from_env(), patient_key=settings.subkey("patient"), reads_anew=anew)
        chosen = (
            _named(store, ids)
            if ids
            else attempts_of(store, AttemptFilter(application=application or ""), latest=latest)
        )
        done = []
        for attempt_id in chosen:
            detail = store.attempt(attempt_id)
            if detail is not None:
                done.append(replayer.replay(detail))
                if not as_json:
                    click.echo(_line(done[-1]))
    finally:
        store.close()
    click.echo(json.dumps(_as_json(done), ensure_ascii=False, indent=2) if as_json else _summary(done))
    ctx.exit(int(any(r.verdict in ("differs", "failed") for r in done)))


def _line_for(query: str | None, application: str | None) -> str:
    """The line of the list that asks for both."""
    return " ".join(part for part in (query, f"app:{quoted(application)}" if application else "") if part)


def _named(store: Store, ids: Sequence[str]) -> Iterator[str]:
    """The attempts of these ids, and all of the runs; nothing is replayed before each is known."""
    unknown = [name for name in ids if store.attempt(name) is None and store.run(name) is None]
    if unknown:
        raise click.UsageError(gettext("No attempt or run here has the id %(id)s.", id=unknown[0]))
    for name in ids:
        yield from attempts_of(store, AttemptFilter(run_id=name)) if store.run(name) else [name]


def _line(replayed: Replayed) -> str:
    answers = [_shown(replayed.then)]
    if replayed.verdict == "differs":
        answers.append(_shown(replayed.now))
    notes = "; ".join(_said(note) for note in replayed.notes)
    line = f"{replayed.attempt_id}  {gettext(VERDICTS[replayed.verdict])}  {' → '.join(answers)}"
    return f"{line}  ({notes})" if notes else line


def _shown(answer: Answer | None) -> str:
    if answer is None:
        return "–"
    where = f"({answer.point.x:.4f}, {answer.point.y:.4f})" if answer.point else ""
    return " ".join(part for part in (gettext(outcome_view(answer.outcome).name), answer.method, where) if part)


def _summary(done: Sequence[Replayed]) -> str:
    return gettext(
        "%(same)s the same, %(differs)s different, %(skipped)s not replayed, %(failed)s without their picture",
        **_counted(done),
    )


def _counted(done: Sequence[Replayed]) -> dict[str, int]:
    counts = Counter(r.verdict for r in done)
    return {verdict: counts[verdict] for verdict in VERDICTS}


def _as_json(done: Sequence[Replayed]) -> dict[str, Any]:
    attempts = [
        {
            "id": r.attempt_id,
            "verdict": r.verdict,
            "stored": _plain(r.then),
            "replayed": _plain(r.now),
            "notes": [note.text % note.values for note in r.notes],
        }
        for r in done
    ]
    return {"attempts": attempts, "summary": _counted(done)}


def _plain(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    point = [answer.point.x, answer.point.y] if answer.point else None
    return {"outcome": answer.outcome.value, "method": answer.method, "point": point}


def _said(note: Note) -> str:
    return gettext(note.text, **note.values)
