"""Restoring a backup: made ready and checked beside the data in use, then put in its place.

What is in use stays until what is new was checked. The switch is several renames, so it is written down first
(`restoring.json`): from then on whoever opens the store finishes it, so that a kill leaves the old or the new.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from navigation.errors import StoreError
from navigation.store import backups, blobs, files, holding, sentences, standalone
from navigation.store.backups import DATABASE, FORMAT, MANIFEST, PICTURES, Manifest, Step
from navigation.store.failures import translated_files
from navigation.store.holding import PURGE_LOCK
from navigation.store.instance import mark, marked_id, marker_of
from navigation.store.schema import latest_version

STAGING = "restoring"
JOURNAL = "restoring.json"
OLD = "before-restore-"
ROLLED_LOCK = "restoring.lock"


@dataclass(frozen=True, slots=True)
class Restored:
    """`old` is the folder in which the former data lies now; None where there was none."""

    manifest: Manifest
    old: Path | None


def restore(
    backup: Path,
    database: Path,
    *,
    now: datetime,
    prepare: Callable[[Path, Path], None] = lambda _staged, _old: None,
    may_be_another: bool = False,
    progress: Step = lambda _done, _all: None,
) -> Restored:
    """Put a backup in the place of the database and pictures in use. No server may be running on the folder.

    Args:
        backup: the folder or `.tar` file.
        database: the database file in use, which may be missing or damaged.
        now: names the folder in which the former data is kept.
        prepare: called with the staged database and the one in use, to bring the staged one to this version and to
            what was asked for since (see `navconsole.operations`); it must leave no connection open.
        may_be_another: whether the backup may be of another installation than the data in the folder.
        progress: called as pictures are copied.

    Raises:
        StoreError: the backup is not whole, newer, or of another installation; what is in use was not touched.
    """
    folder = database.parent
    with translated_files():
        files.make_folder(folder)
    finish(database)
    with holding.held(folder / PURGE_LOCK):
        staging = folder / STAGING
        shutil.rmtree(staging, ignore_errors=True)
        try:
            with translated_files():
                staging.mkdir(mode=0o700)
                manifest = _staged(backup, staging, database.name, progress)
            if not may_be_another and marked_id(marker_of(database)) not in (None, manifest.instance):
                raise StoreError(sentences.OTHER_INSTALLATION)
            mark(staging / database.name, manifest.instance)
            prepare(staging / database.name, database)
            standalone.contents(staging / database.name)
            with translated_files():
                backups.sync_all(staging)
                old = _commit(database, now)
        except BaseException:
            if not (folder / JOURNAL).exists():
                shutil.rmtree(staging, ignore_errors=True)
            raise
    finish(database)
    if any(old.iterdir()):
        return Restored(manifest, old)
    old.rmdir()
    return Restored(manifest, None)


def read_manifest(backup: Path) -> Manifest:
    """What a backup says that it holds. StoreError when it says nothing that can be understood."""
    try:
        if backup.is_dir():
            return _manifest((backup / MANIFEST).read_bytes())
        with tarfile.open(backup) as archive:
            member = archive.extractfile(MANIFEST)
            return _manifest(member.read() if member else b"")
    except (FileNotFoundError, NotADirectoryError, KeyError, tarfile.TarError) as err:
        raise StoreError(sentences.NO_BACKUP) from err


def finish(database: Path) -> None:
    """Finish a switch that was written down and cut off; called whenever a store is opened."""
    journal = database.with_name(JOURNAL)
    if not journal.exists():
        return
    with holding.held(database.with_name(ROLLED_LOCK), wait_s=60), translated_files(), suppress(FileNotFoundError):
        old = database.parent / str(json.loads(journal.read_bytes())["old"])
        _switch(database, database.parent / STAGING, old)
        journal.unlink()
        files.sync_folder(database.parent)
        shutil.rmtree(database.parent / STAGING, ignore_errors=True)


def left_by_restores(folder: Path) -> list[Path]:
    """Folders in which restores have kept the former data."""
    return sorted(path for path in folder.glob(f"{OLD}*") if path.is_dir())


# --- making ready ---------------------------------------------------------------------------------


def _staged(backup: Path, staging: Path, name: str, progress: Step) -> Manifest:
    """Lay the backup out as it will be in use, and check all of it."""
    manifest = read_manifest(backup)
    if backup.is_dir():
        names = _laid_out(backup, staging, progress)
    else:
        names = _unpacked(backup, staging, manifest.pictures, progress)
    copy = staging / DATABASE
    if not copy.is_file() or standalone.file_hash(copy) != manifest.database_hash:
        raise StoreError(sentences.NOT_WHOLE)
    held = standalone.contents(copy)
    if held.schema > latest_version():
        raise StoreError(sentences.NEWER_BACKUP)
    needed = set(standalone.kept_pictures(copy)) - set(manifest.missing)
    if (
        (held.instance, held.schema, dict(held.rows)) != (manifest.instance, manifest.schema, dict(manifest.rows))
        or backups.names_hash(names) != manifest.names_hash
        or not needed <= {name.partition(".")[0] for name in names}
    ):
        raise StoreError(sentences.NOT_WHOLE)
    copy.rename(staging / name)
    return manifest


def _laid_out(backup: Path, staging: Path, progress: Step) -> list[str]:
    if (backup / DATABASE).is_file():
        _copied(backup / DATABASE, staging / DATABASE)
    sources = [path for path in (backup / PICTURES).glob("*/*/*") if blobs.is_picture_name(path.name)]
    for done, source in enumerate(sources):
        _take(source.name, staging, lambda place, source=source: backups.link_or_copy(source, place))  # type: ignore[misc]
        if done % 100 == 0:
            progress(done, len(sources))
    progress(len(sources), len(sources))
    return [source.name for source in sources]


def _unpacked(backup: Path, staging: Path, count: int, progress: Step) -> list[str]:
    names: list[str] = []
    try:
        with tarfile.open(backup, "r|") as archive:
            for name, content in _members(archive):
                if name == DATABASE:
                    _written(content, staging / DATABASE)
                else:
                    _take(name, staging, lambda place, content=content: _written(content, place))  # type: ignore[misc]
                    names.append(name)
                if len(names) % 100 == 0:
                    progress(len(names), count)
    except (tarfile.TarError, EOFError) as err:
        raise StoreError(sentences.NOT_WHOLE) from err
    return names


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, Any]]:
    """The database and the pictures by name, and nothing else: places are ours, not the archive's."""
    for member in archive:
        name = Path(member.name).name
        is_picture = blobs.is_picture_name(name) and member.name == backups.place_of(name)
        if member.isfile() and (is_picture or member.name == DATABASE):
            yield name, archive.extractfile(member)
        elif not (member.isfile() and member.name == MANIFEST):
            raise StoreError(sentences.NOT_WHOLE)


