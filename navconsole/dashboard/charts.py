"""Lines and bars over days as points of an SVG. Pure geometry; units are those of the chart's viewBox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, inf

WIDTH, LEFT, RIGHT = 760.0, 38.0, 10.0
"""Of a large chart; the room at the left holds the scale."""
SPARK_WIDTH, SPARK_HEIGHT = 120.0, 24.0
MOST_DATES = 7
NAME_WIDTH = 40.0
"""Room that the name over a mark takes."""
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
"""Distances that a scale of shares may have."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what stands there: a share or a day."""

    at: float
    value: float | date


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line: something happened on that day. `names` are those of all that did.

    `name` is what stands over it: the last of them, or nothing where the next line's would be written over it.
    """

    x: float
    day: date
    names: Sequence[str]
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """`path` is an SVG path with gaps where a day has no value; `dots` are the days with a value."""

    path: str
    dots: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Axis:
    """The days of a chart and where each stands."""

    days: Sequence[date]

    @property
    def step(self) -> float:
        return (WIDTH - LEFT - RIGHT) / len(self.days)

    def x(self, day: date) -> float:
        """The middle of a day."""
        return round(LEFT + ((day - self.days[0]).days + 0.5) * self.step, 2)

    def ticks(self) -> list[Tick]:
        every = ceil(len(self.days) / MOST_DATES)
        return [Tick(self.x(day), day) for day in self.days[::-every][::-1]]


@dataclass(frozen=True, slots=True)
class Scale:
    """Shares from `low` to `high` (0..1) on a height, high ones at the top."""

    low: float
    high: float
    height: float

    def y(self, share: float) -> float:
        return round(self.height * (1 - (share - self.low) / (self.high - self.low)), 2)

    def ticks(self, most: int = 4) -> list[Tick]:
        step = next((step for step in STEPS if (self.high - self.low) / step <= most + 1e-9), STEPS[-1])
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [Tick(self.y(n * step), round(n * step, 6)) for n in range(first, last + 1)]


def last_days(last: date, count: int) -> list[date]:
    """So many days, the last one included, oldest first."""
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]


def rate_scale(shares: Sequence[float], height: float) -> Scale:
    """A scale for shares that are high: from a whole tenth under the lowest to 1."""
    low = floor(min(shares, default=0.0) * 10 - 1e-9) / 10
    return Scale(min(max(low, 0.0), 0.8), 1.0, height)


def count_scale(shares: Sequence[float], height: float) -> Scale:
    """A scale for shares that are low: from 0 to the next round one."""
    highest = max(shares, default=0.0)
    return Scale(0.0, next((top for top in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if highest <= top), 1.0), height)


def line(axis: Axis, scale: Scale, values: Mapping[date, float]) -> Line:
    return _line([(axis.x(day), scale.y(values[day])) if day in values else None for day in axis.days])


def spark(days: Sequence[date], values: Mapping[date, float]) -> Line:
    """A small line without scale, from 0 to 1 on its height."""
    step, room = SPARK_WIDTH / max(1, len(days) - 1), SPARK_HEIGHT - 4
    points = [
        (round(n * step, 2), round(2 + room * (1 - values[day]), 2)) if day in values else None
        for n, day in enumerate(days)
    ]
    return _line(points)


def bars(axis: Axis, scale: Scale, *series: Mapping[date, float]) -> list[list[Bar]]:
    """Bars of several series, each standing on the one before it; one list for each series."""
    width = round(min(axis.step * 0.62, 22.0), 2)
    stacks: list[list[Bar]] = [[] for _ in series]
    for day in axis.days:
        below = 0.0
        for stack, values in zip(stacks, series, strict=True):
            share = values.get(day, 0.0)
            if share:
                top, foot = scale.y(below + share), scale.y(below)
                stack.append(Bar(round(axis.x(day) - width / 2, 2), top, width, round(foot - top, 2)))
            below += share
    return stacks


def marks(axis: Axis, events: Sequence[tuple[date, str]]) -> list[Mark]:
    """One mark for each day of the axis on which something happened."""
    by_day: dict[date, list[str]] = {}
    for day, name in events:
        if axis.days[0] <= day <= axis.days[-1]:
            by_day.setdefault(day, []).append(name)
    found: list[Mark] = []
    taken_from = inf
    for day, names in sorted(by_day.items(), reverse=True):
        x = axis.x(day)
        is_free = x + NAME_WIDTH <= taken_from
        found.append(Mark(x, day, names, names[-1] if is_free else ""))
        taken_from = x if is_free else taken_from
    return found[::-1]


def _line(points: Sequence[tuple[float, float] | None]) -> Line:
    parts, is_apart = [], True
    for point in points:
        if point is not None:
            parts.append(f"{'M' if is_apart else 'L'}{point[0]:g} {point[1]:g}")
        is_apart = point is None
    return Line("".join(parts), [point for point in points if point is not None])
