"""Trials of cache policies: asked once, one at a time, watched while they run, and kept for whoever asks the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from navigation.errors import ConflictError, StoreError
from navigation.place_records import SILENT_AFTER, PolicyTrial, TrialAsked, TrialState
from navigation.records import AuditEvent, Json
from navigation.settings import CachePolicy
from navigation.store import sentences
from navigation.store.chaining import log
from navigation.store.columns import compact_json
from navigation.store.connection import Part
from navigation.store.models.evidence import AttemptRow
from navigation.store.models.knowledge import PolicyTrialRow as Row
from navigation.store.models.lists import RUNNING, SummaryRow
from navigation.store.models.review import LabelRow
from navigation.store.rows import record_of

_IS_RUNNING = Row.state == "running"


class PolicyTrials(Part):
    def start_trial(self, asked: TrialAsked, *, version: int, event: AuditEvent) -> tuple[PolicyTrial, bool]:
        """Keep a question, to be answered by a process of its own; True when it is to be answered now.

        An answer to the same question (policies, number, last finished attempt, last label, `version` of the walk) is
        given back instead. Raises ConflictError while another trial runs, StoreError when the application has no
        finished attempt.
        """
        with self._db.writing() as session:
            last = session.scalar(_last_of(asked.application))
            if last is None:
                raise StoreError(sentences.NOTHING_TO_TRY)
            asked_hash = _hash(session, asked, last, version)
            known = session.scalar(select(Row).where(Row.asked_hash == asked_hash, Row.state == "done"))
            if known is not None:
                return _trial(known), False
            if session.scalar(select(Row.id).where(_IS_RUNNING, Row.noted_at > asked.at - SILENT_AFTER).limit(1)):
                raise ConflictError(sentences.TRIAL_RUNS)
            session.execute(update(Row).where(_IS_RUNNING).values(state="failed"))
            row = _new_row(asked, last, asked_hash)
            session.add(row)
            session.flush()
            log(session, asked.at, event)
            return _trial(row), True

    def trial(self, trial_id: str) -> PolicyTrial | None:
        with self._db.reading() as session:
            row = session.scalar(select(Row).where(Row.id == trial_id))
            return None if row is None else _trial(row)

    def trials(self, application: str, *, limit: int = 20) -> Sequence[PolicyTrial]:
        """An application's trials, newest first."""
        newest = select(Row).where(Row.application == application).order_by(Row.seq.desc()).limit(limit)
        with self._db.reading() as session:
            return [_trial(row) for row in session.scalars(newest)]

    def unfinished_trial(self) -> PolicyTrial | None:
        """The newest trial that is not ended, whether or not a process is at it."""
        with self._db.reading() as session:
            row = session.scalar(select(Row).where(_IS_RUNNING).order_by(Row.seq.desc()).limit(1))
            return None if row is None else _trial(row)

    def note_trial(self, trial_id: str, done: int, total: int, now: datetime) -> bool:
        """Say how far a trial is; False when it is not to go on, since it was cancelled or given up."""
        return self._update(trial_id, done=done, total=total, noted_at=now)

    def end_trial(self, trial_id: str, state: TrialState, now: datetime, *, counts: Json | None = None) -> bool:
        """End a running trial, with its answer when it is done; False when it was ended before."""
        return self._update(trial_id, state=state, noted_at=now, counts=dict(counts) if counts is not None else None)

    def _update(self, trial_id: str, **values: object) -> bool:
        with self._db.writing() as session:
            row = session.scalar(select(Row).where(Row.id == trial_id, _IS_RUNNING))
            for name, value in values.items() if row is not None else ():
                setattr(row, name, value)
            return row is not None


def _last_of(application: str) -> Select[int | None]:
    finished = (SummaryRow.application == application, SummaryRow.outcome != RUNNING)
    return select(func.max(SummaryRow.seq)).where(*finished)


def _hash(session: Session, asked: TrialAsked, last: int, version: int) -> str:
    of_application = select(func.max(LabelRow.seq)).join(AttemptRow, AttemptRow.seq == LabelRow.attempt_seq)
    question = {
        "application": asked.application,
        "policy": asdict(asked.policy),
        "in_use": asdict(asked.in_use),
        "wanted": asked.wanted,
        "last": last,
        "label": session.scalar(of_application.where(AttemptRow.application == asked.application)),
        "version": version,
    }
    return hashlib.sha256(compact_json(question).encode()).hexdigest()


def _new_row(asked: TrialAsked, last: int, asked_hash: str) -> Row:
    return Row(
        id=asked.id,
        application=asked.application,
        policy=asdict(asked.policy),
        in_use=asdict(asked.in_use),
        wanted=asked.wanted,
        last_seq=last,
        asked_hash=asked_hash,
        state="running",
        total=0,
        done=0,
        counts=None,
        author_id=asked.author_id,
        author=asked.author,
        started_at=asked.at,
        noted_at=asked.at,
    )


def _trial(row: Row) -> PolicyTrial:
    policies = {"policy": CachePolicy(**row.policy), "in_use": CachePolicy(**row.in_use)}
    return record_of(PolicyTrial, row, asked=record_of(TrialAsked, row, at=row.started_at, **policies))
