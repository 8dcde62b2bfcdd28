"""Who did what, when, from where, with which result. Added to and read; nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from navigation.records import AuditEvent
from navigation.store.connection import Part
from navigation.store.models.accounts import AuditRow
from navigation.store.rows import record_of, values_of


class Audit(Part):
    def audit(self, event: AuditEvent, now: datetime) -> None:
        with self._db.writing() as session:
            session.add(AuditRow(at=now, **values_of(event)))

    def audit_events(self, *, limit: int = 100, object_id: str = "") -> Sequence[tuple[datetime, AuditEvent]]:
        """The newest events first, of one object when it is named."""
        newest = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if object_id:
            newest = newest.where(AuditRow.object_id == object_id)
        with self._db.reading() as session:
            return [(row.at, record_of(AuditEvent, row)) for row in session.scalars(newest)]
