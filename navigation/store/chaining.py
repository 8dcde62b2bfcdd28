"""Adds to the audit log, each entry with its link of the chain, and follows the chain; see `navigation.audit_chain`.

Links lie beside the entries, since entries are never edited. The link of the last entry that a purge took stays: what
remains is followed from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Text, and_, delete, exists, func, insert, select, type_coerce
from sqlalchemy.orm import Session, aliased

from navigation.audit_chain import START, TRIMMED, ChainState, Head, linked
from navigation.records import AuditEvent
from navigation.store.columns import compact_json
from navigation.store.connection import Database
from navigation.store.models.accounts import AuditLinkRow, AuditRow
from navigation.store.rows import values_of

TEXTS = ("actor", "action", "object_kind", "object_id", "source", "result", "details")
AT_ONCE = 5000

_ADD_ENTRY, _ADD_LINK = insert(AuditRow), insert(AuditLinkRow)  # made once, as all that a label asks
_NEWEST = select(AuditLinkRow.entry_id, AuditLinkRow.hash).order_by(AuditLinkRow.entry_id.desc()).limit(1)
_DETAILS = type_coerce(AuditRow.details, Text).label("details")


def log(session: Session, at: datetime, *events: AuditEvent) -> None:
    """Add events to the audit log, in the writer's transaction: what went before cannot change meanwhile."""
    connection = session.connection()
    newest = connection.execute(_NEWEST).first()
    previous: str = newest.hash if newest else START
    for event in events:
        values = values_of(event)
        added = connection.execute(_ADD_ENTRY, {"at": at, **values})
        assert added.inserted_primary_key is not None, "one row was added"
        entry_id = added.inserted_primary_key[0]
        previous = linked(previous, entry_id, at, _texts(values | {"details": compact_json(event.details)}))
        connection.execute(_ADD_LINK, {"entry_id": entry_id, "hash": previous})


def trim(session: Session, before: datetime, now: datetime, limit: int) -> int:
    """Remove the oldest entries up to the first that is not older than `before`, and note it; how many went."""
    ids = list(session.scalars(old_entries(before).order_by(AuditRow.id).limit(limit)))
    if ids:
        last = ids[-1]
        session.execute(delete(AuditRow).where(AuditRow.id <= last))
        session.execute(delete(AuditLinkRow).where(AuditLinkRow.entry_id < last))
        log(session, now, AuditEvent("-", TRIMMED, "audit", str(last), "-", "ok", {"removed": len(ids)}))
    return len(ids)


def old_entries(before: datetime) -> Any:
    """Ids of the entries that are too old and stand before all others: a chain is shortened at its end only.

    Entries that say what earlier purges took go with others only: each time leaves one.
    """
    other = aliased(AuditRow)
    young = select(other.id).where(other.at >= before).order_by(other.id).limit(1).scalar_subquery()
    last = select(func.max(other.id)).where(other.at < before, other.action != TRIMMED).scalar_subquery()
    is_old = and_(AuditRow.at < before, AuditRow.id <= last)
    return select(AuditRow.id).where(is_old, (AuditRow.id < young) | young.is_(None))


def followed(db: Database, kept: Head | None) -> ChainState:
    """Follow the whole chain, some thousands of entries at a time; `kept` is a head that must still be in it."""
    while True:
        oldest = _oldest(db)
        state = _Walk(kept).over(db)
        if state.broken_at is None or _oldest(db) == oldest:
            return state  # otherwise a purge has taken what was about to be looked at


def _oldest(db: Database) -> int | None:
    with db.reading() as session:
        return session.scalar(select(AuditLinkRow.entry_id).order_by(AuditLinkRow.entry_id).limit(1))


class _Walk:
    """Where a walk along the chain has come to."""

    def __init__(self, kept: Head | None) -> None:
        self._kept = kept
        self._is_kept_seen = kept is None
        self._entries = 0
        self._oldest: int | None = None
        self._head = Head(0, START)

    def over(self, db: Database) -> ChainState:
        after = -1
        while True:
            with db.reading() as session:
                rows = [row._asdict() for row in session.execute(_links(after))]
                if not rows:
                    return self._end(session)
                for row in rows:
                    broken = self._step(session, row)
                    if broken is not None:
                        return broken
            after = rows[-1]["link_id"]

    def _step(self, session: Session, row: Mapping[str, Any]) -> ChainState | None:
        entry_id, is_first = row["link_id"], self._oldest is None
        self._oldest = entry_id if is_first else self._oldest
        if row["id"] is None:
            if not is_first:
                return self._state(entry_id, "missing")
            if not session.scalar(_says_trimmed(entry_id)):
                return self._state(entry_id, "unexplained")
        else:
            if row["hash"] != linked(self._head.hash, entry_id, row["at"], _texts(row)):
                return self._state(entry_id, "broken")
            self._entries += 1
        self._head = Head(entry_id, row["hash"])
        if self._kept is not None and self._kept.entry_id == entry_id:
            self._is_kept_seen = True
            if self._kept != self._head:
                return self._state(entry_id, "head")
        return None

    def _end(self, session: Session) -> ChainState:
        loose = session.scalar(_loose())
        if loose is not None:
            return self._state(loose, "unchained")
        kept = self._kept
        if kept is None or self._is_kept_seen:
            return self._state()
        if self._oldest is not None and kept.entry_id < self._oldest:
            return ChainState(self._entries, self._head, is_kept_known=False)
        return self._state(kept.entry_id, "head")

    def _state(self, broken_at: int | None = None, fault: Any = None) -> ChainState:
        return ChainState(self._entries, self._head, broken_at, fault)


def _links(after: int) -> Any:
    columns = [getattr(AuditRow, name) for name in TEXTS if name != "details"]
    return (
        select(AuditLinkRow.entry_id.label("link_id"), AuditLinkRow.hash, AuditRow.id, AuditRow.at, *columns, _DETAILS)
        .outerjoin(AuditRow, AuditRow.id == AuditLinkRow.entry_id)
        .where(AuditLinkRow.entry_id > after)
        .order_by(AuditLinkRow.entry_id)
        .limit(AT_ONCE)
    )


def _says_trimmed(entry_id: int) -> Any:
    return select(exists().where(AuditRow.action == TRIMMED, AuditRow.object_id == str(entry_id)))


def _loose() -> Any:
    """The first entry without a link."""
    has_link = exists().where(AuditLinkRow.entry_id == AuditRow.id)
    return select(AuditRow.id).where(~has_link).order_by(AuditRow.id).limit(1)


def _texts(values: Mapping[str, Any]) -> list[str]:
    return [values[name] for name in TEXTS]
