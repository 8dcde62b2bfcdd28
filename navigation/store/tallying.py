"""Keeps the counts by day in step with the evidence and the labels, in the same transaction."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Protocol

from sqlalchemy import and_, insert, update
from sqlalchemy.orm import Session

from navigation.daily import Rate, day_of, sightings
from navigation.records import Json
from navigation.store.models.base import Base
from navigation.store.models.lists import AnchorDayRow, AttemptDayRow, SummaryRow
from navigation.types import Outcome

KEY = (SummaryRow.outcome, SummaryRow.started_at, SummaryRow.application, SummaryRow.screen)
"""What of an attempt's line says where it is counted."""


class Ended(Protocol):
    """What is known of an ended attempt: a line of the list, in whatever form."""

    seq: Any
    target_id: Any
    application: Any
    screen: Any
    signature: Any
    outcome: Any
    method: Any
    label: Any
    started_at: Any


def count_finished(session: Session, line: SummaryRow) -> None:
    """Count an attempt that has just ended, with the label that it may have already."""
    add(session, AttemptDayRow, _key(line), **asdict(rate_of(line)))


def rate_of(line: Ended) -> Rate:
    """What one ended attempt adds to its day."""
    return Rate(
        attempts=1,
        succeeded=int(line.outcome == Outcome.OK),
        handed_over=int(line.outcome == Outcome.NEEDS_HUMAN),
        labelled=_is_labelled(line, line.label),
        labelled_wrong=_is_labelled_wrong(line, line.label),
        not_landed=int(line.outcome == Outcome.NOT_LANDED),
        found=int(line.method is not None),
        from_memory=int(line.method == "cache"),
    )


def count_label(session: Session, line: Any, before: str | None, after: str | None) -> None:
    """Count what a label changed; `line` is an ended attempt's, or its columns of `KEY`."""
    rate = Rate(
        labelled=_is_labelled(line, after) - _is_labelled(line, before),
        labelled_wrong=_is_labelled_wrong(line, after) - _is_labelled_wrong(line, before),
    )
    if rate != Rate():
        add(session, AttemptDayRow, _key(line), **asdict(rate))


def count_anchors(session: Session, line: SummaryRow, action: Json, verify_before: Json | None) -> None:
    """Count the texts that the check before the press looked for."""
    for seen in sightings(action, verify_before):
        key = {**_key(line), "text": seen.text}
        add(session, AnchorDayRow, key, seen=1, found=int(seen.is_found), strong=int(seen.is_strong))


def _is_labelled(line: Ended, label: str | None) -> int:
    return int(line.outcome == Outcome.OK and label is not None)


def _is_labelled_wrong(line: Ended, label: str | None) -> int:
    return int(line.outcome == Outcome.OK and label == "wrong")


def _key(line: Any) -> dict[str, Any]:
    return {"day": day_of(line.started_at), "application": line.application, "screen": line.screen}


def add(session: Session, table: type[Base], key: dict[str, Any], **changes: int) -> None:
    """Add to one row. Done as one UPDATE so that two writers of a server database cannot lose a count."""
    changed = session.execute(
        update(table)
        .where(and_(*(getattr(table, name) == value for name, value in key.items())))
        .values({name: getattr(table, name) + change for name, change in changes.items()})
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        session.execute(insert(table).values(**key, **changes))
