"""The database of one installation: one engine, and the two kinds of transaction. No global state."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from navigation.errors import StoreBusyError, StoreDamagedError
from navigation.store import failures, sentences, sqlite

# With SQLite's own wait (5 s) a writer hears within 10 s that the store is busy.
WRITE_WAIT_S = 4.0
READERS = "readers"
FOUND = "found"
"""What a session remembers besides its rows: by how many it is read from, what it was found to hold."""


class Database:
    """Gives sessions that are one transaction each; safe to share between threads."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.damage = ""
        """What is said of a file that was found to be damaged: from then on it is only read. "" for a sound one."""
        self._engine = engine
        self._writing_engine = engine.execution_options(**{sqlite.WRITING: sqlite.DURABLY})
        self._quick_engine = engine.execution_options(**{sqlite.WRITING: sqlite.SOON})
        self._folder = folder
        self._alone_engine = engine.execution_options(**{sqlite.ALONE: True})
        # SQLite lets one writer in at a time and makes the others poll; in one process a lock is fairer and quicker.
        self._writer = threading.Lock()
        self._here = _OfThread()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one unchanging view of the data. What is written through it is never committed."""
        with self._translated():
            if self._here.is_one_view:
                yield from self._in_the_view()
            else:
                with self._look() as session:
                    yield session

    @contextmanager
    def one_view(self) -> Iterator[None]:
        """Inside, all that this thread reads is of one view: as things were at the first question, or at the first
        after what this thread wrote. For short work only: an old view keeps the log of changes from being cleared."""
        if self._here.is_one_view:
            yield
            return
        self._here.is_one_view = True
        try:
            yield
        finally:
            self._here.is_one_view = False
            self._end_view()

    @contextmanager
    def writing(self, *, is_durable: bool = True) -> Iterator[Session]:
        """A session that holds the write lock from its start and commits at its end.

        `is_durable` False: a power cut may undo it, though never a part of it; for what nobody counts on, since it
        need not wait for the disk. Raises StoreBusyError when the lock is not had within 10 s, StoreFullError when the
        disk is full; then nothing was changed.
        """
        self._end_view()
        with (
            self._one_writer(),
            self._translated(),
            Session(self._writing_engine if is_durable else self._quick_engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.connection()
            yield session

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection that reads, for questions about the schema."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def changing_schema(self) -> Iterator[Connection]:
        """A connection in one writing transaction, for migrations."""
        with self._one_writer(), self._translated(), self._writing_engine.begin() as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A connection without a transaction, while no other thread of this process writes: to look after the file."""
        with self._one_writer(), self._translated(), self._alone_engine.connect() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    def _look(self) -> Session:
        return Session(self._engine, autoflush=False, info={FOUND: []})

    def _in_the_view(self) -> Iterator[Session]:
        session = self._here.session = self._here.session or self._look()
        session.info[READERS] = session.info.get(READERS, 0) + 1
        try:
            yield session
        except BaseException:
            self._end_view()
            raise
        finally:
            session.info[READERS] -= 1
            if self._here.session is not session:
                _close_unread(session)

    def _end_view(self) -> None:
        session, self._here.session = self._here.session, None
        if session is not None:
            _close_unread(session)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with failures.translated(self._folder):
                yield
        except StoreDamagedError as err:
            self.damage = self.damage or err.template
            raise

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        if self.damage:
            raise StoreDamagedError(self.damage)
        if not self._writer.acquire(timeout=WRITE_WAIT_S):
            raise StoreBusyError(sentences.BUSY)
        try:
            yield
        finally:
            self._writer.release()


def _close_unread(session: Session) -> None:
    """Close a view's session; one that is still read from is closed by its last reader."""
    if not session.info.get(READERS):
        session.close()


class _OfThread(threading.local):
    """What a thread has open. `session` is None until the first question inside `one_view`, and after each write."""

    is_one_view = False
    session: Session | None = None


class Part:
    """Base of the store's parts, each of which answers for one noun."""

    _db: Database

    def one_view(self) -> AbstractContextManager[None]:
        return self._db.one_view()
