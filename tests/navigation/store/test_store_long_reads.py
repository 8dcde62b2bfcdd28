"""A reader that goes on for long is ended, so that the log of changes can be cleared; the log's size is seen."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from navigation.errors import StoreBusyError
from navigation.records import AuditEvent
from navigation.store import SqlStore, sqlite, standalone
from tests.navigation.store.making import NOW

ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


@pytest.fixture
def hasty(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> SqlStore:
    """A store whose readers have a second."""
    monkeypatch.setattr(sqlite, "READ_FOR_S", 1.0)
    return store


def fill(store: SqlStore, size: int) -> None:
    for _ in range(8):
        store.audit(AuditEvent("ann", "view", details={"x": "y" * (size // 8)}), NOW)


def test_the_limit_is_a_minute() -> None:
    assert sqlite.READ_FOR_S == 60


def test_a_question_that_goes_on_for_too_long_is_ended_and_the_connection_serves_on(hasty: SqlStore) -> None:
    began = time.monotonic()
    with pytest.raises(StoreBusyError, match="more than a minute"), hasty._db.reading() as session:
        session.execute(ENDLESS)
    assert time.monotonic() - began < 10
    assert hasty.audit_events() == []
    hasty.audit(AuditEvent("ann", "view"), NOW)


def test_a_view_that_was_only_held_open_for_too_long_answers_no_more(hasty: SqlStore) -> None:
    with hasty.one_view():
        hasty.audit_events()
        time.sleep(1.1)
        with pytest.raises(StoreBusyError, match="more than a minute"):
            hasty.audit_events()
    with hasty.one_view():
        assert hasty.audit_events() == []


def test_a_writer_and_the_care_of_the_file_have_their_own_limits(hasty: SqlStore) -> None:
    hasty.audit_events()
    with hasty._db.writing() as session:
        time.sleep(1.1)
        assert session.scalar(text("SELECT 1")) == 1
    with hasty._db.alone() as connection:
        time.sleep(1.1)
        assert connection.scalar(text("SELECT 1")) == 1


def test_when_the_long_reader_is_ended_the_log_is_cleared_and_its_file_is_small(
    hasty: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "data" / "nav.db"
    monkeypatch.setattr(sqlite, "LOG_KEPT_BYTES", 1 << 20)
    hasty._db._engine.dispose()  # connections of the new limit
    with hasty.one_view():
        hasty.audit_events()
        with hasty._db._writing_engine.connect() as other:  # another thread's writes, while the view is open
            for _ in range(12):
                with other.begin():
                    other.execute(text("CREATE TABLE IF NOT EXISTS filler (x)"))
                    other.execute(text("INSERT INTO filler VALUES (zeroblob(1000000))"))
        assert standalone.log_bytes(database) > 10 << 20
        time.sleep(1.1)
        with pytest.raises(StoreBusyError):
            hasty.audit_events()
    fill(hasty, 8_000_000)  # writing clears the log once nobody reads from it
    fill(hasty, 1000)
    assert standalone.log_bytes(database) < 6 << 20
