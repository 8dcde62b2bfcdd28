"""Keeps the list's lines, the distinct targets and the tallies in step with the evidence, in the same transaction.

All three say nothing that the evidence does not: `rebuild` makes them anew, and a test holds both equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from navigation.records import AttemptDecision, AttemptFinish, AttemptStart
from navigation.store.columns import compact_json
from navigation.store.folding import folded
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow
from navigation.store.models.lists import NO_METHOD, RUNNING, SummaryRow, TallyRow, TargetRow
from navigation.store.rows import record_of

REBUILD_BATCH = 1000


def duration_ms(*timings: Mapping[str, float]) -> float:
    """Time the engine worked on an attempt: each step's "total", or the sum of its stages without one."""
    return sum(part.get("total", sum(part.values())) for part in timings)


def note_start(session: Session, seq: int, start: AttemptStart) -> None:
    target_id = _target_id(session, start)
    session.add(
        SummaryRow(
            seq=seq,
            id=start.id,
            run_id=start.run_id,
            target_id=target_id,
            application=start.application,
            screen=start.screen,
            state="started",
            outcome=RUNNING,
            before_id=start.before_id,
            started_at=start.started_at,
            expires_at=start.expires_at,
        )
    )
    session.flush()
    _count(session, target_id, RUNNING, None, 1)


def note_decision(session: Session, seq: int, decision: AttemptDecision) -> None:
    line = session.get_one(SummaryRow, seq)
    _count(session, line.target_id, line.outcome, line.method, -1)
    line.state = "decided"
    line.method = decision.method
    line.score = decision.score
    line.margin = decision.margin
    line.point_x_norm = decision.point_x_norm
    line.point_y_norm = decision.point_y_norm
    line.duration_ms = duration_ms(decision.timings)
    _count(session, line.target_id, line.outcome, line.method, 1)


def note_finish(session: Session, seq: int, finish: AttemptFinish) -> None:
    line = session.get_one(SummaryRow, seq)
    _count(session, line.target_id, line.outcome, line.method, -1)
    line.state = "finished"
    line.outcome = finish.outcome.value
    line.after_id = finish.after_id
    if finish.timings:
        line.duration_ms = (line.duration_ms or 0.0) + duration_ms(finish.timings)
    _count(session, line.target_id, line.outcome, line.method, 1)


def rebuild(session: Session) -> int:
    """Make lines, targets and tallies anew from the evidence. Returns how many attempts there are."""
    for table in (TallyRow, SummaryRow, TargetRow):
        session.execute(delete(table))
    done = after = 0
    while batch := _steps_after(session, after):
        for start, decision, finish in batch:
            note_start(session, start.seq, record_of(AttemptStart, start))
            if decision is not None:
                note_decision(session, start.seq, record_of(AttemptDecision, decision))
            if finish is not None:
                note_finish(session, start.seq, record_of(AttemptFinish, finish))
        done, after = done + len(batch), batch[-1][0].seq
        session.flush()
        session.expunge_all()
    return done


def _steps_after(session: Session, after: int) -> list[tuple[AttemptRow, DecisionRow | None, FinishRow | None]]:
    steps = (
        select(AttemptRow, DecisionRow, FinishRow)
        .outerjoin(DecisionRow, DecisionRow.attempt_seq == AttemptRow.seq)
        .outerjoin(FinishRow, FinishRow.attempt_seq == AttemptRow.seq)
        .where(AttemptRow.seq > after)
        .order_by(AttemptRow.seq)
        .limit(REBUILD_BATCH)
    )
    return list(session.execute(steps))


def _target_id(session: Session, start: AttemptStart) -> int:
    """The id of the attempt's distinct target, which is added when it is seen for the first time."""
    names = [start.application, start.screen, start.target_kind, start.target_text]
    key = hashlib.sha256(compact_json(names).encode()).hexdigest()
    known = session.scalar(select(TargetRow.id).where(TargetRow.key == key))
    if known is not None:
        return known
    target = TargetRow(
        key=key,
        application=start.application,
        screen=start.screen,
        kind=start.target_kind,
        text=start.target_text,
        folded=folded(start.target_text),
    )
    session.add(target)
    session.flush()
    return target.id


def _count(session: Session, target_id: int, outcome: str, method: str | None, change: int) -> None:
    """Add to one tally. Done as one UPDATE so that two writers of a server database cannot lose a count."""
    key = (target_id, outcome, method or NO_METHOD)
    changed = session.execute(
        update(TallyRow)
        .where(TallyRow.target_id == key[0], TallyRow.outcome == key[1], TallyRow.method == key[2])
        .values(attempts=TallyRow.attempts + change)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        session.execute(insert(TallyRow).values(target_id=key[0], outcome=key[1], method=key[2], attempts=change))
