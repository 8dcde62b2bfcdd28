"""Counts by day, and what waits to be labelled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from navigation.daily import AnchorCount, DayCount, OpenWork, Rate
from navigation.store import SqlStore
from navigation.types import Outcome
from tests.navigation.store.making import NOW, a_decision, a_finish, a_label, a_run, a_start, finished

DAY = NOW.date()
LATER = NOW + timedelta(days=1)


def days(store: SqlStore, **given: Any) -> list[DayCount]:
    return list(store.day_counts(**{"since": DAY, "applications": None} | given))


def test_attempts_are_counted_by_day_when_they_end(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id)
    store.start_attempt(start)
    store.decide_attempt(start.id, a_decision(method="cache"), finish=None)
    assert days(store) == []
    store.finish_attempt(start.id, a_finish(Outcome.NOT_LANDED))
    finished(store, run_id, started_at=LATER, expires_at=LATER)
    finished(store, run_id, started_at=LATER, expires_at=LATER)
    later = DAY + timedelta(days=1)
    assert days(store) == [
        DayCount(DAY, "dpi", "login", Rate(attempts=1, not_landed=1, found=1, from_memory=1)),
        DayCount(later, "dpi", "login", Rate(attempts=2, succeeded=2, found=2)),
    ]
    assert [count.day for count in days(store, since=later)] == [later]
    assert days(store, applications=["labo"]) == []


def test_a_label_is_counted_where_its_attempt_is_and_taken_back_with_it(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    store.add_labels([a_label(attempt_id, id="one", answer="right")])
    assert [(c.rate.attempts, c.rate.labelled, c.rate.labelled_wrong) for c in days(store)] == [(1, 1, 0)]
    store.add_labels([a_label(attempt_id, id="two", answer="wrong", replaces="one")])
    assert [(c.rate.attempts, c.rate.labelled, c.rate.labelled_wrong) for c in days(store)] == [(1, 1, 1)]
    store.undo_last(author_id="ann", author="Ann", now=NOW)
    assert [(c.rate.attempts, c.rate.labelled, c.rate.labelled_wrong) for c in days(store)] == [(1, 1, 0)]
    store.undo_last(author_id="ann", author="Ann", now=NOW)
    assert [(c.rate.attempts, c.rate.labelled, c.rate.labelled_wrong) for c in days(store)] == [(1, 0, 0)]


def test_a_label_given_before_the_end_is_counted_with_it(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id)
    store.start_attempt(start)
    store.decide_attempt(start.id, a_decision(), finish=None)
    store.add_labels([a_label(start.id)])
    assert days(store) == []
    store.finish_attempt(start.id, a_finish())
    assert [(c.rate.attempts, c.rate.labelled, c.rate.labelled_wrong) for c in days(store)] == [(1, 1, 1)]


def test_only_a_label_of_a_success_tells_of_a_wrong_press(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id, Outcome.NEEDS_HUMAN, method=None, score=None, margin=None)
    store.add_labels([a_label(attempt_id)])
    assert [count.rate for count in days(store)] == [Rate(attempts=1, handed_over=1)]


def test_expected_texts_are_counted_by_day(store: SqlStore, run_id: str) -> None:
    action = {"target": {"text": "Valider"}, "verify_before": {"present": ["IPP {ipp}", "Motif"], "absent": []}}
    for is_met, score in ((True, 1.0), (True, 0.9), (False, 0.3)):
        start = a_start(run_id, action=action)
        store.start_attempt(start)
        anchors = [
            {"text": "IPP 8012345", "expected": "present", "is_met": is_met, "score": score},
            {"text": "Motif", "expected": "present", "is_met": True, "score": 1.0},
        ]
        store.decide_attempt(start.id, a_decision(verify_before={"anchors": anchors}), finish=None)
    counted = list(store.anchor_counts(since=DAY, applications=["dpi"]))
    assert counted == [
        AnchorCount(DAY, "dpi", "login", "IPP {ipp}", 3, 2, 1),
        AnchorCount(DAY, "dpi", "login", "Motif", 2, 2, 2),
    ]
    assert store.anchor_counts(since=DAY + timedelta(days=1), applications=None) == []
    assert store.anchor_counts(since=DAY, applications=[]) == []


def test_timings_are_those_of_the_newest_finished_attempts(store: SqlStore, run_id: str) -> None:
    other = store.create_run(a_run(application="labo")).id
    finished(store, run_id)
    finished(store, other, application="labo")
    store.start_attempt(a_start(run_id))
    timings = ({"read": 200.0, "ground": 3.0}, {"verify": 7.0})
    assert store.stage_timings(applications=None) == [timings, timings]
    assert len(store.stage_timings(applications=None, limit=1)) == 1
    assert len(store.stage_timings(applications=["labo"])) == 1


def test_a_configuration_put_into_use_is_told_with_its_time(store: SqlStore, run_id: str) -> None:
    second = store.ensure_config({"score": 0.8}, "ann", "lower")
    told = store.activations(since=NOW - timedelta(days=400))
    assert [(one.author, one.reason) for one in told] == [("test", "first"), ("ann", "lower")]
    assert told[-1].config_id == second.id
    assert store.activations(since=told[-1].at + timedelta(seconds=1)) == []


def test_open_work_is_what_has_no_settled_label(store: SqlStore, run_id: str) -> None:
    finished(store, run_id)
    first, second = (finished(store, run_id, Outcome.ABSENT) for _ in range(2))
    assert store.open_work(user_id="ann", now=NOW, applications=None) == OpenWork(2, 0, 0)
    store.add_labels([a_label(first)])
    store.add_labels([a_label(second, answer="right")])
    store.add_labels([a_label(second, author_id="bob", author="Bob", source="blind")])
    assert store.open_work(user_id="ann", now=NOW, applications=None) == OpenWork(0, 1, 0)
    assert store.open_work(user_id="ann", now=NOW, applications=["labo"]) == OpenWork(0, 0, 0)


def test_open_work_is_of_the_applications_that_are_asked_for(store: SqlStore, run_id: str) -> None:
    other = store.create_run(a_run(application="labo")).id
    finished(store, other, Outcome.ABSENT, application="labo")
    for _ in range(2):
        finished(store, run_id, Outcome.ABSENT)
    counted = {
        name: store.open_work(user_id="ann", now=NOW, applications=[name]).unlabelled for name in ("dpi", "labo", "x")
    }
    assert counted == {"dpi": 2, "labo": 1, "x": 0}


def test_claims_count_for_who_holds_them_while_they_last(store: SqlStore, run_id: str) -> None:
    until = NOW + timedelta(minutes=10)
    for user_id in ("ann", "bob"):
        case = finished(store, run_id, Outcome.ABSENT)
        store.claim(case, user_id=user_id, user_name=user_id, now=NOW, until=until)

    def claimed(user_id: str, now: datetime) -> int:
        return store.open_work(user_id=user_id, now=now, applications=None).claimed

    assert [claimed(user_id, NOW) for user_id in ("ann", "bob", "eve")] == [1, 1, 0]
    assert claimed("ann", until - timedelta(seconds=1)) == 1
    assert claimed("ann", until) == 0
