"""A configuration on trial judges what robots send, and changes nothing of what they are answered."""

from __future__ import annotations

from navconsole.navigator import Navigator
from navigation.configurations import Limits, with_limits
from navigation.records import AuditEvent
from navigation.settings import CachePolicy, Thresholds
from navigation.shadow import ShadowTrial
from navigation.store.protocol import Store
from tests.navconsole.api.conftest import Api

EVENT = AuditEvent("ann", "trial_begun")


def _trial(store: Store, **thresholds: float) -> ShadowTrial:
    body = with_limits(store.active_config().body, Limits(Thresholds(**thresholds), CachePolicy()))
    config = store.add_config(body, "Ann", "trial")
    return store.begin_shadow(config.id, author_id="ann", author="Ann", reason="see", event=EVENT)


def test_what_the_trial_would_press_is_kept_and_the_answer_is_not_changed(
    api: Api, navigator: Navigator, store: Store
) -> None:
    trial = _trial(store, score=0.75)
    answer = api.send(api.action("Se conecter")).json
    assert answer["point"] is None
    navigator.shadow.finish()
    ((attempt, verdict),) = store.verdicts_that_differ(trial.id, None)
    assert (attempt.id, verdict.difference, verdict.outcome) == (answer["id"], "presses", "ok")
    assert verdict.point is not None
    assert verdict.score is not None
    assert 0.75 <= verdict.score < 0.9


def test_what_it_would_refuse_is_kept(api: Api, navigator: Navigator, store: Store) -> None:
    trial = _trial(store, anchor=1.0)
    screen = {"name": "login", "present": ["Identifian"]}
    answer = api.send(api.action(verify_before=screen)).json
    assert answer["outcome"] == "ok"
    navigator.shadow.finish()
    ((_, verdict),) = store.verdicts_that_differ(trial.id, None)
    assert (verdict.difference, verdict.outcome, verdict.point) == ("refuses", "wrong_screen", None)


def test_agreement_is_counted(api: Api, navigator: Navigator, store: Store) -> None:
    trial = _trial(store, score=0.91)
    api.send(api.action())
    navigator.shadow.finish()
    counts = store.verdict_counts(trial.id, None)
    assert (counts.judged, counts.different) == (1, 0)


def test_without_a_trial_and_after_its_end_nothing_is_judged(api: Api, navigator: Navigator, store: Store) -> None:
    api.send(api.action())
    trial = _trial(store, score=0.75)
    store.end_shadow(trial.id, event=EVENT)
    api.send(api.action("Se conecter"))
    navigator.shadow.finish()
    assert store.verdict_counts(trial.id, None).judged == 0


def test_closing_ends_the_thread_and_waits_for_nothing_that_was_not_begun(
    api: Api, navigator: Navigator, store: Store
) -> None:
    _trial(store, score=0.75)
    api.send(api.action())
    navigator.shadow.close()
    navigator.shadow.close()
    assert api.send(api.action()).status_code == 200
