from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from navconsole.dashboard.context import Told, build_dashboard, find_drifts
from navconsole.dashboard.forms import DashboardQuery, parse_query
from navconsole.dashboard.rates import by_day, by_screen
from navconsole.dashboard.stages import quantile, stage_times
from navigation.daily import Activation, AnchorCount, DayCount, OpenWork, Rate

TODAY = date(2026, 3, 30)
DAYS = [TODAY - timedelta(days=back) for back in range(29, -1, -1)]


def count(*, day: date = TODAY, screen: str = "login", **rate: int) -> DayCount:
    return DayCount(day, "dpi", screen, Rate(**{"attempts": 1, **rate}))


def told(**given: Any) -> Told:
    values = {"counts": [], "anchors": [], "activations": [], "timings": [], "work": OpenWork(0, 0, 0), "waiting": 0}
    return Told(**values | given)


# --- rates ----------------------------------------------------------------------------------------


def test_what_is_handed_to_a_person_is_neither_success_nor_failure() -> None:
    rate = Rate(attempts=12, succeeded=6, handed_over=4)
    assert (rate.success, rate.failed) == (0.75, 2)


def test_wrong_presses_are_those_labelled_so_and_those_that_did_not_land() -> None:
    rate = Rate(attempts=15, succeeded=8, labelled=4, labelled_wrong=1, not_landed=2)
    assert (rate.pressed, rate.wrong) == (10, 0.3)


def test_memory_is_counted_among_what_was_found() -> None:
    assert Rate(attempts=13, found=4, from_memory=3).memory == 0.75


def test_without_attempts_there_is_no_rate() -> None:
    assert (Rate().success, Rate().wrong, Rate().memory) == (None, None, None)
    assert Rate(attempts=1, handed_over=1).success is None


def test_rates_add_up() -> None:
    one, other = Rate(1, 2, 3, 4, 5, 6, 7, 8), Rate(10, 20, 30, 40, 50, 60, 70, 80)
    assert one + other == Rate(11, 22, 33, 44, 55, 66, 77, 88)


def test_days_and_screens_with_most_failures_come_together() -> None:
    yesterday = TODAY - timedelta(days=1)
    counts = [
        count(attempts=100, succeeded=100, screen="board", day=yesterday),
        count(attempts=3),
        count(attempts=2, succeeded=1, day=yesterday),
        count(attempts=50, handed_over=50, screen="factor"),
    ]
    screens = by_screen(counts)
    assert [one.screen for one in screens] == ["login", "board", "factor"]
    assert screens[0].rate == Rate(attempts=5, succeeded=1)
    assert screens[0].days == {TODAY: Rate(attempts=3), yesterday: Rate(attempts=2, succeeded=1)}
    assert by_day(counts) == {
        yesterday: Rate(attempts=102, succeeded=101),
        TODAY: Rate(attempts=53, handed_over=50),
    }


# --- stages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "expected"), [(0.5, 10.0), (0.95, 19.0), (1.0, 20.0), (0.0, 1.0)])
def test_a_quantile_is_one_of_the_values(share: float, expected: float) -> None:
    assert quantile([float(n) for n in range(20, 0, -1)], share) == expected


def test_the_slowest_stage_comes_first_and_totals_are_left_out() -> None:
    timings: list[tuple[Mapping[str, float], Mapping[str, float]]] = [
        ({"total": 500.0, "read": float(n), "ground": 2.0, "patient": 0.1}, {"read": 400.0} if n == 1 else {})
        for n in range(1, 101)
    ]
    rows = stage_times(timings)
    assert [(row.stage, row.attempts, row.median, row.p95) for row in rows] == [
        ("read_after", 1, 400.0, 400.0),
        ("read", 100, 50.0, 95.0),
        ("ground", 100, 2.0, 2.0),
    ]
    assert (rows[0].p95_bar, rows[1].median_bar) == (100, 12.5)
    assert stage_times([]) == []


# --- drift ----------------------------------------------------------------------------------------


def anchors(text: str, found: list[int], strong: list[int] | None = None, **given: Any) -> list[AnchorCount]:
    names = {"application": "dpi", "screen": "login"} | given
    strong = found if strong is None else strong
    return [
        AnchorCount(day=day, text=text, seen=10, found=f, strong=s, **names)
        for day, f, s in zip(DAYS[-len(found) :], found, strong, strict=True)
    ]


def test_texts_that_are_gone_rarer_or_weaker_are_told_with_their_day() -> None:
    gone = anchors("Synthèse", [10] * 20 + [0] * 10)
    rarer = anchors("Motif", [10] * 20 + [5] * 10)
    weaker = anchors("Box", [10] * 30, [10] * 20 + [3] * 10)
    steady = anchors("Nom", [9, 10] * 15)
    found = find_drifts([*gone, *rarer, *weaker, *steady], DAYS)
    assert [(one.text, one.kind) for one in found] == [("Synthèse", "gone"), ("Box", "weaker"), ("Motif", "rarer")]
    assert {one.fall.since for one in found} == {DAYS[20]}
    assert find_drifts([], DAYS) == []


