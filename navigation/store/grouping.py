"""Groups of attempts that ended alike: three hundred failures are a dozen rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from navigation.records import AttemptFilter, AttemptGroup
from navigation.store.conditions import outcomes_of, target_conditions
from navigation.store.connection import Part
from navigation.store.models.lists import GroupRow, SummaryRow, TargetRow
from navigation.store.rows import record_of
from navigation.types import Outcome

MAX_GROUPS = 500


class Groups(Part):
    def groups(self, where: AttemptFilter, *, limit: int = MAX_GROUPS) -> Sequence[AttemptGroup]:
        """Groups that the filter's application, screen, target and outcomes let through, newest first.

        Counts are of whole groups: dates, scores and labels of the filter do not take part.
        """
        with self._db.reading() as session:
            return [_group(*found) for found in session.execute(_chosen(where).limit(limit))]

    def group(self, group_id: int) -> AttemptGroup | None:
        chosen = _chosen(AttemptFilter()).where(GroupRow.id == group_id)
        with self._db.reading() as session:
            found = session.execute(chosen).one_or_none()
            return _group(*found) if found else None

    def group_of(self, attempt_id: str) -> AttemptGroup | None:
        """The group that an attempt is in; None while it is under way."""
        own = select(SummaryRow.group_id).where(SummaryRow.id == attempt_id).scalar_subquery()
        chosen = _chosen(AttemptFilter()).where(GroupRow.id == own)
        with self._db.reading() as session:
            found = session.execute(chosen).one_or_none()
            return _group(*found) if found else None


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
