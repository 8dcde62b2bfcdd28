"""Counts by day, made as attempts end: what rates and drift are drawn from at the same cost for any number of attempts.

Days are those of UTC. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, Final

STRONG: Final = 0.95
"""Score from which an expected text was read as good as exactly: one wrong letter in twenty is just under it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What became of some finished attempts.

    `handed_over` ended as needs_human, which is neither success nor failure. Wrong presses are those that a label
    says so of (`labelled_wrong` of `labelled` that succeeded by the engine's word) and those that did not land.
    `found` targets were found by any method, `from_memory` by a remembered place.
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
    def pressed(self) -> int:
        return self.succeeded + self.not_landed

    @property
    def failed(self) -> int:
        return self.attempts - self.handed_over - self.succeeded

    @property
    def success(self) -> float | None:
        return _share(self.succeeded, self.attempts - self.handed_over)

    @property
    def wrong(self) -> float | None:
        return _share(self.labelled_wrong + self.not_landed, self.pressed)

    @property
    def memory(self) -> float | None:
        return _share(self.from_memory, self.found)

    def __add__(self, other: Rate) -> Rate:
        return Rate(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(Rate)))


@dataclass(frozen=True, slots=True)
class DayCount:
    """What became of one day's attempts on one screen."""

    day: date
    application: str
    screen: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class AnchorCount:
    """How often an expected text was looked for on its screen in one day, found there, and read without doubt.

    `text` is as the screen's definition has it: `{ipp}`, never a patient's number.
    """

    day: date
    application: str
    screen: str
    text: str
    seen: int
    found: int
    strong: int


@dataclass(frozen=True, slots=True)
class Activation:
    """A configuration was put into use."""

    config_id: int
    author: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What waits to be labelled: failures without a label, disputed ones, and cases that the person has claimed."""

    unlabelled: int
    disputed: int
    claimed: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """One expected text, looked for once."""

    text: str
    is_found: bool
    is_strong: bool


def day_of(moment: datetime) -> str:
    """The day of UTC that a moment lies in, as 2026-03-01."""
    return moment.astimezone(UTC).date().isoformat()


def sightings(action: Mapping[str, Any], verification: Mapping[str, Any] | None) -> Iterator[Sighting]:
    """The texts that an action's screen must show, as its check before the press found them.

    A text tells of drift only where the screen was there: when the screen has several such texts, one at least of
    the others must have been found. Both arguments are JSON as stored.
    """
    texts = _expected(action)
    anchors = [one for one in (verification or {}).get("anchors", ()) if one.get("expected") == "present"]
    if len(texts) != len(anchors):
        return
    found = sum(bool(anchor.get("is_met")) for anchor in anchors)
    for text, anchor in zip(texts, anchors, strict=True):
        is_found = bool(anchor.get("is_met"))
        if len(anchors) == 1 or found - is_found > 0:
            yield Sighting(text, is_found, is_found and float(anchor.get("score", 0.0)) >= STRONG)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _expected(action: Mapping[str, Any]) -> Sequence[str]:
    screen = action.get("verify_before")
    return tuple(screen.get("present") or ()) if isinstance(screen, Mapping) else ()
