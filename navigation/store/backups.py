"""Backups: the database and every picture that it names, consistent and checked, while others go on writing.

The database is copied first, in one step; then the pictures that the copy names, which nothing alters and no purge
takes away meanwhile. A backup has its name only when it is whole:

    <name>/ or <name>.tar    database.db
                             screenshots/<2>/<2>/<picture's id>.<hash of the file>.<format>
                             manifest.json      what must be there, written last

Neither the secret key nor `.env.local` is in it.
"""

from __future__ import annotations

import ctypes
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from navigation.errors import StoreBusyError, StoreError
from navigation.store import blobs, files, holding, sentences, standalone
from navigation.store.failures import translated_files
from navigation.store.holding import PURGE_LOCK

FORMAT = "navbackup/1"
DATABASE, PICTURES, MANIFEST = "database.db", "screenshots", "manifest.json"
ARCHIVE = ".tar"
PURGE_WAIT_S = 600.0
LOOKS = 3

Step = Callable[[int, int], None]
"""Told how many pictures are done, of how many."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `rows` by table; `names_hash` is the SHA-256 of the pictures' sorted file names, which hold
    their hashes; `missing` are pictures that were gone or damaged already; `key` tells secret keys apart."""

    made_at: datetime
    product: str
    instance: str
    schema: str
    key: str
    database_bytes: int
    database_hash: str
    rows: Mapping[str, int]
    pictures: int
    picture_bytes: int
    names_hash: str
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self), "made_at": self.made_at.isoformat(), "missing": list(self.missing)}


class Target(Protocol):
    """Where a backup is written: in a part first, that gets its name in the end."""

    database: Path

    def add_picture(self, source: Path) -> int:
        """Take a picture's file in; its size. Raises FileNotFoundError when it has gone, or is not whole."""

    def finish(self, manifest: bytes) -> None:
        """Make it durable and give it its name."""

    def discard(self) -> None:
        """Take away what was written so far."""


def back_up(
    database: Path,
    target: Path,
    *,
    now: datetime,
    product: str,
    key: str = "",
    progress: Step = lambda _done, _all: None,
) -> Manifest:
    """Write a backup of the database and its pictures to the folder, or `.tar` file, `target`, which must be new.

    Args:
        database: the file in use; its pictures lie beside it.
        now: the moment that the backup bears.
        product: the version of the program.
        key: what tells this installation's secret key from others.
        progress: called as pictures are copied.

    Raises:
        StoreError: damaged, busy, or no room; then nothing bears the name `target`.
    """
    with translated_files():
        files.make_folder(target.parent)
    if target.exists():
        raise StoreError(sentences.BACKUP_THERE)
    lock = target.with_name(f".{target.name}.lock")
    try:
        with holding.held(lock), holding.held(database.with_name(PURGE_LOCK), is_shared=True, wait_s=PURGE_WAIT_S):
            with translated_files():
                part: Target = (ArchiveTarget if target.suffix == ARCHIVE else FolderTarget)(target)
            try:
                manifest = _written(database, part, now, product, key, progress)
                with translated_files():
                    part.finish(json.dumps(manifest.to_json(), indent=1).encode())
            except BaseException:
                part.discard()
                raise
    finally:
        with suppress(OSError):
            lock.unlink(missing_ok=True)
    return manifest


def _written(database: Path, part: Target, now: datetime, product: str, key: str, progress: Step) -> Manifest:
    standalone.copy_whole(database, part.database)
    held = standalone.contents(part.database)
    ids = standalone.kept_pictures(part.database)
    names, size, missing = [], 0, []
    for done, image_id in enumerate(ids):
        if done % 100 == 0:
            progress(done, len(ids))
        with translated_files():
            added = _add(part, database.parent / PICTURES, image_id)
        if added is None:
            missing.append(image_id)
        else:
            names.append(added[0])
            size += added[1]
    progress(len(ids), len(ids))
    return Manifest(
        made_at=now,
        product=product,
        instance=held.instance,
        schema=held.schema,
        key=key,
        database_bytes=part.database.stat().st_size,
        database_hash=standalone.file_hash(part.database),
        rows=dict(held.rows),
        pictures=len(names),
        picture_bytes=size,
        names_hash=names_hash(names),
        missing=tuple(missing),
    )


def _add(part: Target, root: Path, image_id: str) -> tuple[str, int] | None:
    """Name and size of the picture's file, taken into the part; None when no file of it is whole."""
    for _ in range(LOOKS):  # it may be re-encoded, and the received file removed, while we look
        for path in blobs.files_of(root, image_id):
            try:
                return path.name, part.add_picture(path)
            except FileNotFoundError:
                continue
    return None


def names_hash(names: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def place_of(name: str) -> str:
    """Where a picture's file lies in a backup, as in use."""
    return f"{PICTURES}/{name[:2]}/{name[2:4]}/{name}"


class FolderTarget:
    """A folder. Pictures are linked where the file system is the same, since nothing ever alters them; else copied."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._part = target.with_name(target.name + files.UNFINISHED)
        shutil.rmtree(self._part, ignore_errors=True)
        self._part.mkdir(mode=0o700)
        self.database = self._part / DATABASE

    def add_picture(self, source: Path) -> int:
        place = self._part / place_of(source.name)
        files.make_folder(place.parent, is_durable=False)
        link_or_copy(source, place)
        if not blobs.is_whole(place):
            place.unlink()
            raise FileNotFoundError(source)
        return place.stat().st_size

    def finish(self, manifest: bytes) -> None:
        files.write_durably(self._part, MANIFEST, manifest)
        sync_all(self._part)
        _name(self._part, self._target)

    def discard(self) -> None:
        shutil.rmtree(self._part, ignore_errors=True)


class ArchiveTarget:
    """One file, an uncompressed tar: pictures are compressed already."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._part = target.with_name(target.name + files.UNFINISHED)
        self.database = target.with_name(f"{target.name}.database{files.UNFINISHED}")
        self.database.unlink(missing_ok=True)
        self._part.unlink(missing_ok=True)
        handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(handle, "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w|")  # noqa: SIM115 closed by `finish`

    def add_picture(self, source: Path) -> int:
        if not blobs.is_whole(source):
            raise FileNotFoundError(source)
        with source.open("rb") as file:
            return self._add(place_of(source.name), file, os.fstat(file.fileno()).st_size)

    def finish(self, manifest: bytes) -> None:
        with self.database.open("rb") as file:
            self._add(DATABASE, file, self.database.stat().st_size)
        self._add(MANIFEST, io.BytesIO(manifest), len(manifest))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.database.unlink()
        _name(self._part, self._target)

    def discard(self) -> None:
        with suppress(OSError, ValueError):
            self._file.close()
        for path in (self._part, self.database):
            path.unlink(missing_ok=True)

    def _add(self, name: str, file: Any, size: int) -> int:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, file)
        return size


def link_or_copy(source: Path, place: Path) -> None:
    """A second name for the file, or a copy with mode 0600 on another file system."""
    try:
        os.link(source, place)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, one without links, or somebody else's file
        with source.open("rb") as file:
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as copy:
                shutil.copyfileobj(file, copy, standalone.READ_AT_ONCE)


def sync_all(folder: Path) -> None:
    """Make all that was written to the folder's file system durable: one call, not one a file. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(handle)


def _name(part: Path, target: Path) -> None:
    """Give the part its name, unless somebody else has meanwhile taken it."""
    if target.exists():
        raise StoreBusyError(sentences.BACKUP_THERE)
    os.rename(part, target)
    files.sync_folder(target.parent)
