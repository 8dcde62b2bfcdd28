"""`navconsole stop` and `navconsole release`: at the shell, with or without a server."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click

from navconsole.auth.commands import data_option, opened
from navconsole.stop.forms import MAX_REASON
from navconsole.stop.views import ALL
from navconsole.terminal import Command, gettext
from navigation.oversight import EVERY_APPLICATION, StopEvent
from navigation.records import AuditEvent

AT_THE_SHELL = "shell"
application_option = click.option(
    "--application", default=EVERY_APPLICATION, help="Only the robots of this application."
)
reason_option = click.option("--reason", required=True, help="Why, in a few words; shown on every page.")


@click.command(cls=Command)
@data_option
@application_option
@reason_option
def stop(data: Path | None, application: str, reason: str) -> None:
    """Stop robots at once; they press nothing until they are let go. Example: navconsole stop --reason update"""
    _change(data, application, reason, is_stopped=True)
    if application == EVERY_APPLICATION:
        click.echo(gettext("All robots are stopped. Let them go with “navconsole release”."))
    else:
        click.echo(gettext("The robots of %(application)s are stopped.", application=application))


@click.command(cls=Command)
@data_option
@application_option
@reason_option
def release(data: Path | None, application: str, reason: str) -> None:
    """Let stopped robots go. Example: navconsole release --reason done"""
    left = _change(data, application, reason, is_stopped=False)
    click.echo(gettext("Let go."))
    for event in left:
        name = event.application or gettext("everything")
        click.echo(gettext("Still stopped: %(name)s (%(reason)s)", name=name, reason=event.reason))


def _change(data: Path | None, application: str, reason: str, *, is_stopped: bool) -> list[StopEvent]:
    """Add the event and what the audit log is to know; gives what is stopped then."""
    text, author, now = reason.strip(), getpass.getuser(), datetime.now(UTC)
    if not 0 < len(text) <= MAX_REASON:
        raise click.BadParameter(
            gettext("1 to %(most)s characters are needed.", most=MAX_REASON), param_hint="--reason"
        )
    with opened(data) as (store, _settings):
        store.add_stop(StopEvent(application, is_stopped, AT_THE_SHELL, author, text, now))
        deed = "robots_stopped" if is_stopped else "robots_released"
        store.audit(AuditEvent(f"{AT_THE_SHELL}:{author}", deed, "application", application or ALL), now)
        return list(store.stops_in_force())
