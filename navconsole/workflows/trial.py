"""A draft tried on an application's captures from their stored readings, a slice of them at a time.

What was found is kept for a while by profile, limits and picture, so that each slice goes on where the last one
stopped and the version in use is not tried again for every change of a draft. No texts of pictures are kept.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from navigation.late import Late
from navigation.settings import Thresholds
from navigation.store.protocol import Store
from navigation.types import Page
from navigation.workflow_records import Capture
from navigation.workflows.model import Profile
from navigation.workflows.trying import Tally, Tried, tally, try_page

searches = Late("navigation.store.searches")

MOST: Final = 500
"""Captures that are tried at most, the newest ones."""
SLICE_S: Final = 0.8
_KEPT: Final = 20_000
_AT_ONCE: Final = 25


@dataclass(frozen=True, slots=True)
class Trial:
    """`captures` are the ones that `tally` numbers; `left` are still to be tried, `unread` have no stored reading."""

    captures: Sequence[Capture]
    tally: Tally
    left: int
    unread: int

    @property
    def total(self) -> int:
        return len(self.captures) + self.left


class _Kept:
    """The results used last. Safe to share between threads."""

    def __init__(self) -> None:
        self._results: OrderedDict[tuple[str, str, str], Tried] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str, str]) -> Tried | None:
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
            return self._results.get(key)

    def put(self, key: tuple[str, str, str], tried: Tried) -> None:
        with self._lock:
            self._results[key] = tried
            if len(self._results) > _KEPT:
                self._results.popitem(last=False)


_kept = _Kept()


def go_on(
    store: Store,
    application: str,
    draft: tuple[str, Profile],
    in_use: tuple[str, Profile] | None,
    limits: Thresholds,
    *,
    for_s: float = SLICE_S,
) -> Trial:
    """What a draft and the version in use (each a file's text with what it says) make of the newest captures.

    Tries until the time is over, at least a few captures at each call, then says how many are left.
    """
    captures = store.captures(application, limit=MOST)
    asked = [draft] if in_use is None else [draft, in_use]
    names = [hashlib.sha256(f"{limits} {text}".encode()).hexdigest() for text, _ in asked]
    end = time.monotonic() + for_s
    done: list[tuple[Capture, list[Tried]]] = []
    unread = at = 0
    while at < len(captures) and (at == 0 or time.monotonic() < end):
        some = captures[at : at + _AT_ONCE]
        at += len(some)
        missing = [one for one in some if any(_kept.get(_key(name, one)) is None for name in names)]
        pages = read_pages(store, missing)
        for capture in some:
            found = [
                _tried(_key(name, capture), profile, pages.get(capture.image_id), limits)
                for name, (_, profile) in zip(names, asked, strict=True)
            ]
            read = [one for one in found if one is not None]
            if len(read) == len(asked):
                done.append((capture, read))
            else:
                unread += 1
    now = [found[0] for _, found in done]
    before = [found[1] for _, found in done] if in_use is not None else []
    return Trial([capture for capture, _ in done], tally(draft[1], now, before), len(captures) - at, unread)


def read_pages(store: Store, captures: Sequence[Capture]) -> dict[str, Page]:
    """The stored reading of each capture, by its picture: the one its attempt went by, else the newest."""
    packed = store.packed_pages_of([one.image_id for one in captures]) if captures else {}
    return {
        one.image_id: searches.unpacked_page(readings.get(one.reading) or list(readings.values())[-1])
        for one in captures
        if (readings := packed[one.image_id])
    }


def _key(name: str, capture: Capture) -> tuple[str, str, str]:
    return name, capture.image_id, capture.reading


def _tried(key: tuple[str, str, str], profile: Profile, page: Page | None, limits: Thresholds) -> Tried | None:
    found = _kept.get(key)
    if found is None and page is not None:
        found = try_page(profile, page, limits)
        _kept.put(key, found)
    return found
