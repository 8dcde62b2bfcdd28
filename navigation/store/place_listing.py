"""Remembered places as people see them, and what people do with them: each with its reason and its audit event.

The engine's own use of places is `places`; what is written here counts for every process from its next use on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from navigation.cache import Place
from navigation.errors import ConflictError, StoreError
from navigation.place_records import (
    PLACE_STATES,
    PlaceChange,
    PlaceFilter,
    PlacePage,
    PlaceTally,
    RememberedPlace,
)
from navigation.records import AuditEvent
from navigation.store import sentences
from navigation.store.chaining import log
from navigation.store.connection import Part
from navigation.store.models.knowledge import CacheEntryRow as Row
from navigation.store.models.knowledge import PlaceChangeRow
from navigation.store.places import write_place
from navigation.store.rows import record_of, values_of
from navigation.types import Box, Size

_ORDER = (Row.application, Row.screen, Row.screen_signature, Row.width, Row.height, Row.target_text, Row.id)
_Edit = Callable[[Session, Row], None]


class PlaceListing(Part):
    def places(self, where: PlaceFilter, *, page: int = 0, limit: int = 24) -> PlacePage:
        """One page of the filtered places, from page 0."""
        chosen = select(Row).where(*_seen_by(where), *_chosen(where)).order_by(*_ORDER)
        with self._db.reading() as session:
            rows = session.scalars(chosen.offset(page * limit).limit(limit))
            total = session.scalar(select(func.count()).select_from(chosen.order_by(None).subquery()))
            return PlacePage([_place(row) for row in rows], total or 0)

    def place_tally(self, where: PlaceFilter) -> PlaceTally:
        """What the person may see at all, by screen; and by state, of the application and screen that are chosen."""
        screens = select(Row.application, Row.screen, func.count()).where(*_seen_by(where))
        flags = [func.coalesce(func.sum(case((_state(state, where), 1), else_=0)), 0) for state in PLACE_STATES]
        states = select(*flags).where(*_seen_by(where), *_on_screen(where))
        with self._db.reading() as session:
            by = (Row.application, Row.screen)
            grouped = session.execute(screens.group_by(*by).order_by(*by))
            by_screen = {(application, screen): count for application, screen, count in grouped}
            counts = session.execute(states).one()
        return PlaceTally(by_screen, dict(zip(PLACE_STATES, (int(count) for count in counts), strict=True)))

    def place(self, place_id: int) -> RememberedPlace | None:
        with self._db.reading() as session:
            row = session.get(Row, place_id)
            return None if row is None else _place(row)

    def place_patch(self, place_id: int) -> bytes | None:
        """The place's picture, a PNG; None when it is not remembered any more."""
        with self._db.reading() as session:
            return session.scalar(select(Row.patch).where(Row.id == place_id))

    def change_place(self, place_id: int, change: PlaceChange, *, seen: str, event: AuditEvent) -> None:
        """Pin a place or let it go, put it aside or back, forget it; with the audit's `event`, all or nothing.

        `seen` is `RememberedPlace.seen` as the author had it. Raises ConflictError when the place changed meanwhile,
        or is what the change would make of it already; StoreError when it is gone. A rebuild is `rebuild_place`.
        """
        edit = _EDITS[change.act]
        self._change(place_id, change, seen, event, lambda session, row: edit(session, row, change.at))

    def rebuild_place(
        self,
        place_id: int,
        place: Place,
        change: PlaceChange,
        *,
        verified_at: datetime,
        seen: str,
        event: AuditEvent,
    ) -> None:
        """Put a place from a verified press, which was at `verified_at`, in stead of what is remembered. Raises as
        `change_place`. The record of uses stays, a quarantine ends."""
        self._change(place_id, change, seen, event, lambda _session, row: write_place(row, place, verified_at))

    def place_changes(self, place: RememberedPlace, *, limit: int = 50) -> Sequence[PlaceChange]:
        """What people did with this place, newest first; also with one forgotten before it."""
        of_place = (
            select(PlaceChangeRow)
            .where(
                PlaceChangeRow.application == place.application,
                PlaceChangeRow.screen_signature == place.screen_signature,
                PlaceChangeRow.target_key == place.target_key,
                PlaceChangeRow.width == place.size.width,
                PlaceChangeRow.height == place.size.height,
            )
            .order_by(PlaceChangeRow.id.desc())
            .limit(limit)
        )
        with self._db.reading() as session:
            return [record_of(PlaceChange, row) for row in session.scalars(of_place)]

    def _change(self, place_id: int, change: PlaceChange, seen: str, event: AuditEvent, edit: _Edit) -> None:
        with self._db.writing() as session:
            row = session.get(Row, place_id)
            if row is None:
                raise StoreError(sentences.NO_PLACE)
            if _place(row).seen != seen:
                raise ConflictError(sentences.OTHER_PLACE)
            session.add(_note(row, change))
            edit(session, row)
            log(session, change.at, event)


def _pin(_session: Session, row: Row, at: datetime) -> None:
    _must(row.pinned_at is None)
    row.pinned_at = at


def _unpin(_session: Session, row: Row, _at: datetime) -> None:
    _must(row.pinned_at is not None)
    row.pinned_at = None


def _quarantine(_session: Session, row: Row, at: datetime) -> None:
    _must(row.quarantined_at is None)
    row.quarantined_at = at


def _release(_session: Session, row: Row, _at: datetime) -> None:
    _must(row.quarantined_at is not None)
    row.quarantined_at = None


def _forget(session: Session, row: Row, _at: datetime) -> None:
    session.delete(row)


_EDITS: dict[str, Callable[[Session, Row, datetime], None]] = {
    "pin": _pin, "unpin": _unpin, "quarantine": _quarantine, "release": _release, "forget": _forget,
}  # fmt: skip


def _must(is_open: bool) -> None:
    if not is_open:
        raise ConflictError(sentences.OTHER_PLACE)


def _note(row: Row, change: PlaceChange) -> PlaceChangeRow:
    return PlaceChangeRow(
        application=row.application,
        screen=row.screen,
        screen_signature=row.screen_signature,
        target_text=row.target_text,
        target_key=row.target_key,
        width=row.width,
        height=row.height,
        **values_of(change),
    )


def _seen_by(where: PlaceFilter) -> list[ColumnElement[bool]]:
    return [] if where.applications is None else [Row.application.in_(where.applications)]


def _on_screen(where: PlaceFilter) -> list[ColumnElement[bool]]:
    named = ((Row.application, where.application), (Row.screen, where.screen))
    return [column == value for column, value in named if value]


def _chosen(where: PlaceFilter) -> list[ColumnElement[bool]]:
    return [*_on_screen(where), *(_state(state, where) for state in where.states)]


def _state(state: str, where: PlaceFilter) -> ColumnElement[bool]:
    """The condition of `RememberedPlace.states`."""
    conditions: dict[str, ColumnElement[bool]] = {
        "quarantined": Row.quarantined_at.is_not(None),
        "pinned": Row.pinned_at.is_not(None),
        "contradicted": Row.contradictions > 0,
        "old": Row.pinned_at.is_(None) & (Row.last_verified_at < where.oldest),
    }
    return conditions[state]


def _place(row: Row) -> RememberedPlace:
    stored: dict[str, Any] = row.place
    return record_of(RememberedPlace, row, size=Size(row.width, row.height), box=Box(*stored["box"]))
