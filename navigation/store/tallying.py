"""Keeps the counts by day in step with the evidence and the labels, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import and_, bindparam, insert, select, tuple_, update
from sqlalchemy.orm import Session

from navigation.daily import Rate, day_of, sightings
from navigation.records import Json
from navigation.store.models.base import Base
from navigation.store.models.lists import AnchorDayRow, AttemptDayRow, SummaryRow
from navigation.types import Outcome

KEY = (SummaryRow.outcome, SummaryRow.started_at, SummaryRow.application, SummaryRow.screen)
"""What of an attempt's line says where it is counted."""
AT_ONCE = 500


def count_finished(session: Session, line: SummaryRow) -> None:
    """Count an attempt that has just ended, with the label that it may have already."""
    add(session, AttemptDayRow, _key(line), **asdict(rate_of(line.outcome, line.method, line.label)))


def rate_of(outcome: str, method: str | None, label: str | None) -> Rate:
    """What one ended attempt adds to its day."""
    return Rate(
        attempts=1,
        succeeded=int(outcome == Outcome.OK),
        handed_over=int(outcome == Outcome.NEEDS_HUMAN),
        labelled=_is_labelled(outcome, label),
        labelled_wrong=_is_labelled_wrong(outcome, label),
        not_landed=int(outcome == Outcome.NOT_LANDED),
        found=int(method is not None),
        from_memory=int(method == "cache"),
    )


def count_label(session: Session, line: Any, before: str | None, after: str | None) -> None:
    """Count what a label changed; `line` is an ended attempt's, or its columns of `KEY`."""
    rate = Rate(
        labelled=_is_labelled(line.outcome, after) - _is_labelled(line.outcome, before),
        labelled_wrong=_is_labelled_wrong(line.outcome, after) - _is_labelled_wrong(line.outcome, before),
    )
    if rate != Rate():
        add(session, AttemptDayRow, _key(line), **asdict(rate))


def count_anchors(session: Session, line: SummaryRow, action: Json, verify_before: Json | None) -> None:
    """Count the texts that the check before the press looked for."""
    for seen in sightings(action, verify_before):
        key = {**_key(line), "text": seen.text}
        add(session, AnchorDayRow, key, seen=1, found=int(seen.is_found), strong=int(seen.is_strong))


def _is_labelled(outcome: str, label: str | None) -> int:
    return int(outcome == Outcome.OK and label is not None)


def _is_labelled_wrong(outcome: str, label: str | None) -> int:
    return int(outcome == Outcome.OK and label == "wrong")


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


def add_all(session: Session, table: type[Base], counts: Mapping[tuple[Any, ...], Mapping[str, int]]) -> None:
    """Add to many rows, given by the values of their primary key, in as few statements as there are kinds of change.

    For a transaction that no other may write beside.
    """
    if not counts:
        return
    rows, known = table.__table__, set[tuple[Any, ...]]()
    key = tuple(rows.primary_key)
    for at in range(0, len(counts), AT_ONCE):
        some = list(counts)[at : at + AT_ONCE]
        known.update(tuple(row) for row in session.execute(select(*key).where(tuple_(*key).in_(some))))
    names, changes = [column.name for column in key], list(next(iter(counts.values())))
    grow = (
        update(rows)  # type: ignore[arg-type]
        .where(and_(*(column == bindparam(f"its_{column.name}") for column in key)))
        .values({name: rows.c[name] + bindparam(f"more_{name}") for name in changes})
    )
    old, new = [], []
    for values, more in counts.items():
        if values in known:
            its = {f"its_{name}": value for name, value in zip(names, values, strict=True)}
            old.append(its | {f"more_{name}": more[name] for name in changes})
        else:
            new.append(dict(zip(names, values, strict=True)) | {name: more[name] for name in changes})
    if old:
        session.connection().execute(grow, old)
    if new:
        session.execute(insert(table), new)
