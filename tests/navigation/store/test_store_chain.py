"""The chain over the audit log: what is changed, removed or put in shows; what a purge took does not break it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from navigation.audit_chain import START, Head, head_of, linked
from navigation.records import AuditEvent
from navigation.retention import Retention
from navigation.store import SqlStore, migrating, open_store, schema
from navigation.store import chaining as chaining_module
from tests.navigation.store.making import NOW, a_label, finished, seeded

DAY = timedelta(days=1)
Tamper = tuple[str, ...]


@pytest.fixture
def logged(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> SqlStore:
    """Twelve entries, looked at five at a time."""
    monkeypatch.setattr(chaining_module, "AT_ONCE", 5)
    for number in range(12):
        store.audit(AuditEvent("ann", "view", "attempt", str(number), "10.0.0.1", details={"é": number}), NOW)
    return store


def tamper(store: SqlStore, *statements: str) -> None:
    with store._db.writing() as session:
        for name in ("audit_event", "audit_link"):
            session.execute(text(f"DROP TRIGGER IF EXISTS {name}_is_added_only"))
        for statement in statements:
            session.execute(text(statement))


def test_what_nobody_touched_is_intact(logged: SqlStore) -> None:
    state = logged.verify_audit()
    assert (state.entries, state.broken_at, state.head.entry_id) == (12, None, 12)
    assert logged.verify_audit(kept=state.head).fault is None


@pytest.mark.parametrize("column", ["at", *chaining_module.TEXTS])
def test_a_changed_value_shows_in_its_entry(logged: SqlStore, column: str) -> None:
    value = "'2026-03-01 08:30:00.000001'" if column == "at" else "'[]'"
    tamper(logged, f"UPDATE audit_event SET {column} = {value} WHERE id = 7")
    state = logged.verify_audit()
    assert (state.broken_at, state.fault, state.entries) == (7, "broken", 6)


OF_5 = "DELETE FROM audit_event WHERE id = 5"
FORGED = (
    "INSERT INTO audit_event (id, at, actor, action, object_kind, object_id, source, result, details) "
    "VALUES (20, '2026-03-01 08:30:00.000000', 'bob', 'view', '', '', '', 'ok', '{}')"
)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ((OF_5,), (5, "missing")),
        ((OF_5, "DELETE FROM audit_link WHERE entry_id = 5"), (6, "broken")),
        (("DELETE FROM audit_link WHERE entry_id = 5",), (6, "broken")),
        (("DELETE FROM audit_link",), (1, "unchained")),
        (("DELETE FROM audit_event WHERE id = 12",), (12, "missing")),
        (("DELETE FROM audit_event WHERE id <= 3", "DELETE FROM audit_link WHERE entry_id < 3"), (3, "unexplained")),
        (("DELETE FROM audit_event WHERE id <= 3", "DELETE FROM audit_link WHERE entry_id <= 3"), (4, "broken")),
        ((FORGED,), (20, "unchained")),
        (
            (
                "UPDATE audit_event SET id = 99 WHERE id = 5",
                "UPDATE audit_event SET id = 5 WHERE id = 6",
                "UPDATE audit_event SET id = 6 WHERE id = 99",
            ),
            (5, "broken"),
        ),
    ],
    ids=["entry", "entry and link", "link", "all links", "newest", "oldest", "oldest with links", "added", "swapped"],
)
def test_what_was_removed_put_in_or_moved_shows_from_where(
    logged: SqlStore, statements: Tamper, expected: tuple[int, str]
) -> None:
    tamper(logged, *statements)
    state = logged.verify_audit()
    assert (state.broken_at, state.fault) == expected
    logged.audit(AuditEvent("ann", "view"), NOW)  # and the log goes on being written
    assert logged.verify_audit().fault is not None


def test_a_log_that_was_cut_and_chained_anew_shows_by_a_head_that_was_kept(logged: SqlStore) -> None:
    kept = logged.verify_audit().head
    tamper(logged, "DELETE FROM audit_event WHERE id > 8", "DELETE FROM audit_link WHERE entry_id > 8")
    assert logged.verify_audit().fault is None, "the rest holds by itself"
    assert logged.verify_audit(kept=kept).fault == "head"
    for _ in range(6):
        logged.audit(AuditEvent("bob", "view"), NOW)
    state = logged.verify_audit(kept=kept)
    assert state.fault == "head"


def test_a_purge_by_age_leaves_a_chain_that_holds_and_says_what_went(store: SqlStore) -> None:
    for days in (500, 400, 10, 450, 0):  # one that is old stands after a young one: a clock was wrong
        store.audit(AuditEvent("ann", f"{days} days ago"), NOW - days * DAY)
    first = Head(1, linked(START, 1, NOW, []))
    assert store.covered(Retention().cutoffs(NOW))["audit_events"] == 2
    assert store.purge_some(Retention().cutoffs(NOW), NOW) == {"audit_events": 2}
    state = store.verify_audit()
    assert (state.entries, state.fault) == (4, None)
    (newest, *_) = [event for _, event in store.audit_events()]
    assert (newest.action, newest.object_id, newest.details) == ("audit_trimmed", "2", {"removed": 2})
    assert store.verify_audit(kept=first).is_kept_known is False
    while store.purge_some(Retention().cutoffs(NOW + 1000 * DAY), NOW + 1000 * DAY):
        pass
    assert [event.object_id for _, event in store.audit_events()] == ["5", "2"]
    assert store.verify_audit().fault is None
    tamper(store, "DELETE FROM audit_event WHERE action = 'audit_trimmed'")
    assert store.verify_audit().fault is not None


def test_a_purge_in_the_middle_of_a_look_is_no_fault(logged: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[[int], object] = chaining_module._links
    asked = []

    def links(after: int) -> object:
        asked.append(after)
        if len(asked) == 2:
            logged.purge_some(Retention().cutoffs(NOW + 1000 * DAY), NOW, limit=1)
        return real(after)

    monkeypatch.setattr(chaining_module, "_links", links)
    assert logged.verify_audit().fault is None
    assert asked.count(-1) == 2, "it began anew"


def test_entries_written_at_once_from_everywhere_make_one_chain(store: SqlStore, tmp_path: Path) -> None:
    other = open_store(tmp_path / "data" / "nav.db")
    assert isinstance(other, SqlStore)
    finished(store, seeded(store), id="attempt")

    def write(to: SqlStore, actor: str) -> None:
        for number in range(25):
            to.audit(AuditEvent(actor, "view", object_id=str(number)), datetime.now(UTC))

    writers = [
        threading.Thread(target=write, args=(to, f"writer {number}"))
        for number, to in enumerate((store, store, other, other))
    ]
    for writer in writers:
        writer.start()
    store.add_labels([a_label("attempt")], event=AuditEvent("ann", "labelled"))
    for writer in writers:
        writer.join()
    other.close()
    state = store.verify_audit()
    assert (state.entries, state.fault) == (101, None)


def test_what_is_not_written_is_not_chained(store: SqlStore) -> None:
    store.audit(AuditEvent("ann", "view"), NOW)
    with pytest.raises(StatementError), store._db.writing() as session:
        chaining_module.log(session, NOW, AuditEvent("ann", "lost"), AuditEvent("ann", "x", details={"no": object()}))
    store.audit(AuditEvent("ann", "view"), NOW)
    assert store.verify_audit().entries == 2


def test_the_entries_of_an_older_schema_are_chained_as_they_stand(store: SqlStore) -> None:
    for number in range(3):
        store.audit(AuditEvent("ann", "view", details={"é": number}), NOW)
    before = store.verify_audit()
    with store._db.changing_schema() as connection:
        connection.exec_driver_sql("DROP TABLE audit_link")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0021'")
        migrating.migrate(connection)
        assert schema.is_latest(connection)
    assert store.verify_audit() == before


def test_the_hash_of_an_entry_stays_what_it_is() -> None:
    at = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    texts = ["ann", "view", "attempt", "1", "10.0.0.1", "ok", '{"n":1}']
    assert linked(START, 1, at, texts) == "f316412ebb9a919e906353d5a261ccf211fb4aa11e3c65dcbded39d1451ba682"
    assert linked(START, 1, at, texts) != linked(START, 1, at, ["ann", "view", "attempt", "", "110.0.0.1", "ok", "{}"])


@pytest.mark.parametrize("wrong", ["", "1", "1:", "1:abc", f"-1:{START}", f"1:{'g' * 64}", f"x:{START}", f"²:{START}"])
def test_what_is_no_head_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="head"):
        head_of(wrong)
    assert head_of(f"12:{START}\n") == Head(12, START)
