"""Orders, searching, facets, groups of what matches, saved views, crops: held against the list itself."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from navigation.errors import DamagedPictureError
from navigation.ids import new_id
from navigation.records import UNLABELLED, AttemptFilter, AttemptSummary, Facet, Order, SavedView, Term
from navigation.store import SqlStore, facets
from navigation.types import Box, Outcome
from tests.navigation.store.making import NOW, a_label, a_run, a_start, finished, png, stored_picture

HOUR = timedelta(hours=1)


@pytest.fixture
def many(store: SqlStore, run_id: str) -> list[str]:
    """Ids, oldest first: ten ended attempts with equal and missing scores, three labelled, and one under way."""
    other = store.create_run(a_run(application="labo")).id
    scores = [0.97, None, 0.5, 0.97, 0.8, None, 0.5, 0.1, 0.97, 0.3]
    ids = []
    for n, score in enumerate(scores):
        outcome = (Outcome.OK, Outcome.ABSENT, Outcome.AMBIGUOUS)[n % 3]
        where = {"application": "labo", "screen": "résultats"} if n % 4 == 3 else {"screen": "login"}
        ids.append(
            finished(store, other if n % 4 == 3 else run_id, outcome, score=score, margin=score and score / 2,
                     method=("cache" if n == 8 else "ocr") if score else None,
                     target_text=("Ouvrir", "Réglages")[n % 2], **where,
                     started_at=NOW + n * HOUR, expires_at=NOW + 99 * HOUR)
        )  # fmt: skip
    store.start_attempt(a_start(run_id, id="running", started_at=NOW, expires_at=NOW + HOUR))
    store.add_labels(
        [
            a_label(ids[1], cause="popup", note="Bandeau jaune"),
            a_label(ids[2], answer="right", author_id="bob", author="Bob"),
            a_label(ids[4], cause="timing"),
        ]
    )
    return [*ids, "running"]


def rows(store: SqlStore, where: AttemptFilter) -> list[AttemptSummary]:
    return list(store.list_attempts(where, limit=500).rows)


# --- orders ---------------------------------------------------------------------------------------

KEYS: dict[Order, Any] = {
    "newest": lambda row: (False, -row.seq, 0),
    "oldest": lambda row: (False, row.seq, 0),
    "score": lambda row: (row.score is None, row.score or 0, row.seq),
    "margin": lambda row: (row.margin is None, row.margin or 0, row.seq),
    "duration": lambda row: (row.duration_ms is None, -(row.duration_ms or 0), -row.seq),
}


@pytest.mark.parametrize("order", KEYS)
@pytest.mark.parametrize("limit", [1, 3, 4, 50])
def test_an_order_is_walked_down_and_up_without_gap_or_repeat(
    store: SqlStore, many: list[str], order: Order, limit: int
) -> None:
    where = AttemptFilter(order=order, outcomes=[Outcome.OK, Outcome.ABSENT], applications=["dpi", "labo"])
    expected = [row.id for row in sorted(rows(store, replace(where, order="newest")), key=KEYS[order])]
    pages = [store.list_attempts(where, limit=limit)]
    while pages[-1].next_cursor:
        pages.append(store.list_attempts(where, cursor=pages[-1].next_cursor, limit=limit))
    assert [row.id for page in pages for row in page.rows] == expected
    assert {len(page.rows) for page in pages[:-1]} <= {limit}
    assert len(pages[-1].rows) <= limit
    for page, before in zip(reversed(pages), reversed(pages[:-1]), strict=False):
        back = store.list_attempts(where, cursor=page.previous_cursor, limit=limit)
        assert (back.rows, back.next_cursor) == (before.rows, before.next_cursor)
    assert pages[0].previous_cursor is None


@pytest.mark.parametrize("order", KEYS)
def test_neighbours_follow_the_order(store: SqlStore, many: list[str], order: Order) -> None:
    where = AttemptFilter(order=order)
    listed = [row.id for row in rows(store, where)]
    for before, here, after in zip([None, *listed], listed, [*listed[1:], None], strict=False):
        assert store.neighbours(here, where) == (before, after)
        assert store.following(here, where) == after


@pytest.mark.parametrize(
    ("order", "cursor"),
    [
        ("score", "next-3"),
        ("newest", "next-3-0.5"),
        ("score", "next-3-nan"),
        ("score", "next-3-x"),
        ("score", "next-3-1e999"),
    ],
)
def test_a_cursor_of_another_order_is_refused(store: SqlStore, order: Order, cursor: str) -> None:
    with pytest.raises(ValueError):
        store.list_attempts(AttemptFilter(order=order), cursor=cursor)


# --- searching ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ([Term("JAUNE")], {1}),
        ([Term("reglages")], {1, 3, 5, 7, 9}),
        ([Term("jaune"), Term("réglages")], {1}),
        ([Term("jaune"), Term("ouvrir")], set()),
        ([Term("nowhere", reasons=["landed"])], set(range(10))),
        ([Term("ouvrir", reasons=["landed"]), Term("jaune")], {1}),
        ([Term("ouvrir", reasons=["landed"]), Term("réglages", reasons=["ok"])], {1, 3, 5, 7, 9}),
        ([Term("introuvable")], set()),
    ],
    ids=str,
)
def test_every_term_is_found_in_target_note_or_reason(
    store: SqlStore, many: list[str], terms: list[Term], found: set[int]
) -> None:
    for order in KEYS:
        where = AttemptFilter(terms=terms, order=order)
        assert sorted(row.id for row in rows(store, where)) == sorted(many[n] for n in found)
    assert store.facets(where, ["outcome"])["outcome"].total == len(found)


def test_a_target_is_asked_for_whole(store: SqlStore, many: list[str]) -> None:
    assert {row.target_text for row in rows(store, AttemptFilter(target="REGLAGES"))} == {"Réglages"}
    assert rows(store, AttemptFilter(target="reglage")) == []


# --- facets ---------------------------------------------------------------------------------------

VALUES: dict[Any, Any] = {
    "outcome": lambda row: row.outcome.value if row.outcome else "running",
    "application": lambda row: row.application,
    "screen": lambda row: row.screen,
    "target": lambda row: row.target_text,
    "method": lambda row: row.method,
    "label": lambda row: row.label or UNLABELLED,
    "cause": lambda row: row.cause,
    "config": lambda row: str(row.config_id),
}
OWN: dict[Any, dict[str, Any]] = {
    "outcome": {"outcomes": (), "is_running": None},
    "application": {"application": ""},
    "screen": {"screen": ""},
    "target": {"target": ""},
    "method": {"method": ""},
    "label": {"labels": ()},
    "cause": {"causes": ()},
    "config": {"config_id": None},
}
"""What of a filter is a facet's own choice, which must not narrow the values that it offers."""
FILTERS: list[dict[str, Any]] = [
    {},
    {"outcomes": [Outcome.ABSENT, Outcome.OK]},
    {"application": "labo"},
    {"applications": ["dpi"], "screen": "login", "method": "ocr"},
    {"screen": "résultats"},
    {"target": "ouvrir"},
    {"terms": [Term("ouvrir")]},
    {"terms": [Term("jaune", reasons=["landed"]), Term("e")]},
    {"since": NOW + 2 * HOUR, "until": NOW + 7 * HOUR},
    {"score_max": 0.9, "labels": [UNLABELLED]},
    {"score_max": 0.9, "outcomes": [Outcome.ABSENT]},
    {"until": NOW + 7 * HOUR, "outcomes": [Outcome.OK], "terms": [Term("jaune")]},
    {"since": NOW + 2 * HOUR, "outcomes": [Outcome.AMBIGUOUS], "application": "labo"},
    {"labels": ["wrong", "right"]},
    {"labels": ["wrong"], "causes": ["popup"]},
    {"reviewer": "bob"},
    {"config_id": 1, "outcomes": [Outcome.OK]},
    {"config_id": 9},
    {"is_running": True},
]


