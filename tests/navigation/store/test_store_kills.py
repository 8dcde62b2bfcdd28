"""Killed while a label is given, and while recovery closes what an earlier kill left: whole, once, and ended later."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from navigation.errors import StoreError
from navigation.records import AttemptFilter, AuditEvent
from navigation.retention import Scope
from navigation.store import SqlStore, open_store, summaries
from navigation.store import recovery as recovery_module
from navigation.types import Outcome
from tests.dying import killed_at_each_statement
from tests.navigation.store.making import NOW, a_decision, a_label, a_run, a_start, finished, seeded
from tests.navigation.store.test_store_lists import _derived


def opened(folder: Path) -> SqlStore:
    store = open_store(folder / "nav.db")
    assert isinstance(store, SqlStore)
    return store


def assert_lists_agree(store: SqlStore) -> None:
    """Lines and counts say what the evidence and the labels say."""
    left = _derived(store)
    with store._db.writing() as session:
        summaries.rebuild(session)
    assert _derived(store) == left


def test_a_label_is_there_once_with_its_history_or_not_at_all_wherever_its_writer_is_killed(tmp_path: Path) -> None:
    store = opened(tmp_path)
    finished(store, seeded(store), id="attempt")
    store.close()
    seen, shown = os.pipe()
    os.set_blocking(seen, False)
    tries = 0

    def act() -> None:
        mine = opened(tmp_path)
        label = replace(a_label("attempt"), id=f"label-{tries}", author_id=f"person-{tries}", source="blind")
        mine.add_labels([label], event=AuditEvent("ann", "labelled", "attempt", label.id))
        os.write(shown, b"saved\n")  # what the person is told
        mine.labels_of("attempt")

    def judge() -> None:
        store = opened(tmp_path)
        labels = [label.id for label in store.labels_of("attempt")]
        logged = [event.object_id for _, event in store.audit_events(limit=1000)]
        assert sorted(labels) == sorted(logged)
        assert labels.count(f"label-{tries}") <= 1
        try:
            was_shown = bool(os.read(seen, 100))
        except BlockingIOError:
            was_shown = False
        assert f"label-{tries}" in labels or not was_shown
        assert_lists_agree(store)
        assert store.verify_audit().fault is None
        store.close()
        lost.append(f"label-{tries}" not in labels)

    lost: list[bool] = []
    for _ in killed_at_each_statement(act):
        judge()
        tries += 1
    judge()
    assert tries > 8
    assert lost[0]
    assert not lost[-1]


def test_recovery_is_killed_again_and_again_and_closes_each_attempt_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery_module, "BATCH", 2)
    store = opened(tmp_path)
    run_id = seeded(store)
    for number in range(3):
        store.start_attempt(a_start(run_id, id=f"started-{number}"))
    store.start_attempt(a_start(run_id, id="decided"))
    store.decide_attempt("decided", a_decision(), finish=None)
    store.close()
    found = []

    def recover() -> None:
        mine = opened(tmp_path)
        mine.interrupt_unfinished(NOW, all_undecided=True)
        mine.close()

    for _ in killed_at_each_statement(recover):
        store = opened(tmp_path)
        found.append(store.count_attempts(AttemptFilter(outcomes=[Outcome.INTERRUPTED])).total)
        assert_lists_agree(store)
        store.close()
    assert found == sorted(found)
    assert len(set(found)) > 1, "some kills came between two batches"
    store = opened(tmp_path)
    for number in range(3):
        detail = store.attempt(f"started-{number}")
        assert detail is not None
        assert detail.finish is not None
        assert detail.finish.outcome == Outcome.INTERRUPTED
    assert store.interrupt_unfinished(NOW, all_undecided=True) == 0
    store.close()


def test_an_attempt_that_is_purged_while_a_person_labels_it_keeps_no_label(store: SqlStore) -> None:
    seeded(store)
    finished(store, store.create_run(a_run(agent="poste-9")).id, id="going")
    assert store.labels_of("going") == []  # the page is open
    while store.purge_some(Scope(agent="poste-9"), NOW):
        pass
    with pytest.raises(StoreError, match="No attempt"):
        store.add_labels([a_label("going")], event=AuditEvent("ann", "labelled"))
    assert store.audit_events() == []
    assert_lists_agree(store)
