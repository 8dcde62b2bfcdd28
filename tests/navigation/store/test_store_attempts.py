"""Attempts, runs and pictures as evidence: each step once, never edited, and what a crash leaves is said."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from navigation.errors import ConflictError, StoreError
from navigation.records import AttemptFilter
from navigation.store import SqlStore
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow, RunRow, ScreenshotRow
from navigation.types import Outcome
from tests.navigation.store.making import NOW, a_decision, a_finish, a_meta, a_page, a_run, a_start, finished, sha


def test_an_attempt_is_read_back_as_it_was_written(store: SqlStore, run_id: str) -> None:
    start, decision = a_start(run_id), a_decision()
    store.add_screenshot(a_meta(sha("after")))
    finish = a_finish(after_id=sha("after"), after_body_hash=sha("after body"), verify_after={"status": "passed"})
    assert store.start_attempt(start)[1] is True
    store.decide_attempt(start.id, decision, finish=None)
    store.finish_attempt(start.id, finish)
    stored = store.attempt(start.id)
    assert stored is not None
    assert (stored.start, stored.decision, stored.finish, stored.state) == (start, decision, finish, "finished")


def test_an_attempt_shows_the_state_it_is_in(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id)
    states = [store.start_attempt(start)[0].state]
    store.decide_attempt(start.id, a_decision(), finish=None)
    states.append(store.attempt(start.id).state)  # type: ignore[union-attr]
    assert states == ["started", "decided"]


def test_the_same_start_twice_is_one_attempt(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id)
    first, was_created = store.start_attempt(start)
    again, was_created_again = store.start_attempt(start)
    assert (was_created, was_created_again, first) == (True, False, again)
    assert store.count_attempts(AttemptFilter()).total == 1


def test_the_same_id_with_another_body_is_a_conflict(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id)
    store.start_attempt(start)
    with pytest.raises(ConflictError):
        store.start_attempt(a_start(run_id, id=start.id, body_hash=sha("other")))


def test_fifty_parallel_starts_of_one_id_make_one_attempt(store: SqlStore, run_id: str) -> None:
    start, created = a_start(run_id), []
    threads = [threading.Thread(target=lambda: created.append(store.start_attempt(start)[1])) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(created) == [False] * 49 + [True]


def test_a_second_decision_is_refused_and_the_first_stands(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id)
    store.start_attempt(start)
    store.decide_attempt(start.id, a_decision(score=0.91), finish=None)
    with pytest.raises(ConflictError):
        store.decide_attempt(start.id, a_decision(score=0.5), finish=a_finish())
    stored = store.attempt(start.id)
    assert stored is not None
    assert stored.decision == a_decision(score=0.91)
    assert stored.finish is None


def test_a_finished_attempt_takes_no_decision_and_no_second_finish(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id)
    store.start_attempt(start)
    store.interrupt_unfinished(NOW, all_undecided=True)
    for late in (
        lambda: store.decide_attempt(start.id, a_decision(), finish=None),
        lambda: store.finish_attempt(start.id, a_finish()),
    ):
        with pytest.raises(ConflictError):
            late()


def test_an_undecided_attempt_cannot_be_finished(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id)
    store.start_attempt(start)
    with pytest.raises(ConflictError):
        store.finish_attempt(start.id, a_finish())


def test_an_unknown_attempt_is_none_and_takes_no_step(store: SqlStore, run_id: str) -> None:
    assert store.attempt("unknown") is None
    with pytest.raises(StoreError):
        store.decide_attempt("unknown", a_decision(), finish=None)


@pytest.mark.parametrize(
    "wrong", [{"run_id": "none"}, {"before_id": sha("none")}, {"config_id": 99}], ids=["run", "picture", "config"]
)
def test_an_attempt_may_not_refer_to_what_is_not_stored(store: SqlStore, run_id: str, wrong: dict[str, str]) -> None:
    with pytest.raises(StoreError, match="not stored"):
        store.start_attempt(a_start(**{"run_id": run_id} | wrong))
    assert store.count_attempts(AttemptFilter()).total == 0


def test_a_decision_and_its_finish_are_stored_together_or_not_at_all(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id)
    store.start_attempt(start)
    with pytest.raises(StoreError):
        store.decide_attempt(start.id, a_decision(), finish=a_finish(after_id=sha("not stored")))
    stored = store.attempt(start.id)
    assert stored is not None
    assert stored.state == "started"


@pytest.mark.parametrize(
    "wrong", [{"score": 1.2}, {"margin": -0.1}, {"point_x_norm": 1.01}, {"point_y_norm": None}, {"method": "guess"}]
)
def test_a_decision_out_of_range_is_refused_by_the_database(
    store: SqlStore, run_id: str, wrong: dict[str, float]
) -> None:
    start = a_start(run_id)
    store.start_attempt(start)
    with pytest.raises(IntegrityError):
        store.decide_attempt(start.id, a_decision(**wrong), finish=None)
    stored = store.attempt(start.id)
    assert stored is not None
    assert stored.decision is None


@pytest.mark.parametrize(
    "table", [RunRow, AttemptRow, DecisionRow, FinishRow, ScreenshotRow], ids=lambda t: t.__tablename__
)
def test_evidence_cannot_be_updated(store: SqlStore, run_id: str, table: type) -> None:
    finished(store, run_id)
    column = table.__table__.primary_key.columns.keys()[0]
    with pytest.raises(IntegrityError, match="evidence"), store._db.writing() as session:
        session.execute(text(f"UPDATE {table.__tablename__} SET {column} = {column}"))


# --- what a crash leaves --------------------------------------------------------------------------


def test_after_a_restart_undecided_attempts_are_interrupted_and_decided_ones_wait(store: SqlStore, run_id: str) -> None:
    undecided, waiting, done = a_start(run_id), a_start(run_id), finished(store, run_id)
    for start in (undecided, waiting):
        store.start_attempt(start)
    store.decide_attempt(waiting.id, a_decision(), finish=None)
    assert store.interrupt_unfinished(NOW, all_undecided=True) == 1
    assert _outcome(store, undecided.id) == (Outcome.INTERRUPTED, "interrupted")
    assert _outcome(store, waiting.id) is None
    assert _outcome(store, done) == (Outcome.OK, "landed")


def test_past_their_time_all_unfinished_attempts_are_interrupted_once(store: SqlStore, run_id: str) -> None:
    undecided, waiting, fresh = a_start(run_id), a_start(run_id), a_start(run_id, expires_at=NOW + timedelta(hours=1))
    for start in (undecided, waiting, fresh):
        store.start_attempt(start)
    store.decide_attempt(waiting.id, a_decision(), finish=None)
    late = NOW + timedelta(seconds=210)
    assert store.interrupt_unfinished(late, all_undecided=False) == 2
    assert store.interrupt_unfinished(late, all_undecided=False) == 0
    assert _outcome(store, undecided.id) == (Outcome.INTERRUPTED, "interrupted")
    assert _outcome(store, waiting.id) == (Outcome.INTERRUPTED, "after_missing")
    assert _outcome(store, fresh.id) is None


def test_more_attempts_than_one_batch_are_all_interrupted(
    store: SqlStore, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navigation.store.recovery.BATCH", 3)
    for _ in range(8):
        store.start_attempt(a_start(run_id))
    assert store.interrupt_unfinished(NOW, all_undecided=True) == 8


def _outcome(store: SqlStore, attempt_id: str) -> tuple[Outcome, str] | None:
    stored = store.attempt(attempt_id)
    assert stored is not None
    return None if stored.finish is None else (stored.finish.outcome, stored.finish.reason["code"])


# --- runs, pictures, pages, configurations --------------------------------------------------------


def test_the_same_run_twice_is_one_run(store: SqlStore) -> None:
    run = a_run(patient_keys={"ipp": "k1"})
    assert store.create_run(run) == store.create_run(run) == store.run(run.id) == run
    with pytest.raises(ConflictError):
        store.create_run(a_run(id=run.id, body_hash=sha("other")))
    assert store.run("unknown") is None


def test_a_picture_is_recorded_once(store: SqlStore) -> None:
    meta = a_meta()
    store.add_screenshot(meta)
    store.add_screenshot(a_meta(width=99))
    assert store.screenshot(meta.id) == meta
    assert store.screenshot(sha("unknown")) is None


def test_pictures_wait_for_reencoding_until_it_is_noted(store: SqlStore) -> None:
    store.add_screenshot(a_meta())
    assert store.screenshots_to_reencode() == [sha("image")]
    store.note_reencoded(sha("image"), "webp", 120)
    assert store.screenshots_to_reencode() == []
    meta = store.screenshot(sha("image"))
    assert meta is not None
    assert (meta.stored_format, meta.stored_bytes, meta.received_bytes) == ("webp", 120, 500)


def test_a_page_is_kept_once_per_picture_and_settings(store: SqlStore, run_id: str) -> None:
    page, other = a_page(), a_page(settings_key="pytesseract")
    for kept in (page, page, other):
        store.put_page(kept)
    assert store.page(page.image_id, page.settings_key) == page
    assert store.page(page.image_id, "unknown") is None
    assert sorted(store.pages_of(page.image_id), key=lambda p: p.settings_key) == [other, page]


def test_a_page_of_an_unknown_picture_is_refused(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="not stored"):
        store.put_page(a_page(sha("unknown")))


def test_a_configuration_is_stored_once_and_in_use_from_when_it_was_asked_for(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="No configuration"):
        store.active_config()
    first = store.ensure_config({"score": 0.9, "margin": 0.08}, "ann", "start")
    assert store.ensure_config({"margin": 0.08, "score": 0.9}, "bob", "again") == first == store.active_config()
    second = store.ensure_config({"score": 0.95, "margin": 0.08}, "bob", "stricter")
    assert store.active_config() == second
    assert store.ensure_config(first.body, "ann", "restart") == first
    assert (store.active_config(), store.config(first.id), store.config(99)) == (first, first, None)
