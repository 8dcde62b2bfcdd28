"""Remembered places in the database, behind the engine's `CoordinateCache`.

A hit asks the database for the entry's record only, so that another process's quarantine is seen at once; the
pictures are decoded once per revision and kept in memory. Counts are noted in memory and written with the next
place that is learned, contradicted or, after a while, confirmed, so that no answer waits for a commit to count a hit.
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, func, select, update
from sqlalchemy.orm import Session

from navigation.cache import CacheEntry, CacheKey, Place, oldest_of
from navigation.errors import StoreError
from navigation.geometry import to_norm_point
from navigation.ids import new_id
from navigation.settings import CachePolicy
from navigation.store.connection import Database
from navigation.store.models.knowledge import CacheEntryRow as Row
from navigation.store.place_codec import place_from_json, place_to_json, to_png
from navigation.types import Size

logger = logging.getLogger(__name__)

NOTES_KEPT_S = 5.0
_UNDECODABLE = (KeyError, TypeError, ValueError, zlib.error)
_DECODED = 256
_KEY = ("application", "profile_version", "screen_signature", "target_key", "width", "height", "scale")
_RECORD = (
    Row.revision, Row.created_at, Row.last_verified_at, Row.hits, Row.misses, Row.contradictions, Row.quarantined_at,
    Row.pinned_at,
)  # fmt: skip
# Made once: building a statement costs as much as running it.
_RECORD_OF_KEY = select(*_RECORD).where(*(getattr(Row, name) == bindparam(name) for name in _KEY))


@dataclass(frozen=True, slots=True)
class _Notes:
    """What is to be added to an entry's record."""

    hits: int = 0
    misses: int = 0
    contradictions: int = 0
    verified_at: datetime | None = None
    quarantined_at: datetime | None = None

    def with_more(self, more: _Notes) -> _Notes:
        return _Notes(
            self.hits + more.hits,
            self.misses + more.misses,
            self.contradictions + more.contradictions,
            _later(self.verified_at, more.verified_at),
            _later(self.quarantined_at, more.quarantined_at),
        )

    def without(self, written: _Notes) -> _Notes:
        return _Notes(
            self.hits - written.hits,
            self.misses - written.misses,
            self.contradictions - written.contradictions,
            None if self.verified_at == written.verified_at else self.verified_at,
            None if self.quarantined_at == written.quarantined_at else self.quarantined_at,
        )


_NOTHING = _Notes()


class StoredPlaces:
    """A CoordinateCache that outlives the process and is shared with others. Safe to share between threads.

    A database that fails costs remembered places only: then nothing is remembered, and a quarantine that could not
    be written holds in this process and is written as soon as it can be.
    """

    def __init__(self, db: Database, policy: CachePolicy) -> None:
        self._db = db
        self._policy = policy
        self._lock = threading.Lock()
        self._writer = threading.Lock()
        self._notes: dict[CacheKey, _Notes] = {}
        self._noted_at = time.monotonic()
        self._decoded: OrderedDict[str, Place] = OrderedDict()

    def get(self, key: CacheKey) -> CacheEntry | None:
        try:
            return self._read(key)
        except (StoreError, *_UNDECODABLE) as err:
            logger.warning("place not read kind=%s", type(err).__name__)
            return None

    def put(self, key: CacheKey, place: Place, now: datetime) -> None:
        self._write(lambda session: _put(session, key, place, now, self._policy))

    def confirm(self, key: CacheKey, now: datetime) -> None:
        if time.monotonic() - self._note(key, _Notes(verified_at=now)) >= NOTES_KEPT_S:
            self._write(lambda session: None)

    def count(self, key: CacheKey, *, hit: bool) -> None:
        self._note(key, _Notes(hits=int(hit), misses=int(not hit)))

    def contradict(self, key: CacheKey, now: datetime) -> None:
        self._note(key, _Notes(contradictions=1, quarantined_at=now))
        self._write(lambda session: None)

    def close(self) -> None:
        self._write(lambda session: None)

    def _read(self, key: CacheKey) -> CacheEntry | None:
        with self._db.reading() as session:
            record = session.execute(_RECORD_OF_KEY, _columns(key)).one_or_none()
            if record is None:
                return None
            place = self._known(record.revision)
            if place is None:
                stored = session.execute(select(Row.place, Row.patch).where(_is(key))).one()
                place = place_from_json(stored.place, stored.patch)
                self._keep(record.revision, place)
        with self._lock:
            notes = self._notes.get(key, _NOTHING)
            return CacheEntry(
                place=place,
                created_at=record.created_at,
                last_verified_at=_later(record.last_verified_at, notes.verified_at) or record.last_verified_at,
                hits=record.hits + notes.hits,
                misses=record.misses + notes.misses,
                contradictions=record.contradictions + notes.contradictions,
                quarantined_at=_later(record.quarantined_at, notes.quarantined_at),
                is_pinned=record.pinned_at is not None,
            )

    def _known(self, revision: str) -> Place | None:
        with self._lock:
            return self._decoded.get(revision)

    def _keep(self, revision: str, place: Place) -> None:
        with self._lock:
            self._decoded[revision] = place
            while len(self._decoded) > _DECODED:
                self._decoded.popitem(last=False)

    def _note(self, key: CacheKey, notes: _Notes) -> float:
        """Add to what is to be written; gives since when something waits."""
        with self._lock:
            if not self._notes:
                self._noted_at = time.monotonic()
            self._notes[key] = self._notes.get(key, _NOTHING).with_more(notes)
            return self._noted_at

    def _write(self, work: Callable[[Session], None]) -> None:
        """Write what was noted, then do the work, in one transaction; when that fails the notes wait for the next.

        Notes count until they are written, so that no moment is without a quarantine.
        """
        with self._writer:
            with self._lock:
                notes = dict(self._notes)
            try:
                with self._db.writing() as session:
                    for key, note in notes.items():
                        _add_notes(session, key, note)
                    work(session)
            except StoreError as err:
                logger.warning("places not written kind=%s", type(err).__name__)
            else:
                self._settle(notes)

    def _settle(self, written: Mapping[CacheKey, _Notes]) -> None:
        with self._lock:
            rest = {key: note.without(written.get(key, _NOTHING)) for key, note in self._notes.items()}
            self._notes = {key: note for key, note in rest.items() if note != _NOTHING}
            self._noted_at = time.monotonic()


