"""How many attempts a filter lets through, and what there is to filter by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select

from navigation.records import AttemptCounts, AttemptFilter
from navigation.store.conditions import (
    applications_of,
    conditions_of,
    outcomes_of,
    target_conditions,
)
from navigation.store.connection import Part
from navigation.store.models.evidence import METHODS
from navigation.store.models.lists import SummaryRow, TallyRow, TargetRow


class Counting(Part):
    def count_attempts(self, where: AttemptFilter) -> AttemptCounts:
        with self._db.reading() as session:
            if is_tallied(where):
                counted = session.execute(tallied(where, TallyRow.outcome))
            else:
                found = conditions_of(session, where)
                if found.is_empty:
                    return AttemptCounts(total=0, by_outcome={})
                counted = session.execute(_from_lines(found.all))
            by_outcome = {outcome: int(count) for outcome, count in counted if count}
        return AttemptCounts(total=sum(by_outcome.values()), by_outcome=by_outcome)

    def known_applications(self, applications: Sequence[str] | None) -> Sequence[str]:
        """Applications that attempts were made on, by name; of those named, unless all are asked for."""
        with self._db.reading() as session:
            return list(session.scalars(_distinct(TargetRow.application, applications)))

    def facet_values(self, where: AttemptFilter) -> dict[str, Sequence[str]]:
        """Keys "application", "screen" and "method". Screens are those of the application filtered by, if any."""
        applications = applications_of(AttemptFilter(applications=where.applications))
        seen = applications_of(where)
        with self._db.reading() as session:
            return {
                "application": list(session.scalars(_distinct(TargetRow.application, applications))),
                "screen": [name for name in session.scalars(_distinct(TargetRow.screen, seen)) if name],
                "method": [
                    method
                    for method in METHODS
                    if session.scalar(select(SummaryRow.seq).where(SummaryRow.method == method).limit(1)) is not None
                ],
            }


def is_tallied(where: AttemptFilter) -> bool:
    """Whether the tallies answer: they know target, outcome and method and nothing else."""
    ranges = (where.score_min, where.score_max, where.margin_min, where.margin_max, where.since, where.until)
    named = (where.run_id, where.terms, where.labels, where.causes, where.reviewer)
    numbers = (where.config_id, where.group_id, where.is_due)
    return not any(named) and all(limit is None for limit in (*ranges, *numbers))


def tallied(where: AttemptFilter, *columns: Any) -> Select[Any]:
    """How many attempts by the values of `columns`, of the tallies or of their targets."""
    counted = (
        select(*columns, func.sum(TallyRow.attempts).label("attempts"))
        .select_from(TallyRow)
        .join(TargetRow, TargetRow.id == TallyRow.target_id)
        .where(TallyRow.attempts > 0, *target_conditions(where))
        .group_by(*columns)
    )
    if (outcomes := outcomes_of(where)) is not None:
        counted = counted.where(TallyRow.outcome.in_(outcomes))
    if where.method:
        counted = counted.where(TallyRow.method == where.method)
    return counted


def _from_lines(conditions: Sequence[Any]) -> Select[str, Any]:
    return select(SummaryRow.outcome, func.count()).where(*conditions).group_by(SummaryRow.outcome)


def _distinct(column: Any, applications: Sequence[str] | None) -> Select[Any]:
    values = select(column).distinct().order_by(column)
    return values if applications is None else values.where(TargetRow.application.in_(applications))
