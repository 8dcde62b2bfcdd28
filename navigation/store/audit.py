"""Who did what, when, from where, with which result. Added to, read, and checked; nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from navigation.audit_chain import ChainState, Head
from navigation.records import AuditEntry, AuditEvent, AuditFilter
from navigation.store.chaining import followed, log
from navigation.store.connection import Part
from navigation.store.models.accounts import AuditRow
from navigation.store.rows import record_of


class Audit(Part):
    def audit(self, event: AuditEvent, now: datetime) -> None:
        with self._db.writing() as session:
            log(session, now, event)

    def verify_audit(self, *, kept: Head | None = None) -> ChainState:
        """Whether the log is as it was written: no entry changed, removed but for its age, or put in later.

        Reads all of it, some 50,000 entries a second. `kept` is a head of before that must still be in it.
        """
        return followed(self._db, kept)

    def audit_events(self, *, limit: int = 100, object_id: str = "") -> Sequence[tuple[datetime, AuditEvent]]:
        """The newest events first, of one object when it is named."""
        newest = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if object_id:
            newest = newest.where(AuditRow.object_id == object_id)
        with self._db.reading() as session:
            return [(row.at, record_of(AuditEvent, row)) for row in session.scalars(newest)]

    def audit_entries(self, where: AuditFilter, *, before: int | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """What fits the filter, newest first, from before the entry with this id."""
        newest = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        for column, wanted in (
            (AuditRow.actor, where.actor),
            (AuditRow.action, where.action),
            (AuditRow.object_id, where.object_id),
        ):
            if wanted:
                newest = newest.where(column == wanted)
        if where.since is not None:
            newest = newest.where(AuditRow.at >= where.since)
        if where.until is not None:
            newest = newest.where(AuditRow.at < where.until)
        if before is not None:
            newest = newest.where(AuditRow.id < before)
        with self._db.reading() as session:
            return [AuditEntry(row.id, row.at, record_of(AuditEvent, row)) for row in session.scalars(newest)]
