from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navconsole.dashboard import charts
from navconsole.dashboard.charts import Axis, Scale

FIRST = date(2026, 3, 1)
WEEK = charts.last_days(date(2026, 3, 7), 7)
AXIS = Axis(WEEK)


def test_the_last_days_end_with_the_last() -> None:
    assert [FIRST + timedelta(days=n) for n in range(7)] == WEEK


@given(st.integers(1, 120))
def test_each_day_has_its_place_inside_the_chart(count: int) -> None:
    axis = Axis(charts.last_days(FIRST, count))
    places = [axis.x(day) for day in axis.days]
    assert places == sorted(set(places))
    assert places[0] > charts.LEFT
    assert places[-1] < charts.WIDTH - charts.RIGHT
    ticks = axis.ticks()
    assert ticks[-1].value == FIRST
    assert 1 <= len(ticks) <= charts.MOST_DATES


@given(st.lists(st.floats(0, 1), max_size=30))
def test_every_share_lies_on_its_scale(shares: list[float]) -> None:
    for scale in (charts.rate_scale(shares, 100), charts.count_scale(shares, 100)):
        for share in shares:
            assert -0.01 <= scale.y(share) <= 100.01 or share < scale.low
        values = [tick.value for tick in scale.ticks()]
        assert 2 <= len(values) <= 6
        assert values == sorted(values)
    assert all(share >= charts.rate_scale(shares, 100).low - 1e-9 for share in shares)


def test_high_shares_are_at_the_top() -> None:
    assert (Scale(0.5, 1.0, 100).y(1.0), Scale(0.5, 1.0, 100).y(0.5)) == (0, 100)


@pytest.mark.parametrize(("highest", "top"), [(0.0, 0.01), (0.012, 0.02), (0.3, 0.5), (0.9, 1.0)])
def test_low_shares_get_a_scale_of_their_own(highest: float, top: float) -> None:
    assert charts.count_scale([highest], 64).high == top


def test_a_line_has_a_gap_where_a_day_has_no_value() -> None:
    values = {WEEK[0]: 1.0, WEEK[1]: 0.5, WEEK[4]: 0.0}
    line = charts.line(AXIS, Scale(0, 1, 100), values)
    assert line.path.count("M") == 2
    assert line.path.count("L") == 1
    assert [y for _, y in line.dots] == [0, 50, 100]
    assert charts.line(AXIS, Scale(0, 1, 100), {}).path == ""


def test_a_spark_spans_its_width() -> None:
    spark = charts.spark(WEEK, dict.fromkeys(WEEK, 1.0))
    assert (spark.dots[0][0], spark.dots[-1][0]) == (0, charts.SPARK_WIDTH)
    assert len(charts.spark(WEEK[:1], {WEEK[0]: 0.0}).dots) == 1


def test_bars_stand_on_one_another() -> None:
    scale = Scale(0, 1, 100)
    (low,), (high,) = charts.bars(AXIS, scale, {WEEK[2]: 0.25}, {WEEK[2]: 0.5})
    assert (low.y, low.height) == (75, 25)
    assert (high.y, high.height) == (25, 50)
    assert low.x == high.x
    assert low.x + low.width / 2 == pytest.approx(AXIS.x(WEEK[2]), abs=0.02)
    assert charts.bars(AXIS, scale, {}) == [[]]


def test_what_happened_on_one_day_is_one_mark() -> None:
    outside = FIRST - timedelta(days=1)
    found = charts.marks(AXIS, [(WEEK[3], "4"), (WEEK[1], "2"), (WEEK[3], "5"), (outside, "1")])
    assert [(mark.day, mark.names) for mark in found] == [(WEEK[1], ["2"]), (WEEK[3], ["4", "5"])]
    assert found[1].x == AXIS.x(WEEK[3])


def test_names_of_marks_are_not_written_over_each_other() -> None:
    month = charts.Axis([FIRST + timedelta(days=number) for number in range(60)])
    found = charts.marks(month, [(month.days[number], str(number)) for number in (0, 50, 51, 52, 53, 54, 59)])
    assert [mark.name for mark in found] == ["0", "50", "", "", "", "54", "59"]
    named = [mark.x for mark in found if mark.name]
    assert all(after - before >= charts.NAME_WIDTH for before, after in pairwise(named))
