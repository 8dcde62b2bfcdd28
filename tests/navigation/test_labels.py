"""What people's labels come to together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.labels import SETTLED, Label, is_alike, settle
from navigation.types import Box
from tests.navigation.store.making import a_label

HERE, NEARLY, THERE = Box(10, 10, 40, 20), Box(14, 12, 36, 18), Box(200, 10, 40, 20)


def said(number: int, author: str, **given: Any) -> Label:
    return a_label("attempt", id=f"label-{number}", author_id=author, **given)


@pytest.mark.parametrize(
    ("labels", "state", "answer"),
    [
        ([], "open", None),
        ([said(1, "ann")], "single", "wrong"),
        ([said(1, "ann", answer="right"), said(2, "ann")], "single", "wrong"),
        ([said(1, "ann", answer="right"), said(2, "bob", replaces="label-1")], "single", "wrong"),
        ([said(1, "ann"), said(2, "bob", source="blind")], "agreed", "wrong"),
        ([said(1, "ann"), said(2, "bob", source="blind", answer="right")], "disputed", "disputed"),
        (
            [said(1, "ann"), said(2, "bob", answer="right"), said(3, "eve", answer="right", source="adjudicated")],
            "adjudicated",
            "right",
        ),
        ([said(1, "ann"), said(2, "ann", answer="withdrawn", replaces="label-1")], "open", None),
        (
            [said(1, "ann"), said(2, "bob", answer="right", replaces="label-1"),
             said(3, "bob", answer="withdrawn", replaces="label-2")],
            "single",
            "wrong",
        ),
        (
            [said(1, "ann"), said(2, "ann", answer="withdrawn", replaces="label-1"),
             said(3, "ann", answer="withdrawn", replaces="label-2")],
            "single",
            "wrong",
        ),
    ],
    ids=["nobody", "one", "changed mind", "replaced by another", "two alike", "two apart", "adjudicated", "undone",
         "undone gives back what it replaced", "undoing undone"],
)  # fmt: skip
def test_labels_come_to(labels: list[Label], state: str, answer: str | None) -> None:
    settled = settle(labels)
    assert (settled.state, settled.answer) == (state, answer)


def test_a_label_after_an_adjudication_opens_the_dispute_again() -> None:
    ended = [said(1, "ann"), said(2, "bob", answer="right"), said(3, "eve", source="adjudicated")]
    assert settle([*ended, said(4, "ann", answer="right")]).state == "disputed"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"place": "box", "box": HERE}, {"place": "box", "box": NEARLY}, True),
        ({"place": "box", "box": HERE}, {"place": "box", "box": THERE}, False),
        ({"place": "box", "box": HERE}, {"place": "absent"}, False),
        ({"place": "absent"}, {"place": "absent"}, True),
        ({"place": "box", "box": HERE}, {}, True),
        ({"answer": "right"}, {"answer": "wrong"}, False),
    ],
)
def test_labels_are_alike_when_answer_and_place_are(one: dict[str, Any], other: dict[str, Any], expected: bool) -> None:
    assert is_alike(said(1, "ann", **one), said(2, "bob", **other)) is expected


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["right", "wrong", "unsure", "withdrawn"]),
                          st.integers(0, 9), st.booleans()), max_size=10))  # fmt: skip
def test_any_history_comes_to_something_that_stands(history: list[tuple[str, str, int, bool]]) -> None:
    labels = []
    for number, (author, answer, back, replaces) in enumerate(history):
        earlier = f"label-{max(0, number - 1 - back)}" if number and (replaces or answer == "withdrawn") else None
        if answer != "withdrawn" or earlier:
            labels.append(said(number, author, answer=answer, replaces=earlier))
    settled = settle(labels)
    assert settled.answer in (None, *SETTLED)
    assert (settled.answer is None) == (settled.state == "open") == (not settled.standing)
    assert all(label.answer != "withdrawn" for label in settled.standing)
    assert len({label.author_id for label in settled.standing}) == len(settled.standing)
