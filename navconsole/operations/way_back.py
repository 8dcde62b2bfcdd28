"""The steps back from a deploy that did not prove itself."""

from __future__ import annotations

import os
from pathlib import Path

from navconsole.i18n import mark as _
from navconsole.operation_settings import OperationSettings
from navconsole.operations.backing_up import backups_in
from navconsole.operations.deploying import Note, noted
from navconsole.operations.git import checkout_of
from navconsole.settings import DATABASE_FILE
from navconsole.terminal import gettext
from navigation.errors import StoreError
from navigation.store import standalone
from navigation.store.restoring import read_manifest


def steps(data: Path, failed: list[str]) -> list[str]:
    """What to do, in order, after these checks failed; commands stand alone on their line.

    The code goes back by reverts, never by a reset: `.env.local` and the data are not touched. The database goes back
    only where its schema was changed, since a restore loses what came after the backup.
    """
    note = noted(data)
    if note is None:
        return [
            gettext("No deploy-check noted a commit here. Install the version again that ran before the deploy."),
            *_restart(data, None, failed),
        ]
    return [*_reverts(note), *_restart(data, note, failed)]


def _reverts(note: Note) -> list[str]:
    found = checkout_of(note.repository)
    if found is None or not found.has(note.commit):
        text = _("%(repository)s does not come from the noted commit %(commit)s. Install that version again.")
        return [gettext(text, repository=note.repository, commit=note.commit)]
    commands = found.reverts(note.commit)
    if not commands:
        return [gettext("The code is that of before the deploy (%(commit)s); look at the machine.", commit=note.commit)]
    return [gettext("Take the code back to commit %(commit)s:", commit=note.commit[:12]), *commands]


def _restart(data: Path, note: Note | None, failed: list[str]) -> list[str]:
    done = [gettext("Install it (make setup, or its wheel) and restart the service:"), "systemctl restart navconsole"]
    if failed == ["reading"]:
        text = gettext("Only reading fails: see “navconsole doctor” first; a missing package may be all there is.")
        done = [text, *done]
    backup = _backup_before(data, note)
    if backup is not None:
        text = gettext("The database was brought to a newer schema. Put its backup back before the restart:")
        done = [text, "systemctl stop navconsole", f"navconsole restore {backup}", *done]
    return done


def _backup_before(data: Path, note: Note | None) -> Path | None:
    """The backup to put back: the newest of the schema that was noted, where the database has another one now."""
    try:
        now = standalone.schema_of(data / DATABASE_FILE)
    except StoreError:
        now = None
    if note is None or now == note.schema:
        return None
    where = OperationSettings.from_env(os.environ).backups or data / "backups"
    fitting = [path for path, _ in (backups_in(where) if where.is_dir() else []) if _schema(path) == note.schema]
    return fitting[-1] if fitting else None


def _schema(backup: Path) -> str:
    return read_manifest(backup).schema
