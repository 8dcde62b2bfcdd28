"""Groups of attempts that ended alike: three hundred failures are a dozen rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from navigation.records import AttemptFilter, AttemptGroup
from navigation.store.conditions import conditions_of, outcomes_of, target_conditions
from navigation.store.connection import Part
from navigation.store.counting import is_tallied
from navigation.store.facets import counted_lines
from navigation.store.models.lists import GroupRow, SummaryRow, TargetRow
from navigation.types import Outcome

MAX_GROUPS = 500


class Groups(Part):
    def groups(self, where: AttemptFilter, *, limit: int = MAX_GROUPS) -> Sequence[AttemptGroup]:
        """Groups of what the filter lets through; those with most to label first, then the newest.

        Groups know application, screen, target and outcome: by these, counts are of whole groups. With any other
        condition they are of the matching attempts, and of at most `COUNTED` of them.
        """
        with self._db.reading() as session:
            if is_tallied(where) and not where.method:
                return [_group(row) for row in session.execute(_with_words(_first(where, limit)))]
            counted = _matching(session, where, limit)
            rows = session.execute(_with_words(list(counted)))
            whole = {row.id: _group(row) for row in rows}
            return [replace(whole[group_id], **values) for group_id, values in counted.items()]

    def group(self, group_id: int) -> AttemptGroup | None:
        with self._db.reading() as session:
            found = session.execute(_with_words([group_id])).one_or_none()
            return _group(found) if found else None

    def group_days(self, group_ids: Sequence[int], *, since: datetime) -> Mapping[int, Mapping[date, int]]:
        """How many attempts of each group on each day (UTC) from `since` on; days without any are left out."""
        day = func.date(SummaryRow.started_at)
        # By the time's index: the least sequence would be looked for from the oldest attempt on.
        first = select(SummaryRow.seq).where(SummaryRow.started_at >= since).order_by(SummaryRow.started_at).limit(1)
        counted = (
            select(SummaryRow.group_id, day, func.count())
            .where(
                SummaryRow.group_id.in_(group_ids),
                SummaryRow.seq >= first.scalar_subquery(),
                SummaryRow.started_at >= since,
            )
            .group_by(SummaryRow.group_id, day)
        )
        days: dict[int, dict[date, int]] = {}
        with self._db.reading() as session:
            for group_id, on, count in session.execute(counted):
                days.setdefault(group_id, {})[date.fromisoformat(str(on))] = count
        return days

    def group_of(self, attempt_id: str) -> AttemptGroup | None:
        """The group that an attempt is in; None while it is under way."""
        own = select(SummaryRow.group_id).where(SummaryRow.id == attempt_id)
        with self._db.reading() as session:
            group_id = session.scalar(own)
        return None if group_id is None else self.group(group_id)


def _matching(session: Session, where: AttemptFilter, limit: int) -> dict[Any, dict[str, Any]]:
    """What of a group's values is about its matching attempts, by the group's id, in the order of `groups`."""
    lines = counted_lines(conditions_of(session, where)).subquery()
    last = func.max(SummaryRow.seq)
    counted = (
        select(
            SummaryRow.group_id,
            func.count(),
            func.count(SummaryRow.label),
            func.min(SummaryRow.started_at),
            func.max(SummaryRow.started_at),
            last,
        )
        .where(SummaryRow.seq.in_(select(lines.c.seq)), SummaryRow.group_id.is_not(None))
        .group_by(SummaryRow.group_id)
        .order_by((func.count() - func.count(SummaryRow.label)).desc(), last.desc())
        .limit(limit)
    )
    found = session.execute(counted).all()
    newest = select(SummaryRow.seq, SummaryRow.id).where(SummaryRow.seq.in_([row[-1] for row in found]))
    ids = {row.seq: row.id for row in session.execute(newest)}
    return {
        group_id: {
            "attempts": attempts, "labelled": labelled, "first_at": first_at, "last_at": last_at, "last_id": ids[seq]
        }
        for group_id, attempts, labelled, first_at, last_at, seq in found
    }  # fmt: skip


_ORDER = ((GroupRow.attempts - GroupRow.labelled).desc(), GroupRow.last_seq.desc())


def _first(where: AttemptFilter, limit: int) -> Select[int]:
    """Ids of the groups that the filter lets through, found before anything is joined to them."""
    chosen = select(GroupRow.id).order_by(*_ORDER).limit(limit)
    if targets := target_conditions(where):
        chosen = chosen.where(GroupRow.target_id.in_(select(TargetRow.id).where(*targets)))
    outcomes = outcomes_of(where)
    return chosen if outcomes is None else chosen.where(GroupRow.outcome.in_(outcomes))


def _with_words(ids: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*_COLUMNS)
        .join(TargetRow, TargetRow.id == GroupRow.target_id)
        .join(SummaryRow, SummaryRow.seq == GroupRow.last_seq)
        .where(GroupRow.id.in_(ids))
        .order_by(*_ORDER)
    )


_COLUMNS = (
    *(getattr(GroupRow, item.name) for item in fields(AttemptGroup) if hasattr(GroupRow, item.name)),
    TargetRow.text.label("target_text"),
    TargetRow.kind.label("target_kind"),
    SummaryRow.id.label("last_id"),
)


def _group(row: Row[Any]) -> AttemptGroup:
    return AttemptGroup(**{**row._mapping, "outcome": Outcome(row.outcome)})
