"""What stands around one attempt: the run it belongs to, and earlier attempts at the same target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from navigation.records import AttemptDetail, AttemptSummary
from navigation.store.attempts import detail_of
from navigation.store.connection import Part
from navigation.store.listing import summary_of
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow
from navigation.store.models.lists import SummaryRow, TargetRow
from navigation.types import Outcome

Lines = Select[*tuple[Any, ...]]


class History(Part):
    def run_attempts(self, run_id: str, *, after_seq: int = 0, limit: int = 200) -> Sequence[AttemptDetail]:
        """A run's attempts with all their steps, oldest first."""
        of_run = select(SummaryRow.seq).where(SummaryRow.run_id == run_id, SummaryRow.seq > after_seq)
        seqs = of_run.order_by(SummaryRow.seq).limit(limit)
        steps = (
            select(AttemptRow, DecisionRow, FinishRow)
            .outerjoin(DecisionRow, DecisionRow.attempt_seq == AttemptRow.seq)
            .outerjoin(FinishRow, FinishRow.attempt_seq == AttemptRow.seq)
            .where(AttemptRow.seq.in_(seqs))
            .order_by(AttemptRow.seq)
        )
        with self._db.reading() as session:
            return [detail_of(*found) for found in session.execute(steps)]

    def run_around(self, run_id: str, seq: int, *, each_side: int = 12) -> Sequence[AttemptSummary]:
        """The attempt of this number between its neighbours in its run, oldest first."""
        of_run = _lines().where(SummaryRow.run_id == run_id)
        until = of_run.where(SummaryRow.seq <= seq).order_by(SummaryRow.seq.desc()).limit(each_side + 1)
        later = of_run.where(SummaryRow.seq > seq).order_by(SummaryRow.seq).limit(each_side)
        with self._db.reading() as session:
            return [*_summaries(session, until)[::-1], *_summaries(session, later)]

    def earlier(self, seq: int, *, limit: int = 6) -> Sequence[AttemptSummary]:
        """Earlier attempts at the target of this one: the last that succeeded, then the others, newest first."""
        target = select(SummaryRow.target_id).where(SummaryRow.seq == seq).scalar_subquery()
        before = _lines().where(SummaryRow.target_id == target, SummaryRow.seq < seq).order_by(SummaryRow.seq.desc())
        with self._db.reading() as session:
            newest = _summaries(session, before.limit(limit))
            good = [one for one in newest if one.outcome is Outcome.OK][:1]
            if len(newest) == limit and not good:
                good = _summaries(session, before.where(SummaryRow.outcome == Outcome.OK.value).limit(1))
        return [*good, *(one for one in newest if one not in good)][:limit]


def _lines() -> Lines:
    return select(SummaryRow, TargetRow.text, TargetRow.kind).join(TargetRow, TargetRow.id == SummaryRow.target_id)


def _summaries(session: Session, lines: Lines) -> list[AttemptSummary]:
    return [summary_of(line, text, kind) for line, text, kind in session.execute(lines)]