def test_the_same_text_of_two_screens_is_two_texts() -> None:
    both = anchors("Nom", [10] * 10 + [0] * 5, screen="a") + anchors("Nom", [10] * 15, screen="b")
    assert [one.screen for one in find_drifts(both, DAYS)] == ["a"]


def test_a_text_that_is_found_more_often_and_read_with_more_doubt_is_weaker() -> None:
    (found,) = find_drifts(anchors("Box", [5] * 20 + [10] * 10, [5] * 30), DAYS)
    assert (found.kind, found.fall.since) == ("weaker", DAYS[20])
    assert (found.fall.before.rate, found.fall.after.rate) == (1.0, 0.5)


def test_the_more_texts_are_watched_the_surer_a_fall_must_be() -> None:
    falling = anchors("Motif", [10] * 28 + [8] * 2)  # p is 4.2e-4
    others = [one for number in range(19) for one in anchors(f"Nom {number}", [10] * 30)]
    assert [one.text for one in find_drifts(falling, DAYS)] == ["Motif"]
    assert find_drifts([*falling, *others], DAYS) == []


# --- the whole ------------------------------------------------------------------------------------


def test_a_dashboard_of_one_screen_holds_that_screen() -> None:
    query = DashboardQuery("dpi", "login", 7)
    counts = [
        count(attempts=2, succeeded=1),
        count(screen="board"),
        count(day=TODAY - timedelta(days=1)),
    ]
    board = build_dashboard(query, told(counts=counts, anchors=anchors("x", [1], screen="board")), TODAY)
    assert (board.whole.attempts, len(board.days), len(board.screens), board.watched) == (3, 2, 1, 0)
    assert [day for day, _ in board.days] == [TODAY - timedelta(days=1), TODAY]
    assert len(board.rates.success.dots) == 2
    (row,) = board.screens
    assert parse_qs(urlsplit(row.attempts_href).query) == {
        "application": ["dpi"],
        "screen": ["login"],
        "since": ["2026-03-24"],
    }
    assert row.href == "/dashboard?application=dpi&screen=login&days=7"
    here = {"application": ["dpi"], "screen": ["login"], "since": ["2026-03-24"]}
    assert parse_qs(urlsplit(board.labelled_wrong_href).query) == {**here, "outcome": ["ok"], "label": ["wrong"]}
    assert parse_qs(urlsplit(board.not_landed_href).query) == {**here, "outcome": ["not_landed"]}


def test_bars_are_shares_of_the_presses_labelled_wrong_below_and_not_landed_on_them() -> None:
    counts = [count(attempts=20, succeeded=8, not_landed=2, labelled=3, labelled_wrong=1)]
    rates = build_dashboard(DashboardQuery(), told(counts=counts), TODAY).rates
    assert rates.wrong_scale.high == 0.5
    (labelled,), (not_landed,) = rates.labelled_wrong, rates.not_landed
    assert (labelled.height, not_landed.height) == (12.8, 25.6)  # a tenth and two tenths of 64 for a half
    assert labelled.y + labelled.height == pytest.approx(64)
    assert not_landed.y + not_landed.height == pytest.approx(labelled.y)


def test_configurations_put_into_use_are_marked_on_their_day() -> None:
    at = datetime(2026, 3, 20, 9, tzinfo=UTC)
    first = datetime(2026, 3, 1, 0, tzinfo=UTC)
    events = [Activation(n, "ann", "", day) for n, day in enumerate((first - timedelta(days=1), first, at), start=2)]
    board = build_dashboard(DashboardQuery(), told(activations=events), TODAY)
    assert [(mark.day, mark.names) for mark in board.rates.marks] == [(DAYS[0], ["3"]), (at.date(), ["4"])]
    assert board.memory.marks == board.rates.marks


def test_an_empty_dashboard_is_one_too() -> None:
    board = build_dashboard(DashboardQuery(), told(), TODAY)
    assert (board.whole, board.days, board.screens, board.stages, board.drifts) == (Rate(), [], [], [], [])
    assert board.rates.success.path == ""


# --- the address ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, DashboardQuery()),
        ({"application": "dpi", "days": "90"}, DashboardQuery("dpi", "", 90)),
        ({"screen": "login"}, DashboardQuery()),
        ({"days": "31"}, None),
        ({"days": "x"}, None),
        ({"application": "x" * 201}, None),
    ],
)
def test_an_address_is_understood_or_not(values: dict[str, str], expected: DashboardQuery | None) -> None:
    assert parse_query(values) == expected


def test_an_address_says_what_differs() -> None:
    query = DashboardQuery("dpi urgences", "a&b", 30)
    assert query.address() == "/dashboard?application=dpi+urgences&screen=a%26b"
    assert parse_query({k: v[0] for k, v in parse_qs(urlsplit(query.address(days=7)).query).items()}) == replace(
        query, days=7
    )
    assert DashboardQuery().address() == "/dashboard"
