"""Files that are whole or not there: written beside, flushed, renamed. Folders 0700, files 0600."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

UNFINISHED = ".part"


def make_folder(folder: Path) -> None:
    """The folder and those above it that are missing; each new name is durable before this returns."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def write_durably(folder: Path, name: str, data: bytes) -> None:
    """A file that a power cut right after this cannot take away: write, fsync, rename, fsync the folder."""
    _write(folder, name, data, is_durable=True)
    sync_folder(folder)


def write_whole(folder: Path, name: str, data: bytes) -> None:
    """A file that other readers see whole or not at all; it may be gone after a power cut."""
    _write(folder, name, data, is_durable=False)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep_unfinished(root: Path) -> int:
    """Remove files that were never renamed to their name. Returns how many."""
    unfinished = list(root.rglob(f".*{UNFINISHED}"))
    for path in unfinished:
        path.unlink(missing_ok=True)
    return len(unfinished)


def _write(folder: Path, name: str, data: bytes, *, is_durable: bool) -> None:
    beside = folder / f".{secrets.token_hex(8)}{UNFINISHED}"
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
