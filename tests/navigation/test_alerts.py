from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from navigation.alerts import (
    FIRST_WAIT,
    LONGEST_WAIT,
    MAX_TRIES,
    MOST_DETAILS,
    Alert,
    Quiet,
    due_at,
    next_wait,
    with_detail,
)

PARIS = ZoneInfo("Europe/Paris")
NIGHT = Quiet(time(22), time(7), PARIS)
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)  # 12:00 in Paris


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("moment", "over"),
    [
        (at(12), at(12)),
        (at(21, 59), at(21, 59)),
        (at(22), at(7, day=3)),
        (at(2), at(7)),
        (at(7), at(7)),
    ],
    ids=["noon", "just before", "evening", "night", "morning"],
)
def test_quiet_hours_over_midnight_end_in_the_morning(moment: datetime, over: datetime) -> None:
    assert NIGHT.over(moment) == over


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    lunch = Quiet(time(12), time(14), PARIS)
    assert lunch.over(at(13)) == at(14)
    assert lunch.over(at(15)) == at(15)
    assert Quiet(time(8), time(8), PARIS).over(at(8)) == at(8)


def test_quiet_hours_follow_the_clock_when_it_is_put_forward() -> None:
    evening = datetime(2026, 3, 28, 23, tzinfo=PARIS)  # the night to summer time
    assert NIGHT.over(evening).astimezone(UTC) == datetime(2026, 3, 29, 5, tzinfo=UTC)


def test_a_stop_is_told_at_once_and_what_may_come_by_hundreds_is_gathered() -> None:
    assert due_at(Alert("stopped", "dpi", NOON), None, None) == NOON
    assert due_at(Alert("needs_human", "dpi", NOON), None, None) == NOON + timedelta(seconds=30)


def test_the_next_like_message_keeps_its_distance() -> None:
    again = Alert("needs_human", "dpi", NOON)
    assert due_at(again, NOON - timedelta(minutes=2), None) == NOON + timedelta(minutes=8)
    assert due_at(again, NOON - timedelta(hours=2), None) == NOON + timedelta(seconds=30)


def test_in_quiet_hours_only_stops_are_told() -> None:
    late = at(23)
    assert due_at(Alert("gone", "dpi", late), None, NIGHT) == at(7, day=3)
    assert due_at(Alert("stopped", "dpi", late), None, NIGHT) == late


def test_details_are_told_once_and_not_without_end() -> None:
    assert with_detail(["a"], "a") == ["a"]
    assert with_detail(["a"], "") == ["a"]
    full = [str(number) for number in range(MOST_DETAILS)]
    assert with_detail(full, "one more") == full
    assert with_detail(full[:-1], "one more") == [*full[:-1], "one more"]


def test_waits_double_up_to_an_hour_and_are_spread() -> None:
    middle = [next_wait(tries, 0.5) for tries in range(1, MAX_TRIES + 1)]
    assert middle[:3] == [FIRST_WAIT, FIRST_WAIT * 2, FIRST_WAIT * 4]
    assert middle[-1] == LONGEST_WAIT
    assert sum(middle, timedelta()) < timedelta(hours=5)
    assert (next_wait(1, 0.0), next_wait(1, 1.0)) == (FIRST_WAIT * 0.5, FIRST_WAIT * 1.5)
