"""Walks the newest attempts of an application under the policy in question and the one in use, and answers trials.

A trial runs in a process of its own (`navconsole.beside`). How far it is stands in the store, and so does what
cancels it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from navconsole.steps import utc_now
from navconsole.tuning.recorded import recorded_of
from navigation.cache_trial import Walk, counts_to_json
from navigation.errors import BadScreenshotError, DamagedPictureError
from navigation.imaging import open_screenshot
from navigation.place_records import PolicyTrial
from navigation.protocols import RgbImage
from navigation.records import AttemptFilter
from navigation.settings import CachePolicy
from navigation.store.protocol import BlobStore, Store

NOTED_EVERY_S = 1.0
_PAGE = 500


def answer_trial(
    store: Store,
    trial: PolicyTrial,
    *,
    noted_every_s: float = NOTED_EVERY_S,
    may_go_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Answer a trial that was started; False when it was cancelled on the way.

    `may_go_on` is asked each time progress is noted. Raises StoreError; the trial then stays as it was noted last.
    """
    asked, noted = trial.asked, time.monotonic()
    ids = newest_attempts(store, asked.application, asked.wanted, last_seq=trial.last_seq)
    walking = Walking(store, asked.policy, asked.in_use)
    for done, attempt_id in enumerate(ids):
        if time.monotonic() - noted >= noted_every_s:
            if not store.note_trial(asked.id, done, len(ids), utc_now()) or not may_go_on():
                return False
            noted = time.monotonic()
        walking.step(attempt_id)
    store.note_trial(asked.id, len(ids), len(ids), utc_now())
    return store.end_trial(asked.id, "done", utc_now(), counts=walking.answer())


def newest_attempts(store: Store, application: str, wanted: int, *, last_seq: int | None = None) -> list[str]:
    """The newest finished attempts of an application, oldest first; none that was stored after `last_seq`."""
    where = AttemptFilter(application=application, is_running=False)
    found: list[str] = []
    cursor: str | None = None
    while len(found) < wanted:
        page = store.list_attempts(where, cursor=cursor, limit=_PAGE)
        found += [row.id for row in page.rows if last_seq is None or row.seq <= last_seq]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found[:wanted][::-1]


class Walking:
    """Takes attempts one by one, in order of time, under both policies. Not safe to share between threads."""

    def __init__(self, store: Store, policy: CachePolicy, in_use: CachePolicy) -> None:
        self._store = store
        self._began = time.monotonic()
        self._walks = {"asked": Walk(policy), "in_use": Walk(in_use)}
        self._pictures = _Pictures(store.blobs)
        self._left_out = {"other": 0, "picture": 0}

    def step(self, attempt_id: str) -> None:
        why = _step(self._store, attempt_id, list(self._walks.values()), self._pictures)
        if why is not None:
            self._left_out[why] += 1

    def answer(self) -> dict[str, Any]:
        """What came of them so far, as it is stored."""
        counts = {name: counts_to_json(walk.counts()) for name, walk in self._walks.items()}
        return {**counts, "left_out": self._left_out, "seconds": round(time.monotonic() - self._began, 3)}


def _step(store: Store, attempt_id: str, walks: Sequence[Walk], pictures: _Pictures) -> str | None:
    """One attempt under each policy; why it was left out, which is then so for all of them."""
    detail = store.attempt(attempt_id)
    recorded = recorded_of(store, detail) if detail is not None else None
    if detail is None or recorded is None:
        return "other"
    rgb = None
    if any(walk.needs_picture(recorded) for walk in walks):
        rgb = pictures.pixels(detail.start.before_id)
        if rgb is None:
            return "picture"
    kinds = [walk.step(recorded, rgb) for walk in walks]
    return "other" if None in kinds else None


class _Pictures:
    """Stored pictures; the last one is kept, since a screen that waits is often pressed twice."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._last: tuple[str, RgbImage] | None = None

    def pixels(self, image_id: str) -> RgbImage | None:
        """None when the picture is gone or damaged."""
        if self._last is None or self._last[0] != image_id:
            try:
                self._last = image_id, open_screenshot(self._blobs.read(image_id)[0]).rgb
            except (FileNotFoundError, DamagedPictureError, BadScreenshotError):
                return None
        return self._last[1]
