"""The command `navconsole audit`: questions to the audit log at the shell."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from navconsole.admin.audit_views import every_entry
from navconsole.attempts.searches import PURPOSE, text_hash
from navconsole.auth.commands import data_option, opened
from navconsole.terminal import Group, gettext
from navigation.records import AuditEntry, AuditEvent, AuditFilter
from navigation.store.protocol import AccountStore


@click.group(cls=Group)
def audit() -> None:
    """Ask the audit log. Example: navconsole audit searches"""


@audit.command("searches")
@data_option
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
def searches(data: Path | None, is_json: bool) -> None:
    """Who searched for a word, and when. The word is asked for, so that it stands in no shell history.

    Example: navconsole audit searches --data /srv/navconsole
    """
    word = click.prompt(gettext("Word or text"), hide_input=True, err=True)
    with opened(data) as (store, settings):
        asked = AuditEvent(f"shell:{getpass.getuser()}", "audit_read", "audit", source="shell")
        store.audit(asked, datetime.now(UTC))
        names = {user.id: user.name for user in store.users()}
        for entry in searches_for(store, word, settings.subkey(PURPOSE)):
            name = names.get(entry.event.actor, entry.event.actor)
            at = entry.at.isoformat(timespec="seconds")
            click.echo(json.dumps({"at": at, "actor": name}, ensure_ascii=False) if is_json else f"{at}  {name}")


def searches_for(store: AccountStore, text: str, key: bytes) -> Iterator[AuditEntry]:
    """The log's searches in which this word or whole text was typed, newest first."""
    wanted = text_hash(text, key)
    for entry in every_entry(store, AuditFilter(action="searched")):
        if any(wanted in value for value in entry.event.details.values() if not isinstance(value, str)):
            yield entry
