"""What the dashboard is drawn from: counts by day, configurations put into use, timings, what waits to be labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from navigation.daily import Activation, AnchorCount, DayCount, OpenWork, Rate
from navigation.store.blinding import due_for
from navigation.store.connection import Part
from navigation.store.models.evidence import DecisionRow, FinishRow
from navigation.store.models.knowledge import ActivationRow
from navigation.store.models.lists import AnchorDayRow, AttemptDayRow, GroupRow, SummaryRow
from navigation.store.models.review import ClaimRow
from navigation.store.rows import record_of
from navigation.types import Outcome

NEWEST = 500
"""Attempts whose timings are looked at."""


class Rates(Part):
    def day_counts(self, *, since: date, applications: Sequence[str] | None) -> Sequence[DayCount]:
        """What became of attempts by day (of UTC) and screen, from `since` on, oldest first."""
        table = AttemptDayRow
        rate = [getattr(table, item.name) for item in fields(Rate)]
        chosen = select(table.day, table.application, table.screen, *rate).where(table.day >= since.isoformat())
        with self._db.reading() as session:
            found = session.execute(_within(chosen, table.application, applications).order_by(table.day))
            return [DayCount(date.fromisoformat(row[0]), row[1], row[2], Rate(*row[3:])) for row in found]

    def anchor_counts(self, *, since: date, applications: Sequence[str] | None) -> Sequence[AnchorCount]:
        """How expected texts were found by day (of UTC), from `since` on, oldest first."""
        table = AnchorDayRow
        counts = (table.seen, table.found, table.strong)
        chosen = select(table.day, table.application, table.screen, table.text, *counts)
        chosen = chosen.where(table.day >= since.isoformat()).order_by(table.day)
        with self._db.reading() as session:
            found = session.execute(_within(chosen, table.application, applications))
            return [AnchorCount(date.fromisoformat(row[0]), *row[1:]) for row in found]

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
        """What waits to be labelled, by anybody and by this person; what waits for their blind answer counts among
        the unlabelled whatever others said."""
        kept = due_for(user_id)
        failures = select(func.sum(GroupRow.attempts - GroupRow.labelled)).where(GroupRow.outcome != Outcome.OK.value)
        silent = select(func.count()).where(
            SummaryRow.seq.in_(kept), SummaryRow.label.is_not(None), SummaryRow.outcome != Outcome.OK.value
        )
        disputed = select(func.count()).where(SummaryRow.label == "disputed", SummaryRow.seq.not_in(kept))
        claimed = select(func.count()).where(ClaimRow.user_id == user_id, ClaimRow.until > now)
        with self._db.reading() as session:
            return OpenWork(
                unlabelled=(session.scalar(_within(failures, GroupRow.application, applications)) or 0)
                + (session.scalar(_within(silent, SummaryRow.application, applications)) or 0),
                disputed=session.scalar(_within(disputed, SummaryRow.application, applications)) or 0,
                claimed=session.scalar(claimed) or 0,
            )


def _within(chosen: Any, column: Any, applications: Sequence[str] | None) -> Any:
    return chosen if applications is None else chosen.where(column.in_(applications))
