"""Brings the database to this version's schema, with a backup of what was before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from navconsole.bars import Step
from navconsole.operations.backing_up import make_backup
from navconsole.serving import alone_on
from navconsole.settings import DATABASE_FILE
from navigation.errors import StoreError
from navigation.store import open_store, restoring, sentences, standalone
from navigation.store.schema import latest_version


@dataclass(frozen=True, slots=True)
class Migrated:
    """From which schema (None: there was no database) to which; `backup` is what was written before."""

    was: str | None
    now: str
    backup: Path | None

    @property
    def is_changed(self) -> bool:
        return self.was not in (None, self.now)


def migrate(data: Path, backups: Path, *, actor: str, with_backup: bool = True, progress: Step) -> Migrated:
    """Bring the database in `data` to this version's schema; nothing happens where it is there already.

    Raises NavigationError: a server runs on the folder, the database is newer, or the backup failed; then nothing was
    changed. The schema changes in one transaction, so a kill at any moment leaves the old or the new.
    """
    database = data / DATABASE_FILE
    restoring.finish(database)
    was = standalone.schema_of(database) if database.is_file() and database.stat().st_size else None
    if was is None or was == latest_version():
        return Migrated(was, latest_version(), None)
    if was > latest_version():
        raise StoreError(sentences.NEWER)
    with alone_on(data):
        backup = make_backup(data, backups, actor=actor, progress=progress).path if with_backup else None
        open_store(database, create=False).close()
    return Migrated(was, latest_version(), backup)
