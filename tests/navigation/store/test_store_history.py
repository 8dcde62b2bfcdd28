"""The run around an attempt, and earlier attempts at its target."""

from navigation.store import SqlStore
from navigation.types import Outcome
from tests.navigation.store.making import a_page, a_run, a_start, finished, sha


def test_a_run_is_told_from_its_first_attempt_on(store: SqlStore, run_id: str) -> None:
    other = store.create_run(a_run()).id
    ids = [finished(store, run_id), finished(store, other), finished(store, run_id, Outcome.ABSENT)]
    started = a_start(run_id)
    store.start_attempt(started)
    told = store.run_attempts(run_id)
    assert [step.start.id for step in told] == [ids[0], ids[2], started.id]
    assert [step.state for step in told] == ["finished", "finished", "started"]
    assert [step.start.id for step in store.run_attempts(run_id, after_seq=told[0].seq, limit=1)] == [ids[2]]
    assert store.run_attempts("unknown") == []


def test_around_an_attempt_stand_its_neighbours_in_the_run(store: SqlStore, run_id: str) -> None:
    ids = [finished(store, run_id) for _ in range(7)]
    finished(store, store.create_run(a_run()).id)
    for at, shown in [(3, ids[1:6]), (0, ids[:3]), (6, ids[4:])]:
        around = store.run_around(run_id, number(store, ids[at]), each_side=2)
        assert [line.id for line in around] == shown
    assert store.run_around("unknown", 3) == []


def test_the_last_good_attempt_at_the_same_target_comes_first(store: SqlStore, run_id: str) -> None:
    older, good = finished(store, run_id), finished(store, run_id)
    failed = [finished(store, run_id, Outcome.ABSENT) for _ in range(3)]
    finished(store, run_id, target_text="Réglages")
    finished(store, run_id, screen="urgences")
    asked = finished(store, run_id, Outcome.ABSENT)
    finished(store, run_id)
    assert [line.id for line in store.earlier(number(store, asked))] == [good, *failed[::-1], older]
    assert [line.id for line in store.earlier(number(store, asked), limit=2)] == [good, failed[2]]
    assert store.earlier(number(store, older)) == []
    assert store.earlier(10_000) == []


def number(store: SqlStore, attempt_id: str) -> int:
    attempt = store.attempt(attempt_id)
    assert attempt
    return attempt.seq


def test_readings_of_a_picture_are_named_without_being_opened(store: SqlStore, run_id: str) -> None:
    store.put_page(a_page(settings_key="second"))
    store.put_page(a_page(settings_key="first"))
    assert store.readings_of(sha("image")) == ["second", "first"]
    assert store.readings_of(sha("other")) == []
