"""The store's counts by day, together by day and by screen. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from navigation.daily import DayCount, Rate


@dataclass(frozen=True, slots=True)
class ScreenRate:
    application: str
    screen: str
    rate: Rate
    days: Mapping[date, Rate]


def total(rates: Iterable[Rate]) -> Rate:
    return sum(rates, Rate())


def by_day(counts: Iterable[DayCount]) -> dict[date, Rate]:
    """The rate of each day that has attempts."""
    days: dict[date, Rate] = {}
    for count in counts:
        days[count.day] = days[count.day] + count.rate if count.day in days else count.rate
    return days


def by_screen(counts: Iterable[DayCount]) -> Sequence[ScreenRate]:
    """The rate of each screen, most failures first."""
    groups: dict[tuple[str, str], dict[date, Rate]] = {}
    for count in counts:
        groups.setdefault((count.application, count.screen), {})[count.day] = count.rate
    rates = [ScreenRate(*names, total(days.values()), days) for names, days in groups.items()]
    return sorted(rates, key=lambda one: (-one.rate.failed, one.application, one.screen))
