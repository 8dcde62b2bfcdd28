"""The dashboard as plain values: what the store told, as charts, rows and tiles. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import urlencode

from navconsole.dashboard import charts, drift
from navconsole.dashboard.charts import Axis, Bar, Line, Mark, Scale
from navconsole.dashboard.drift import Fall, Share
from navconsole.dashboard.forms import DashboardQuery
from navconsole.dashboard.rates import ScreenRate, by_day, by_screen, total
from navconsole.dashboard.stages import StageTime, stage_times
from navigation.daily import Activation, AnchorCount, DayCount, OpenWork, Rate
from navigation.types import Outcome

ALPHA = 0.01
"""Chance of one false alarm among all expected texts of a page."""
MAX_DRIFTS = 12
MAX_SCREENS = 40
RATE_HEIGHT, WRONG_HEIGHT, MEMORY_HEIGHT = 150.0, 64.0, 90.0
GONE_RATE = 0.05

DriftKind = Literal["gone", "rarer", "weaker"]


@dataclass(frozen=True, slots=True)
class Told:
    """What the store told, of the span and the applications asked for."""

    counts: Sequence[DayCount]
    anchors: Sequence[AnchorCount]
    activations: Sequence[Activation]
    timings: Sequence[tuple[Mapping[str, float], Mapping[str, float]]]
    work: OpenWork
    waiting: int


@dataclass(frozen=True, slots=True)
class RateChart:
    """Success as a line and, under it, wrong presses as bars: those labelled so, and on them those not landed."""

    axis: Axis
    scale: Scale
    success: Line
    wrong_scale: Scale
    labelled_wrong: Sequence[Bar]
    not_landed: Sequence[Bar]
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class MemoryChart:
    axis: Axis
    scale: Scale
    memory: Line
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class ScreenRow:
    rate: ScreenRate
    spark: Line
    href: str
    attempts_href: str


@dataclass(frozen=True, slots=True)
class Drift:
    """An expected text that is found less often ("rarer", "gone") or is read less well ("weaker") since a day."""

    application: str
    screen: str
    text: str
    kind: DriftKind
    fall: Fall
    spark: Line


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`labelled_wrong_href` and `not_landed_href` list the wrong presses that `whole` counts."""

    query: DashboardQuery
    whole: Rate
    labelled_wrong_href: str
    not_landed_href: str
    days: Sequence[tuple[date, Rate]]
    rates: RateChart
    memory: MemoryChart
    screens: Sequence[ScreenRow]
    stages: Sequence[StageTime]
    timed: int
    drifts: Sequence[Drift]
    watched: int
    work: OpenWork
    waiting: int


def build_dashboard(query: DashboardQuery, told: Told, today: date) -> Dashboard:
    """`today` is the last day shown."""
    counts = [count for count in told.counts if not query.screen or count.screen == query.screen]
    anchors = [anchor for anchor in told.anchors if not query.screen or anchor.screen == query.screen]
    days = by_day(counts)
    axis = Axis(charts.last_days(today, query.days))
    marks = charts.marks(axis, [(event.at.date(), str(event.config_id)) for event in told.activations])
    shown = query.application, query.screen, axis.days[0]
    return Dashboard(
        query=query,
        whole=total(days.values()),
        labelled_wrong_href=attempts_address(*shown, outcome=Outcome.OK.value, label="wrong"),
        not_landed_href=attempts_address(*shown, outcome=Outcome.NOT_LANDED.value),
        days=[(day, days[day]) for day in axis.days if day in days],
        rates=plot_rates(axis, days, marks),
        memory=plot_memory(axis, days, marks),
        screens=[_screen_row(query, rate, axis) for rate in by_screen(counts)[:MAX_SCREENS]],
        stages=stage_times(told.timings),
        timed=len(told.timings),
        drifts=find_drifts(anchors, axis.days)[:MAX_DRIFTS],
        watched=len({(one.application, one.screen, one.text) for one in anchors}),
        work=told.work,
        waiting=told.waiting,
    )


def plot_rates(axis: Axis, days: Mapping[date, Rate], marks: Sequence[Mark]) -> RateChart:
    success = {day: rate.success for day, rate in days.items() if rate.success is not None}
    wrong = {day: rate.labelled_wrong / rate.pressed for day, rate in days.items() if rate.pressed}
    missed = {day: rate.not_landed / rate.pressed for day, rate in days.items() if rate.pressed}
    scale = charts.rate_scale(list(success.values()), RATE_HEIGHT)
    wrong_scale = charts.count_scale([wrong[day] + missed[day] for day in wrong], WRONG_HEIGHT)
    labelled, not_landed = charts.bars(axis, wrong_scale, wrong, missed)
    return RateChart(axis, scale, charts.line(axis, scale, success), wrong_scale, labelled, not_landed, marks)


def plot_memory(axis: Axis, days: Mapping[date, Rate], marks: Sequence[Mark]) -> MemoryChart:
    scale = Scale(0.0, 1.0, MEMORY_HEIGHT)
    memory = {day: rate.memory for day, rate in days.items() if rate.memory is not None}
    return MemoryChart(axis, scale, charts.line(axis, scale, memory), marks)


def find_drifts(anchors: Iterable[AnchorCount], days: Sequence[date]) -> list[Drift]:
    """Expected texts whose daily counts fell, the surest first; the chance of a false alarm is ALPHA for all."""
    groups: dict[tuple[str, str, str], list[AnchorCount]] = {}
    for anchor in anchors:
        groups.setdefault((anchor.application, anchor.screen, anchor.text), []).append(anchor)
    alpha = ALPHA / (2 * len(groups)) if groups else ALPHA  # two questions of each text
    found = [_drift(names, group, days, alpha) for names, group in groups.items()]
    return sorted((one for one in found if one), key=lambda one: (one.fall.p, one.application, one.screen, one.text))


def _drift(
    names: tuple[str, str, str], counts: Sequence[AnchorCount], days: Sequence[date], alpha: float
) -> Drift | None:
    seen = [(one.day, Share(one.found, one.seen)) for one in counts]
    if fall := drift.find_fall(seen, alpha=alpha):
        kind: DriftKind = "gone" if fall.after.rate <= GONE_RATE else "rarer"
        return Drift(*names, kind, fall, charts.spark(days, _rates(seen)))
    strong = [(one.day, Share(one.strong, one.found)) for one in counts]
    if fall := drift.find_fall(strong, alpha=alpha):
        return Drift(*names, "weaker", fall, charts.spark(days, _rates(strong)))
    return None


def _rates(days: Iterable[tuple[date, Share]]) -> dict[date, float]:
    return {day: share.rate for day, share in days if share.of}


def _screen_row(query: DashboardQuery, rate: ScreenRate, axis: Axis) -> ScreenRow:
    success = {day: one.success for day, one in rate.days.items() if one.success is not None}
    here = DashboardQuery(rate.application, rate.screen, query.days)
    return ScreenRow(
        rate=rate,
        spark=charts.spark(axis.days, success),
        href=here.address(),
        attempts_href=attempts_address(rate.application, rate.screen, axis.days[0]),
    )


def attempts_address(application: str, screen: str, since: date, **more: str) -> str:
    """The list of attempts from a day on, on a screen where one is named, with more conditions."""
    asked = {"application": application, "screen": screen, "since": since.isoformat(), **more}
    return "/attempts?" + urlencode({name: value for name, value in asked.items() if value})
