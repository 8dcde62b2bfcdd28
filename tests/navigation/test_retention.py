"""How long what is kept, what a request covers, and when a clock is not to be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from navigation.retention import ClockMark, Cutoffs, Retention, Scope, asked_of, clock_jump, has_jumped

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def mark(at: datetime, up_s: float = 0, boot: str = "a") -> ClockMark:
    return ClockMark(at, boot, up_s)


def test_each_class_has_its_own_age() -> None:
    cutoffs = Retention(pictures=1, readings=2, attempts=3, audit=4).cutoffs(NOW)
    assert cutoffs == Cutoffs(NOW - DAY, NOW - 2 * DAY, NOW - 3 * DAY, NOW - 4 * DAY)


@pytest.mark.parametrize(
    "asked",
    [
        Retention().cutoffs(NOW),
        Scope(patient="ab" * 32, keeps_cases=True),
        Scope(since=NOW, until=NOW + DAY, agent="poste-1", application="dpi"),
    ],
)
def test_what_was_asked_is_the_same_after_being_written_down(asked: Scope | Cutoffs) -> None:
    assert asked_of(asked.to_json()) == asked


def test_a_request_that_names_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="names a patient"):
        Scope(keeps_cases=True)


@pytest.mark.parametrize(
    ("last", "now", "jumped"),
    [
        (None, mark(NOW), False),
        (mark(NOW), mark(NOW + DAY / 2, 43_200), False),
        (mark(NOW), mark(NOW + 9 * DAY, 9 * 86_400), False),
        (mark(NOW), mark(NOW + DAY / 2, 60), False),
        (mark(NOW), mark(NOW + 2 * DAY, 60), True),
        (mark(NOW), mark(NOW - 2 * DAY, 60), True),
        (mark(NOW), mark(NOW + DAY / 2, 30, "b"), False),
        (mark(NOW), mark(NOW + 3 * DAY, 30, "b"), True),
        (mark(NOW), mark(NOW - 3 * DAY, 30, "b"), True),
        (mark(NOW), mark(datetime(2038, 1, 20, tzinfo=UTC), 60), True),
    ],
    ids=["never marked", "half a day", "nine days of standing by", "half a day too far", "two days too far",
         "two days back", "a restart", "a restart after days", "a restart days back", "2038"],
)  # fmt: skip
def test_a_clock_that_moved_by_more_than_a_day_is_noticed(last: ClockMark | None, now: ClockMark, jumped: bool) -> None:
    assert has_jumped(last, now) is jumped


def test_summer_time_moves_nothing() -> None:
    before = datetime.fromisoformat("2026-03-29T01:59:00+01:00")
    after = datetime.fromisoformat("2026-03-29T03:01:00+02:00")
    assert clock_jump(mark(before), mark(after, 120)) == timedelta(0)
