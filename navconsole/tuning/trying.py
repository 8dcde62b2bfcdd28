"""Walks the newest attempts of an application under the policy in question and the one in use, and answers trials.

A trial runs in a process of its own (`navconsole.beside`). How far it is stands in the store, and so does what
cancels it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from navconsole.steps import utc_now
from navconsole.tuning.recorded import recorded_of
from navconsole.tuning.waypoints import Waypoint, Waypoints
from navigation.cache_trial import Walk, counts_to_json
from navigation.errors import BadScreenshotError, DamagedPictureError
from navigation.imaging import open_screenshot
from navigation.place_records import PolicyTrial
from navigation.protocols import RgbImage
from navigation.records import AttemptFilter
from navigation.settings import CachePolicy
from navigation.store.protocol import BlobStore, Store

NOTED_EVERY_S = 1.0
KEPT_EVERY_S = 20.0
"""What is written down to go on from after a restart may be some ten megabytes."""
_PAGE = 500


def answer_trial(
    store: Store,
    trial: PolicyTrial,
    *,
    noted_every_s: float = NOTED_EVERY_S,
    kept_every_s: float = KEPT_EVERY_S,
    waypoints: Waypoints | None = None,
    may_go_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Answer a trial that was started, from where `waypoints` say that it had come to; False when it was cancelled.

    `may_go_on` is asked each time progress is noted. Raises StoreError; the trial then stays as it was noted last.
    """
    asked = trial.asked
    ids = newest_attempts(store, asked.application, asked.wanted, last_seq=trial.last_seq)
    walking = Walking(store, asked.policy, asked.in_use)
    began = walking.go_on(waypoints.read(walking.policies, ids)) if waypoints else 0
    noted = kept = time.monotonic()
    for done, attempt_id in enumerate(ids[began:], start=began):
        if time.monotonic() - noted >= noted_every_s:
            if not store.note_trial(asked.id, done, len(ids), utc_now()):
                _remove(waypoints)
                return False
            if not may_go_on():
                return False
            noted = time.monotonic()
        if waypoints and done > began and time.monotonic() - kept >= kept_every_s:
            with contextlib.suppress(OSError):  # a full disk costs only the way back to here
                waypoints.write(walking.waypoint(done, ids[done - 1]))
            kept = time.monotonic()
        walking.step(attempt_id)
    store.note_trial(asked.id, len(ids), len(ids), utc_now())
    is_kept = store.end_trial(asked.id, "done", utc_now(), counts=walking.answer())
    _remove(waypoints)
    return is_kept


def _remove(waypoints: Waypoints | None) -> None:
    if waypoints:
        waypoints.remove()


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
        self.policies = {"asked": policy, "in_use": in_use}
        self._store = store
        self._began = time.monotonic()
        self._walks = {name: Walk(one) for name, one in self.policies.items()}
        self._pictures = _Pictures(store.blobs)
        self._left_out = {"other": 0, "picture": 0}

    def go_on(self, at: Waypoint | None) -> int:
        """Go on from there; how many attempts are behind then."""
        if at is None:
            return 0
        self._walks, self._left_out = dict(at.walks), dict(at.left_out)
        self._began = time.monotonic() - at.seconds
        return at.done

    def waypoint(self, done: int, last_id: str) -> Waypoint:
        return Waypoint(done, last_id, self._walks, self._left_out, time.monotonic() - self._began)

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