def _take(name: str, staging: Path, put: Callable[[Path], None]) -> None:
    place = staging / backups.place_of(name)
    files.make_folder(place.parent, is_durable=False)
    put(place)
    if not blobs.is_whole(place):
        raise StoreError(sentences.NOT_WHOLE)


def _copied(source: Path, place: Path) -> None:
    """Never a link: what is written to the restored database must not change the backup."""
    with source.open("rb") as content:
        _written(content, place)


def _written(content: Any, place: Path) -> None:
    place.touch(mode=0o600)
    with place.open("wb") as file:
        shutil.copyfileobj(content, file, standalone.READ_AT_ONCE)


# --- the switch -----------------------------------------------------------------------------------


def _commit(database: Path, now: datetime) -> Path:
    """Write the switch down: from here on there is no way back but another restore."""
    for left in left_by_restores(database.parent):
        with suppress(OSError):  # only of a restore that was killed before it moved anything
            left.rmdir()
    old = database.with_name(f"{OLD}{now:%Y%m%dT%H%M%S.%f}")
    old.mkdir(mode=0o700)
    files.write_durably(database.parent, JOURNAL, json.dumps({"old": old.name}).encode())
    return old


def _switch(database: Path, staging: Path, old: Path) -> None:
    """Each rename is done once, however often this is begun anew; the order keeps a log with its own database."""
    if (staging / database.name).exists():
        for name in (f"{database.name}-wal", f"{database.name}-shm"):
            _move(database.with_name(name), old / name)
    for name in (PICTURES, marker_of(database).name, database.name):
        if (staging / name).exists():
            _move(database.with_name(name), old / name)
            (staging / name).rename(database.with_name(name))
    files.sync_folder(old)
    files.sync_folder(database.parent)


def _move(source: Path, place: Path) -> None:
    if source.exists():
        source.rename(place)


def _manifest(data: bytes) -> Manifest:
    try:
        found = json.loads(data)
        if found.pop("format") != FORMAT:
            raise StoreError(sentences.NEWER_BACKUP)
        found |= {"made_at": datetime.fromisoformat(found["made_at"]), "missing": tuple(found["missing"])}
        return Manifest(**found)
    except (ValueError, TypeError, KeyError, AttributeError) as err:
        raise StoreError(sentences.NOT_WHOLE) from err
