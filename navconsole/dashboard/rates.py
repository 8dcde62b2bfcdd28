"""Success, wrong presses and remembered places by day and by screen, from the store's counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from navigation.daily import DayCount
from navigation.types import Outcome


@dataclass(frozen=True, slots=True)
class Rate:
    """What became of some attempts.

    `handed_over` ended as needs_human, which is neither success nor failure. Wrong presses are those that a label
    says so of (`labelled_wrong` of `labelled` that succeeded by the engine's word) and those that did not land.
    """

    attempts: int = 0
    succeeded: int = 0
    handed_over: int = 0
    labelled: int = 0
    labelled_wrong: int = 0
    not_landed: int = 0
    found: int = 0
    from_memory: int = 0

    @property
    def success(self) -> float | None:
        return _share(self.succeeded, self.attempts - self.handed_over)

    @property
    def wrong(self) -> float | None:
        return _share(self.labelled_wrong + self.not_landed, self.pressed)

    @property
    def pressed(self) -> int:
        return self.succeeded + self.not_landed

    @property
    def memory(self) -> float | None:
        """Share of the found targets that a remembered place gave."""
        return _share(self.from_memory, self.found)


@dataclass(frozen=True, slots=True)
class ScreenRate:
    application: str
    screen: str
    rate: Rate
    days: Mapping[date, Rate]


def rate_of(counts: Iterable[DayCount]) -> Rate:
    """Everything these counts say, together."""
    attempts = succeeded = handed_over = labelled = labelled_wrong = not_landed = found = from_memory = 0
    for count in counts:
        attempts += count.attempts
        handed_over += count.attempts * (count.outcome is Outcome.NEEDS_HUMAN)
        not_landed += count.attempts * (count.outcome is Outcome.NOT_LANDED)
        if count.outcome is Outcome.OK:
            succeeded += count.attempts
            labelled += count.labelled
            labelled_wrong += count.wrong
        if count.method is not None:
            found += count.attempts
            from_memory += count.attempts * (count.method == "cache")
    return Rate(attempts, succeeded, handed_over, labelled, labelled_wrong, not_landed, found, from_memory)


def by_day(counts: Iterable[DayCount]) -> dict[date, Rate]:
    """The rate of each day that has attempts."""
    groups: dict[date, list[DayCount]] = {}
    for count in counts:
        groups.setdefault(count.day, []).append(count)
    return {day: rate_of(group) for day, group in groups.items()}


def by_screen(counts: Iterable[DayCount]) -> Sequence[ScreenRate]:
    """The rate of each screen, most failures first."""
    groups: dict[tuple[str, str], list[DayCount]] = {}
    for count in counts:
        groups.setdefault((count.application, count.screen), []).append(count)
    rates = [ScreenRate(*names, rate_of(group), by_day(group)) for names, group in groups.items()]
    return sorted(rates, key=lambda one: (-_failed(one.rate), one.application, one.screen))


def _failed(rate: Rate) -> int:
    return rate.attempts - rate.handed_over - rate.succeeded


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None
