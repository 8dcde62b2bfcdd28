"""Replay in bulk in the database: runs that one worker at a time carries out, and what came of each attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, LargeBinary, Select, Text, func, insert, literal, select, type_coerce
from sqlalchemy.orm import Session

from navigation.errors import ConflictError, StoreError
from navigation.labels import Label
from navigation.records import AttemptFilter, AttemptSummary, AuditEvent
from navigation.replays import (
    LEASE,
    OPEN,
    Choice,
    Replayed,
    ReplayRun,
    RunState,
    ToReplay,
    added,
    setting_from_json,
    setting_to_json,
)
from navigation.shadow import DIFFERENCES, JUDGED, ShadowVerdict
from navigation.store import sentences
from navigation.store.chaining import log
from navigation.store.conditions import conditions_of
from navigation.store.connection import Part
from navigation.store.listing import summary_of
from navigation.store.models.cases import CaseRow, CaseSetItemRow
from navigation.store.models.evidence import AttemptRow, DecisionRow
from navigation.store.models.knowledge import ConfigRow
from navigation.store.models.lists import RUNNING, SummaryRow, TargetRow
from navigation.store.models.replays import ReplayItemRow, ReplayResultRow, ReplayRunRow
from navigation.store.rows import record_of, values_of
from navigation.store.searches import labels_of
from navigation.types import NormPoint

_COLUMNS = (
    AttemptRow.seq,
    AttemptRow.id,
    AttemptRow.before_id,
    type_coerce(AttemptRow.action, LargeBinary),
    type_coerce(DecisionRow.grounding, LargeBinary),
    DecisionRow.outcome,
    DecisionRow.reason,
    DecisionRow.method,
    type_coerce(AttemptRow.versions, Text),
    type_coerce(ConfigRow.body, Text),
)
MOST_AT_ONCE = 2000


class Replays(Part):
    def add_replay(
        self, run: ReplayRun, where: AttemptFilter, choice: Choice | None = None, *, event: AuditEvent
    ) -> ReplayRun:
        """Keep a run with the finished attempts that the filter and the choice let through; as it is kept.

        Raises StoreError when none of them can be decided again.
        """
        with self._db.writing() as session:
            row = ReplayRunRow(**_values(run))
            session.add(row)
            session.flush()
            chosen = _chosen(session, where, choice or Choice())
            found = chosen.subquery()
            session.execute(_items(row.seq, select(found.c.seq)))
            row.total = session.scalar(select(func.count()).where(ReplayItemRow.run_seq == row.seq)) or 0
            row.left_out = (session.scalar(select(func.count()).select_from(found)) or 0) - row.total
            if not row.total:
                raise StoreError(sentences.NOTHING_TO_REPLAY)
            log(session, run.created_at, event)
            return _run(row)

    def replay(self, run_id: str) -> ReplayRun | None:
        with self._db.reading() as session:
            row = session.scalar(_row_of(run_id))
            return None if row is None else _run(row)

    def replays(self, *, limit: int = 50) -> Sequence[ReplayRun]:
        """Runs, newest first."""
        with self._db.reading() as session:
            newest = select(ReplayRunRow).order_by(ReplayRunRow.seq.desc()).limit(limit)
            return [_run(row) for row in session.scalars(newest)]

    def take_replay(self, run_id: str, now: datetime) -> ReplayRun:
        """Let a worker carry out a run, until it has been silent for `LEASE`; the run, whose `fence` the worker names.

        Raises ConflictError while another worker has it or when it is at its end, StoreError when there is none.
        """
        with self._db.writing() as session:
            row = _known(session, run_id)
            if row.state not in OPEN:
                raise ConflictError(sentences.REPLAY_MOVED)
            if row.leased_until is not None and row.leased_until > now:
                raise ConflictError(sentences.REPLAY_TAKEN)
            row.fence += 1
            row.state, row.ended_at = "running", None
            row.taken_at, row.taken_done, row.noted_at, row.leased_until = now, row.done, now, now + LEASE
            return _run(row)

    def to_replay(self, run_id: str, *, after: int = 0, limit: int = 500) -> Sequence[ToReplay]:
        """Attempts of a run that nothing came of yet, oldest first, from past number `after`, with their labels."""
        with self._db.reading() as session:
            of_run = _seq_of(run_id)
            is_done = select(ReplayResultRow.attempt_seq).where(
                ReplayResultRow.run_seq == ReplayItemRow.run_seq,
                ReplayResultRow.attempt_seq == ReplayItemRow.attempt_seq,
            )
            left = (
                select(*_COLUMNS)
                .select_from(ReplayItemRow)
                .join(AttemptRow, AttemptRow.seq == ReplayItemRow.attempt_seq)
                .join(DecisionRow, DecisionRow.attempt_seq == AttemptRow.seq)
                .join(ConfigRow, ConfigRow.id == AttemptRow.config_id)
                .where(ReplayItemRow.run_seq == of_run, ReplayItemRow.attempt_seq > after, ~is_done.exists())
                .order_by(ReplayItemRow.attempt_seq)
                .limit(min(limit, MOST_AT_ONCE))
            )
            rows = session.execute(left).all()
            labels = labels_of(session, [row[0] for row in rows])
        return [_packed(row, tuple(labels[row[0]])) for row in rows]

    def add_replayed(self, run_id: str, fence: int, results: Sequence[Replayed], now: datetime) -> bool:
        """Keep what came of attempts and keep the run for its worker; False when it is not to go on.

        An attempt that something came of already is left as it is. Raises ConflictError when another worker has the
        run; then nothing was kept.
        """
        with self._db.writing() as session:
            row = _held(session, run_id, fence)
            known = _known_results(session, row.seq, [one.seq for one in results])
            new = [one for one in results if one.seq not in known]
            if new:
                session.execute(insert(ReplayResultRow), [_result_values(row.seq, one) for one in new])
                row.counts, row.done = added(row.counts, new), row.done + len(new)
            row.noted_at = now
            is_to_go_on = row.state == "running"
            row.leased_until = now + LEASE if is_to_go_on else None
            return is_to_go_on

    def end_replay(self, run_id: str, fence: int, state: RunState, now: datetime) -> None:
        """The worker lets go of its run; a run that somebody paused or cancelled stays so. ConflictError as above."""
        with self._db.writing() as session:
            row = _held(session, run_id, fence)
            if row.state == "running":
                row.state = state
            row.leased_until = None
            row.ended_at = now if row.state not in OPEN else None

    def change_replay(self, run_id: str, state: RunState, now: datetime, *, event: AuditEvent) -> ReplayRun:
        """Pause, go on with or cancel a run, with the audit's event; its worker hears of it when it next writes.

        Raises ConflictError when the run is at its end, StoreError when there is none.
        """
        with self._db.writing() as session:
            row = _known(session, run_id)
            if row.state not in OPEN:
                raise ConflictError(sentences.REPLAY_MOVED)
            row.state = state
            row.ended_at = None if state in OPEN else now
            if state == "running":
                row.noted_at = now
            log(session, now, event)
            return _run(row)

    def replayed(
        self,
        run_id: str,
        applications: Sequence[str] | None,
        *,
        kind: str = "",
        after: int = 0,
        limit: int = 50,
    ) -> Sequence[tuple[AttemptSummary, Replayed]]:
        """Attempts of these applications (None: of all) that came out otherwise, oldest first, past number `after`.

        Or those of one kind: a difference, "failed", or "newly_wrong" and "newly_right" by their label.
        """
        row = ReplayResultRow
        chosen = _with_lines(run_id).where(row.attempt_seq > after, *_of_kind(kind))
        chosen = chosen.order_by(row.attempt_seq).limit(limit)
        if applications is not None:
            chosen = chosen.where(SummaryRow.application.in_(applications))
        with self._db.reading() as session:
            return [_line(found) for found in session.execute(chosen)]

    def replayed_attempt(self, run_id: str, attempt_id: str) -> tuple[AttemptSummary, Replayed] | None:
        """What came of one attempt in a run."""
        with self._db.reading() as session:
            found = session.execute(_with_lines(run_id).where(SummaryRow.id == attempt_id)).one_or_none()
            return None if found is None else _line(found)


# --- choosing -------------------------------------------------------------------------------------


def _chosen(session: Session, where: AttemptFilter, choice: Choice) -> Select[Any]:
    """Numbers of the finished attempts that are asked for."""
    found = conditions_of(session, where)
    conditions = [SummaryRow.outcome != RUNNING, *found.all]
    if choice.ids is not None:
        conditions.append(SummaryRow.id.in_(list(choice.ids)))
    if choice.of_cases or choice.set_id:
        cases = select(CaseRow.attempt_seq)
        if choice.set_id:
            cases = cases.join(CaseSetItemRow, CaseSetItemRow.case_seq == CaseRow.seq)
            cases = cases.where(CaseSetItemRow.set_id == choice.set_id)
        conditions.append(SummaryRow.seq.in_(cases))
    chosen = select(SummaryRow.seq).where(*([literal(False)] if found.is_empty else conditions))
    return chosen.order_by(SummaryRow.seq.desc()).limit(choice.latest) if choice.latest else chosen


def _items(run_seq: int, numbers: Select[Any]) -> Insert:
    """Of these attempts, those whose decision limits had a part in."""
    judged = select(literal(run_seq), DecisionRow.attempt_seq).where(
        DecisionRow.attempt_seq.in_(numbers), DecisionRow.outcome.in_(JUDGED)
    )
    return insert(ReplayItemRow).from_select(["run_seq", "attempt_seq"], judged)


def _with_lines(run_id: str) -> Any:
    """The results of a run with the attempts' lines and targets."""
    row = ReplayResultRow
    return (
        select(row, SummaryRow, TargetRow.text, TargetRow.kind)
        .join(SummaryRow, SummaryRow.seq == row.attempt_seq)
        .join(TargetRow, TargetRow.id == SummaryRow.target_id)
        .where(row.run_seq == _seq_of(run_id))
    )


