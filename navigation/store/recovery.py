"""What a crash or a silence leaves behind: attempts that nobody works on any more are finished as interrupted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from navigation.records import AttemptFinish
from navigation.store import summaries
from navigation.store.connection import Part
from navigation.store.models.evidence import FinishRow
from navigation.store.models.lists import RUNNING, SummaryRow
from navigation.store.rows import values_of
from navigation.types import Outcome

BATCH = 500


class Recovery(Part):
    def interrupt_unfinished(self, now: datetime, *, all_undecided: bool) -> int:
        total = 0
        while count := self._interrupt_batch(now, all_undecided):
            total += count
        return total

    def _interrupt_batch(self, now: datetime, all_undecided: bool) -> int:
        # Looked at first without the write lock, since most of the time there is nothing to do.
        with self._db.reading() as session:
            if not _abandoned(session, now, all_undecided):
                return 0
        with self._db.writing() as session:
            lines = _abandoned(session, now, all_undecided)
            for seq, state in lines:
                finish = _interruption(now, was_decided=state == "decided")
                session.add(FinishRow(attempt_seq=seq, **values_of(finish)))
                summaries.note_finish(session, seq, finish)
            return len(lines)


def _abandoned(session: Session, now: datetime, all_undecided: bool) -> list[tuple[int, str]]:
    is_late = SummaryRow.expires_at <= now
    chosen = (
        select(SummaryRow.seq, SummaryRow.state)
        .where(SummaryRow.outcome == RUNNING, or_(is_late, SummaryRow.state == "started") if all_undecided else is_late)
        .order_by(SummaryRow.seq)
        .limit(BATCH)
    )
    return list(session.execute(chosen))


def _interruption(now: datetime, *, was_decided: bool) -> AttemptFinish:
    """A decided attempt was waiting for the picture after the press; an undecided one for the engine."""
    return AttemptFinish(
        outcome=Outcome.INTERRUPTED,
        reason={"code": "after_missing" if was_decided else "interrupted", "values": {}},
        after_id=None,
        after_body_hash=None,
        verify_after=None,
        timings={},
        finished_at=now,
    )
