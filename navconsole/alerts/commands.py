"""The command `navconsole alerts`: a test message, and the last alerts with their state."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from navconsole.alerts.context import Line, build_line
from navconsole.alerts.sending import check_files, send_test
from navconsole.auth.commands import data_option, json_option, opened
from navconsole.i18n import mark as _
from navconsole.terminal import Group, gettext, language
from navigation.records import AuditEvent

STATES = {"sent": _("sent"), "waiting": _("waits"), "given_up": _("given up")}


@click.group(cls=Group)
def alerts() -> None:
    """Messages to people who do not look at the console. Example: navconsole alerts test"""


@alerts.command("test")
@data_option
@click.option("--to", "address", default="", help="Only this recipient: an address of e-mail, or webhook.")
@json_option
@click.pass_context
def test(ctx: click.Context, data: Path | None, address: str, as_json: bool) -> None:
    """Send a test message to everybody who hears of alerts, and say what came of it. Status 1: not all were sent.

    Example: navconsole alerts test --to webhook
    """
    with opened(data) as (store, settings):
        check_files(settings)
        chosen = [one for one in settings.alerts.recipients if address in ("", one.address, one.channel)]
        if not chosen:
            click.echo(gettext("Nobody hears of alerts: set NAVCONSOLE_ALERTS (see the README)."), err=True)
            ctx.exit(1)
        author, is_whole = f"shell:{getpass.getuser()}", True
        for recipient in chosen:
            sent = send_test(store, settings, recipient, datetime.now(UTC))
            details = {"channel": recipient.channel, "problem": sent.problem}
            store.audit(AuditEvent(author, "alert_tested", "alert", sent.id, details=details), datetime.now(UTC))
            is_whole = is_whole and not sent.problem
            line = build_line(sent, settings, language=language(), zone=ZoneInfo(settings.timezone))
            click.echo(_json(line) if as_json else _said(line))
    ctx.exit(0 if is_whole else 1)


@alerts.command("list")
@data_option
@json_option
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="So many, the newest.")
def list_(data: Path | None, as_json: bool, limit: int) -> None:
    """The last alerts with their state. Example: navconsole alerts list --limit 5"""
    with opened(data) as (store, settings):
        for message in store.alert_messages(limit=limit):
            line = build_line(message, settings, language=language(), zone=ZoneInfo(settings.timezone))
            click.echo(_json(line) if as_json else _said(line))


def _said(line: Line) -> str:
    message = line.message
    at = message.first_at.isoformat(timespec="seconds")
    said = f"{at}  {gettext(STATES[message.state])}  {message.address}  {line.title}"
    if line.problem is None:
        return said
    number = f" ({message.answer})" if message.answer else ""
    return f"{said}\n  {gettext(line.problem.what)}{number} {gettext(line.problem.advice)}"


def _json(line: Line) -> str:
    message = line.message
    return json.dumps(
        {
            "id": message.id,
            "kind": message.kind,
            "to": message.address,
            "state": message.state,
            "count": message.count,
            "first_at": message.first_at.isoformat(),
            "tries": message.tries,
            "problem": message.problem,
            "answer": message.answer,
        },
        ensure_ascii=False,
    )
