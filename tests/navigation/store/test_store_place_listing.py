"""Remembered places as people see and change them: lists, acts with reason and audit, what the engine makes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from navigation.cache import CacheKey
from navigation.errors import ConflictError, StoreError
from navigation.ids import new_id
from navigation.place_records import PlaceAct, PlaceChange, PlaceFilter, RememberedPlace, TrialAsked
from navigation.records import AuditEvent
from navigation.settings import CachePolicy
from navigation.store import SqlStore
from tests.navigation.placing import NOW, a_key, a_place, assert_same_place
from tests.navigation.store.making import a_label, a_start, finished

DAY = timedelta(days=1)
LATER = NOW + DAY
EVENT = AuditEvent("ann", "place_changed", "place", "1")
ALL = PlaceFilter(oldest=NOW - 90 * DAY)


def remember(store: SqlStore, policy: CachePolicy = CachePolicy(), *, at: Any = NOW, **key: Any) -> CacheKey:
    made = a_key(**key)
    store.remembered_places(policy).put(made, a_place(), at)
    return made


def only(store: SqlStore) -> RememberedPlace:
    (place,) = store.places(ALL).rows
    return place


def act(store: SqlStore, name: PlaceAct, place: RememberedPlace | None = None, seen: str = "") -> None:
    place = place or only(store)
    change = PlaceChange(name, "ann", "Ann", f"because {name}", LATER)
    store.change_place(place.id, change, seen=seen or place.seen, event=EVENT)


def test_the_list_is_by_screen_and_says_what_there_is_to_filter_by(store: SqlStore) -> None:
    remember(store, target="Valider")
    remember(store, target="Annuler")
    remember(store, screen="board")
    remember(store, application="labo")
    page = store.places(ALL)
    assert [(row.application, row.screen, row.target_text) for row in page.rows] == [
        ("dpi", "board", "Se connecter"),
        ("dpi", "login", "Annuler"),
        ("dpi", "login", "Valider"),
        ("labo", "login", "Se connecter"),
    ]
    assert [row.target_text for row in store.places(ALL, page=1, limit=3).rows] == ["Se connecter"]
    assert store.places(ALL, page=1, limit=3).total == 4
    tally = store.place_tally(ALL)
    assert tally.screens == {("dpi", "board"): 1, ("dpi", "login"): 2, ("labo", "login"): 1}
    assert (page.rows[0].box, page.rows[0].target_kind) == (a_place().box, "clickable")


def test_what_one_may_not_see_is_neither_listed_nor_counted(store: SqlStore) -> None:
    remember(store)
    remember(store, application="labo")
    some = PlaceFilter(ALL.oldest, applications=["labo"])
    assert [row.application for row in store.places(some).rows] == ["labo"]
    assert store.place_tally(some).screens == {("labo", "login"): 1}
    assert store.places(PlaceFilter(ALL.oldest, application="dpi", applications=["labo"])).total == 0


def test_each_state_is_filtered_and_counted_as_the_place_itself_says(store: SqlStore) -> None:
    places = store.remembered_places(CachePolicy())
    for number, target in enumerate(("young", "contradicted", "pinned", "old")):
        places.put(a_key(target=target), a_place(number), NOW - (100 * DAY if target in ("old", "pinned") else 0 * DAY))
        places = store.remembered_places(CachePolicy(max_age_days=3650))
    places.contradict(a_key(target="contradicted"), NOW)
    (pinned,) = (row for row in store.places(ALL).rows if row.target_text == "pinned")
    act(store, "pin", pinned)
    assert store.place_tally(ALL).states == {"quarantined": 1, "pinned": 1, "contradicted": 1, "old": 1}
    for row in store.places(ALL).rows:
        for state in store.place_tally(ALL).states:
            is_listed = row.id in {r.id for r in store.places(PlaceFilter(ALL.oldest, states=[state])).rows}
            assert is_listed == (state in row.states(ALL.oldest)), (row.target_text, state)
    assert store.places(PlaceFilter(ALL.oldest, states=["old", "pinned"])).total == 0


def test_a_pinned_place_outlives_age_and_room_and_is_used(store: SqlStore) -> None:
    policy = CachePolicy(max_entries=2)
    pinned = remember(store, policy, at=NOW - 80 * DAY)
    act(store, "pin")
    for number in range(3):
        remember(store, policy, at=NOW + 20 * DAY + number * DAY, target=f"newer {number}")
    kept = {row.target_text for row in store.places(ALL).rows}
    assert kept == {"Se connecter", "newer 2"}
    entry = store.remembered_places(policy).get(pinned)
    assert entry is not None
    assert entry.last_verified_at < NOW + 22 * DAY - 90 * DAY
    assert entry.is_usable(policy, NOW + 22 * DAY)
    assert not entry.is_usable(CachePolicy(max_age_days=0), NOW + 22 * DAY)
    act(store, "unpin", next(row for row in store.places(ALL).rows if row.target_text == "Se connecter"))
    remember(store, policy, at=NOW + 30 * DAY, target="newest")
    assert "Se connecter" not in {row.target_text for row in store.places(ALL).rows}


def test_more_pinned_places_than_there_is_room_for_all_stay(store: SqlStore) -> None:
    policy = CachePolicy(max_entries=1)
    for target in ("one", "other"):
        remember(store, target=target)
    for place in store.places(ALL).rows:
        act(store, "pin", place)
    remember(store, policy, at=LATER, target="newest")
    assert {row.target_text for row in store.places(ALL).rows} == {"one", "other"}


def test_a_contradiction_puts_a_pinned_place_aside_and_learning_keeps_it_pinned(store: SqlStore) -> None:
    key = remember(store)
    act(store, "pin")
    places = store.remembered_places(CachePolicy())
    places.contradict(key, LATER)
    entry = places.get(key)
    assert entry is not None
    assert not entry.is_usable(CachePolicy(), LATER)
    places.put(key, a_place(2), LATER)
    assert (only(store).pinned_at, only(store).quarantined_at) == (LATER, None)


def test_people_put_places_aside_and_back_for_every_process_at_once(store: SqlStore) -> None:
    key, robot = remember(store), store.remembered_places(CachePolicy())
    for name, is_usable in (("quarantine", False), ("release", True)):
        act(store, name)  # type: ignore[arg-type]
        entry = robot.get(key)
        assert entry is not None
        assert entry.is_usable(CachePolicy(), LATER) is is_usable
    act(store, "forget")
    assert robot.get(key) is None
    robot.count(key, hit=True)
    robot.close()
    assert store.places(ALL).total == 0


def test_every_act_keeps_its_reason_and_its_audit_event(store: SqlStore) -> None:
    remember(store)
    acts: list[PlaceAct] = ["pin", "unpin", "quarantine", "release", "forget"]
    place = only(store)
    for name in acts:
        act(store, name)
    kept = [(change.act, change.author, change.reason, change.at) for change in store.place_changes(place)]
    assert kept == [(name, "Ann", f"because {name}", LATER) for name in reversed(acts)]
    assert [event for _, event in store.audit_events()] == [EVENT] * 5
    remember(store, target="Autre")
    assert store.place_changes(only(store)) == []


@pytest.mark.parametrize(
    ("name", "before"), [("pin", ["pin"]), ("unpin", []), ("quarantine", ["quarantine"]), ("release", [])]
)
def test_what_is_so_already_is_not_done_again(store: SqlStore, name: PlaceAct, before: list[PlaceAct]) -> None:
    remember(store)
    for earlier in before:
        act(store, earlier)
    with pytest.raises(ConflictError):
        act(store, name)
    assert len(store.audit_events()) == len(before)


@pytest.mark.parametrize("meanwhile", ["learned", "contradicted", "pinned", "put aside"])
def test_what_changed_meanwhile_is_a_conflict_and_nothing_is_written(store: SqlStore, meanwhile: str) -> None:
    key = remember(store)
    place, places = only(store), store.remembered_places(CachePolicy())
    if meanwhile == "learned":
        places.put(key, a_place(2), LATER)
    elif meanwhile == "contradicted":
        act(store, "quarantine")
        place = only(store)
        places.contradict(key, LATER)
    else:
        act(store, "pin" if meanwhile == "pinned" else "quarantine")
    events = len(store.audit_events())
    with pytest.raises(ConflictError):
        act(store, "forget", seen=place.seen)
    assert only(store).id == place.id
    assert len(store.audit_events()) == events
    assert len(store.place_changes(place)) == events


def test_a_use_meanwhile_is_no_conflict(store: SqlStore) -> None:
    key = remember(store)
    place, places = only(store), store.remembered_places(CachePolicy())
    places.count(key, hit=True)
    places.confirm(key, LATER)
    places.close()
    act(store, "pin", place)
    assert (only(store).hits, only(store).pinned_at) == (1, LATER)


def test_a_rebuilt_place_is_used_by_all_keeps_its_record_and_ends_its_quarantine(store: SqlStore) -> None:
    key, robot = remember(store), store.remembered_places(CachePolicy())
    robot.contradict(key, NOW)
    assert robot.get(key) is not None
    place = only(store)
    change = PlaceChange("rebuild", "ann", "Ann", "moved", LATER)
    store.rebuild_place(place.id, a_place(7), change, verified_at=LATER - DAY / 2, seen=place.seen, event=EVENT)
    entry = robot.get(key)
    assert entry is not None
    assert_same_place(entry.place, a_place(7))
    assert (entry.contradictions, entry.quarantined_at, entry.last_verified_at) == (1, None, LATER - DAY / 2)
    with pytest.raises(ConflictError):
        store.rebuild_place(place.id, a_place(8), change, verified_at=LATER, seen=place.seen, event=EVENT)


def test_what_is_forgotten_cannot_be_changed(store: SqlStore) -> None:
    remember(store)
    place = only(store)
    assert store.place_patch(place.id)
    act(store, "forget")
    assert (store.place(place.id), store.place_patch(place.id)) == (None, None)
    with pytest.raises(StoreError, match="forgotten meanwhile"):
        act(store, "pin", place)


# --- trials ---------------------------------------------------------------------------------------


def asked(application: str = "dpi", **given: Any) -> TrialAsked:
    values: dict[str, Any] = {
        "id": new_id(), "application": application, "policy": CachePolicy(agreement=0.95), "in_use": CachePolicy(),
        "wanted": 2000, "author_id": "ann", "author": "Ann", "at": NOW,
    }  # fmt: skip
    return TrialAsked(**values | given)


@pytest.fixture
def tried(store: SqlStore, run_id: str) -> str:
    """An attempt's id; it was finished on the application of `asked`."""
    return finished(store, run_id)


