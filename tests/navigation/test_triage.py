"""Which failures come first, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from navigation.records import AttemptGroup
from navigation.triage import WEIGHTS, rank
from navigation.types import Outcome
from tests.navigation.store.making import NOW


def group(number: int, outcome: Outcome, **given: Any) -> AttemptGroup:
    values = {
        "application": "dpi", "screen": "login", "signature": "s", "target_text": f"target {number}",
        "target_kind": "clickable", "attempts": 10, "labelled": 0, "first_at": NOW, "last_at": NOW, "last_id": "last",
    }  # fmt: skip
    return AttemptGroup(id=number, outcome=outcome, **values | given)


def test_a_wrong_patient_comes_before_many_refusals() -> None:
    ranked = rank([group(1, Outcome.ABSENT, attempts=900), group(2, Outcome.WRONG_PATIENT, attempts=1)], NOW)
    assert [item.group.id for item in ranked] == [2, 1]
    assert ranked[0].why[0] == "danger"


def test_successes_are_not_queued_but_tell_how_often_a_target_fails() -> None:
    same = {"target_text": "Ouvrir"}
    (often, seldom) = rank(
        [
            group(1, Outcome.OK, attempts=90, **same),
            group(2, Outcome.ABSENT, attempts=10, **same),
            group(3, Outcome.ABSENT, attempts=10),
        ],
        NOW,
    )
    assert (often.group.id, often.failing, often.tried) == (3, 1.0, 10)
    assert (seldom.group.id, seldom.failing, seldom.tried) == (2, 0.1, 100)


def test_what_is_new_comes_before_what_is_old_and_what_is_large_before_what_is_small() -> None:
    old, new = group(1, Outcome.ABSENT, first_at=NOW - timedelta(days=30)), group(2, Outcome.ABSENT)
    assert [item.group.id for item in rank([old, new], NOW)] == [2, 1]
    small, large = group(3, Outcome.ABSENT, attempts=2), group(4, Outcome.ABSENT, attempts=500)
    assert [item.group.id for item in rank([small, large], NOW)] == [4, 3]


def test_labels_do_not_move_a_group() -> None:
    (before,), (after,) = rank([group(1, Outcome.ABSENT)], NOW), rank([group(1, Outcome.ABSENT, labelled=9)], NOW)
    assert before.place == after.place
    assert (before.unlabelled, after.unlabelled) == (10, 1)


def test_a_place_is_between_nought_and_one() -> None:
    assert sum(WEIGHTS.values()) == 1
    for outcome in Outcome:
        for item in rank([group(1, outcome, attempts=10**6, first_at=NOW + timedelta(days=1))], NOW):
            assert 0 < item.place <= 1
