"""Keeps the counts by day in step with the evidence and the labels, in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, insert, update
from sqlalchemy.orm import Session

from navigation.daily import day_of, sightings
from navigation.records import Json
from navigation.store.models.base import Base
from navigation.store.models.lists import NO_METHOD, AnchorDayRow, AttemptDayRow, SummaryRow


def count_finished(session: Session, line: SummaryRow) -> None:
    """Count an attempt that has just ended, with the label that it may have already."""
    _add(
        session,
        AttemptDayRow,
        _day_key(line),
        attempts=1,
        labelled=int(line.label is not None),
        wrong=int(line.label == "wrong"),
    )


def count_label(session: Session, line: SummaryRow, before: str | None) -> None:
    """Count what the label of an ended attempt changed from `before`."""
    labelled = (line.label is not None) - (before is not None)
    wrong = (line.label == "wrong") - (before == "wrong")
    if labelled or wrong:
        _add(session, AttemptDayRow, _day_key(line), attempts=0, labelled=labelled, wrong=wrong)


def count_anchors(session: Session, line: SummaryRow, action: Json, verify_before: Json | None) -> None:
    """Count the texts that the check before the press looked for."""
    for seen in sightings(action, verify_before):
        key = {"day": day_of(line.started_at), "application": line.application, "screen": line.screen}
        key["text"] = seen.text
        _add(session, AnchorDayRow, key, seen=1, found=int(seen.is_found), strong=int(seen.is_strong))


def _day_key(line: SummaryRow) -> dict[str, Any]:
    return {
        "day": day_of(line.started_at),
        "application": line.application,
        "screen": line.screen,
        "outcome": line.outcome,
        "method": line.method or NO_METHOD,
    }


def _add(session: Session, table: type[Base], key: dict[str, Any], **changes: int) -> None:
    """Add to one row. Done as one UPDATE so that two writers of a server database cannot lose a count."""
    changed = session.execute(
        update(table)
        .where(and_(*(getattr(table, name) == value for name, value in key.items())))
        .values({name: getattr(table, name) + change for name, change in changes.items()})
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        session.execute(insert(table).values(**key, **changes))
