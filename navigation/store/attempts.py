"""Attempts as evidence: started, decided, finished. Each step is one row, added once and never edited."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from navigation.alerts import Alert
from navigation.errors import ConflictError, StoreError
from navigation.records import AttemptDecision, AttemptDetail, AttemptFinish, AttemptStart
from navigation.store import failures, run_steps, sentences, summaries
from navigation.store.alerting import note_alert
from navigation.store.connection import Part
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow
from navigation.store.rows import record_of, values_of
from navigation.types import Outcome


class Attempts(Part):
    def start_attempt(self, start: AttemptStart) -> tuple[AttemptDetail, bool]:
        try:
            with self._db.writing() as session:
                stored = _find(session, start.id)
                return _same_body(stored, start) if stored else (_add_start(session, start), True)
        except IntegrityError as err:
            # Another process stored the same id between our look and our insert, or a reference is wrong.
            stored = self.attempt(start.id)
            if stored is None:
                failures.refuse_missing_reference(err, sentences.DANGLING)
                raise
            return _same_body(stored, start)

    def decide_attempt(self, attempt_id: str, decision: AttemptDecision, *, finish: AttemptFinish | None) -> None:
        try:
            with self._db.writing() as session:
                seq = _known_seq(session, attempt_id)
                if session.get(FinishRow, seq) is not None:
                    raise ConflictError(sentences.FINISHED)
                if session.get(DecisionRow, seq) is not None:
                    raise ConflictError(sentences.DECIDED)
                if decision.point_x_norm is not None:
                    run_steps.refuse_halted(session, _run_of(session, seq))
                session.add(DecisionRow(attempt_seq=seq, **values_of(decision)))
                summaries.note_decision(session, seq, decision)
                if finish is not None:
                    _add_finish(session, seq, finish)
        except IntegrityError as err:
            failures.refuse_missing_reference(err, sentences.DANGLING)
            raise

    def finish_attempt(self, attempt_id: str, finish: AttemptFinish) -> None:
        try:
            with self._db.writing() as session:
                seq = _known_seq(session, attempt_id)
                if session.get(FinishRow, seq) is not None:
                    raise ConflictError(sentences.FINISHED)
                if session.get(DecisionRow, seq) is None:
                    raise ConflictError(sentences.UNDECIDED)
                _add_finish(session, seq, finish)
        except IntegrityError as err:
            failures.refuse_missing_reference(err, sentences.DANGLING)
            raise

    def attempt(self, attempt_id: str, *, applications: Sequence[str] | None = None) -> AttemptDetail | None:
        with self._db.reading() as session:
            return _find(session, attempt_id, applications)


def _same_body(stored: AttemptDetail, start: AttemptStart) -> tuple[AttemptDetail, bool]:
    if stored.start.body_hash != start.body_hash:
        raise ConflictError(sentences.OTHER_ATTEMPT)
    return stored, False


# Made once: building a statement costs as much as running it.
_STEPS = (
    select(AttemptRow, DecisionRow, FinishRow)
    .outerjoin(DecisionRow, DecisionRow.attempt_seq == AttemptRow.seq)
    .outerjoin(FinishRow, FinishRow.attempt_seq == AttemptRow.seq)
    .where(AttemptRow.id == bindparam("attempt_id"))
)
_STEPS_OF_SOME = _STEPS.where(AttemptRow.application.in_(bindparam("applications", expanding=True)))


def _find(session: Session, attempt_id: str, applications: Sequence[str] | None = None) -> AttemptDetail | None:
    asked = {"attempt_id": attempt_id}
    if applications is None:
        found = session.execute(_STEPS, asked).one_or_none()
    else:
        found = session.execute(_STEPS_OF_SOME, {**asked, "applications": list(applications)}).one_or_none()
    return None if found is None else detail_of(*found)


def detail_of(start: AttemptRow, decision: DecisionRow | None, finish: FinishRow | None) -> AttemptDetail:
    return AttemptDetail(
        seq=start.seq,
        start=record_of(AttemptStart, start),
        decision=None if decision is None else record_of(AttemptDecision, decision),
        finish=None if finish is None else record_of(AttemptFinish, finish),
    )


def _add_start(session: Session, start: AttemptStart) -> AttemptDetail:
    row = AttemptRow(**values_of(start))
    session.add(row)
    session.flush()
    summaries.note_start(session, row.seq, start)
    return AttemptDetail(seq=row.seq, start=start, decision=None, finish=None)


def _add_finish(session: Session, seq: int, finish: AttemptFinish) -> None:
    session.add(FinishRow(attempt_seq=seq, **values_of(finish)))
    summaries.note_finish(session, seq, finish)
    if finish.outcome is Outcome.NEEDS_HUMAN:
        note_alert(session, Alert("needs_human", _application_of(session, seq), finish.finished_at))


def _known_seq(session: Session, attempt_id: str) -> int:
    seq = session.scalar(select(AttemptRow.seq).where(AttemptRow.id == attempt_id))
    if seq is None:
        raise StoreError(sentences.UNKNOWN_ATTEMPT)
    return seq


def _application_of(session: Session, seq: int) -> str:
    return session.scalars(select(AttemptRow.application).where(AttemptRow.seq == seq)).one()


def _run_of(session: Session, seq: int) -> str:
    return session.scalars(select(AttemptRow.run_id).where(AttemptRow.seq == seq)).one()
