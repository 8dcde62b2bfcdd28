"""Files that are whole or not there: written beside, flushed, renamed. Folders 0700, files 0600."""

from __future__ import annotations

import errno
import os
import secrets
import time
from pathlib import Path

UNFINISHED = ".part"
# Older than any write can take; a younger one may be another process's, still being written.
ABANDONED_S = 3600.0
FLOOR_SHARE = 0.05


def is_read_only(folder: Path) -> bool:
    """Whether the file system of `folder` may only be read; access rights are not looked at."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def floor_of(folder: Path, floor_bytes: int) -> tuple[int, int]:
    """Free bytes on the disk of `folder`, and how many there must be: `floor_bytes`, or `FLOOR_SHARE` if less."""
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize, min(floor_bytes, int(state.f_blocks * state.f_frsize * FLOOR_SHARE))


def refuse_below(folder: Path, floor_bytes: int) -> None:
    """Raise OSError (ENOSPC) where there is less room than that."""
    if floor_bytes:
        free, needed = floor_of(folder, floor_bytes)
        if free < needed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def make_folder(folder: Path, *, is_durable: bool = True) -> None:
    """The folder and those above it that are missing; each new name is durable before this returns, if it is to be."""
    if folder.is_dir():
        return
    make_folder(folder.parent, is_durable=is_durable)
    folder.mkdir(mode=0o700, exist_ok=True)
    if is_durable:
        sync_folder(folder.parent)


def write_durably(folder: Path, name: str, data: bytes, *, unfinished: Path | None = None) -> None:
    """A file that a power cut right after this cannot take away: write, fsync, rename, fsync the folder.

    Args:
        unfinished: folder of the same file system in which it lies until it is whole; `folder` itself unless given.
    """
    _write(folder, name, data, _beside(unfinished or folder), is_durable=True)
    sync_folder(folder)


def write_whole(folder: Path, name: str, data: bytes, *, unfinished: Path | None = None) -> None:
    """A file that other readers see whole or not at all; it may be gone after a power cut."""
    _write(folder, name, data, _beside(unfinished or folder), is_durable=False)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep_unfinished(folder: Path) -> int:
    """Remove from one folder the files that were never renamed to their name. Returns how many."""
    limit = time.time() - ABANDONED_S
    abandoned = [path for path in folder.glob(f"*{UNFINISHED}") if modified(path) < limit]
    for path in abandoned:
        path.unlink(missing_ok=True)
    return len(abandoned)


def _beside(folder: Path) -> Path:
    return folder / f"{secrets.token_hex(8)}{UNFINISHED}"


def modified(path: Path) -> float:
    """When the file was written, in seconds of the clock; in no time at all for one that has gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # its writer has just named it
        return float("inf")


def _write(folder: Path, name: str, data: bytes, beside: Path, *, is_durable: bool) -> None:
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        os.replace(beside, folder / name)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
