"""Backups under a name of their moment, how old the newest is, and what is done to a restored one before its use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from navconsole.bars import Step
from navconsole.operations.clock import keep_mark, last_mark, now_marked
from navconsole.operations.purging import purge_again
from navconsole.settings import DATABASE_FILE, key_mark
from navconsole.versions import product_version
from navigation.errors import NavigationError, StoreBusyError, StoreError
from navigation.records import AuditEvent
from navigation.store import files, holding, open_store, standalone
from navigation.store.backups import ARCHIVE, Manifest, back_up
from navigation.store.restoring import Restored, read_manifest, restore
from navigation.store.schema import latest_version

NAMED = "navconsole-"
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was written."""

    path: Path
    manifest: Manifest


def make_backup(data: Path, where: Path, *, actor: str, progress: Step, env: Mapping[str, str] | None = None) -> Made:
    """Write a backup: to `where` itself if its name ends in .tar, else to a new folder in it, named by the moment.

    Raises NavigationError when there is no database, it is damaged, or there is no room; then nothing has a name.
    """
    database = data / DATABASE_FILE
    if not database.is_file():
        raise NavigationError(
            "There is no database in {folder}, so nothing was backed up. Name the data folder (NAVCONSOLE_DATA).",
            folder=data,
        )
    now = datetime.now(UTC)
    target = where if where.suffix == ARCHIVE else _new_name(where, now)
    _sweep(target.parent)
    mark = key_mark(os.environ if env is None else env, data)
    manifest = back_up(database, target, now=now, product=product_version(), key=mark, progress=progress)
    details = {"pictures": manifest.pictures, "missing": len(manifest.missing), "schema": manifest.schema}
    if standalone.schema_of(database) == latest_version():
        with suppress(StoreError):  # the backup is whole whether or not this can be written
            _log(database, AuditEvent(actor, "backed_up", "backup", "", "-", "ok", details), now)
    return Made(target, manifest)


def _sweep(where: Path) -> None:
    """Remove what backups that were killed left behind; those that are under way hold their lock."""
    for part in where.glob(f"{NAMED}*{files.UNFINISHED}"):
        lock = part.with_name(f".{part.name.removesuffix(files.UNFINISHED)}.lock")
        with suppress(StoreBusyError), holding.held(lock):
            shutil.rmtree(part, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _new_name(where: Path, now: datetime) -> Path:
    """A name that nothing has yet: there may be two backups in one second."""
    named = (where / f"{NAMED}{now:{STAMP}}{'' if again == 0 else f'-{again}'}" for again in count())
    return next(path for path in named if not path.exists())


def remove_older(where: Path, days: int, now: datetime) -> list[Path]:
    """Remove the backups in a folder that were made more than `days` ago, all but the newest; which."""
    found = backups_in(where)
    old = [path for path, made_at in found[:-1] if made_at < now - timedelta(days=days)]
    for path in old:
        shutil.rmtree(path)
    return old


def backups_in(where: Path) -> list[tuple[Path, datetime]]:
    """Whole backups in a folder with their moments, oldest first."""
    found = []
    for path in where.glob(f"{NAMED}*"):
        with suppress(StoreError):
            found.append((path, read_manifest(path).made_at))
    return sorted(found, key=lambda item: item[1])


def restore_backup(
    data: Path, backup: Path, *, actor: str, may_be_another: bool, progress: Step
) -> tuple[Restored, int]:
    """Put a backup in the place of what is in use; with it, how many purges were carried out on it anew."""
    now = datetime.now(UTC)
    purged = 0

    def prepare(staged: Path, _in_use: Path) -> None:
        nonlocal purged
        store = open_store(staged, create=False)  # an older schema is brought to this version's here, beside
        try:
            sessions = store.end_every_session()
            purged = purge_again(store, data)
            details = {"sessions": sessions, "purges": purged, "made_at": read_manifest(backup).made_at.isoformat()}
            store.audit(AuditEvent(actor, "restored", "backup", "", "-", "ok", details), now)
        finally:
            store.close()

    done = restore(
        backup, data / DATABASE_FILE, now=now, prepare=prepare, may_be_another=may_be_another, progress=progress
    )
    number = standalone.last_attempt(data / DATABASE_FILE)
    keep_mark(data, last_mark(data) or now_marked(), attempt=number)  # what went back is not lost
    return done, purged


def _log(database: Path, event: AuditEvent, now: datetime) -> None:
    store = open_store(database, create=False)
    try:
        store.audit(event, now)
    finally:
        store.close()
