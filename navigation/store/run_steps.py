"""How runs stand: which wait for a person, who has them, and what people did with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from navigation.errors import ConflictError, HaltedError, StoreError
from navigation.oversight import FROM_STATES, STATE_OF_SEVERAL, RunStanding, RunStep, WaitingRun, run_state
from navigation.records import AuditEvent, Json
from navigation.store import sentences
from navigation.store.chaining import log
from navigation.store.connection import Part
from navigation.store.models.evidence import AttemptRow, FinishRow, RunRow
from navigation.store.models.lists import RUNNING, SummaryRow, TargetRow
from navigation.store.models.oversight import RunStepRow
from navigation.store.rows import record_of, values_of
from navigation.store.stops import stop_of
from navigation.types import Outcome

MAX_WAITING = 200


class RunSteps(Part):
    def run_standing(self, run_id: str) -> RunStanding | None:
        """How a run stands now; None when there is no such run."""
        with self._db.reading() as session:
            return standing_of(session, run_id)

    def add_run_step(self, step: RunStep) -> RunStanding:
        """Add what a person did with a run, and give how it stands then.

        Raises ConflictError when it does not stand so any more, or waits at another attempt than the step names.
        """
        with self._db.writing() as session:
            before = standing_of(session, step.run_id)
            if before is None:
                raise StoreError(sentences.UNKNOWN_RUN)
            if before.state not in FROM_STATES[step.step] or before.attempt_id != step.attempt_id:
                raise ConflictError(sentences.NOT_WAITING)
            _add(session, step)
            after = standing_of(session, step.run_id)
            assert after is not None, "the run was there a moment ago"
            return after

    def add_run_steps(self, steps: Sequence[RunStep], events: Sequence[AuditEvent] = ()) -> None:
        """Add what a person did with several runs, and the audit's events: all or none.

        Raises ConflictError when one of them does not stand as `STATE_OF_SEVERAL` says, or waits at another attempt.
        """
        with self._db.writing() as session:
            for step in steps:
                before = standing_of(session, step.run_id)
                if before is None:
                    raise StoreError(sentences.UNKNOWN_RUN)
                if before.state != STATE_OF_SEVERAL[step.step] or before.attempt_id != step.attempt_id:
                    raise ConflictError(sentences.NOT_WAITING)
                _add(session, step)
            if events:
                log(session, steps[0].at, *events)

    def run_steps_at(self, author_id: str, at: datetime) -> Sequence[RunStep]:
        """What a person did with several runs at once, at this moment to the microsecond."""
        chosen = _steps().where(RunStepRow.author_id == author_id, RunStepRow.at == at).order_by(RunStepRow.id)
        with self._db.reading() as session:
            return [_step(*found) for found in session.execute(chosen)]

    def run_steps(self, run_id: str) -> Sequence[RunStep]:
        """What people did with a run, oldest first."""
        chosen = _steps().where(RunStepRow.run_id == run_id).order_by(RunStepRow.id)
        with self._db.reading() as session:
            return [_step(*found) for found in session.execute(chosen)]

    def waiting_runs(
        self, *, since: datetime, applications: Sequence[str] | None, limit: int = MAX_WAITING
    ) -> Sequence[WaitingRun]:
        """Runs that wait for a person or are in a person's hands, longest waiting first.

        Args:
            since: attempts that were started before then are waited for by nobody any more.
            applications: those the person may see; None for all.
            limit: so many of either, the newest of them.
        """
        with self._db.reading() as session:
            found = [
                _waiting_run(*row)
                for chosen in (_waiting(since, applications), _held(since, applications))
                for row in session.execute(_lines(chosen.limit(limit)))
            ]
        return sorted(found, key=lambda run: run.since)

    def count_waiting(self, *, since: datetime, applications: Sequence[str] | None, limit: int = 100) -> int:
        """How many runs wait for somebody to take them over, up to `limit`."""
        counted = _counted(None if applications is None else tuple(applications), limit)
        with self._db.reading() as session:
            return session.scalar(counted, {"since": since}) or 0


def _add(session: Session, step: RunStep) -> None:
    seq = session.scalar(select(AttemptRow.seq).where(AttemptRow.id == step.attempt_id))
    values = values_of(step)
    del values["attempt_id"]
    session.add(RunStepRow(attempt_seq=seq, **values))
    session.flush()


def refuse_halted(session: Session, run_id: str) -> None:
    """Raise HaltedError when nothing may be pressed in this run, as the caller's transaction sees it."""
    standing = standing_of(session, run_id)
    if standing is not None and standing.halt is not None:
        raise HaltedError(sentences.HALTED, standing.halt)


