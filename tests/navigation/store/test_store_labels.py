"""Labels in the store: added, never edited, nobody's lost; lines and groups follow."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from navigation.errors import ConflictError, StoreError
from navigation.records import AttemptFilter, AuditEvent
from navigation.store import SqlStore
from navigation.types import Box
from tests.navigation.store.making import NOW, a_label, finished


def listed(store: SqlStore, attempt_id: str) -> tuple[str | None, str | None]:
    (row,) = [row for row in store.list_attempts(AttemptFilter()).rows if row.id == attempt_id]
    return row.label, row.cause


def test_a_label_is_kept_whole(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    label = a_label(
        attempt_id, place="box", box=Box(1, 2, 3, 4), is_screen_right=True, has_landed=False, cause="timing", note="Été"
    )
    (settled,) = store.add_labels([label])
    assert settled.answer == "wrong"
    assert store.labels_of(attempt_id) == [label]
    assert listed(store, attempt_id) == ("wrong", "timing")


def test_the_audit_has_a_label_that_was_added_and_none_that_was_refused(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    event = AuditEvent("ann", "labelled", "attempt", attempt_id)
    store.add_labels([a_label(attempt_id)], event=event)
    with pytest.raises(ConflictError):
        store.add_labels([a_label(attempt_id, author_id="bob")], event=event)
    assert list(store.audit_events()) == [(NOW, event)]


def test_labels_are_never_edited(store: SqlStore, run_id: str) -> None:
    store.add_labels([a_label(finished(store, run_id))])
    with pytest.raises(DatabaseError, match="never edited"), store._db.writing() as session:
        session.execute(text("UPDATE label SET answer = 'right'"))


def test_who_has_not_seen_the_others_label_is_told(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    first = a_label(attempt_id)
    store.add_labels([first])
    second = a_label(attempt_id, author_id="bob", answer="right", replaces=first.id)
    with pytest.raises(ConflictError):
        store.add_labels([second])
    assert store.labels_of(attempt_id) == [first]
    store.add_labels([second], seen=first.id)
    assert store.settled(attempt_id).standing == (second,)


def test_a_blind_label_is_not_held_up_by_others(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    store.add_labels([a_label(attempt_id)])
    (settled,) = store.add_labels([a_label(attempt_id, author_id="bob", answer="right", source="blind")])
    assert settled.state == "disputed"
    assert listed(store, attempt_id)[0] == "disputed"


def test_a_batch_is_added_whole_or_not_at_all_and_taken_back_whole(store: SqlStore, run_id: str) -> None:
    ids = [finished(store, run_id) for _ in range(3)]
    batch = [a_label(attempt_id, source="settled", batch_id="batch") for attempt_id in ids]
    store.add_labels([a_label(ids[2], author_id="bob")])
    with pytest.raises(ConflictError):
        store.add_labels(batch)
    assert store.labels_of(ids[0]) == []
    store.add_labels(batch[:2])
    store.undo_last(author_id="ann", author="Ann", now=NOW)
    assert [listed(store, attempt_id)[0] for attempt_id in ids] == [None, None, "wrong"]
    assert [group.labelled for group in store.groups(AttemptFilter())] == [1]


def test_undoing_gives_back_what_was_replaced(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    first = a_label(attempt_id, answer="right")
    store.add_labels([first])
    second = a_label(attempt_id, cause="misread", replaces=first.id)
    store.add_labels([second], seen=first.id)
    last = store.last_label_of("ann")
    assert last == second
    assert store.undo_last(author_id="ann", author="Ann", now=NOW) == [attempt_id]
    assert listed(store, attempt_id) == ("right", None)
    assert store.last_label_of("ann") == first


def test_a_label_of_an_unknown_attempt_is_refused(store: SqlStore) -> None:
    with pytest.raises(StoreError):
        store.add_labels([a_label("unknown")])
