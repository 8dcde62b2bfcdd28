"""`navconsole tune policy`: a cache policy tried on the records, offline."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from navconsole.auth.commands import data_option, json_option
from navconsole.settings import ConsoleSettings
from navconsole.terminal import Command, gettext
from navconsole.tuning.config_forms import PERCENT
from navconsole.tuning.place_forms import DEFAULT_ATTEMPTS, MOST_ATTEMPTS
from navconsole.tuning.places import policy_in_use
from navconsole.tuning.trial_answers import KIND_NAMES, TrialAnswer, answer_of
from navconsole.tuning.trying import Walking, newest_attempts
from navigation.settings import CACHE_RANGES, CachePolicy
from navigation.store import open_store
from navigation.store.protocol import Store

LEAST_AGREEMENT = CACHE_RANGES["agreement"][0] * PERCENT


@click.command(cls=Command)
@click.option("--application", required=True, help="The application whose attempts are walked.")
@click.option("--agreement", type=click.FloatRange(LEAST_AGREEMENT, PERCENT), help="Likeness, in per cent.")
@click.option("--age", type=click.FloatRange(*CACHE_RANGES["max_age_days"]), help="Age of a place, in days.")
@click.option("--window", type=click.IntRange(0, 400), help="Where a moved control is looked for, in pixels.")
@click.option(
    "--latest",
    type=click.IntRange(1, MOST_ATTEMPTS),
    default=DEFAULT_ATTEMPTS,
    show_default=True,
    help="The newest attempts only, so many of them.",
)
@data_option
@json_option
@click.pass_context
def policy(
    ctx: click.Context,
    application: str,
    agreement: float | None,
    age: float | None,
    window: int | None,
    latest: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """Say what a policy of remembered places would have done. Example: navconsole tune policy --application dpi

    What is not given is as in use. Nothing is stored or changed.

    Status 0: no more presses elsewhere than under the policy in use; 1: more of them.
    """
    store = open_store(ConsoleSettings.from_env(data=data).database, create=False)
    try:
        in_use = policy_in_use(store)
        asked = _policy(in_use, agreement, age, window)
        ids = newest_attempts(store, application, latest)
        if not ids:
            raise click.UsageError(gettext("No finished attempt of this application is on record."))
        counts = _walked(store, ids, asked, in_use, quiet=as_json)
    finally:
        store.close()
    answer = answer_of(counts, len(ids))
    told = {"attempts": len(ids), "policy": asdict(asked), "policy_in_use": asdict(in_use), "counts": counts}
    click.echo(json.dumps(told, indent=2) if as_json else _table(answer))
    ctx.exit(int(_wrong(answer) > 0))


def _policy(in_use: CachePolicy, agreement: float | None, age: float | None, window: int | None) -> CachePolicy:
    return replace(
        in_use,
        agreement=in_use.agreement if agreement is None else round(agreement / PERCENT, 6),
        max_age_days=in_use.max_age_days if age is None else age,
        window_px=in_use.window_px if window is None else window,
    )


def _walked(store: Store, ids: list[str], asked: CachePolicy, in_use: CachePolicy, *, quiet: bool) -> dict[str, Any]:
    walking = Walking(store, asked, in_use)
    with click.progressbar(ids, file=sys.stderr, hidden=quiet or not sys.stderr.isatty()) as bar:
        for attempt_id in bar:
            walking.step(attempt_id)
    return walking.answer()


def _wrong(answer: TrialAnswer) -> int:
    """How many presses elsewhere there are more than under the policy in use."""
    return next(row.change for row in answer.rows if row.kind == "wrong")


def _table(answer: TrialAnswer) -> str:
    rows = [(gettext("What came of it"), gettext("This policy"), gettext("In use"))]
    rows += [(gettext(KIND_NAMES[row.kind]), str(row.asked), str(row.in_use)) for row in answer.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
    lines.append(
        gettext(
            "%(walked)s asked the memory, %(left_out)s did not, %(gone)s without their picture",
            walked=answer.walked,
            left_out=answer.left_out,
            gone=answer.without_picture,
        )
    )
    return "\n".join(lines)
