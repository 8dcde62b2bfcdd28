"""How far a trial of a policy has come, in a file, so that it goes on there after a restart.

The file holds what both memories remember, patches of pictures among it: it lies in the data folder, for the server's
own account alone, and goes when the trial ends.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from navconsole.tuning.resuming import FOLDER
from navigation.cache import CacheEntry, CacheKey, Place
from navigation.cache_trial import VERSION, Walk, counts_from_json, counts_to_json
from navigation.settings import CachePolicy
from navigation.store.place_codec import place_from_json, place_to_json, to_png
from navigation.types import Size

_TIMES: Final = ("created_at", "last_verified_at", "quarantined_at")
_NUMBERS: Final = ("hits", "misses", "contradictions", "is_pinned")


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Of the attempts the first `done` have been walked, the last of them being `last_id`."""

    done: int
    last_id: str
    walks: Mapping[str, Walk]
    left_out: Mapping[str, int]
    seconds: float


class Waypoints:
    """The file of one trial. A place is turned into text once, however often the file is written."""

    def __init__(self, folder: Path, trial_id: str) -> None:
        self._path = folder / FOLDER / f"{trial_id}.json"
        self._texts: dict[int, tuple[Place, dict[str, Any]]] = {}

    def write(self, at: Waypoint) -> None:
        """In place of the one before, whole or not at all. OSError when the disk refuses."""
        value = {
            "version": VERSION,
            "done": at.done,
            "last_id": at.last_id,
            "left_out": dict(at.left_out),
            "seconds": at.seconds,
            "walks": {name: self._walk_to_json(walk) for name, walk in at.walks.items()},
        }
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        unfinished = self._path.with_suffix(".part")
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(value, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._path)

    def read(self, policies: Mapping[str, CachePolicy], ids: Sequence[str]) -> Waypoint | None:
        """Where to go on; None when there is no file, or one of another walk: then it begins anew."""
        try:
            value = json.loads(self._path.read_bytes())
            done = int(value["done"])
            if value["version"] != VERSION or not 0 < done <= len(ids) or ids[done - 1] != value["last_id"]:
                return None
            walks = {name: _walk(policy, value["walks"][name]) for name, policy in policies.items()}
            return Waypoint(done, value["last_id"], walks, value["left_out"], float(value["seconds"]))
        except (OSError, KeyError, TypeError, ValueError):
            return None

    def remove(self) -> None:
        for path in (self._path, self._path.with_suffix(".part")):
            with contextlib.suppress(OSError):
                path.unlink()

    def _walk_to_json(self, walk: Walk) -> dict[str, Any]:
        entries = [[asdict(key), self._entry_to_json(entry)] for key, entry in walk.cache.entries().items()]
        return {"entries": entries, "counts": counts_to_json(walk.counts())}

    def _entry_to_json(self, entry: CacheEntry) -> dict[str, Any]:
        times = {name: _said(getattr(entry, name)) for name in _TIMES}
        return {**times, **{name: getattr(entry, name) for name in _NUMBERS}, "place": self._text_of(entry.place)}

    def _text_of(self, place: Place) -> dict[str, Any]:
        if id(place) not in self._texts:
            patch = base64.b64encode(to_png(place.patch)).decode()
            self._texts[id(place)] = place, {**place_to_json(place), "patch": patch}
        return self._texts[id(place)][1]


def _walk(policy: CachePolicy, value: Mapping[str, Any]) -> Walk:
    entries = {_key(key): _entry(entry) for key, entry in value["entries"]}
    return Walk.resumed(policy, entries, counts_from_json(value["counts"]))


def _key(value: Mapping[str, Any]) -> CacheKey:
    sequences = {name: tuple(value[name]) for name in ("anchors", "synonyms")}
    return CacheKey(**{**value, **sequences, "size": Size(**value["size"])})


def _entry(value: Mapping[str, Any]) -> CacheEntry:
    times = {name: datetime.fromisoformat(value[name]) if value[name] else None for name in _TIMES}
    place = place_from_json(value["place"], base64.b64decode(value["place"]["patch"], validate=True))
    return CacheEntry(place, **times, **{name: value[name] for name in _NUMBERS})  # type: ignore[arg-type]


def _said(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
