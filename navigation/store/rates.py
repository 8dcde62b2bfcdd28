"""What the dashboard is drawn from: counts by day, configurations put into use, timings, what waits to be labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select

from navigation.daily import Activation, AnchorCount, DayCount, OpenWork
from navigation.store.connection import Part
from navigation.store.models.evidence import DecisionRow, FinishRow
from navigation.store.models.knowledge import ActivationRow
from navigation.store.models.lists import NO_METHOD, AnchorDayRow, AttemptDayRow, GroupRow, SummaryRow
from navigation.store.models.review import ClaimRow
from navigation.store.rows import record_of
from navigation.types import Outcome

NEWEST = 500
"""Attempts whose timings are looked at."""


class Rates(Part):
    def day_counts(self, *, since: date, applications: Sequence[str] | None) -> Sequence[DayCount]:
        """Finished attempts by day (of UTC), screen, outcome and method, from `since` on, oldest first."""
        chosen = select(AttemptDayRow).where(AttemptDayRow.day >= since.isoformat()).order_by(AttemptDayRow.day)
        with self._db.reading() as session:
            return [
                record_of(
                    DayCount,
                    row,
                    day=date.fromisoformat(row.day),
                    outcome=Outcome(row.outcome),
                    method=None if row.method == NO_METHOD else row.method,
                )
                for row in session.scalars(_within(chosen, AttemptDayRow.application, applications))
            ]

    def anchor_counts(self, *, since: date, applications: Sequence[str] | None) -> Sequence[AnchorCount]:
        """How expected texts were found by day (of UTC), from `since` on, oldest first."""
        chosen = select(AnchorDayRow).where(AnchorDayRow.day >= since.isoformat()).order_by(AnchorDayRow.day)
        with self._db.reading() as session:
            return [
                record_of(AnchorCount, row, day=date.fromisoformat(row.day))
                for row in session.scalars(_within(chosen, AnchorDayRow.application, applications))
            ]

    def activations(self, *, since: datetime) -> Sequence[Activation]:
        """Configurations put into use from `since` on, oldest first."""
        chosen = select(ActivationRow).where(ActivationRow.activated_at >= since).order_by(ActivationRow.id)
        with self._db.reading() as session:
            return [record_of(Activation, row, at=row.activated_at) for row in session.scalars(chosen)]

    def stage_timings(
        self, *, applications: Sequence[str] | None, limit: int = NEWEST
    ) -> Sequence[tuple[Mapping[str, float], Mapping[str, float]]]:
        """Milliseconds by stage, before and after the press, of the newest finished attempts."""
        newest = select(SummaryRow.seq).where(SummaryRow.state == "finished").order_by(SummaryRow.seq.desc())
        seqs = _within(newest, SummaryRow.application, applications).limit(limit).subquery()
        chosen = (
            select(DecisionRow.timings, FinishRow.timings)
            .join(seqs, seqs.c.seq == DecisionRow.attempt_seq)
            .join(FinishRow, FinishRow.attempt_seq == DecisionRow.attempt_seq)
        )
        with self._db.reading() as session:
            return [(before, after) for before, after in session.execute(chosen)]

    def open_work(self, *, user_id: str, now: datetime, applications: Sequence[str] | None) -> OpenWork:
        """What waits to be labelled, by anybody and by this person."""
        failures = select(func.sum(GroupRow.attempts - GroupRow.labelled)).where(GroupRow.outcome != Outcome.OK.value)
        disputed = select(func.count()).select_from(SummaryRow).where(SummaryRow.label == "disputed")
        claimed = select(func.count()).where(ClaimRow.user_id == user_id, ClaimRow.until > now)
        with self._db.reading() as session:
            return OpenWork(
                unlabelled=session.scalar(_within(failures, GroupRow.application, applications)) or 0,
                disputed=session.scalar(_within(disputed, SummaryRow.application, applications)) or 0,
                claimed=session.scalar(claimed) or 0,
            )


def _within(chosen: Select[Any], column: Any, applications: Sequence[str] | None) -> Select[Any]:
    return chosen if applications is None else chosen.where(column.in_(applications))
