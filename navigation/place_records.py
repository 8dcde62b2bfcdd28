"""Remembered places as people see and change them, and the trials of cache policies: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from navigation.records import Json
from navigation.settings import CachePolicy
from navigation.types import Box, Size

PlaceAct = Literal["pin", "unpin", "quarantine", "release", "rebuild", "forget"]
PlaceState = Literal["quarantined", "pinned", "contradicted", "old"]
TrialState = Literal["running", "done", "cancelled", "failed"]

PLACE_ACTS: Final = ("pin", "unpin", "quarantine", "release", "rebuild", "forget")
PLACE_STATES: Final[tuple[PlaceState, ...]] = ("quarantined", "pinned", "contradicted", "old")
TRIAL_STATES: Final = ("running", "done", "cancelled", "failed")
SILENT_AFTER: Final = timedelta(seconds=60)
"""A trial that has noted nothing for so long has ended without saying so: its process is gone."""


@dataclass(frozen=True, slots=True)
class RememberedPlace:
    """An entry of the coordinate cache with its record; `box` is what is pressed, in pixels of the screenshot.

    The keys are those of `navigation.cache.CacheKey`.
    """

    id: int
    application: str
    screen: str
    screen_signature: str
    target_text: str
    target_kind: str
    target_key: str
    size: Size
    scale: float
    profile_version: int
    box: Box
    revision: str
    hits: int
    misses: int
    contradictions: int
    created_at: datetime
    last_verified_at: datetime
    quarantined_at: datetime | None
    pinned_at: datetime | None

    @property
    def seen(self) -> str:
        """What a person who decides about it has seen: another one once it is learned anew, contradicted or changed."""
        marks = ("q" if self.quarantined_at else "-") + ("p" if self.pinned_at else "-")
        return f"{self.revision}.{self.contradictions}.{marks}"

    def states(self, oldest: datetime) -> tuple[PlaceState, ...]:
        """Which of the filter's words hold; "old" is verified before `oldest` and not pinned."""
        holds = {
            "quarantined": self.quarantined_at is not None,
            "pinned": self.pinned_at is not None,
            "contradicted": self.contradictions > 0,
            "old": self.pinned_at is None and self.last_verified_at < oldest,
        }
        return tuple(state for state in PLACE_STATES if holds[state])


@dataclass(frozen=True, slots=True)
class PlaceFilter:
    """Every given condition holds. `oldest` is the time before which a place counts as old.

    `applications` limits what may be seen at all (None: everything); it comes from the user's rights.
    """

    oldest: datetime
    application: str = ""
    screen: str = ""
    states: Sequence[PlaceState] = ()
    applications: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class PlacePage:
    """Places by application, screen, size and target; `total` are all that the filter lets through."""

    rows: Sequence[RememberedPlace]
    total: int


@dataclass(frozen=True, slots=True)
class PlaceTally:
    """What there is to filter by: places by (application, screen), and by state."""

    screens: Mapping[tuple[str, str], int]
    states: Mapping[PlaceState, int]

    @property
    def total(self) -> int:
        return sum(self.screens.values())


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """What a person did with a place, and why."""

    act: PlaceAct
    author_id: str
    author: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TrialAsked:
    """A question: what would `policy` have done on the newest `wanted` attempts, beside `in_use`?"""

    id: str
    application: str
    policy: CachePolicy
    in_use: CachePolicy
    wanted: int
    author_id: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PolicyTrial:
    """A question and how far its answer is; `counts` is the answer, as `navigation.cache_trial` writes it."""

    asked: TrialAsked
    last_seq: int
    state: TrialState
    total: int
    done: int
    counts: Json | None
    noted_at: datetime

    def is_running(self, now: datetime) -> bool:
        return self.state == "running" and now - self.noted_at < SILENT_AFTER