def counts(facet: Facet) -> dict[str, int]:
    return {value.value: value.count for value in facet.values if value.count}


@pytest.mark.parametrize("where", FILTERS, ids=str)
def test_a_facet_counts_what_the_other_filters_let_through(
    store: SqlStore, many: list[str], where: dict[str, Any]
) -> None:
    asked = AttemptFilter(**where)
    found = store.facets(asked, list(VALUES))
    for name, value_of in VALUES.items():
        listed = rows(store, replace(asked, **OWN[name]))
        expected = Counter(value for row in listed if (value := value_of(row)) is not None)
        assert counts(found[name]) == expected, name
        assert found[name].is_exact


@pytest.mark.parametrize("since", [None, NOW - HOUR], ids=["tallied", "walked"])
def test_the_most_frequent_value_comes_first_and_none_is_empty(store: SqlStore, run_id: str, since: Any) -> None:
    for screen in ("login", "", "board", "file", "file"):
        finished(store, run_id, screen=screen)
    screens = store.facets(AttemptFilter(since=since), ["screen"])["screen"].values
    assert [(value.value, value.count) for value in screens] == [("file", 2), ("board", 1), ("login", 1)]


def test_reviewers_are_counted_by_attempt_and_named(store: SqlStore, many: list[str]) -> None:
    store.add_labels([a_label(many[1], answer="right")])  # the same person once more
    found = store.facets(AttemptFilter(outcomes=[Outcome.ABSENT, Outcome.AMBIGUOUS]), ["reviewer"])["reviewer"]
    assert [(value.value, value.name, value.count) for value in found.values] == [("ann", "Ann", 2), ("bob", "Bob", 1)]
    absent = store.facets(AttemptFilter(outcomes=[Outcome.ABSENT]), ["reviewer"])["reviewer"]
    assert [value.value for value in absent.values] == ["ann"]
    others = store.facets(AttemptFilter(reviewer="bob"), ["reviewer"])["reviewer"]
    assert [value.value for value in others.values] == ["ann", "bob"]


