"""One view of the data for all that a page asks, and claims that do not wait for the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from navigation.errors import StoreBusyError
from navigation.records import AttemptFilter
from navigation.store import SqlStore
from tests.navigation.store.making import a_label, a_run, finished


def elsewhere(act: Callable[[], object]) -> None:
    """Do it in another thread, and wait for it."""
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()


def in_use(store: SqlStore) -> int:
    return store._db._engine.pool.checkedout()  # type: ignore[attr-defined,no-any-return]


def test_what_others_write_is_not_seen_inside_a_view(store: SqlStore, run_id: str) -> None:
    finished(store, run_id)
    with store.one_view():
        assert len(store.list_attempts(AttemptFilter()).rows) == 1
        elsewhere(lambda: finished(store, run_id))
        assert len(store.list_attempts(AttemptFilter()).rows) == 1
    assert len(store.list_attempts(AttemptFilter()).rows) == 2


def test_what_the_thread_writes_itself_is_seen_at_once(store: SqlStore, run_id: str) -> None:
    attempt = finished(store, run_id)
    with store.one_view():
        assert store.settled(attempt).answer is None
        store.add_labels([a_label(attempt, answer="right")])
        assert store.settled(attempt).answer == "right"


def test_a_view_is_of_its_thread_alone(store: SqlStore, run_id: str) -> None:
    seen = []
    with store.one_view():
        assert not store.list_attempts(AttemptFilter()).rows
        elsewhere(lambda: (finished(store, run_id), seen.extend(store.list_attempts(AttemptFilter()).rows)))
    assert len(seen) == 1


def test_a_view_inside_another_is_the_same_and_ends_with_it(store: SqlStore, run_id: str) -> None:
    with store.one_view():
        assert store.run(run_id)
        with store.one_view():
            assert store.run(run_id)
        assert in_use(store) == 1
        assert store.run(run_id)
    assert in_use(store) == 0


def test_a_write_amid_reading_leaves_the_reader_its_data(store: SqlStore, run_id: str) -> None:
    with store.one_view(), store._db.reading() as session:
        rows = session.execute(text("SELECT id FROM run")).yield_per(1)
        store.create_run(a_run())
        assert [row.id for row in rows] == [run_id]
    assert in_use(store) == 0


def test_a_failed_question_ends_the_view_and_the_next_begins_anew(store: SqlStore, run_id: str) -> None:
    def fail() -> None:
        with store._db.reading() as session:
            session.execute(text("SELECT 1"))
            raise StoreBusyError("of the test")

    with store.one_view():
        with pytest.raises(StoreBusyError):
            fail()
        assert in_use(store) == 0
        assert store.run(run_id)
    assert in_use(store) == 0


def test_only_what_nobody_counts_on_does_not_wait_for_the_disk(store: SqlStore) -> None:
    found = {}
    for is_durable in (False, True, False, True):
        with store._db.writing(is_durable=is_durable) as session:
            found[is_durable] = session.execute(text("PRAGMA synchronous")).scalar_one()
    assert found == {False: 1, True: 2}
