"""`navconsole purge`: by age, or what a person, a time, a robot's post or an application is in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click

from navconsole.auth.commands import data_option, json_option
from navconsole.bars import progress_bar
from navconsole.i18n import mark as _
from navconsole.operations.backing_up import backups_in
from navconsole.operations.backup_commands import at_the_shell
from navconsole.operations.clock import keep_mark, last_mark, now_marked
from navconsole.operations.purging import counts_of, empty_log, finish_purges, purge
from navconsole.serving import alone_on
from navconsole.settings import DATABASE_FILE, ConsoleSettings, data_folder
from navconsole.terminal import Command, gettext, ngettext
from navigation.errors import NavigationError
from navigation.patient import number_key
from navigation.retention import Cutoffs, Scope, clock_jump, has_jumped
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.store.restoring import left_by_restores

KINDS: Final[Mapping[str, str]] = {
    "attempts": _("attempts"),
    "labels": _("labels"),
    "cases": _("cases"),
    "runs": _("runs"),
    "signoffs": _("sign-offs"),
    "readings": _("readings of pictures"),
    "pictures": _("pictures"),
    "places": _("remembered places"),
    "audit_events": _("events of the audit log"),
    "exports": _("exports"),
    "shared": _("pictures kept, since other attempts show them too"),
}


@click.command("purge", cls=Command)
@click.option("--patient", is_flag=True, help="What runs for one patient saw; the number is asked for.")
@click.option("--between", nargs=2, metavar="FROM TO", help="What was begun from one moment to another (ISO 8601).")
@click.option("--agent", help="What the robots of this post saw.")
@click.option("--application", help="What was seen of this application.")
@click.option("--keep-cases", is_flag=True, help="Leave attempts that a case was made of.")
@click.option("--yes", is_flag=True, help="Do it. Without this, only what would go is counted.")
@click.option("--vacuum", is_flag=True, help="Then give the room back; the server must not be running.")
@click.option("--clock-is-right", is_flag=True, help="Purge by age although the clock seems to have jumped.")
@data_option
@json_option
def purge_command(
    patient: bool,
    between: tuple[str, str] | None,
    agent: str | None,
    application: str | None,
    keep_cases: bool,
    yes: bool,
    vacuum: bool,
    clock_is_right: bool,
    data: Path | None,
    as_json: bool,
) -> None:
    """Take away for good what is too old, or what a request covers. Example: navconsole purge --patient --yes

    With --patient, --between, --agent or --application, what fits all of them goes: attempts with their labels, cases,
    pictures and readings. With none, what is older than the NAVCONSOLE_KEEP_… settings goes; attempts that a case was
    made of stay, and films that a sign-off rests on. Rows go first, then files; nothing can be brought back but by a
    backup, and a restored backup is purged again. That it happened stays in the audit log. --between takes moments such
    as 2026-03-01T08:00, in the console's time zone.

    Status 0: done, or counted; 1: refused or not done to the end (run it again); 2: wrong use.
    """
    if not (data_folder(os.environ, data) / DATABASE_FILE).is_file():
        raise NavigationError("There is no database in {folder}. Name the data folder (NAVCONSOLE_DATA).",
                              folder=data_folder(os.environ, data))  # fmt: skip
    settings = ConsoleSettings.from_env(data=data)
    store = open_store(settings.database, create=False)
    try:
        asked = _asked(settings, patient, between, agent, application, keep_cases)
        if not yes:
            _say_covered(store, asked, as_json)
            return
        if isinstance(asked, Cutoffs):
            _refuse_jump(settings.data, clock_is_right)
        finish_purges(store, settings.data)
        with progress_bar(gettext("Purging"), is_quiet=as_json) as step:
            gone = counts_of(purge(store, settings.data, asked, author=at_the_shell(), told=step))
        if vacuum:
            with alone_on(settings.data):
                store.give_room_back()
                empty_log(store)
    finally:
        store.close()
    _say_gone(gone, settings, as_json)


def _asked(
    settings: ConsoleSettings,
    patient: bool,
    between: tuple[str, str] | None,
    agent: str | None,
    application: str | None,
    keep_cases: bool,
) -> Scope | Cutoffs:
    if not (patient or between or agent or application):
        if keep_cases:
            raise click.UsageError(gettext("Cases are kept by age anyway; --keep-cases is for requests."))
        return settings.operations.retention.cutoffs(datetime.now(UTC))
    since, until = (_moment(text, settings.timezone) for text in between) if between else (None, None)
    if since and until and since >= until:
        raise click.UsageError(gettext("--between takes the earlier moment first."))
    key = ""
    if patient:
        number = click.prompt(gettext("The patient's number"), hide_input=True, err=True)
        try:
            key = number_key(number, key=settings.subkey("patient"))
        except ValueError:
            raise click.UsageError(gettext("A patient's number has digits; nothing was looked for.")) from None
    return Scope(key, since, until, agent or "", application or "", keep_cases)


def _moment(text: str, zone: str) -> datetime:
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        problem = gettext("“%(text)s” is no moment such as 2026-03-01T08:00.", text=text)
        raise click.BadParameter(problem, param_hint="--between") from None
    return (given if given.tzinfo else given.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _refuse_jump(data: Path, clock_is_right: bool) -> None:
    """Nothing goes by a clock that is days from where it was; a person's word makes it right."""
    last, now = last_mark(data), now_marked()
    if has_jumped(last, now) and not clock_is_right:
        raise NavigationError(
            "The clock is {hours} hours from where it should be since the server last ran, so by its word too much "
            "might go. Nothing was purged. If it is right ({now}), add --clock-is-right.",
            hours=round(clock_jump(last, now).total_seconds() / 3600), now=now.at.isoformat(timespec="seconds"),
        )  # fmt: skip
    keep_mark(data, now)


def _say_covered(store: Store, asked: Scope | Cutoffs, as_json: bool) -> None:
    covered = store.covered(asked)
    if as_json:
        body = {"done": False, "covered": dict(covered), "attempts": list(store.covered_attempts(asked))}
        click.echo(json.dumps(body, indent=2))
        return
    if not covered:
        click.echo(gettext("Nothing is covered."))
        return
    click.echo(gettext("This would go; nothing has gone yet. Add --yes to do it."))
    _echo_counts(covered)


def _say_gone(gone: Mapping[str, int], settings: ConsoleSettings, as_json: bool) -> None:
    backups = len(backups_in(settings.backups)) if settings.backups.is_dir() else 0
    former = [str(path) for path in left_by_restores(settings.data)]
    if as_json:
        click.echo(json.dumps({"done": True, "gone": dict(gone), "backups": backups, "former": former}, indent=2))
        return
    click.echo(gettext("This has gone:") if gone else gettext("Nothing had to go."))
    _echo_counts(gone)
    if backups:
        text = ngettext("%(num)s backup in %(where)s still holds what it held; it goes with its own time.",
                        "%(num)s backups in %(where)s still hold what they held; they go with their own time.",
                        backups, where=settings.backups)  # fmt: skip
        click.echo(text)
    for path in former:
        click.echo(gettext("%(path)s, left by a restore, still holds what it held; remove it.", path=path))


def _echo_counts(counts: Mapping[str, int]) -> None:
    for kind, name in KINDS.items():
        if counts.get(kind):
            click.echo(f"  {counts[kind]:>9}  {gettext(name)}")
