"""Lists and counts: filters, order, pages; and that what makes them fast says nothing the evidence does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from navigation.records import UNLABELLED, AttemptFilter, AttemptSummary, Term
from navigation.store import SqlStore, listing, summaries
from navigation.store.folding import folded
from navigation.store.models.lists import (
    AnchorDayRow,
    AttemptDayRow,
    GroupRow,
    ScreenTallyRow,
    SummaryRow,
    TallyRow,
    TargetRow,
)
from navigation.types import Outcome
from tests.navigation.store.making import NOW, a_decision, a_label, a_run, a_start, finished

HOUR = timedelta(hours=1)


@pytest.fixture
def mixed(store: SqlStore, run_id: str) -> list[str]:
    """Ids, oldest first: five finished attempts of several kinds, then one decided and one started."""
    other = store.create_run(a_run(application="labo")).id
    later = NOW + timedelta(days=1)
    ids = [
        finished(store, run_id),
        finished(store, run_id, Outcome.ABSENT, method=None, score=None, margin=None, target_text="Réglages"),
        finished(
            store, run_id, Outcome.AMBIGUOUS, score=0.93, margin=0.02, screen="urgences", target_text="50 % d'œufs"
        ),
        finished(store, other, application="labo", screen="résultats", target_text="OUVRIR", method="cache", score=1.0),
        finished(store, run_id, Outcome.LOW_CONFIDENCE, score=0.7, started_at=later, expires_at=later),
    ]
    decided, started = a_start(run_id), a_start(run_id, target_text="Prescrire")
    for start in (decided, started):
        store.start_attempt(start)
        ids.append(start.id)
    store.decide_attempt(decided.id, a_decision(), finish=None)
    return ids


FILTERS: dict[str, tuple[dict[str, Any], list[int]]] = {
    "nothing asked": ({}, [6, 5, 4, 3, 2, 1, 0]),
    "an outcome": ({"outcomes": [Outcome.ABSENT]}, [1]),
    "several outcomes": ({"outcomes": [Outcome.OK, Outcome.ABSENT, Outcome.TIMEOUT]}, [3, 1, 0]),
    "application": ({"application": "labo"}, [3]),
    "screen": ({"screen": "urgences"}, [2]),
    "method": ({"method": "cache"}, [3]),
    "text without accent or case": ({"terms": [Term("REGLAGE")]}, [1]),
    "text with a ligature": ({"terms": [Term("oeuf")]}, [2]),
    "text with a wildcard": ({"terms": [Term("%")]}, [2]),
    "text with another wildcard": ({"terms": [Term("_")]}, []),
    "text of nothing": ({"terms": [Term("introuvable")]}, []),
    "text and screen": ({"terms": [Term("connecter")], "screen": "login"}, [5, 4, 0]),
    "score from": ({"score_min": 0.97}, [5, 3, 0]),
    "score to": ({"score_max": 0.93}, [4, 2]),
    "margin from": ({"margin_min": 0.1}, [5, 4, 3, 0]),
    "configuration": ({"config_id": 2}, []),
    "margin to": ({"margin_max": 0.05}, [2]),
    "since": ({"since": NOW + timedelta(hours=1)}, [4]),
    "until": ({"until": NOW + timedelta(hours=1)}, [6, 5, 3, 2, 1, 0]),
    "since the moment itself": ({"since": NOW + timedelta(days=1)}, [4]),
    "until the moment itself": ({"until": NOW + timedelta(days=1)}, [6, 5, 3, 2, 1, 0]),
    "margin from the value itself": ({"margin_min": 0.2}, [5, 4, 3, 0]),
    "margin to the value itself": ({"margin_max": 0.02}, [2]),
    "under way": ({"is_running": True}, [6, 5]),
    "ended": ({"is_running": False}, [4, 3, 2, 1, 0]),
    "under way and ended": ({"is_running": True, "outcomes": [Outcome.OK]}, []),
    "rights of one": ({"applications": ["labo"]}, [3]),
    "rights of none": ({"applications": []}, []),
    "rights of another": ({"applications": ["labo"], "application": "dpi"}, []),
    "rights of two, outcome": ({"applications": ["labo", "dpi"], "outcomes": [Outcome.OK]}, [3, 0]),
}


@pytest.mark.parametrize(("where", "expected"), FILTERS.values(), ids=FILTERS)
def test_a_filter_lists_and_counts_what_it_says(
    store: SqlStore, mixed: list[str], where: dict[str, Any], expected: list[int]
) -> None:
    rows = store.list_attempts(AttemptFilter(**where)).rows
    counts = store.count_attempts(AttemptFilter(**where))
    assert [mixed.index(row.id) for row in rows] == expected
    assert counts.total == len(expected) == sum(counts.by_outcome.values())


def test_a_run_lists_its_own_attempts(store: SqlStore, run_id: str, mixed: list[str]) -> None:
    where = AttemptFilter(run_id=run_id)
    assert len(store.list_attempts(where).rows) == store.count_attempts(where).total == 6


def test_a_line_tells_what_the_evidence_tells(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    stored = store.attempt(attempt_id)
    assert stored is not None
    assert store.list_attempts(AttemptFilter()).rows == [
        AttemptSummary(
            seq=stored.seq, id=attempt_id, run_id=run_id, application="dpi", screen="login",
            target_text="Se connecter", target_kind="clickable", state="finished", outcome=Outcome.OK, method="ocr",
            score=0.97, margin=0.2, before_id=stored.start.before_id, after_id=None, point_x_norm=0.5,
            point_y_norm=0.25, started_at=NOW, duration_ms=210.0, config_id=1, reason="landed", group_id=1, label=None,
            cause=None,
        )
    ]  # fmt: skip


def test_counts_are_by_outcome_with_those_under_way(store: SqlStore, mixed: list[str]) -> None:
    assert store.count_attempts(AttemptFilter()).by_outcome == {
        "ok": 2, "absent": 1, "ambiguous": 1, "low_confidence": 1, "running": 2,
    }  # fmt: skip


def test_tallies_and_lines_count_alike(store: SqlStore, mixed: list[str]) -> None:
    everything = AttemptFilter(since=NOW - timedelta(days=1))
    assert store.count_attempts(everything) == store.count_attempts(AttemptFilter())


def test_facets_name_what_exists_and_may_be_seen(store: SqlStore, mixed: list[str]) -> None:
    assert store.facet_values(AttemptFilter()) == {
        "application": ["dpi", "labo"], "screen": ["login", "résultats", "urgences"], "method": ["cache", "ocr"],
    }  # fmt: skip
    seen = store.facet_values(AttemptFilter(applications=["labo"]))
    assert (seen["application"], seen["screen"]) == (["labo"], ["résultats"])


# --- pages ----------------------------------------------------------------------------------------


def test_pages_go_down_and_up_again_without_gap_or_repeat(store: SqlStore, mixed: list[str]) -> None:
    pages = [store.list_attempts(AttemptFilter(), limit=3)]
    while pages[-1].next_cursor:
        pages.append(store.list_attempts(AttemptFilter(), cursor=pages[-1].next_cursor, limit=3))
    assert [row.id for page in pages for row in page.rows] == mixed[::-1]
    back = store.list_attempts(AttemptFilter(), cursor=pages[-1].previous_cursor, limit=3)
    assert back.rows == pages[-2].rows
    assert pages[0].previous_cursor is None


def test_a_new_attempt_does_not_move_the_page_one_looks_at(store: SqlStore, run_id: str, mixed: list[str]) -> None:
    first = store.list_attempts(AttemptFilter(), limit=2)
    before = store.list_attempts(AttemptFilter(), cursor=first.next_cursor, limit=2).rows
    finished(store, run_id)
    after = store.list_attempts(AttemptFilter(), cursor=first.next_cursor, limit=2)
    assert (after.rows, after.previous_cursor is not None) == (before, True)


def test_the_first_page_has_none_before_it_however_one_came_there(store: SqlStore, mixed: list[str]) -> None:
    page = store.list_attempts(AttemptFilter(), cursor="next-999", limit=2)
    assert [row.id for row in page.rows] == mixed[:4:-1]
    assert page.previous_cursor is None


@pytest.mark.parametrize("cursor", ["", "12", "next-", "next-1; DROP TABLE run", "sideways-3", "next-" + "9" * 40])
def test_a_made_up_cursor_is_refused(store: SqlStore, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        store.list_attempts(AttemptFilter(), cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_limit_out_of_range_is_refused(store: SqlStore, limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        store.list_attempts(AttemptFilter(), limit=limit)


def test_neighbours_are_those_of_the_filtered_list(store: SqlStore, mixed: list[str]) -> None:
    ended = AttemptFilter(outcomes=[Outcome.OK, Outcome.ABSENT, Outcome.AMBIGUOUS])
    assert store.neighbours(mixed[2], ended) == (mixed[3], mixed[1])
    assert store.neighbours(mixed[3], ended) == (None, mixed[2])
    assert store.neighbours(mixed[0], AttemptFilter()) == (mixed[1], None)
    assert store.neighbours("unknown", AttemptFilter()) == (None, None)


# --- labels and groups ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"labels": ["wrong"]}, [1]),
        ({"labels": ["wrong", UNLABELLED]}, [6, 5, 4, 3, 2, 1]),
        ({"causes": ["timing"]}, [1]),
        ({"reviewer": "bob"}, [0]),
        ({"labels": ["unsure"]}, []),
    ],
    ids=str,
)
def test_a_filter_knows_what_people_said(
    store: SqlStore, mixed: list[str], where: dict[str, Any], expected: list[int]
) -> None:
    store.add_labels([a_label(mixed[0], answer="right", author_id="bob"), a_label(mixed[1], cause="timing")])
    found = AttemptFilter(**where)
    assert [row.id for row in store.list_attempts(found).rows] == [mixed[i] for i in expected]
    assert store.count_attempts(found).total == len(expected)


def test_attempts_that_ended_alike_are_one_group(store: SqlStore, run_id: str) -> None:
    anchored = {"target": {"text": "Ouvrir"}, "verify_before": {"name": "tableau", "present": ["Patients"]}}
    ids = [
        finished(store, run_id, Outcome.ABSENT, target_text="Ouvrir", action=anchored, started_at=NOW + n * HOUR,
                 expires_at=NOW + 9 * HOUR)
        for n in range(3)
    ]  # fmt: skip
    finished(store, run_id, Outcome.ABSENT, target_text="Ouvrir")  # the same target on a screen defined otherwise
    finished(store, run_id, Outcome.OK, target_text="Ouvrir", action=anchored)
    store.add_labels([a_label(ids[1])])
    (group,) = [g for g in store.groups(AttemptFilter(outcomes=[Outcome.ABSENT])) if g.attempts > 1]
    assert (group.attempts, group.labelled, group.first_at, group.last_at) == (3, 1, NOW, NOW + 2 * HOUR)
    assert (group.target_text, group.last_id) == ("Ouvrir", ids[2])
    assert [row.id for row in store.list_attempts(AttemptFilter(group_id=group.id)).rows] == ids[::-1]
    assert store.group(group.id) == group
    assert len(store.groups(AttemptFilter())) == 3
    assert store.groups(AttemptFilter(applications=["labo"])) == []


# --- what makes it fast ---------------------------------------------------------------------------


def _derived(store: SqlStore) -> list[Any]:
    """Lines, targets, groups and tallies as values; ids of targets and groups are replaced by what they stand for."""
    with store._db.reading() as session:
        targets = {
            row.id: (row.application, row.screen, row.text, row.folded) for row in session.scalars(select(TargetRow))
        }
        skipped = ("id", "target_id", "group_id", "_sa_instance_state")
        groups = {
            row.id: {k: v for k, v in vars(row).items() if k not in skipped} | {"target": targets[row.target_id]}
            for row in session.scalars(select(GroupRow))
        }
        lines = [
            {k: v for k, v in vars(row).items() if k not in skipped}
            | {"id": row.id, "target": targets[row.target_id], "group": groups.get(row.group_id)}
            for row in session.scalars(select(SummaryRow).order_by(SummaryRow.seq))
        ]
        tallies = {
            (targets[row.target_id], row.outcome, row.method): row.attempts
            for row in session.scalars(select(TallyRow).where(TallyRow.attempts > 0))
        }
        by_screen = {
            (row.application, row.screen, row.outcome, row.method): row.attempts
            for row in session.scalars(select(ScreenTallyRow).where(ScreenTallyRow.attempts > 0))
        }
        days = [
            sorted(
                str({k: v for k, v in vars(row).items() if k not in skipped}) for row in session.scalars(select(table))
            )
            for table in (AttemptDayRow, AnchorDayRow)
        ]
        return [lines, tallies, by_screen, set(targets.values()), sorted(groups.values(), key=str), days]


def test_lists_rebuilt_from_the_evidence_are_the_same(
    store: SqlStore, mixed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "REBUILD_BATCH", 2)
    store.add_labels([a_label(mixed[0], cause="timing"), a_label(mixed[1], answer="right")])
    kept = _derived(store)
    with store._db.writing() as session:
        assert summaries.rebuild(session) == len(mixed)
    assert _derived(store) == kept


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    outcomes=st.lists(st.sampled_from(Outcome), max_size=4, unique=True),
    rights=st.none() | st.lists(st.sampled_from(["dpi", "labo", "autre"]), max_size=3, unique=True),
    text=st.sampled_from(["", "e", "connecter", "o"]),
    branches=st.sampled_from([1, 3, 64]),
)
def test_split_or_not_a_filter_finds_the_same(
    store: SqlStore, mixed: list[str], outcomes: list[Outcome], rights: list[str] | None, text: str, branches: int
) -> None:
    where = AttemptFilter(outcomes=outcomes, applications=rights, terms=[Term(text)] if text else [])
    expected = [
        row.id
        for row in store.list_attempts(AttemptFilter()).rows
        if (not outcomes or row.outcome in outcomes)
        and (rights is None or row.application in rights)
        and folded(text) in folded(row.target_text)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "MAX_BRANCHES", branches)
        assert [row.id for row in store.list_attempts(where).rows] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("  Œuvre   Éco ", "oeuvre eco"), ("STRAẞE", "strasse"), ("Ｆｕｌｌ", "full"), ("İstanbul", "istanbul"), ("", "")],
)
def test_folding_forgets_case_accents_and_spaces(text: str, expected: str) -> None:
    assert folded(text) == expected