def test_beyond_what_is_counted_a_facet_says_at_least(
    store: SqlStore, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "COUNTED", 3)
    dated = AttemptFilter(since=NOW - HOUR)
    together = store.facets(dated, ["outcome", "screen"])["outcome"]
    assert (together.is_exact, together.total) == (False, 4)
    assert counts(store.facets(dated, ["outcome"])["outcome"]) == {"ok": 4, "absent": 3, "ambiguous": 3, "running": 1}
    assert not store.facets(dated, ["outcome"])["outcome"].is_exact
    assert store.facets(replace(dated, since=NOW + 5 * HOUR), ["outcome"])["outcome"].is_exact
    assert store.facets(AttemptFilter(), ["outcome"])["outcome"].total == 11  # the tallies know
    last_three = store.facets(AttemptFilter(since=NOW + 7 * HOUR), ["outcome"])["outcome"]
    assert (last_three.is_exact, last_three.total) == (True, 3)
    assert store.facets(AttemptFilter(), ["label"])["label"].is_exact  # three are labelled
    monkeypatch.setattr(facets, "COUNTED", 2)
    assert not store.facets(AttemptFilter(), ["label"])["label"].is_exact


# --- groups ---------------------------------------------------------------------------------------


def test_groups_of_a_dated_filter_count_what_matches(store: SqlStore, many: list[str]) -> None:
    dated = AttemptFilter(since=NOW + 2 * HOUR, outcomes=[Outcome.ABSENT])
    listed = rows(store, dated)
    found = {group.id: group for group in store.groups(dated)}
    assert {g.id: g.attempts for g in found.values()} == Counter(row.group_id for row in listed)
    assert sum(g.labelled for g in found.values()) == sum(row.label is not None for row in listed)
    for group in found.values():
        mine = [row for row in listed if row.group_id == group.id]
        assert (group.last_id, group.first_at) == (mine[0].id, mine[-1].started_at)


def test_groups_with_most_to_label_come_first(store: SqlStore, many: list[str]) -> None:
    for where in (AttemptFilter(), AttemptFilter(since=NOW - HOUR)):
        left = [group.attempts - group.labelled for group in store.groups(where)]
        assert left == sorted(left, reverse=True)
        assert len(store.groups(where, limit=2)) == 2
    assert store.groups(AttemptFilter()) == store.groups(AttemptFilter(since=NOW - HOUR))


def test_whole_groups_are_of_the_outcome_and_target_asked_for(store: SqlStore, many: list[str]) -> None:
    absent = store.groups(AttemptFilter(outcomes=[Outcome.ABSENT]))
    assert {group.outcome for group in absent} == {Outcome.ABSENT}
    opened = store.groups(AttemptFilter(target="Ouvrir"))
    assert {group.target_text for group in opened} == {"Ouvrir"}
    assert [group.attempts for group in store.groups(AttemptFilter(method="cache"))] == [1]


