"""A database file by itself: copied whole while others write to it, checked, counted. Neither engine nor ORM."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from navigation.errors import StoreDamagedError, StoreError
from navigation.store import failures, sentences, sqlite
from navigation.store.schema import SCHEMA_TABLE

READ_AT_ONCE = 1 << 20
LARGE_LOG = 64 << 20
"""A log of more bytes than this was kept from being cleared: by a long reader, or a slow disk."""
LOOKED_AT = 50
_OF_INDEX = re.compile(r"missing from index|wrong # of entries in index|non-unique entry in index")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds: whose it is, its schema's number, and how many rows each table has."""

    instance: str
    schema: str
    rows: Mapping[str, int]


def copy_whole(database: Path, copy: Path) -> None:
    """Write what is committed now to a new file `copy` (mode 0600), durably; writers go on meanwhile.

    What was deleted is not in the copy, not even as free pages (`VACUUM INTO`). Raises StoreError, StoreFullError.
    """
    with failures.translated_files():
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with _connected(database, writes_to=copy.parent) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),)).close()
    with failures.translated_files(), copy.open("rb+") as file:
        os.fsync(file.fileno())


def contents(database: Path) -> Contents:
    """Check every page and every reference of a database that nobody writes to; what it holds.

    Raises StoreError when it is damaged, or none of ours.
    """
    with _connected(database, is_at_rest=True) as connection:
        if [row[0] for row in connection.execute("PRAGMA quick_check")] != ["ok"]:
            raise StoreDamagedError(sentences.DAMAGED)
        if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise StoreError(sentences.DAMAGED)
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        ours = sorted(name for name in names if not name.startswith("sqlite_"))
        if not {SCHEMA_TABLE, "instance", "screenshot"} <= set(ours):
            raise StoreError(sentences.NOT_OURS)
        rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in ours}
        schema = connection.execute(f"SELECT version_num FROM {SCHEMA_TABLE}").fetchone()
        instance = connection.execute("SELECT id FROM instance").fetchone()
        if schema is None or instance is None:
            raise StoreError(sentences.NOT_OURS)
        return Contents(instance[0], schema[0], rows)


def log_bytes(database: Path) -> int:
    """Size of the write-ahead log's file; 0 when there is none."""
    log = database.with_name(f"{database.name}-wal")
    return log.stat().st_size if log.exists() else 0


def damage_of(database: Path) -> str:
    """Look at every page and every index; what to say to people, or "" when all is sound."""
    try:
        with _connected(database) as connection:
            found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({LOOKED_AT})")]
    except StoreDamagedError:
        return sentences.DAMAGED
    if found == ["ok"]:
        return ""
    return sentences.DAMAGED_INDEX if all(_OF_INDEX.search(line) for line in found) else sentences.DAMAGED


def reindex(database: Path) -> None:
    """Make every index anew from the records, of a database that nobody else has open. Raises StoreError."""
    with _connected(database) as connection:
        connection.execute("REINDEX").close()


def schema_of(database: Path) -> str | None:
    """The number of the last migration that was applied; None for a database without any."""
    with _connected(database) as connection:
        known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        if connection.execute(known, (SCHEMA_TABLE,)).fetchone() is None:
            return None
        found = connection.execute(f"SELECT version_num FROM {SCHEMA_TABLE}").fetchone()
        return found[0] if found else None


def instance_of(database: Path) -> str | None:
    """The id of the installation that a database of ours belongs to."""
    with _connected(database) as connection:
        found = connection.execute("SELECT id FROM instance").fetchone()
        return found[0] if found else None


def last_attempt(database: Path) -> int:
    """The highest number that an attempt ever had, whether or not it was purged since."""
    with _connected(database) as connection:
        found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'attempt'").fetchone()
        return int(found[0]) if found else 0


def kept_pictures(database: Path) -> list[str]:
    """Ids of the pictures whose files should be there, of a database that nobody writes to."""
    with _connected(database, is_at_rest=True) as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(screenshot)")}
        where = " WHERE purged_at IS NULL" if "purged_at" in columns else ""
        return [row[0] for row in connection.execute(f"SELECT id FROM screenshot{where} ORDER BY id")]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(READ_AT_ONCE):
            digest.update(data)
    return digest.hexdigest()


@contextmanager
def _connected(database: Path, *, is_at_rest: bool = False, writes_to: Path | None = None) -> Iterator[Any]:
    """A connection without transactions of its own. At rest, no file is made beside the database."""
    module = sqlite.driver()
    mode = "mode=ro&immutable=1" if is_at_rest else "mode=rw"
    address = f"file:{quote(os.fsencode(database.absolute()))}?{mode}"
    try:
        with closing(module.connect(address, uri=True, isolation_level=None, timeout=60)) as connection:
            yield connection
    except module.Error as err:
        mended = failures.ours(err, writes_to or database.parent)
        if mended is None:
            raise
        raise mended from err
