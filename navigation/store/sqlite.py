"""Everything that is true of SQLite only: which library to use, its settings, its transactions, its error codes.

Source of the version limits: sqlite.org release notes of 3.51.3, 3.50.7 and 3.44.6 (a WAL database used by
several connections could lose a committed write when a checkpoint met a restart of the log).
"""

from __future__ import annotations

import importlib
import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from sqlalchemy import URL, ColumnElement, Connection, Engine, TableValuedAlias, create_engine, event, func, select
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import QueuePool

from navigation.errors import StoreBusyError
from navigation.store import sentences
from navigation.store.files import is_read_only

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 5000
CACHE_KIB = 2048  # of each connection; the system's own cache does the rest
ROOMY_KIB = 64 * 1024
"""For as long as ten thousands of rows are added: their indexes are written once instead of again and again."""
LOG_KEPT_BYTES = 16 << 20
"""The log's file shrinks to this when it is begun anew; otherwise it stays as large as it ever was."""
READ_FOR_S = 60.0
"""How old a reader's view may get (faults, 28)."""
STEPS = 20_000  # of SQLite's machine between two looks at the clock: under a millisecond
POOL_SIZE = 10
POOL_WAIT_S = 5.0
WRITING = "navigation_writing"
"""The option of a connection that writes; its value is one of these two."""
DURABLY = "FULL"  # what is acknowledged must outlive a power cut
SOON = "NORMAL"  # a power cut may undo the last ones, whole ones each
ALONE = "navigation_alone"
_READ_ONLY = "navigation_read_only"
_UNTIL = "navigation_until"

_FULL = {"SQLITE_FULL"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED"}


def driver() -> ModuleType:
    """The SQLite module to use: the one that carries its own fixed library where it is installed.

    Nothing else in the process may open the same file with another SQLite library: file locks are per process, so
    each would be blind to the other's, and closing one's file would drop the other's locks (sqlite.org, "How To
    Corrupt An SQLite Database File", section 2.2.1).
    """
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return importlib.import_module("sqlite3.dbapi2")


def is_fixed(version: tuple[int, ...]) -> bool:
    """Whether this SQLite keeps every committed write in WAL mode with several connections."""
    if version >= (3, 51, 3):
        return True
    return (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def make_engine(path: str, module: ModuleType | None = None) -> Engine:
    """An engine on the file, with our settings on each connection and our BEGIN on each transaction.

    Args:
        path: the database file; it must exist (so that it has the access rights we gave it).
        module: SQLite module to use instead of the best one; for tests.
    """
    module = module or driver()
    if not is_fixed(module.sqlite_version_info):
        logger.warning(
            "sqlite unfixed version=%s: it can lose committed writes; install pysqlite3 or SQLite 3.51.3 or later",
            module.sqlite_version,
        )
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=path),  # not by a text, in which "?" begins something else
        module=module,
        poolclass=QueuePool,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_timeout=POOL_WAIT_S,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "before_cursor_execute", _refuse_late)
    _reopen_when_writable(engine, Path(path).parent)
    return engine


def _reopen_when_writable(engine: Engine, folder: Path) -> None:
    """Open anew what was opened on a read-only disk: SQLite would go on only reading when the disk can be written."""

    def note(_connection: Any, record: Any) -> None:
        record.info[_READ_ONLY] = is_read_only(folder)

    def check(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info[_READ_ONLY] and not is_read_only(folder):
            raise DisconnectionError

    event.listen(engine, "connect", note)
    event.listen(engine, "checkout", check)


def _on_connect(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: it would commit before each DDL statement.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={DURABLY}",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        f"cache_size=-{CACHE_KIB}",
        f"journal_size_limit={LOG_KEPT_BYTES}",
        "temp_store=MEMORY",
        "trusted_schema=OFF",
        "secure_delete=ON",  # what is purged, and what a longer value has replaced, is not left in free bytes
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _on_begin(connection: Connection) -> None:
    # A writer takes the lock at once: a transaction that reads first and then writes can fail without waiting.
    is_reader = not {ALONE, WRITING} & connection.get_execution_options().keys()
    _limit(connection, READ_FOR_S if is_reader else None)
    if connection.get_execution_options().get(ALONE, False):
        return
    written = connection.get_execution_options().get(WRITING)
    if written is None:
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={written}")  # another writer may have used this connection before
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _limit(connection: Connection, seconds: float | None) -> None:
    """Let SQLite end what still runs after so many seconds, for an old view keeps the log from being cleared."""
    until = None if seconds is None else time.monotonic() + seconds
    connection.info[_UNTIL] = until
    late = None if until is None else lambda: time.monotonic() > until
    cast(Any, connection.connection.dbapi_connection).set_progress_handler(late, STEPS)


def _refuse_late(connection: Connection, *_statement: Any) -> None:
    """A view that was only held open is as old as one that was read from all the time."""
    until = connection.info.get(_UNTIL)
    if until is not None and time.monotonic() > until:
        connection.info[_UNTIL] = None  # what ends the view is not refused
        raise StoreBusyError(sentences.LONG_READ)


def is_listed(column: Any, numbers: Sequence[int]) -> ColumnElement[bool]:
    """That the column is one of the numbers, which go to the database as one value: thousands cost little so."""
    return cast(ColumnElement[bool], column.in_(select(rows_of(numbers).c.value)))


def rows_of(values: Sequence[Any]) -> TableValuedAlias:
    """The values as a table of one column, `value`."""
    return func.json_each(json.dumps(list(values))).table_valued("value")


@contextmanager
def roomy_cache(connection: Connection) -> Iterator[None]:
    """A larger cache for this connection, for as long as the block lasts; other databases have their own ways."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql(f"PRAGMA cache_size=-{ROOMY_KIB}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size=-{CACHE_KIB}")


def truncate_log(connection: Connection) -> bool:
    """Bring the write-ahead log into the database and empty it; False when a reader or writer was in the way."""
    is_busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return bool(is_busy == 0)


def vacuum(connection: Connection) -> None:
    connection.exec_driver_sql("VACUUM")


def error_name(err: BaseException | None) -> str:
    """SQLite's primary name of the error ("SQLITE_BUSY"), or "" when it is not one of SQLite's."""
    name = str(getattr(err, "sqlite_errorname", "") or "")
    return "_".join(name.split("_")[:2])


def is_busy(err: BaseException | None) -> bool:
    return error_name(err) in _BUSY


def is_full(err: BaseException | None) -> bool:
    return error_name(err) in _FULL


def is_missing_reference(err: BaseException | None) -> bool:
    # By its text: not every driver gives the extended code.
    return error_name(err) == "SQLITE_CONSTRAINT" and "FOREIGN KEY" in str(err)


def is_io_error(err: BaseException | None) -> bool:
    return error_name(err) == "SQLITE_IOERR"
