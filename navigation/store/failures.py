"""Turns what the database or the disk raise into our errors. Sentences are constant, so that they can be translated."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from navigation.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreDiskError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
)
from navigation.store import sentences, sqlite

# Under this the file system refuses even small writes, whatever code SQLite gives for it.
NEARLY_NOTHING = 256 * 1024
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_HANDLES = (errno.EMFILE, errno.ENFILE)
_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Raise our errors for those of the database that an operator can mend; others pass through.

    Args:
        folder: where the database lies; its free space tells a full disk from a broken one.
    """
    try:
        yield
    except PoolTimeoutError as err:
        raise StoreBusyError(sentences.BUSY) from err
    except DBAPIError as err:
        mended = ours(err.orig, folder)
        if mended is None:
            raise
        raise mended from err


@contextmanager
def translated_files() -> Iterator[None]:
    """The same for files: no room or no names left is StoreFullError, no file handle StoreBusyError, a disk that
    refuses StoreError."""
    try:
        yield
    except OSError as err:
        if err.errno in _NO_ROOM:
            raise StoreFullError(sentences.FULL) from err
        if err.errno in _NO_HANDLES:
            raise StoreBusyError(sentences.NO_HANDLES) from err
        if err.errno in _REFUSED:
            raise StoreReadOnlyError(sentences.READ_ONLY) from err
        if err.errno == errno.EIO:
            raise StoreDiskError(sentences.INPUT_OUTPUT) from err
        raise


def refuse_missing_reference(err: IntegrityError, detail: str) -> None:
    """Raise StoreError(detail) when a row was refused because it refers to what is not stored.

    Any other broken constraint is a fault of the program and stays what it is.
    """
    if sqlite.is_missing_reference(err.orig):
        raise StoreError(detail) from err


def ours(err: BaseException | None, folder: Path) -> StoreError | None:
    """Our error for one of the driver's that an operator can mend, else None; `folder` as of `translated`."""
    name = sqlite.error_name(err)
    if sqlite.is_busy(err):
        return StoreBusyError(sentences.BUSY)
    if sqlite.is_full(err) or (sqlite.is_io_error(err) and _free_bytes(folder) < NEARLY_NOTHING):
        return StoreFullError(sentences.FULL)
    if name == "SQLITE_CANTOPEN" and _has_no_handles(folder):
        return StoreBusyError(sentences.NO_HANDLES)
    return {
        "SQLITE_READONLY": StoreReadOnlyError(sentences.READ_ONLY),
        "SQLITE_CORRUPT": StoreDamagedError(sentences.DAMAGED),
        "SQLITE_NOTADB": StoreDamagedError(sentences.DAMAGED),
        "SQLITE_INTERRUPT": StoreBusyError(sentences.LONG_READ),
        "SQLITE_IOERR": StoreDiskError(sentences.INPUT_OUTPUT),
        "SQLITE_CANTOPEN": StoreDiskError(sentences.INPUT_OUTPUT),
    }.get(name)


def _has_no_handles(folder: Path) -> bool:
    """Whether nothing more can be opened: SQLite says of that only that it cannot open."""
    try:
        os.close(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
    except OSError as err:
        return err.errno in _NO_HANDLES
    return False


def _free_bytes(folder: Path) -> int:
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize
