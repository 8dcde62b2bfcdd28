"""Answers a trial: walks the newest attempts of an application under the policy in question and the one in use.

Runs in a process of its own (`navconsole.policy_trials`). How far it is stands in the store, and so does what cancels
it.
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
    began = noted = time.monotonic()
    ids = _attempts(store, trial)
    walks = {"asked": Walk(trial.asked.policy), "in_use": Walk(trial.asked.in_use)}
    left_out = {"other": 0, "picture": 0}
    pictures = _Pictures(store.blobs)
    for done, attempt_id in enumerate(ids):
        if time.monotonic() - noted >= noted_every_s:
            if not store.note_trial(trial.asked.id, done, len(ids), utc_now()) or not may_go_on():
                return False
            noted = time.monotonic()
        why = _step(store, attempt_id, list(walks.values()), pictures)
        if why is not None:
            left_out[why] += 1
    store.note_trial(trial.asked.id, len(ids), len(ids), utc_now())
    answer: dict[str, Any] = {name: counts_to_json(walk.counts()) for name, walk in walks.items()}
    answer |= {"left_out": left_out, "seconds": round(time.monotonic() - began, 3)}
    return store.end_trial(trial.asked.id, "done", utc_now(), counts=answer)


def _attempts(store: Store, trial: PolicyTrial) -> list[str]:
    """The attempts that are walked, oldest first; what was finished after the question was asked is not among them."""
    where = AttemptFilter(application=trial.asked.application, is_running=False)
    found: list[str] = []
    cursor: str | None = None
    while len(found) < trial.asked.wanted:
        page = store.list_attempts(where, cursor=cursor, limit=_PAGE)
        found += [row.id for row in page.rows if row.seq <= trial.last_seq]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found[: trial.asked.wanted][::-1]


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