def test_the_days_of_groups_are_counted(store: SqlStore, run_id: str) -> None:
    for hours in (0, 1, 30, -48):  # the last came late
        finished(store, run_id, started_at=NOW + hours * HOUR, expires_at=NOW + 99 * HOUR)
    (group,) = store.groups(AttemptFilter())
    day = NOW.date()
    assert store.group_days([group.id], since=NOW - HOUR) == {group.id: {day: 2, day + timedelta(days=1): 1}}
    assert store.group_days([group.id], since=NOW + 2 * HOUR) == {group.id: {day + timedelta(days=1): 1}}
    assert store.group_days([group.id], since=NOW) == {group.id: {day: 2, day + timedelta(days=1): 1}}
    assert store.group_days([], since=NOW) == {}


# --- saved views ----------------------------------------------------------------------------------


def a_view(**given: Any) -> SavedView:
    values = {"id": new_id(), "owner_id": "ann", "owner": "Ann", "name": "Mine", "address": "outcome=absent",
              "is_shared": False, "created_at": NOW}  # fmt: skip
    return SavedView(**values | given)


def test_one_sees_ones_own_views_and_those_that_are_shared(store: SqlStore) -> None:
    mine, hidden, shared = a_view(), a_view(owner_id="bob"), a_view(owner_id="bob", name="All", is_shared=True)
    for view in (hidden, shared, mine):
        store.save_view(view)
    assert store.saved_views("ann") == [mine, shared]


def test_views_are_by_name_whatever_its_case(store: SqlStore) -> None:
    for name in ("zinc", "Beta", "amber"):
        store.save_view(a_view(name=name))
    assert [view.name for view in store.saved_views("ann")] == ["amber", "Beta", "zinc"]


def test_a_view_of_the_same_name_is_replaced(store: SqlStore) -> None:
    first = store.save_view(a_view())
    again = store.save_view(a_view(address="outcome=ok", is_shared=True))
    assert again == replace(first, address="outcome=ok", is_shared=True)
    assert store.saved_views("ann") == [again]


def test_only_ones_own_view_is_removed(store: SqlStore) -> None:
    view = store.save_view(a_view(is_shared=True))
    assert not store.delete_view(view.id, "bob")
    assert store.delete_view(view.id, "ann")
    assert store.saved_views("ann") == []


# --- crops ----------------------------------------------------------------------------------------


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGBA")


def test_a_crop_shows_the_box_and_nothing_beside_the_picture(store: SqlStore) -> None:
    image_id = stored_picture(store, png(100, 60))
    inside = opened(store.blobs.crop(image_id, Box(20, 20, 40, 20), 80))
    assert inside.size == (80, 40)
    assert inside.getchannel("A").getextrema() == (255, 255)
    corner = opened(store.blobs.crop(image_id, Box(-20, -10, 40, 20), 40))
    assert corner.getpixel((2, 2))[3] == 0  # type: ignore[index]
    assert corner.getpixel((37, 17))[3] == 255  # type: ignore[index]


def test_a_crop_is_kept_by_picture_and_box(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    image_id = stored_picture(store, png(100, 60))
    first = store.blobs.crop(image_id, Box(0, 0, 30, 10), 60)
    assert store.blobs.crop(image_id, Box(30, 0, 30, 10), 60)
    monkeypatch.setattr(type(store.blobs), "read", lambda *_: pytest.fail("read again"))
    assert store.blobs.crop(image_id, Box(0, 0, 30, 10), 60) == first


@pytest.mark.parametrize(("box", "width"), [(Box(0, 0, 10, 10), 4), (Box(0, 0, 0, 10), 60)])
def test_a_crop_without_size_is_refused(store: SqlStore, box: Box, width: int) -> None:
    with pytest.raises(ValueError, match="size"):
        store.blobs.crop(stored_picture(store, png()), box, width)


def test_a_crop_of_a_damaged_picture_is_not_made(store: SqlStore, tmp_path: Any) -> None:
    image_id = stored_picture(store, png())
    for path in (tmp_path / "data" / "screenshots").rglob(f"{image_id}*"):
        path.write_bytes(b"cut")
    with pytest.raises(DamagedPictureError):
        store.blobs.crop(image_id, Box(0, 0, 30, 10), 60)
