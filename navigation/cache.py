"""Remembered places of targets. A place is used only when what is there now is what was there then.

An entry is written only after a press was verified; a contradicted verification puts it aside until a person or a
newly verified run brings it back. Nothing here rewrites an entry from a run that fell back to another method.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from navigation.geometry import to_pixel_box
from navigation.protocols import RgbImage
from navigation.types import NormBox, NormPoint, Size
from navigation.vision import crop

MIN_AGREEMENT = 0.985  # normalised cross-correlation of patch and place; text one word apart stays under 0.95
_MAX_LEVEL_STEP = 12.0  # grey levels; a recoloured or disabled control differs by more on average


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What a place is remembered for; another resolution or scale is another key."""

    application: str
    screen: str
    target: str
    kind: str
    size: Size


@dataclass(frozen=True, slots=True, eq=False)
class CacheEntry:
    """A place with the picture of it (`patch`, RGB of the box) and its record."""

    point: NormPoint
    box: NormBox
    patch: RgbImage
    hits: int = 0
    misses: int = 0
    contradictions: int = 0
    is_quarantined: bool = False


class CoordinateCache(Protocol):
    """Where entries are kept. Safe to call from several threads."""

    def get(self, key: CacheKey) -> CacheEntry | None:
        """The entry, also when it is quarantined."""

    def put(self, key: CacheKey, entry: CacheEntry) -> None:
        """Remember a place from a verified press; clears an earlier quarantine."""

    def count(self, key: CacheKey, *, hit: bool) -> None: ...

    def contradict(self, key: CacheKey) -> None:
        """Quarantine the entry: it was used, and the verification after the press failed."""


class MemoryCache:
    """A CoordinateCache of this process; forgets the oldest entry beyond `limit`."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._entries: dict[CacheKey, CacheEntry] = {}
        self._lock = threading.Lock()

    def get(self, key: CacheKey) -> CacheEntry | None:
        with self._lock:
            return self._entries.get(key)

    def put(self, key: CacheKey, entry: CacheEntry) -> None:
        with self._lock:
            self._entries[key] = entry
            while len(self._entries) > self._limit:
                self._entries.pop(next(iter(self._entries)))

    def count(self, key: CacheKey, *, hit: bool) -> None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                hits, misses = entry.hits + int(hit), entry.misses + int(not hit)
                self._entries[key] = replace(entry, hits=hits, misses=misses)

    def contradict(self, key: CacheKey) -> None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries[key] = replace(entry, contradictions=entry.contradictions + 1, is_quarantined=True)


def still_shows(entry: CacheEntry, rgb: RgbImage) -> bool:
    """Whether the picture still shows the remembered patch at the remembered place."""
    size = Size(rgb.shape[1], rgb.shape[0])
    now = crop(rgb, to_pixel_box(entry.box, size))
    if now.shape != entry.patch.shape:
        return False
    if np.array_equal(now, entry.patch):
        return True
    if float(np.abs(now.astype(np.int16) - entry.patch.astype(np.int16)).mean()) > _MAX_LEVEL_STEP:
        return False
    agreement = cv2.matchTemplate(np.ascontiguousarray(now), np.ascontiguousarray(entry.patch), cv2.TM_CCOEFF_NORMED)
    return float(agreement[0, 0]) >= MIN_AGREEMENT
