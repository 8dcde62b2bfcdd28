"""Stops of robots: added, read, and asked for before any press is allowed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from navigation.alerts import Alert, What
from navigation.errors import ConflictError
from navigation.oversight import EVERY_APPLICATION, StopEvent
from navigation.store import sentences
from navigation.store.alerting import note_alert
from navigation.store.connection import Part
from navigation.store.models.oversight import StopRow
from navigation.store.rows import record_of, values_of


class Stops(Part):
    def add_stop(self, event: StopEvent) -> None:
        """Stop robots or let them go; in force, and durable, when this returns.

        Raises ConflictError for letting go what is not stopped. Stopping twice is two events.
        """
        with self._db.writing() as session:
            if not event.is_stopped and newest_stop(session, event.application) is None:
                raise ConflictError(sentences.NOT_STOPPED)
            session.add(StopRow(**values_of(event)))
            what: What = "stopped" if event.is_stopped else "released"
            note_alert(session, Alert(what, event.application, event.at, detail=event.author))

    def stops_in_force(self) -> Sequence[StopEvent]:
        """What is stopped now: everything first, then by application."""
        newest = select(func.max(StopRow.id)).group_by(StopRow.application)
        chosen = select(StopRow).where(StopRow.id.in_(newest), StopRow.is_stopped).order_by(StopRow.application)
        with self._db.reading() as session:
            return [record_of(StopEvent, row) for row in session.scalars(chosen)]

    def stop_events(self, *, limit: int = 100) -> Sequence[StopEvent]:
        """Every stop and every letting go, newest first."""
        with self._db.reading() as session:
            newest = select(StopRow).order_by(StopRow.id.desc()).limit(limit)
            return [record_of(StopEvent, row) for row in session.scalars(newest)]


def stop_of(session: Session, application: str) -> StopEvent | None:
    """The stop in force for an application's robots: everybody's, or its own."""
    return newest_stop(session, EVERY_APPLICATION) or newest_stop(session, application)


def newest_stop(session: Session, application: str) -> StopEvent | None:
    """The stop in force under exactly this name."""
    newest = select(StopRow).where(StopRow.application == application).order_by(StopRow.id.desc()).limit(1)
    row = session.scalar(newest)
    return record_of(StopEvent, row) if row is not None and row.is_stopped else None