def standing_of(session: Session, run_id: str) -> RunStanding | None:
    run = session.get(RunRow, run_id)
    if run is None:
        return None
    newest = select(SummaryRow.seq, SummaryRow.id, SummaryRow.outcome).where(SummaryRow.run_id == run_id)
    attempt = session.execute(newest.order_by(SummaryRow.seq.desc()).limit(1)).one_or_none()
    found = session.execute(
        _steps()
        .add_columns(RunStepRow.attempt_seq)
        .where(RunStepRow.run_id == run_id)
        .order_by(RunStepRow.id.desc())
        .limit(1)
    ).one_or_none()
    step = _step(found[0], found[1]) if found else None
    outcome = Outcome(attempt.outcome) if attempt and attempt.outcome != RUNNING else None
    is_newer = bool(attempt and found and attempt.seq > found.attempt_seq)
    return RunStanding(
        run_id=run_id,
        application=run.application,
        state=run_state(outcome, step.step if step else None, is_newer=is_newer),
        attempt_id=attempt.id if attempt else None,
        last_step=step,
        stop=stop_of(session, run.application),
    )


def _steps() -> Select[RunStepRow, str]:
    return select(RunStepRow, AttemptRow.id).join(AttemptRow, AttemptRow.seq == RunStepRow.attempt_seq)


def _step(row: RunStepRow, attempt_id: str) -> RunStep:
    return record_of(RunStep, row, attempt_id=attempt_id)


def _waiting(since: datetime | BindParameter[Any], applications: Sequence[str] | None) -> Any:
    """The newest attempts of runs, where they ask for a person and nobody has done anything with the run since."""
    line, later = aliased(SummaryRow), aliased(SummaryRow)
    done, step = aliased(RunStepRow), aliased(RunStepRow)
    first = select(later.seq).where(later.started_at >= since).order_by(later.started_at).limit(1)
    last_step = select(func.max(step.id)).where(step.run_id == line.run_id).scalar_subquery()
    chosen = (
        select(line.seq)
        .outerjoin(done, done.id == last_step)
        .where(
            line.outcome == Outcome.NEEDS_HUMAN.value,
            line.seq >= first.scalar_subquery(),
            ~select(later.seq).where(later.run_id == line.run_id, later.seq > line.seq).exists(),
            or_(done.id.is_(None), and_(done.step == "resumed", done.attempt_seq < line.seq)),
        )
    )
    return _within(chosen, line, applications)


@lru_cache(maxsize=64)
def _counted(applications: tuple[str, ...] | None, limit: int) -> Any:
    """The count of `_waiting` since `:since`, made once: building it costs more than running it, and each page asks."""
    few = _waiting(bindparam("since"), applications).limit(limit)
    return select(func.count()).select_from(few.subquery())


def _held(since: datetime, applications: Sequence[str] | None) -> Any:
    """The newest attempts of runs that are in a person's hands, however those attempts ended."""
    line, other = aliased(SummaryRow), aliased(SummaryRow)
    done, step = aliased(RunStepRow), aliased(RunStepRow)
    last = select(func.max(step.id)).group_by(step.run_id)
    newest = select(func.max(other.seq)).where(other.run_id == done.run_id).scalar_subquery()
    chosen = (
        select(line.seq)
        .join(done, line.seq == newest)
        .where(done.id.in_(last), done.step == "taken_over", done.at >= since)
    )
    return _within(chosen, line, applications)


def _within(chosen: Any, line: Any, applications: Sequence[str] | None) -> Any:
    """Those of the applications, the newest attempts first."""
    chosen = chosen.order_by(line.seq.desc())
    return chosen if applications is None else chosen.where(line.application.in_(applications))


def _lines(seqs: Any) -> Any:
    """Attempts with their run, their target's text, their reason and what was done last with the run."""
    step, at = aliased(RunStepRow), aliased(AttemptRow)
    last = select(func.max(step.id)).where(step.run_id == SummaryRow.run_id).scalar_subquery()
    return (
        select(SummaryRow, RunRow, TargetRow.text, FinishRow.reason, RunStepRow, at.id)
        .join(RunRow, RunRow.id == SummaryRow.run_id)
        .join(TargetRow, TargetRow.id == SummaryRow.target_id)
        .outerjoin(FinishRow, FinishRow.attempt_seq == SummaryRow.seq)
        .outerjoin(RunStepRow, RunStepRow.id == last)
        .outerjoin(at, at.seq == RunStepRow.attempt_seq)
        .where(SummaryRow.seq.in_(seqs))
    )


def _waiting_run(
    line: SummaryRow, run: RunRow, target: str, reason: Json | None, step: RunStepRow | None, step_attempt: str | None
) -> WaitingRun:
    last = _step(step, step_attempt) if step and step_attempt else None
    return WaitingRun(
        run_id=run.id,
        application=run.application,
        workflow=run.workflow,
        agent=run.agent,
        attempt_id=line.id,
        screen=line.screen,
        target_text=target,
        reason=reason,
        since=line.started_at,
        state="taken_over" if last and last.step == "taken_over" else "waiting",
        last_step=last,
    )
