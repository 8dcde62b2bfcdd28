"""Stops, and runs in people's hands: what is in force, that no press is allowed then, who may do what when."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from navigation.errors import ConflictError, HaltedError, StoreError
from navigation.ids import new_id
from navigation.oversight import Step
from navigation.store import SqlStore, open_store
from navigation.types import Outcome
from tests.navigation.store.making import (
    NOW,
    a_decision,
    a_finish,
    a_run,
    a_start,
    a_step,
    a_stop,
    finished,
)

LONG_AGO = NOW - timedelta(days=1)
NO_POINT = {"point_x_norm": None, "point_y_norm": None}


def started(store: SqlStore, run_id: str) -> str:
    start = a_start(run_id)
    store.start_attempt(start)
    return start.id


# --- stops ----------------------------------------------------------------------------------------


def test_a_stop_is_in_force_until_it_is_let_go(store: SqlStore) -> None:
    store.add_stop(a_stop("dpi"))
    store.add_stop(a_stop(""))
    assert [stop.application for stop in store.stops_in_force()] == ["", "dpi"]
    store.add_stop(a_stop("", is_stopped=False, reason="Fini"))
    assert store.stops_in_force() == [a_stop("dpi")]
    assert [(event.application, event.is_stopped) for event in store.stop_events()] == [
        ("", False),
        ("", True),
        ("dpi", True),
    ]
    assert len(store.stop_events(limit=2)) == 2


def test_a_stop_outlives_the_process(store: SqlStore, tmp_path: Path) -> None:
    store.add_stop(a_stop("dpi"))
    store.close()
    again = open_store(tmp_path / "data" / "nav.db")
    assert again.stops_in_force() == [a_stop("dpi")]
    again.close()


def test_a_stop_waits_for_the_disk(store: SqlStore) -> None:
    """A power cut right after the answer may not let the robots go."""
    waited: list[int] = []
    event.listen(
        store._db._engine, "commit", lambda db: waited.append(db.exec_driver_sql("PRAGMA synchronous").scalar())
    )
    store.add_stop(a_stop("dpi"))
    assert waited == [2]


def test_what_is_not_stopped_cannot_be_let_go(store: SqlStore) -> None:
    with pytest.raises(ConflictError):
        store.add_stop(a_stop("dpi", is_stopped=False))
    store.add_stop(a_stop(""))
    with pytest.raises(ConflictError):
        store.add_stop(a_stop("dpi", is_stopped=False))
    assert len(store.stop_events()) == 1


@pytest.mark.parametrize(("application", "is_refused"), [("", True), ("dpi", True), ("imagerie", False)])
def test_no_point_is_stored_for_a_stopped_application(
    store: SqlStore, run_id: str, application: str, is_refused: bool
) -> None:
    attempt_id = started(store, run_id)
    store.add_stop(a_stop(application))
    if not is_refused:
        store.decide_attempt(attempt_id, a_decision(), finish=None)
        return
    with pytest.raises(HaltedError) as caught:
        store.decide_attempt(attempt_id, a_decision(), finish=None)
    assert caught.value.code == "stopped"
    kept = a_decision(outcome=Outcome.NEEDS_HUMAN, **NO_POINT)
    store.decide_attempt(attempt_id, kept, finish=a_finish(Outcome.NEEDS_HUMAN))
    detail = store.attempt(attempt_id)
    assert detail is not None
    assert detail.decision == kept


def test_a_stop_and_decisions_at_once_leave_no_point_stored_after_the_stop(store: SqlStore, run_id: str) -> None:
    """Whichever comes first, no decision with a point has a later place in the database than the stop."""
    ids = [started(store, run_id) for _ in range(40)]
    order: list[str] = []

    def decide() -> None:
        for attempt_id in ids:
            try:
                store.decide_attempt(attempt_id, a_decision(), finish=None)
                order.append("point")
            except HaltedError:
                order.append("refused")

    thread = threading.Thread(target=decide)
    thread.start()
    store.add_stop(a_stop(""))
    told_at = len(order)
    thread.join()
    assert "point" not in order[told_at + 1 :]
    assert sorted(order, key=["point", "refused"].index) == order


# --- runs in people's hands -----------------------------------------------------------------------


def state(store: SqlStore, run_id: str) -> str:
    standing = store.run_standing(run_id)
    assert standing is not None
    return standing.state


def waiting(store: SqlStore) -> list[tuple[str, str]]:
    return [(run.run_id, run.state) for run in store.waiting_runs(since=LONG_AGO, applications=None)]


def test_a_run_waits_from_the_attempt_that_asks_for_a_person(store: SqlStore, run_id: str) -> None:
    assert store.run_standing("none") is None
    assert state(store, run_id) == "going"
    finished(store, run_id)
    assert state(store, run_id) == "going"
    asked = finished(store, run_id, Outcome.NEEDS_HUMAN, target_text="Valider")
    assert state(store, run_id) == "waiting"
    (run,) = store.waiting_runs(since=LONG_AGO, applications=None)
    assert (run.attempt_id, run.target_text, run.since, run.last_step) == (asked, "Valider", NOW, None)
    finished(store, run_id, Outcome.ABSENT)
    assert state(store, run_id) == "going"
    assert waiting(store) == []


def test_taking_over_holds_the_run_until_it_is_resumed(store: SqlStore, run_id: str) -> None:
    asked = finished(store, run_id, Outcome.NEEDS_HUMAN)
    standing = store.add_run_step(a_step(run_id, asked, note="Je saisis le code"))
    assert (standing.state, standing.halt) == ("taken_over", "run_taken_over")
    assert waiting(store) == [(run_id, "taken_over")]
    assert store.count_waiting(since=LONG_AGO, applications=None) == 0
    attempt_id = started(store, run_id)
    with pytest.raises(HaltedError):
        store.decide_attempt(attempt_id, a_decision(), finish=None)
    store.decide_attempt(attempt_id, a_decision(outcome=Outcome.ABSENT, **NO_POINT), finish=a_finish(Outcome.ABSENT))
    assert waiting(store) == [(run_id, "taken_over")]
    standing = store.add_run_step(a_step(run_id, attempt_id, "resumed"))
    assert (standing.state, standing.halt) == ("resumed", None)
    assert waiting(store) == []
    finished(store, run_id)
    assert state(store, run_id) == "going"
    finished(store, run_id, Outcome.NEEDS_HUMAN)
    assert waiting(store) == [(run_id, "waiting")]
    assert [step.step for step in store.run_steps(run_id)] == ["taken_over", "resumed"]


def test_a_run_resumed_where_it_asked_waits_for_nobody_until_it_asks_again(store: SqlStore, run_id: str) -> None:
    asked = finished(store, run_id, Outcome.NEEDS_HUMAN)
    store.add_run_step(a_step(run_id, asked, "resumed"))
    assert state(store, run_id) == "resumed"
    assert waiting(store) == []
    finished(store, run_id, Outcome.NEEDS_HUMAN)
    assert waiting(store) == [(run_id, "waiting")]


def test_an_abandoned_run_stays_so(store: SqlStore, run_id: str) -> None:
    asked = finished(store, run_id, Outcome.NEEDS_HUMAN)
    assert store.add_run_step(a_step(run_id, asked, "abandoned")).halt == "run_abandoned"
    finished(store, run_id, Outcome.NEEDS_HUMAN)
    assert state(store, run_id) == "abandoned"
    assert waiting(store) == []


@pytest.mark.parametrize(
    ("before", "then", "is_allowed"),
    [
        ([], "taken_over", True),
        ([], "resumed", True),
        ([], "abandoned", True),
        (["taken_over"], "taken_over", False),
        (["taken_over"], "resumed", True),
        (["taken_over"], "abandoned", True),
        (["resumed"], "resumed", False),
        (["resumed"], "taken_over", False),
        (["resumed"], "abandoned", True),
        (["abandoned"], "resumed", False),
        (["abandoned"], "taken_over", False),
    ],
)
def test_of_two_people_the_second_hears_of_the_first(
    store: SqlStore, run_id: str, before: list[Step], then: Step, is_allowed: bool
) -> None:
    asked = finished(store, run_id, Outcome.NEEDS_HUMAN)
    for step in before:
        store.add_run_step(a_step(run_id, asked, step))
    if is_allowed:
        assert store.add_run_step(a_step(run_id, asked, then)).state == then
    else:
        with pytest.raises(ConflictError):
            store.add_run_step(a_step(run_id, asked, then))
        assert len(store.run_steps(run_id)) == len(before)


def test_a_step_for_an_earlier_attempt_is_refused(store: SqlStore, run_id: str) -> None:
    asked = finished(store, run_id, Outcome.NEEDS_HUMAN)
    finished(store, run_id, Outcome.NEEDS_HUMAN)
    with pytest.raises(ConflictError):
        store.add_run_step(a_step(run_id, asked))
    with pytest.raises(StoreError):
        store.add_run_step(a_step(new_id(), asked))


def test_the_inbox_knows_applications_and_time(store: SqlStore, run_id: str) -> None:
    finished(store, run_id, Outcome.NEEDS_HUMAN)
    other = store.create_run(replace(a_run(), application="imagerie")).id
    later = NOW + timedelta(hours=2)
    finished(
        store, other, Outcome.NEEDS_HUMAN, application="imagerie", started_at=later, expires_at=later,
    )  # fmt: skip
    assert waiting(store) == [(run_id, "waiting"), (other, "waiting")]
    assert [run.run_id for run in store.waiting_runs(since=LONG_AGO, applications=["dpi"])] == [run_id]
    assert [run.run_id for run in store.waiting_runs(since=NOW + timedelta(hours=1), applications=None)] == [other]
    assert store.count_waiting(since=LONG_AGO, applications=None) == 2
    assert store.count_waiting(since=LONG_AGO, applications=None, limit=1) == 1
    assert store.count_waiting(since=LONG_AGO, applications=["imagerie"]) == 1
    assert store.count_waiting(since=later + timedelta(hours=1), applications=None) == 0


def test_whoever_waits_longest_comes_first_in_hands_or_not(store: SqlStore, run_id: str) -> None:
    asked = finished(store, run_id, Outcome.NEEDS_HUMAN)
    later = NOW + timedelta(hours=2)
    other = store.create_run(a_run()).id
    finished(store, other, Outcome.NEEDS_HUMAN, started_at=later, expires_at=later)
    store.add_run_step(a_step(run_id, asked))
    assert waiting(store) == [(run_id, "taken_over"), (other, "waiting")]
