"""The command `navconsole audit`: questions to the audit log at the shell."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from navconsole.admin.audit_views import every_entry
from navconsole.attempts.searches import PURPOSE, text_hash
from navconsole.auth.commands import data_option, json_option, opened
from navconsole.i18n import mark as _
from navconsole.terminal import Group, gettext, ngettext
from navigation.audit_chain import Fault, head_of
from navigation.records import AuditEntry, AuditEvent, AuditFilter
from navigation.store.protocol import AccountStore


@click.group(cls=Group)
def audit() -> None:
    """Ask the audit log. Example: navconsole audit searches"""


FAULTS: Mapping[Fault, str] = {
    "broken": _("Entry %(entry)s was changed, or the one before it removed. From there on nothing of the log can be "
                "relied on."),
    "missing": _("Entry %(entry)s was removed, and no purge took it. From there on nothing of the log can be "
                 "relied on."),
    "unchained": _("Entry %(entry)s was not written by this program, but put into the log afterwards."),
    "unexplained": _("The entries up to %(entry)s have gone, and no purge says that it took them."),
    "head": _("Entry %(entry)s is not the one that was kept: the log was written anew, or an older backup is in use."),
}  # fmt: skip


@audit.command("verify")
@data_option
@click.option("--kept", help="A head (number:hash) that was kept elsewhere and must still be in the log.")
@json_option
def verify(data: Path | None, kept: str | None, as_json: bool) -> None:
    """Whether no entry was changed, removed or put in later. Example: navconsole audit verify --kept 512:9f2c…

    Keep the head that it prints where the account of the server cannot write: a later --kept finds a log that was
    written anew. Status 0: the log is intact; 1: it is not; 2: wrong use.
    """
    try:
        known = head_of(kept) if kept is not None else None
    except ValueError:
        problem = gettext("“%(text)s” is no head such as this command prints.", text=kept)
        raise click.BadParameter(problem, param_hint="--kept") from None
    with opened(data) as (store, _settings):
        state = store.verify_audit(kept=known)
        result = "ok" if state.fault is None else "broken"
        asked = AuditEvent(f"shell:{getpass.getuser()}", "audit_verified", "audit", source="shell", result=result)
        store.audit(asked, datetime.now(UTC))
    head = f"{state.head.entry_id}:{state.head.hash}"
    if as_json:
        body = {"intact": state.fault is None, "entries": state.entries, "head": head}
        body |= {"broken_at": state.broken_at, "fault": state.fault, "kept_known": state.is_kept_known}
        click.echo(json.dumps(body, indent=2))
    elif state.fault is None:
        click.echo(
            ngettext(
                "Intact: %(num)s entry. Keep this head elsewhere:",
                "Intact: %(num)s entries. Keep this head elsewhere:",
                state.entries,
            )
        )
        click.echo(head)
        if not state.is_kept_known:
            click.echo(gettext("The head that was to be compared went with its age; compare a newer one."))
    else:
        click.echo(gettext("NOT intact."), err=True)
        click.echo(gettext(FAULTS[state.fault], entry=state.broken_at), err=True)
        click.echo(gettext("Keep the database as it is, and compare it with the last backup."), err=True)
    click.get_current_context().exit(int(state.fault is not None))


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
