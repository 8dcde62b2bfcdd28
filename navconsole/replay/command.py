"""`navconsole replay`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from navconsole.attempts.outcomes import outcome_view
from navconsole.auth.commands import data_option, json_option
from navconsole.replay.replaying import VERDICTS, Answer, Note, Replayed, Replayer, attempts_of
from navconsole.settings import ConsoleSettings
from navconsole.terminal import Command, gettext
from navigation.records import AttemptFilter
from navigation.settings import Settings
from navigation.store import open_store
from navigation.store.protocol import Store


@click.command(cls=Command)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--application", help="Every attempt on this application.")
@click.option("--latest", type=click.IntRange(min=1), help="The newest attempts only, so many of them.")
@click.option("--anew", is_flag=True, help="Read each screenshot again, even where its reading is stored.")
@data_option
@json_option
@click.pass_context
def replay(
    ctx: click.Context,
    ids: tuple[str, ...],
    application: str | None,
    latest: int | None,
    anew: bool,
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

    Status 0: all are the same; 1: some differ or have lost their picture.
    """
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