def start(store: SqlStore, question: TrialAsked, version: int = 1) -> tuple[str, bool]:
    trial, is_new = store.start_trial(question, version=version, event=EVENT)
    return trial.asked.id, is_new


def test_a_question_is_answered_once_until_something_of_it_changes(store: SqlStore, tried: str, run_id: str) -> None:
    first, is_new = start(store, asked())
    assert is_new
    assert store.note_trial(first, 5, 10, NOW)
    assert store.end_trial(first, "done", NOW, counts={"kinds": {"kept": 3}})
    assert start(store, asked()) == (first, False)
    trial = store.trial(first)
    assert trial is not None
    assert (trial.done, trial.total, trial.state, trial.counts) == (5, 10, "done", {"kinds": {"kept": 3}})
    others = [asked(policy=CachePolicy()), asked(in_use=CachePolicy(window_px=1)), asked(wanted=1)]
    for question in others:
        again, is_new = start(store, question)
        assert is_new
        store.end_trial(again, "cancelled", NOW)
    newer, is_new = start(store, asked(), version=2)
    assert is_new
    store.end_trial(newer, "done", NOW)
    store.add_labels([a_label(tried)])
    labelled, is_new = start(store, asked())
    assert is_new
    store.end_trial(labelled, "done", NOW)
    finished(store, run_id)
    assert start(store, asked())[1]
    assert [trial.asked.id for trial in store.trials("dpi")][-1] == first
    assert store.trials("labo") == []


