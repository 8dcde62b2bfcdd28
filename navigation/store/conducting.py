"""Runs of workflows: where each stands, what its agent was told and answered, and who holds which target machine.

A run goes on only under the lease of its machine. Each taking of a machine gives a greater token, so that an agent that
held it before is refused, whatever it still sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from navigation.errors import ConflictError, LeaseError, StoreError
from navigation.store import sentences
from navigation.store.connection import Part
from navigation.store.models.workflows import AnsweredRow, LeaseRow, ToldRow, WorkflowRunRow
from navigation.store.rows import record_of, values_of
from navigation.types import Outcome
from navigation.workflow_records import OPEN, Advance, Answered, Told, WorkflowRun
from navigation.workflows.machine import State, ended

BATCH = 200


class Conducting(Part):
    def open_workflow_run(self, run: WorkflowRun, told: Told, *, until: datetime) -> WorkflowRun:
        """Open a run with its first instruction and take its machine; the token is the lease's.

        The same client opening the same run again holds it anew. Raises LeaseError while another agent has the machine,
        ConflictError when the run is another client's.
        """
        with self._db.writing() as session:
            known = session.get(WorkflowRunRow, run.run_id)
            if known is not None:
                return _held_anew(session, known, run.client, run.opened_at, until)
            values = values_of(run) | {"token": 0}
            row = WorkflowRunRow(**values)
            session.add(row)
            session.flush()
            row.token = _take(session, row, run.opened_at, until)
            session.add(ToldRow(**values_of(told)))
            return _run(row)

    def hold_workflow_run(self, run_id: str, client: str, *, now: datetime, until: datetime) -> WorkflowRun:
        """Take an open run's machine anew, as the agent that had it: it was started again. An ended run is given as it
        is. Raises LeaseError while another agent has the machine, ConflictError when the run is another client's."""
        with self._db.writing() as session:
            row = session.get(WorkflowRunRow, run_id)
            if row is None:
                raise StoreError(sentences.UNKNOWN_RUN)
            return _held_anew(session, row, client, now, until)

    def keep_lease(self, run_id: str, token: int, *, now: datetime, until: datetime) -> None:
        """Put off the lapse of a run's lease. Raises LeaseError when the token holds it no more."""
        with self._db.writing() as session:
            _held(session, run_id, token, now).until = until

    def workflow_run(self, run_id: str) -> WorkflowRun | None:
        with self._db.reading() as session:
            row = session.get(WorkflowRunRow, run_id)
            return None if row is None else _run(row)

    def workflow_told(self, run_id: str) -> Sequence[Told]:
        """Every instruction of a run that was handed out, in order."""
        chosen = select(ToldRow).where(ToldRow.run_id == run_id).order_by(ToldRow.number)
        with self._db.reading() as session:
            return [record_of(Told, row) for row in session.scalars(chosen)]

    def workflow_answers(self, run_id: str) -> Sequence[Answered]:
        """Everything a run's agent answered, in order."""
        chosen = select(AnsweredRow).where(AnsweredRow.run_id == run_id).order_by(AnsweredRow.number)
        with self._db.reading() as session:
            return [record_of(Answered, row) for row in session.scalars(chosen)]

    def instruction_told(self, run_id: str, number: int) -> tuple[Told | None, Answered | None]:
        """One instruction, and what was answered to it."""
        with self._db.reading() as session:
            told = session.get(ToldRow, (run_id, number))
            answered = session.get(AnsweredRow, (run_id, number))
            return (
                None if told is None else record_of(Told, told),
                None if answered is None else record_of(Answered, answered),
            )

    def advance_workflow_run(self, step: Advance, token: int | None, *, until: datetime) -> None:
        """Bring a run on: the answer, where it stands now and the next instruction, all at once.

        With a `token` (an agent's answer) the lease is checked and put off. An ended run gives its machine back and
        forgets its parameters. Raises LeaseError, and ConflictError when the run is at another number by now.
        """
        with self._db.writing() as session:
            row = session.get(WorkflowRunRow, step.run_id)
            if row is None:
                raise StoreError(sentences.UNKNOWN_RUN)
            if token is not None:
                _held(session, step.run_id, token, step.at).until = until
            if row.number != step.seen or row.status not in OPEN:
                raise ConflictError(sentences.ANSWERED)
            if step.answered is not None:
                session.add(AnsweredRow(**values_of(step.answered)))
            if step.told is not None:
                session.add(ToldRow(**values_of(step.told)))
            _stand(session, row, step)

    def interrupt_lapsed(self, now: datetime) -> Sequence[str]:
        """End the runs whose agent went silent, as interrupted; their ids."""
        with self._db.reading() as session:
            if not _lapsed(session, now):
                return []
        with self._db.writing() as session:
            rows = _lapsed(session, now)
            for row in rows:
                _interrupt(session, row, now)
            return [row.run_id for row in rows]