def _columns(key: CacheKey) -> dict[str, Any]:
    """The values of the columns that tell entries apart."""
    return {
        "application": key.application,
        "profile_version": key.profile_version,
        "screen_signature": key.screen_signature,
        "target_key": key.target_key,
        "width": key.size.width,
        "height": key.size.height,
        "scale": key.scale,
    }


def _is(key: CacheKey) -> ColumnElement[bool]:
    return and_(*(getattr(Row, name) == value for name, value in _columns(key).items()))


def _add_notes(session: Session, key: CacheKey, notes: _Notes) -> None:
    """Counts are added by the database, so that none is lost however many processes count."""
    values: dict[str, object] = {
        "hits": Row.hits + notes.hits,
        "misses": Row.misses + notes.misses,
        "contradictions": Row.contradictions + notes.contradictions,
    }
    if notes.verified_at is not None:
        is_later = Row.last_verified_at < notes.verified_at
        values["last_verified_at"] = case((is_later, notes.verified_at), else_=Row.last_verified_at)
    if notes.quarantined_at is not None:
        values["quarantined_at"] = notes.quarantined_at
    session.execute(update(Row).where(_is(key)).values(values))


def _put(session: Session, key: CacheKey, place: Place, now: datetime, policy: CachePolicy) -> None:
    row = session.scalar(select(Row).where(_is(key)))
    if row is None:
        row = _new_row(key, now)
        session.add(row)
    write_place(row, place, now)
    session.flush()
    _forget(session, policy, now)


def write_place(row: Row, place: Place, verified_at: datetime) -> None:
    """Put a place from a verified press into an entry, which ends a quarantine; the record stays."""
    point = to_norm_point(place.point, Size(row.width, row.height))
    row.x_norm, row.y_norm = point.x, point.y
    row.patch, row.place = to_png(place.patch), place_to_json(place)
    row.revision = new_id()
    row.last_verified_at, row.quarantined_at = verified_at, None


def _new_row(key: CacheKey, now: datetime) -> Row:
    return Row(
        **_columns(key),
        screen=key.screen,
        target_text=key.target,
        target_kind=key.kind,
        hits=0,
        misses=0,
        contradictions=0,
        created_at=now,
    )


def _forget(session: Session, policy: CachePolicy, now: datetime) -> None:
    """Take away what is too old or too much; pinned places stay, and take up room."""
    is_free = Row.pinned_at.is_(None)
    session.execute(delete(Row).where(Row.last_verified_at < oldest_of(policy, now), is_free))
    if (session.scalar(select(func.count()).select_from(Row)) or 0) > policy.max_entries:
        first = (is_free, Row.last_verified_at.desc(), Row.id.desc())
        beyond = select(Row.id).order_by(*first).offset(policy.max_entries)
        session.execute(delete(Row).where(Row.id.in_(beyond), is_free))


def _later(a: datetime | None, b: datetime | None) -> datetime | None:
    return max(a, b) if a and b else a or b