def _of_kind(kind: str) -> list[Any]:
    row = ReplayResultRow
    if kind == "failed":
        return [row.failure.is_not(None)]
    if kind == "newly_wrong":
        return [row.was_right.is_(True), row.is_right.is_(False)]
    if kind == "newly_right":
        return [row.was_right.is_(False), row.is_right.is_(True)]
    return [row.difference.in_([kind] if kind in DIFFERENCES else DIFFERENCES)]


# --- rows -----------------------------------------------------------------------------------------


def _packed(row: Any, labels: tuple[Label, ...]) -> ToReplay:
    seq, attempt_id, image_id, action, grounding, outcome, reason, method, versions, config = row
    code = str(reason.get("code", ""))
    return ToReplay(seq, attempt_id, image_id, action, grounding, outcome, code, method, versions, config, labels)


def _row_of(run_id: str) -> Select[Any]:
    return select(ReplayRunRow).where(ReplayRunRow.id == run_id)


def _known(session: Session, run_id: str) -> ReplayRunRow:
    row: ReplayRunRow | None = session.scalar(_row_of(run_id))
    if row is None:
        raise StoreError(sentences.NO_REPLAY)
    return row


def _seq_of(run_id: str) -> Any:
    return select(ReplayRunRow.seq).where(ReplayRunRow.id == run_id).scalar_subquery()


