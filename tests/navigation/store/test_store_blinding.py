"""Who has still to answer blind is told nothing of what others said, by no question to the store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from navigation.records import UNLABELLED, AttemptFilter, FacetName, Term
from navigation.store import SqlStore
from navigation.types import Outcome
from tests.navigation.store.making import NOW, a_label, a_sample, finished

BOB = AttemptFilter(reader="bob")
ANY = AttemptFilter()


@pytest.fixture
def case(store: SqlStore, run_id: str) -> str:
    """Drawn to be answered twice; Ann has answered, Bob has not."""
    attempt_id = finished(store, run_id, Outcome.ABSENT)
    sample = store.add_sample(a_sample(id="sample", double_share=1.0), ANY, by="none", size=1)
    said = {"source": "blind", "sample_id": sample.id, "note": "Formulaire caché", "cause": "misread"}
    store.add_labels([a_label(attempt_id, **said)])
    return attempt_id


@pytest.fixture
def other(store: SqlStore, run_id: str, case: str) -> str:
    """Of no sample, labelled by Ann."""
    attempt_id = finished(store, run_id, Outcome.ABSENT)
    store.add_labels([a_label(attempt_id, note="formulaire", cause="popup")])
    return attempt_id


def found(store: SqlStore, where: AttemptFilter) -> set[str]:
    return {row.id for row in store.list_attempts(where).rows}


def counts(store: SqlStore, where: AttemptFilter, name: FacetName) -> dict[str, int]:
    return {value.value: value.count for value in store.facets(where, [name])[name].values if value.count}


def test_a_row_that_waits_for_the_reader_says_nothing(store: SqlStore, case: str, other: str) -> None:
    rows = {row.id: (row.label, row.cause) for row in store.list_attempts(BOB).rows}
    assert rows == {case: (None, None), other: ("wrong", "popup")}
    assert {row.label for row in store.list_attempts(replace(BOB, reader="ann")).rows} == {"wrong"}


@pytest.mark.parametrize(
    ("where", "is_found"),
    [
        ({"labels": ("wrong",)}, False),
        ({"labels": (UNLABELLED,)}, True),
        ({"labels": (UNLABELLED, "wrong")}, True),
        ({"labels": (UNLABELLED, "right")}, True),
        ({"causes": ("misread",)}, False),
        ({"reviewer": "ann"}, False),
        ({"terms": (Term("caché"),)}, False),
        ({"terms": (Term("formulaire"),), "labels": (UNLABELLED,)}, False),
        ({"is_due": True}, True),
        ({"is_due": False}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("order", ["newest", "score"])
def test_no_filter_finds_a_case_by_what_others_said(
    store: SqlStore, case: str, other: str, where: dict[str, object], is_found: bool, order: str
) -> None:
    asked = replace(BOB, order=order, **where)  # type: ignore[arg-type]
    assert (case in found(store, asked)) == is_found
    assert store.count_attempts(asked).total == len(found(store, asked))
    assert (store.neighbours(other, asked) != (None, None)) == is_found
    store.add_labels([a_label(case, author_id="bob", source="blind", sample_id="sample", note="vu")])
    if "labels" in where and where["labels"] == ("wrong",):
        assert case in found(store, asked)  # the answer is given, and the case is like any other


def test_ones_own_word_is_found_while_an_answer_is_due(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    store.add_labels([a_label(attempt_id, author_id="bob", note="mon mot")])
    store.add_sample(a_sample(), ANY, by="none", size=1)
    assert found(store, replace(BOB, terms=(Term("mon mot"),))) == {attempt_id}
    assert found(store, replace(BOB, reviewer="bob")) == {attempt_id}
    assert counts(store, BOB, "reviewer") == {"bob": 1}


@pytest.mark.parametrize("more", [{}, {"score_min": 0.1}], ids=["tallied", "walked"])
def test_facets_count_a_due_case_as_unlabelled(store: SqlStore, case: str, other: str, more: dict[str, object]) -> None:
    asked = replace(BOB, **more)  # type: ignore[arg-type]
    assert counts(store, asked, "label") == {"wrong": 1, UNLABELLED: 1}
    assert counts(store, asked, "cause") == {"popup": 1}
    assert counts(store, asked, "reviewer") == {"ann": 1}
    assert counts(store, replace(asked, reader="ann"), "label") == {"wrong": 2}


@pytest.mark.parametrize("more", [{}, {"score_min": 0.1}], ids=["whole", "matching"])
def test_groups_count_a_due_case_as_unlabelled(store: SqlStore, case: str, other: str, more: dict[str, object]) -> None:
    (group,) = store.groups(replace(BOB, **more))  # type: ignore[arg-type]
    assert (group.attempts, group.labelled, group.due) == (2, 1, 1)
    (hers,) = store.groups(replace(BOB, reader="ann", **more))  # type: ignore[arg-type]
    assert (hers.labelled, hers.due) == (2, 0)


def test_a_group_on_its_own_says_the_same(store: SqlStore, case: str, other: str) -> None:
    mine, hers = store.group_of(case, reader="bob"), store.group_of(case)
    assert mine
    assert hers
    assert (mine.labelled, mine.due, hers.labelled, hers.due) == (1, 1, 2, 0)
    assert store.group(mine.id, reader="bob") == mine


def test_groups_are_in_the_order_of_what_the_reader_sees(store: SqlStore, case: str, run_id: str) -> None:
    finished(store, run_id, Outcome.ABSENT)
    finished(store, run_id, Outcome.AMBIGUOUS, target_text="Autre")
    assert [group.target_text for group in store.groups(ANY)] == ["Autre", "Se connecter"]
    assert [group.target_text for group in store.groups(BOB)] == ["Se connecter", "Autre"]
    assert [group.target_text for group in store.groups(BOB, limit=1)] == ["Se connecter"]


def test_the_next_unlabelled_case_may_be_one_that_is_due(store: SqlStore, case: str) -> None:
    group = store.group_of(case)
    assert group
    assert store.next_unlabelled(group.id, user_id="bob", now=NOW) == [case]
    assert store.next_unlabelled(group.id, user_id="ann", now=NOW) == []


def test_what_waits_on_the_dashboard_leaves_out_what_others_said(store: SqlStore, case: str, run_id: str) -> None:
    store.add_labels([a_label(case, author_id="eve", answer="right")], seen=store.labels_of(case)[0].id)

    def work(user_id: str) -> tuple[int, int]:
        found = store.open_work(user_id=user_id, now=NOW, applications=None)
        return found.unlabelled, found.disputed

    assert work("ann") == (0, 1)
    assert work("bob") == (1, 0)


def test_what_waits_counts_a_due_case_once_and_no_success(store: SqlStore, run_id: str) -> None:
    failed, pressed = finished(store, run_id, Outcome.ABSENT), finished(store, run_id)
    sample = store.add_sample(a_sample(id="sample", double_share=1.0), ANY, by="none", size=2)

    def unlabelled(*applications: str) -> int:
        return store.open_work(user_id="bob", now=NOW, applications=applications or None).unlabelled

    assert unlabelled() == 1
    store.add_labels([a_label(case, source="blind", sample_id=sample.id) for case in (failed, pressed)])
    assert unlabelled() == unlabelled("dpi") == 1
    assert unlabelled("labo") == 0


def test_progress_and_agreement_leave_out_what_is_due(store: SqlStore, case: str) -> None:
    assert store.sample_progress("sample", None, reader="ann").right == 0.0
    mine = store.sample_progress("sample", None, reader="bob")
    assert (mine.given, mine.wanted, mine.right, mine.disputed) == (1, 2, None, 0)
    store.add_labels([a_label(case, author_id="eve", source="blind", sample_id="sample", answer="right")])
    store.add_sample(a_sample(id="second"), ANY, by="none", size=1)
    assert len(store.blind_pairs(None)) == 1
    assert store.blind_pairs(None, reader="bob") == []


def test_a_withdrawn_answer_is_due_again_and_hides_again(store: SqlStore, case: str, other: str) -> None:
    store.add_labels([a_label(case, author_id="bob", source="blind", sample_id="sample")])
    assert store.kept_from("bob", [case, other]) == frozenset()
    store.undo_last(author_id="bob", author="Bob", now=NOW)
    assert store.kept_from("bob", [case, other]) == {case}
    assert store.kept_from("", [case, other]) == frozenset()
