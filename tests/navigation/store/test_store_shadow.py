"""Trials of configurations and their answers, as stored."""

from __future__ import annotations

import pytest

from navigation.errors import ConflictError, StoreError
from navigation.records import AuditEvent
from navigation.shadow import ShadowTrial, ShadowVerdict
from navigation.store import SqlStore
from navigation.types import NormPoint, Outcome
from tests.navigation.store.making import finished

EVENT = AuditEvent("ann", "trial_begun", "config", "1")
PRESSES = ShadowVerdict("presses", Outcome.OK, 0.85, 0.2, NormPoint(0.25, 0.75))
REFUSES = ShadowVerdict("refuses", Outcome.AMBIGUOUS, 0.95, 0.01, None)
SAME = ShadowVerdict("same", Outcome.OK, 0.95, 0.5, NormPoint(0.5, 0.5))


def _begin(store: SqlStore, config_id: int = 1) -> ShadowTrial:
    return store.begin_shadow(config_id, author_id="ann", author="Ann", reason="see", event=EVENT)


def test_one_configuration_at_a_time_is_on_trial(store: SqlStore, run_id: str) -> None:
    assert store.running_shadow() is None
    trial = _begin(store)
    assert store.running_shadow() == trial
    with pytest.raises(ConflictError, match="on trial already"):
        _begin(store)
    store.end_shadow(trial.id, event=AuditEvent("bob", "trial_ended"))
    assert store.running_shadow() is None
    with pytest.raises(ConflictError, match="ended already"):
        store.end_shadow(trial.id, event=EVENT)
    second = _begin(store)
    assert [one.id for one in store.shadows()] == [second.id, trial.id]
    assert store.shadows()[1].ended_at is not None
    assert [event.action for _, event in store.audit_events()] == ["trial_begun", "trial_ended", "trial_begun"]


def test_an_unknown_configuration_is_refused(store: SqlStore, run_id: str) -> None:
    with pytest.raises(StoreError, match="No configuration"):
        _begin(store, 99)
    assert store.audit_events() == []


def test_answers_are_counted_and_those_that_differ_listed_newest_first(store: SqlStore, run_id: str) -> None:
    trial = _begin(store)
    ids = [finished(store, run_id) for _ in range(4)]
    for attempt_id, verdict in zip(ids, (PRESSES, SAME, REFUSES, PRESSES), strict=True):
        store.add_verdict(trial.id, attempt_id, verdict)
        store.add_verdict(trial.id, attempt_id, SAME)  # twice does once
    counts = store.verdict_counts(trial.id, None)
    assert (counts.judged, dict(counts.by_difference), counts.different) == (4, {"presses": 2, "refuses": 1}, 3)
    listed = store.verdicts_that_differ(trial.id, None)
    assert [(attempt.id, verdict) for attempt, verdict in listed] == [
        (ids[3], PRESSES),
        (ids[2], REFUSES),
        (ids[0], PRESSES),
    ]
    assert [a.id for a, _ in store.verdicts_that_differ(trial.id, None, difference="presses")] == [ids[3], ids[0]]
    before = listed[0][0].seq
    assert [a.id for a, _ in store.verdicts_that_differ(trial.id, None, before=before, limit=1)] == [ids[2]]


def test_other_applications_are_not_seen(store: SqlStore, run_id: str) -> None:
    trial = _begin(store)
    store.add_verdict(trial.id, finished(store, run_id), PRESSES)
    assert store.verdict_counts(trial.id, ["other"]).judged == 0
    assert store.verdicts_that_differ(trial.id, ["other"]) == []
    assert store.verdict_counts(trial.id, ["dpi"]).judged == 1


def test_a_verdict_on_what_is_not_stored_is_refused(store: SqlStore, run_id: str) -> None:
    with pytest.raises(StoreError, match="No attempt"):
        store.add_verdict(_begin(store).id, "none", SAME)
