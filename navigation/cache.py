"""Remembered places of targets: what an entry is, and where entries are kept in memory.

An entry is written only after a press was verified; a contradicted verification puts it aside until a newly
verified run replaces it. How a place is recognised again is `navigation.remembered`'s.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from navigation.settings import CachePolicy
from navigation.types import Box, Point, Size, TargetKind

if TYPE_CHECKING:  # the store reads `screen_signature` without a picture library
    from navigation.landmarks import ScreenView
    from navigation.protocols import RgbImage


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What a place is remembered for; another resolution, scale or definition of the screen is another key.

    `anchors` are the texts the screen is defined by, as they were written (parameters unfilled).
    """

    application: str
    screen: str
    target: str
    kind: TargetKind
    size: Size
    anchors: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    instruction: str = ""
    profile_version: int = 0
    scale: float = 1.0

    @property
    def screen_signature(self) -> str:
        return screen_signature(self.screen, self.anchors)

    @property
    def target_key(self) -> str:
        return _digest([self.target, self.kind, self.instruction, *sorted(self.synonyms)])


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a target was and how it looked; boxes in pixels of the whole screenshot.

    `point` and `box` are what is pressed; `frame` is what is compared with `patch` (the control, its text and a
    margin); `text` is where its text stands. `hollow` is the inside of an input, whose content is data: it is
    painted over in the patch.
    """

    point: Point
    box: Box
    frame: Box
    text: Box
    patch: RgbImage
    hollow: Box | None
    view: ScreenView


@dataclass(frozen=True, slots=True, eq=False)
class CacheEntry:
    """A place with its record. `last_verified_at` is when a press there was last verified.

    A person may pin a place: neither age nor room takes it away then, a contradiction puts it aside all the same.
    """

    place: Place
    created_at: datetime
    last_verified_at: datetime
    hits: int = 0
    misses: int = 0
    contradictions: int = 0
    quarantined_at: datetime | None = None
    is_pinned: bool = False

    def is_usable(self, policy: CachePolicy, now: datetime) -> bool:
        """Whether it may be looked at at all: not put aside, and young enough or pinned; nothing is at an age of 0."""
        if self.quarantined_at is not None or policy.max_age_days == 0:
            return False
        return self.is_pinned or self.last_verified_at >= oldest_of(policy, now)


class CoordinateCache(Protocol):
    """Where entries are kept. Safe to call from several threads; never raises for a store that fails."""

    def get(self, key: CacheKey) -> CacheEntry | None:
        """The entry, also when it is quarantined or old."""

    def put(self, key: CacheKey, place: Place, now: datetime) -> None:
        """Remember a place from a verified press in stead of what was there; ends a quarantine, keeps the record.

        Forgets what is too old, and what was verified longest ago beyond the limit of entries; never what is pinned.
        """

    def confirm(self, key: CacheKey, now: datetime) -> None:
        """Note that a press at the remembered place was verified. Does not end a quarantine."""

    def count(self, key: CacheKey, *, hit: bool) -> None:
        """Count a use, or that what is there now is not what is remembered."""

    def contradict(self, key: CacheKey, now: datetime) -> None:
        """Quarantine the entry: it was used, and the verification after the press failed."""

    def close(self) -> None:
        """Write what is still to be written."""


class MemoryCache:
    """A CoordinateCache of this process."""

    def __init__(
        self, policy: CachePolicy = CachePolicy(), entries: Mapping[CacheKey, CacheEntry] | None = None
    ) -> None:
        self._policy = policy
        self._entries: dict[CacheKey, CacheEntry] = dict(entries or {})
        self._lock = threading.Lock()

    def entries(self) -> Mapping[CacheKey, CacheEntry]:
        """All that is remembered now."""
        with self._lock:
            return dict(self._entries)

    def get(self, key: CacheKey) -> CacheEntry | None:
        with self._lock:
            return self._entries.get(key)

    def put(self, key: CacheKey, place: Place, now: datetime) -> None:
        with self._lock:
            known = self._entries.get(key) or CacheEntry(place, created_at=now, last_verified_at=now)
            self._entries[key] = replace(known, place=place, last_verified_at=now, quarantined_at=None)
            self._forget(oldest_of(self._policy, now))

    def confirm(self, key: CacheKey, now: datetime) -> None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries[key] = replace(entry, last_verified_at=now)

    def count(self, key: CacheKey, *, hit: bool) -> None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                hits, misses = entry.hits + int(hit), entry.misses + int(not hit)
                self._entries[key] = replace(entry, hits=hits, misses=misses)

    def contradict(self, key: CacheKey, now: datetime) -> None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                count = entry.contradictions + 1
                self._entries[key] = replace(entry, contradictions=count, quarantined_at=now)

    def close(self) -> None:
        """Nothing: what is in memory ends with the process."""

    def _forget(self, oldest: datetime) -> None:
        newest_first = sorted(self._entries.items(), key=lambda item: item[1].last_verified_at, reverse=True)
        kept = newest_first[: self._policy.max_entries]
        self._entries = {key: entry for key, entry in kept if entry.last_verified_at >= oldest}


def oldest_of(policy: CachePolicy, now: datetime) -> datetime:
    """Before this no press may have been verified last for a place to be used."""
    return now - timedelta(days=policy.max_age_days)


def screen_signature(name: str, anchors: Sequence[str]) -> str:
    """SHA-256 of a screen's definition (name and expected texts as written), which holds no data of the screen."""
    return _digest([name, *anchors])


def _digest(parts: list[str]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
