"""How long what is kept, and what a request to erase covers. Pure: times are given, nothing is deleted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

LEAST_AUDIT_DAYS: Final = 183
"""Six rolling months: French rule for traces of access to hospital data (docs/security.md, statement 53)."""
MOST_AUDIT_DAYS: Final = 1096
"""Three years: the longest that the CNIL's recommendation of 2021 on logging names."""
JUMP: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Retention:
    """Days for which each class is kept: screenshots, what was read on them, attempts, the audit log."""

    pictures: int = 90
    readings: int = 90
    attempts: int = 365
    audit: int = 365

    def cutoffs(self, now: datetime) -> Cutoffs:
        return Cutoffs(*(now - timedelta(days=getattr(self, item.name)) for item in fields(self)))


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What was last used before these moments goes. Attempts with a case, and films that a sign-off rests on, stay."""

    pictures: datetime
    readings: datetime
    attempts: datetime
    audit: datetime

    def to_json(self) -> dict[str, Any]:
        return {"cutoffs": {item.name: getattr(self, item.name).isoformat() for item in fields(self)}}


@dataclass(frozen=True, slots=True)
class Scope:
    """The attempts that a request to erase covers: every given condition holds. Cases go too, unless they are kept.

    `patient` is the keyed hash of the number of the patient whom the attempts' runs named; `since` is included,
    `until` is not.
    """

    patient: str = ""
    since: datetime | None = None
    until: datetime | None = None
    agent: str = ""
    application: str = ""
    keeps_cases: bool = False

    def __post_init__(self) -> None:
        if not (self.patient or self.since or self.until or self.agent or self.application):
            raise ValueError("a request to erase names a patient, a time, an agent or an application")

    def to_json(self) -> dict[str, Any]:
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        times = {name: value.isoformat() for name, value in given.items() if isinstance(value, datetime)}
        return {"scope": {name: value for name, value in (given | times).items() if value}}


def asked_of(body: Mapping[str, Any]) -> Scope | Cutoffs:
    """What `to_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
    if "cutoffs" in body:
        return Cutoffs(**{name: datetime.fromisoformat(value) for name, value in body["cutoffs"].items()})
    given = dict(body["scope"])
    times = {name: datetime.fromisoformat(given[name]) for name in ("since", "until") if name in given}
    return Scope(**(given | times))


@dataclass(frozen=True, slots=True)
class Purge:
    """A purge that was begun; `gone` counts what went by kind (see `GONE`), None until it has ended."""

    id: str
    asked: Mapping[str, Any]
    author: str
    begun_at: datetime
    ended_at: datetime | None = None
    gone: Mapping[str, int] | None = None


GONE: Final = (
    "attempts", "labels", "cases", "runs", "signoffs", "readings", "pictures", "places", "audit_events", "shared",
)  # fmt: skip
"""Kinds that are counted. "shared" are pictures of the attempts that stay, since other attempts show them too."""


@dataclass(frozen=True, slots=True)
class ClockMark:
    """What a clock said at a moment of one start of the machine (`boot`), `up_s` seconds after that start."""

    at: datetime
    boot: str
    up_s: float


def clock_jump(last: ClockMark | None, now: ClockMark) -> timedelta:
    """How far the clock is from where it should be since the last mark; after a restart, how long ago that was.

    A restart after a pause looks like a jump: only a person can tell, so that case counts as one, too.
    """
    if last is None:
        return timedelta(0)
    passed = timedelta(seconds=now.up_s - last.up_s) if last.boot == now.boot else timedelta(0)
    return now.at - last.at - passed


def has_jumped(last: ClockMark | None, now: ClockMark) -> bool:
    """Whether the clock may have moved by more than a day: then nothing is purged by age until a person says so."""
    return abs(clock_jump(last, now)) > JUMP
