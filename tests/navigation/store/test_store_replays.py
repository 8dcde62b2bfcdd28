"""Replay in bulk in the store: which attempts are chosen, who may write, what is counted, what is shown to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from navigation.case_records import CaseSet
from navigation.errors import ConflictError, StoreError
from navigation.records import AttemptFilter
from navigation.replays import LEASE, Choice, Replayed, ReplayRun, ReplaySetting
from navigation.shadow import ShadowVerdict
from navigation.store import SqlStore
from navigation.types import NormPoint, Outcome
from tests.navigation.store.every_method import AN_EVENT, a_replay
from tests.navigation.store.making import NOW, a_decision, a_finish, a_label, a_run, a_start, finished, seeded
from tests.navigation.store.test_store_cases import a_case

LATER = NOW + LEASE + timedelta(seconds=1)
PRESSES = ShadowVerdict("presses", Outcome.OK, 0.8, 1.0, NormPoint(0.5, 0.25))
REFUSES = ShadowVerdict("refuses", Outcome.AMBIGUOUS, 0.9, 0.0, None)
SAME = ShadowVerdict("same", Outcome.OK, 1.0, 1.0, NormPoint(0.5, 0.5))


@pytest.fixture
def ids(store: SqlStore) -> list[str]:
    """Four attempts, the last of another application; and one that limits had no part in."""
    run_id = seeded(store)
    made = [finished(store, run_id, id=f"number {at}") for at in range(3)]
    other = store.create_run(a_run(application="ris")).id
    made.append(finished(store, other, id="number 3", application="ris"))
    store.start_attempt(a_start(run_id, id="timed out"))
    store.decide_attempt("timed out", a_decision(outcome=Outcome.OCR_TIMEOUT), finish=a_finish(Outcome.OCR_TIMEOUT))
    return made


def chosen(store: SqlStore, run: ReplayRun) -> list[str]:
    return [one.id for one in store.to_replay(run.id)]


def asked(store: SqlStore, where: AttemptFilter | None = None, choice: Choice | None = None) -> ReplayRun:
    return store.add_replay(a_replay(), where or AttemptFilter(), choice, event=AN_EVENT)


def test_every_attempt_that_limits_had_a_part_in_is_chosen(store: SqlStore, ids: list[str]) -> None:
    run = asked(store)
    assert (run.total, run.left_out, run.done, run.state) == (4, 1, 0, "running")
    assert chosen(store, run) == ids
    assert AN_EVENT in [event for _, event in store.audit_events()]
    assert store.replay(run.id) == run == store.replays()[0]


def test_a_filter_the_newest_ids_cases_and_a_set_choose(store: SqlStore, ids: list[str]) -> None:
    assert chosen(store, asked(store, AttemptFilter(application="ris"))) == [ids[3]]
    assert chosen(store, asked(store, AttemptFilter(applications=["dpi"]))) == ids[:3]
    newest = asked(store, AttemptFilter(), Choice(latest=2))
    assert (chosen(store, newest), newest.left_out) == ([ids[3]], 1)
    assert chosen(store, asked(store, choice=Choice(ids=[ids[1], "timed out"]))) == [ids[1]]
    for attempt_id, name in ((ids[0], "kept"), (ids[2], "other")):
        label = a_label(attempt_id, id=f"label {name}")
        store.add_labels([label])
        store.put_case(a_case(attempt_id, id=name, label_id=label.id))
    store.add_case_set(CaseSet("set", "some", "ann", "Ann", NOW))
    store.put_in_set("set", ["kept"])
    assert chosen(store, asked(store, choice=Choice(of_cases=True))) == [ids[0], ids[2]]
    assert chosen(store, asked(store, choice=Choice(set_id="set"))) == [ids[0]]
    with pytest.raises(StoreError, match="None of the attempts"):
        asked(store, AttemptFilter(application="nowhere"))
    assert len(store.replays()) == 6, "a run without attempts is not kept"


def test_the_choice_stands_whatever_comes_later(store: SqlStore, ids: list[str]) -> None:
    run = asked(store)
    finished(store, store.create_run(a_run()).id)
    assert chosen(store, run) == ids


def test_results_are_kept_once_and_counted(store: SqlStore, ids: list[str]) -> None:
    run = store.take_replay(asked(store).id, NOW)
    seqs = [one.seq for one in store.to_replay(run.id)]
    results = [
        Replayed(seqs[0], Outcome.OK, SAME),
        Replayed(seqs[1], Outcome.ABSENT, PRESSES, doubt="second", was_right=False, is_right=True),
        Replayed(seqs[2], Outcome.OK, None, failure="no_picture"),
    ]
    assert store.add_replayed(run.id, run.fence, results[:2], NOW)
    assert store.add_replayed(run.id, run.fence, [replace(results[0], verdict=REFUSES), results[2]], NOW)
    found = store.replay(run.id)
    assert found is not None
    assert found.done == 3
    assert found.counts == {
        "changes": {"ok>ok": 1, "absent>ok": 1},
        "differences": {"same": 1, "presses": 1},
        "doubts": {"second": 1},
        "labels": {"wrong>right": 1},
        "failures": {"no_picture": 1},
    }
    assert chosen(store, run) == [ids[3]]
    found_one = store.replayed_attempt(run.id, ids[0])
    assert found_one is not None
    assert (found_one[0].id, found_one[1]) == (ids[0], results[0])
    assert store.replayed_attempt(run.id, ids[3]) is None
    with pytest.raises(DatabaseError, match="never edited"), store._db.writing() as session:
        session.execute(text("UPDATE replay_result SET doubt = ''"))


def test_results_are_listed_by_kind_to_who_may_see_them(store: SqlStore, ids: list[str]) -> None:
    run = store.take_replay(asked(store).id, NOW)
    seqs = [one.seq for one in store.to_replay(run.id)]
    results = [
        Replayed(seqs[0], Outcome.OK, SAME),
        Replayed(seqs[1], Outcome.ABSENT, PRESSES, was_right=True, is_right=False),
        Replayed(seqs[2], Outcome.OK, None, failure="no_reading"),
        Replayed(seqs[3], Outcome.OK, REFUSES, was_right=False, is_right=True),
    ]
    store.add_replayed(run.id, run.fence, results, NOW)

    def listed(kind: str = "", applications: list[str] | None = None, after: int = 0) -> list[str]:
        return [line.id for line, _ in store.replayed(run.id, applications, kind=kind, after=after)]

    assert listed() == [ids[1], ids[3]]
    assert listed(after=seqs[1]) == [ids[3]]
    assert listed(applications=["dpi"]) == [ids[1]]
    assert listed("presses") == listed("newly_wrong") == [ids[1]]
    assert listed("newly_right") == [ids[3]]
    assert listed("failed") == [ids[2]]
    assert [result for _, result in store.replayed(run.id, None, kind="failed")] == [results[2]]


def test_one_worker_at_a_time_has_a_run(store: SqlStore, ids: list[str]) -> None:
    run = store.take_replay(asked(store).id, NOW)
    assert run.is_worked_on(NOW)
    assert not run.is_worked_on(LATER)
    with pytest.raises(ConflictError, match="Another worker"):
        store.take_replay(run.id, NOW)
    second = store.take_replay(run.id, LATER)
    assert second.fence == run.fence + 1
    one = Replayed(store.to_replay(run.id)[0].seq, Outcome.OK, SAME)
    for act in (
        lambda: store.add_replayed(run.id, run.fence, [one], LATER),
        lambda: store.end_replay(run.id, run.fence, "done", LATER),
    ):
        with pytest.raises(ConflictError, match="Another worker"):
            act()
    found = store.replay(run.id)
    assert found is not None
    assert (found.done, found.state) == (0, "running"), "who was overtaken writes nothing"
    assert store.add_replayed(run.id, second.fence, [one], LATER)


def test_a_worker_hears_that_its_run_was_paused_and_keeps_what_it_has(store: SqlStore, ids: list[str]) -> None:
    run = store.take_replay(asked(store).id, NOW)
    store.change_replay(run.id, "paused", NOW, event=AN_EVENT)
    one = Replayed(store.to_replay(run.id)[0].seq, Outcome.OK, SAME)
    assert not store.add_replayed(run.id, run.fence, [one], NOW)
    store.end_replay(run.id, run.fence, "done", NOW)
    found = store.replay(run.id)
    assert found is not None
    assert (found.state, found.done, found.leased_until) == ("paused", 1, None)
    again = store.take_replay(run.id, NOW)
    assert (again.state, again.taken_done) == ("running", 1)
    store.end_replay(run.id, again.fence, "done", NOW)
    for act in (
        lambda: store.take_replay(run.id, NOW),
        lambda: store.change_replay(run.id, "running", NOW, event=AN_EVENT),
    ):
        with pytest.raises(ConflictError, match="somewhere else"):
            act()
    with pytest.raises(StoreError, match="no such replay"):
        store.take_replay("none", NOW)


def test_labels_come_along(store: SqlStore, ids: list[str]) -> None:
    store.add_labels([a_label(ids[1], id="said")])
    setting = ReplaySetting({"score": 0.8}, 1, ("tesserocr",), "fra")
    run = store.add_replay(a_replay(setting=setting), AttemptFilter(), event=AN_EVENT)
    assert run.setting == setting
    assert [[label.id for label in one.labels] for one in store.to_replay(run.id)] == [[], ["said"], [], []]
