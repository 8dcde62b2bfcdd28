"""Groups of attempts that ended alike: three hundred failures are a dozen rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from navigation.records import AttemptFilter, AttemptGroup
from navigation.store.conditions import conditions_of, outcomes_of, target_conditions
from navigation.store.connection import Part
from navigation.store.counting import is_tallied
from navigation.store.facets import counted_lines
from navigation.store.models.lists import GroupRow, SummaryRow, TargetRow
from navigation.store.rows import record_of
from navigation.types import Outcome

MAX_GROUPS = 500


class Groups(Part):
    def groups(self, where: AttemptFilter, *, limit: int = MAX_GROUPS) -> Sequence[AttemptGroup]:
        """Groups of what the filter lets through, the newest first.

        Groups know application, screen, target and outcome: by these, counts are of whole groups. With any other
        condition they are of the matching attempts, and of at most `COUNTED` of them.
        """
        with self._db.reading() as session:
            if is_tallied(where) and not where.method:
                return [_group(*found) for found in session.execute(_chosen(where).limit(limit))]
            counted = _matching(session, where, limit)
            rows = session.execute(_chosen(AttemptFilter()).where(GroupRow.id.in_(counted)))
            whole = {group.id: group for group in (_group(*found) for found in rows)}
            return [replace(whole[group_id], **values) for group_id, values in counted.items()]

    def group(self, group_id: int) -> AttemptGroup | None:
        chosen = _chosen(AttemptFilter()).where(GroupRow.id == group_id)
        with self._db.reading() as session:
            found = session.execute(chosen).one_or_none()
            return _group(*found) if found else None

    def group_days(self, group_ids: Sequence[int], *, since: datetime) -> Mapping[int, Mapping[date, int]]:
        """How many attempts of each group on each day (UTC) from `since` on; days without any are left out."""
        day = func.date(SummaryRow.started_at)
        first = select(func.min(SummaryRow.seq)).where(SummaryRow.started_at >= since).scalar_subquery()
        counted = (
            select(SummaryRow.group_id, day, func.count())
            .where(SummaryRow.group_id.in_(group_ids), SummaryRow.seq >= first, SummaryRow.started_at >= since)
            .group_by(SummaryRow.group_id, day)
        )
        days: dict[int, dict[date, int]] = {}
        with self._db.reading() as session:
            for group_id, on, count in session.execute(counted):
                days.setdefault(group_id, {})[date.fromisoformat(str(on))] = count
        return days


def _matching(session: Session, where: AttemptFilter, limit: int) -> dict[Any, dict[str, Any]]:
    """What of a group's values is about its matching attempts, by the group's id, the newest group first."""
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
        .order_by(last.desc())
        .limit(limit)
    )
    found = session.execute(counted).all()
    newest = select(SummaryRow.seq, SummaryRow.id).where(SummaryRow.seq.in_([row[-1] for row in found]))
    ids = dict(session.execute(newest).tuples().all())
    return {
        group_id: {
            "attempts": attempts, "labelled": labelled, "first_at": first_at, "last_at": last_at, "last_id": ids[seq]
        }
        for group_id, attempts, labelled, first_at, last_at, seq in found
    }  # fmt: skip


def _chosen(where: AttemptFilter) -> Select[*tuple[Any, ...]]:
    chosen = (
        select(GroupRow, TargetRow.text, TargetRow.kind, SummaryRow.id)
        .join(TargetRow, TargetRow.id == GroupRow.target_id)
        .join(SummaryRow, SummaryRow.seq == GroupRow.last_seq)
        .where(*target_conditions(where))
        .order_by(GroupRow.last_seq.desc())
    )
    outcomes = outcomes_of(where)
    return chosen if outcomes is None else chosen.where(GroupRow.outcome.in_(outcomes))


def _group(row: GroupRow, text: str, kind: str, last_id: str) -> AttemptGroup:
    return record_of(
        AttemptGroup, row, target_text=text, target_kind=kind, outcome=Outcome(row.outcome), last_id=last_id
    )
