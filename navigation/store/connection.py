"""The database of one installation: one engine, and the two kinds of transaction. No global state."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from navigation.errors import StoreBusyError
from navigation.store import failures, sentences, sqlite

# With SQLite's own wait (5 s) a writer hears within 10 s that the store is busy.
WRITE_WAIT_S = 4.0


class Database:
    """Gives sessions that are one transaction each; safe to share between threads."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._writing_engine = engine.execution_options(**{sqlite.WRITING: True})
        self._folder = folder
        self._alone_engine = engine.execution_options(**{sqlite.ALONE: True})
        # SQLite lets one writer in at a time and makes the others poll; in one process a lock is fairer and quicker.
        self._writer = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one unchanging view of the data. What is written through it is never committed."""
        with failures.translated(self._folder), Session(self._engine, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that holds the write lock from its start and commits, durably, at its end.

        Raises StoreBusyError when the lock is not had within 10 s, StoreFullError when the disk is full; then
        nothing was changed.
        """
        with (
            self._one_writer(),
            failures.translated(self._folder),
            Session(self._writing_engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.connection()
            yield session

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection that reads, for questions about the schema."""
        with failures.translated(self._folder), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def changing_schema(self) -> Iterator[Connection]:
        """A connection in one writing transaction, for migrations."""
        with self._one_writer(), failures.translated(self._folder), self._writing_engine.begin() as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A connection without a transaction, while no other thread of this process writes: to look after the file."""
        with self._one_writer(), failures.translated(self._folder), self._alone_engine.connect() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        if not self._writer.acquire(timeout=WRITE_WAIT_S):
            raise StoreBusyError(sentences.BUSY)
        try:
            yield
        finally:
            self._writer.release()


class Part:
    """Base of the store's parts, each of which answers for one noun."""

    _db: Database