def test_one_trial_at_a_time_and_a_silent_one_is_given_up(store: SqlStore, tried: str) -> None:
    first, _ = start(store, asked())
    with pytest.raises(ConflictError):
        start(store, asked(at=NOW + timedelta(seconds=50)))
    store.note_trial(first, 1, 10, NOW + timedelta(seconds=50))
    with pytest.raises(ConflictError):
        start(store, asked(at=NOW + timedelta(seconds=100)))
    assert start(store, asked(at=NOW + timedelta(seconds=120)))[1]
    trial = store.trial(first)
    assert trial is not None
    assert (trial.state, trial.is_running(NOW)) == ("failed", False)
    assert not store.note_trial(first, 2, 10, NOW)
    assert not store.end_trial(first, "done", NOW, counts={})


def test_a_cancelled_trial_does_not_go_on(store: SqlStore, tried: str) -> None:
    first, _ = start(store, asked())
    assert store.end_trial(first, "cancelled", NOW)
    assert not store.note_trial(first, 1, 10, NOW)
    assert store.trial(first).counts is None  # type: ignore[union-attr]


def test_without_a_finished_attempt_there_is_nothing_to_try(store: SqlStore, run_id: str) -> None:
    store.start_attempt(a_start(run_id))
    with pytest.raises(StoreError, match="no finished attempt"):
        start(store, asked())
    assert store.trials("dpi") == []
    finished(store, run_id)
    assert start(store, asked())[1]