def _held(session: Session, run_id: str, fence: int) -> ReplayRunRow:
    """The run, for the worker that took it last; ConflictError for any other."""
    row = _known(session, run_id)
    if row.fence != fence:
        raise ConflictError(sentences.REPLAY_TAKEN)
    return row


def _known_results(session: Session, run_seq: int, seqs: Sequence[int]) -> set[int]:
    known = select(ReplayResultRow.attempt_seq).where(
        ReplayResultRow.run_seq == run_seq, ReplayResultRow.attempt_seq.in_(seqs)
    )
    return set(session.scalars(known)) if seqs else set()


def _values(run: ReplayRun) -> dict[str, Any]:
    limited = None if run.applications is None else list(run.applications)
    setting = setting_to_json(run.setting)
    return values_of(run) | {"setting": setting, "applications": limited, "asked": dict(run.asked)}


def _run(row: ReplayRunRow) -> ReplayRun:
    return record_of(ReplayRun, row, setting=setting_from_json(row.setting))


def _result_values(run_seq: int, one: Replayed) -> dict[str, Any]:
    verdict = one.verdict
    point = verdict.point if verdict else None
    return {
        "run_seq": run_seq,
        "attempt_seq": one.seq,
        "was": one.was,
        "difference": verdict.difference if verdict else None,
        "outcome": verdict.outcome if verdict else None,
        "score": verdict.score if verdict else None,
        "margin": verdict.margin if verdict else None,
        "point_x_norm": point.x if point else None,
        "point_y_norm": point.y if point else None,
        "failure": one.failure,
        "doubt": one.doubt,
        "was_right": one.was_right,
        "is_right": one.is_right,
    }


def _line(found: Any) -> tuple[AttemptSummary, Replayed]:
    result, line, text, kind = found
    return summary_of(line, text, kind), _result(result)


def _result(row: ReplayResultRow) -> Replayed:
    found = Replayed(
        row.attempt_seq, row.was, None, row.failure, row.doubt, row.was_right, row.is_right  # type: ignore[arg-type]
    )  # fmt: skip
    if row.difference is None or row.outcome is None:
        return found
    point = None
    if row.point_x_norm is not None and row.point_y_norm is not None:
        point = NormPoint(row.point_x_norm, row.point_y_norm)
    return replace(
        found, verdict=ShadowVerdict(row.difference, row.outcome, row.score, row.margin, point)  # type: ignore[arg-type]
    )  # fmt: skip
