"""Claims, samples for the audit, undoing and preferences in the store."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from navigation.errors import StoreError
from navigation.records import AttemptFilter
from navigation.store import SqlStore
from navigation.types import Outcome
from tests.navigation.store.making import NOW, a_label, a_sample, finished

TEN = timedelta(minutes=10)


def claim(store: SqlStore, attempt_id: str, user_id: str, now=NOW):  # type: ignore[no-untyped-def]
    return store.claim(attempt_id, user_id=user_id, user_name=user_id.title(), now=now, until=now + TEN)


def group_of(store: SqlStore) -> int:
    return store.groups(AttemptFilter())[0].id


# --- claims ---------------------------------------------------------------------------------------


def test_a_case_belongs_to_who_came_first_until_the_claim_lapses(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    assert claim(store, attempt_id, "ann").user_id == "ann"
    assert claim(store, attempt_id, "bob").user_id == "ann"
    assert claim(store, attempt_id, "bob", NOW + TEN).user_id == "bob"
    assert store.claim_on(attempt_id, NOW + 2 * TEN) is None


def test_a_person_holds_one_case_and_its_claim_is_renewed(store: SqlStore, run_id: str) -> None:
    first, second = finished(store, run_id), finished(store, run_id)
    claim(store, first, "ann")
    later = claim(store, first, "ann", NOW + TEN / 2)
    assert later.until == NOW + 1.5 * TEN
    claim(store, second, "ann")
    assert store.claim_on(first, NOW) is None


def test_an_unknown_case_is_not_claimed(store: SqlStore) -> None:
    with pytest.raises(StoreError):
        claim(store, "unknown", "ann")


def test_the_next_case_is_unlabelled_older_and_nobody_elses(store: SqlStore, run_id: str) -> None:
    ids = [finished(store, run_id) for _ in range(4)][::-1]
    group = group_of(store)
    claim(store, ids[0], "bob")
    store.add_labels([a_label(ids[1])])

    def following(user_id: str, before: str | None = None) -> list[str]:
        return store.next_unlabelled(group, user_id=user_id, now=NOW, before=before, limit=9)

    assert following("ann") == ids[2:]
    assert following("bob") == [ids[0], *ids[2:]]
    assert following("ann", before=ids[2]) == ids[3:]
    assert store.next_unlabelled(group, user_id="ann", now=NOW + TEN) == ids[:1]


def test_an_attempt_knows_its_group(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id, Outcome.ABSENT)
    finished(store, run_id)
    found = store.group_of(attempt_id)
    assert found
    assert (found.outcome, found.last_id) == (Outcome.ABSENT, attempt_id)
    assert store.group_of("unknown") is None


# --- undoing --------------------------------------------------------------------------------------


def undo(store: SqlStore, author_id: str = "ann") -> list[str]:
    return list(store.undo_last(author_id=author_id, author="Ann", now=NOW))


def test_a_settling_is_undone_whole_then_the_label_before_it(store: SqlStore, run_id: str) -> None:
    first, *like = [finished(store, run_id) for _ in range(4)]
    store.add_labels([a_label(first)])
    store.add_labels([a_label(attempt_id, source="settled", batch_id="batch") for attempt_id in like])
    store.add_labels([a_label(finished(store, run_id), author_id="bob")])
    assert undo(store) == like
    assert undo(store) == [first]
    with pytest.raises(StoreError, match="no label that still stands"):
        undo(store)


def test_what_another_person_has_replaced_meanwhile_stays_as_they_said(store: SqlStore, run_id: str) -> None:
    ids = [finished(store, run_id) for _ in range(2)]
    batch = [a_label(attempt_id, batch_id="batch") for attempt_id in ids]
    store.add_labels(batch)
    store.add_labels([a_label(ids[0], author_id="bob", answer="right", replaces=batch[0].id)], seen=batch[0].id)
    assert undo(store) == ids[1:]
    assert store.settled(ids[0]).answer == "right"


def test_undoing_twice_takes_back_both_of_ones_answers_on_a_case(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    first = a_label(attempt_id, answer="right")
    store.add_labels([first])
    store.add_labels([a_label(attempt_id, replaces=first.id)])
    assert undo(store) == [attempt_id]
    assert store.settled(attempt_id).answer == "right"
    assert undo(store) == [attempt_id]
    assert store.settled(attempt_id).answer is None


# --- samples --------------------------------------------------------------------------------------


@pytest.fixture
def many(store: SqlStore, run_id: str) -> list[str]:
    """Thirty attempts that succeeded and two that did not, one of them of another application."""
    done = [finished(store, run_id) for _ in range(30)]
    return [*done, finished(store, run_id, Outcome.ABSENT), finished(store, run_id, Outcome.ABSENT, application="pacs")]


def drawn(store: SqlStore, sample_id: str, user_id: str = "ann") -> list[str]:
    """The cases in the order they come to a person who labels each."""
    found: list[str] = []
    while (case := store.next_in_sample(sample_id, user_id=user_id, applications=None, now=NOW)) is not None:
        store.add_labels([a_label(case, author_id=user_id, source="blind", sample_id=sample_id, answer="right")])
        found.append(case)
    return found


def test_a_stratified_sample_has_the_rare_ones_and_their_chances(store: SqlStore, many: list[str]) -> None:
    sample = store.add_sample(a_sample(), AttemptFilter(), by="outcome", size=8)
    assert [(s.name, s.population, s.drawn) for s in sample.strata] == [("absent", 2, 1), ("ok", 30, 7)]
    assert sum(s.population * s.probability for s in sample.strata) == pytest.approx(8)
    assert store.sample(sample.id) == sample
    assert list(store.samples()) == [sample]
    cases = drawn(store, sample.id)
    assert len(set(cases)) == 8
    assert set(cases) & set(many[30:])


def test_the_same_seed_draws_the_same(store: SqlStore, many: list[str]) -> None:
    first, second, other = (
        store.add_sample(a_sample(seed=seed), AttemptFilter(), by="none", size=9) for seed in (7, 7, 8)
    )
    assert drawn(store, first.id, "ann") == drawn(store, second.id, "bob") != drawn(store, other.id, "eve")


def test_nothing_to_draw_is_said(store: SqlStore, many: list[str]) -> None:
    with pytest.raises(StoreError, match="nothing to draw"):
        store.add_sample(a_sample(), AttemptFilter(outcomes=[Outcome.TIMEOUT]), by="none", size=9)
    with pytest.raises(StoreError, match="nothing to draw"):
        store.add_sample(a_sample(), AttemptFilter(applications=()), by="none", size=9)


def test_a_double_case_goes_to_two_people_and_a_single_one_to_one(store: SqlStore, many: list[str]) -> None:
    sample = store.add_sample(a_sample(double_share=0.5), AttemptFilter(), by="none", size=10)
    first = drawn(store, sample.id, "ann")
    assert len(first) == 10
    second = drawn(store, sample.id, "bob")
    assert len(second) == 5
    assert drawn(store, sample.id, "eve") == []
    pairs = store.blind_pairs(None)
    assert Counter(one.attempt_id for one, _ in pairs) == Counter(second)
    assert {(one.author_id, other.author_id) for one, other in pairs} == {("ann", "bob")}


def test_progress_counts_answers_wanted_given_and_disputed(store: SqlStore, many: list[str]) -> None:
    sample = store.add_sample(a_sample(double_share=1.0), AttemptFilter(), by="none", size=4)
    case = store.next_in_sample(sample.id, user_id="ann", applications=None, now=NOW)
    assert case
    assert store.due_in_samples(case, "ann") == [sample.id]
    for user_id, answer in (("ann", "right"), ("bob", "wrong")):
        store.add_labels([a_label(case, author_id=user_id, source="blind", sample_id=sample.id, answer=answer)])
    assert store.due_in_samples(case, "ann") == []
    assert store.due_in_samples(case, "eve") == []
    progress = store.sample_progress(sample.id, None)
    assert (progress.cases, progress.wanted, progress.given, progress.disputed) == (4, 8, 2, 1)
    undo(store)
    assert store.due_in_samples(case, "ann") == [sample.id]
    assert store.sample_progress(sample.id, None).given == 1
    assert store.sample_progress(sample.id, ()).cases == 0


def test_a_case_somebody_has_open_is_not_given_and_a_skipped_one_comes_last(store: SqlStore, many: list[str]) -> None:
    sample = store.add_sample(a_sample(), AttemptFilter(), by="none", size=3)

    def following(after: str | None = None) -> str | None:
        return store.next_in_sample(sample.id, user_id="ann", applications=None, now=NOW, after=after)

    first = following()
    second = following(first)
    third = following(second)
    assert len({first, second, third}) == 3
    assert following(third) == first
    claim(store, str(first), "bob")
    assert following() == second


def test_only_ones_own_applications_are_shown(store: SqlStore, many: list[str]) -> None:
    sample = store.add_sample(a_sample(), AttemptFilter(), by="none", size=32)
    assert store.sample_progress(sample.id, ["pacs"]).cases == 1
    assert store.next_in_sample(sample.id, user_id="ann", applications=["pacs"], now=NOW) == many[31]


# --- preferences ----------------------------------------------------------------------------------


def test_a_preference_is_kept_beside_the_others(store: SqlStore) -> None:
    user = store.add_user(name="ann", role="engineer", password_hash=None)
    store.set_preference(user.id, "keys", {"right": "v"})
    store.set_preference(user.id, "other", {"a": "b"})
    store.set_preference(user.id, "keys", {"right": "w"})
    assert store.preferences(user.id) == {"keys": {"right": "w"}, "other": {"a": "b"}}