def _held_anew(session: Session, row: WorkflowRunRow, client: str, now: datetime, until: datetime) -> WorkflowRun:
    if row.client != client:
        raise ConflictError(sentences.OTHER_CLIENT)
    if row.status in OPEN:
        row.token = _take(session, row, now, until)
        session.flush()
    return _run(row)


def _take(session: Session, row: WorkflowRunRow, now: datetime, until: datetime) -> int:
    """The next token of the run's machine, for this run."""
    lease = session.get(LeaseRow, row.machine)
    if lease is None:
        session.add(LeaseRow(machine=row.machine, token=1, client=row.client, run_id=row.run_id, until=until))
        return 1
    if lease.until > now and lease.client != row.client:
        raise LeaseError(sentences.LEASED, code="leased")
    if lease.run_id != row.run_id:  # the same agent begins another run, or the other agent's lease has lapsed
        left = session.get_one(WorkflowRunRow, lease.run_id)
        if left.status in OPEN and left.token == lease.token:
            _interrupt(session, left, now)
    lease.token += 1
    lease.client, lease.run_id, lease.until = row.client, row.run_id, until
    return lease.token


def _held(session: Session, run_id: str, token: int, now: datetime) -> LeaseRow:
    """The lease under which a run goes on. Raises LeaseError when this token does not hold it."""
    row = session.get(WorkflowRunRow, run_id)
    lease = session.get(LeaseRow, row.machine) if row is not None else None
    if row is None or lease is None or lease.run_id != run_id or lease.token != token or row.token != token:
        raise LeaseError(sentences.LEASE_LOST, code="lease_lost")
    if lease.until <= now:
        raise LeaseError(sentences.LEASE_LOST, code="lease_lost")
    return lease


def _stand(session: Session, row: WorkflowRunRow, step: Advance) -> None:
    row.status, row.state, row.number = step.status, dict(step.state), step.number
    if step.status not in OPEN:
        _end(session, row, step.at)


def _end(session: Session, row: WorkflowRunRow, at: datetime) -> None:
    row.ended_at, row.parameters = at, None
    lease = session.get(LeaseRow, row.machine)
    if lease is not None and lease.run_id == row.run_id and lease.token == row.token:
        lease.until = at


def _interrupt(session: Session, row: WorkflowRunRow, now: datetime) -> None:
    state = ended(State.from_json(row.state), "interrupted", Outcome.INTERRUPTED)
    row.status, row.state, row.number = "interrupted", state.as_json(), state.number
    _end(session, row, now)


def _lapsed(session: Session, now: datetime) -> Sequence[WorkflowRunRow]:
    """Open runs whose machine nobody holds for them any more."""
    held = (
        select(LeaseRow.machine)
        .where(
            LeaseRow.machine == WorkflowRunRow.machine,
            LeaseRow.run_id == WorkflowRunRow.run_id,
            LeaseRow.token == WorkflowRunRow.token,
            LeaseRow.until > now,
        )
        .exists()
    )
    return session.scalars(select(WorkflowRunRow).where(WorkflowRunRow.status.in_(OPEN), ~held).limit(BATCH)).all()


def _run(row: WorkflowRunRow) -> WorkflowRun:
    return record_of(WorkflowRun, row)
