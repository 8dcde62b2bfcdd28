"""Log-in flows: their films, what clinicians said of them, and sign-offs. Sign-offs are added and never edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from navigation.flows import LoginFlow, Signoff, Terms
from navigation.labels import Label
from navigation.records import AttemptDetail
from navigation.store import failures, sentences, summaries
from navigation.store.attempts import detail_of
from navigation.store.connection import Part
from navigation.store.models.accounts import UserRow
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow, RunRow
from navigation.store.models.knowledge import ProfileRow
from navigation.store.models.lists import SummaryRow
from navigation.store.models.oversight import SignoffRow
from navigation.store.models.review import LabelRow
from navigation.store.models.workflows import WorkflowRunRow
from navigation.store.rows import record_of, values_of
from navigation.types import Outcome

LOGIN = "login"


class Flows(Part):
    def login_flows(self, applications: Sequence[str] | None) -> Sequence[LoginFlow]:
        """Every log-in flow of these applications (None: of all), by application and name."""
        came_to_its_end = case((SummaryRow.outcome == Outcome.OK.value, SummaryRow.seq))
        grouped = (
            select(RunRow.application, RunRow.workflow, func.max(came_to_its_end))
            .join(SummaryRow, SummaryRow.run_id == RunRow.id)
            .where(SummaryRow.flow == LOGIN, *_seen_by(applications))
            .group_by(RunRow.application, RunRow.workflow)
            .order_by(RunRow.application, RunRow.workflow)
        )
        with self._db.reading() as session:
            return [_flow(session, application, name, seq) for application, name, seq in session.execute(grouped)]

    def login_flow(self, run_id: str) -> LoginFlow | None:
        """The flow of a run, with that run as its film; None when the run never logged in."""
        with self._db.reading() as session:
            seq = session.scalar(_end_of(run_id))
            run = session.get(RunRow, run_id)
            return None if seq is None or run is None else _flow(session, run.application, run.workflow, seq)

    def flow_steps(self, run_id: str) -> Sequence[AttemptDetail]:
        """A run's attempts up to the one that logged in, oldest first; empty when the run never did."""
        seqs = select(SummaryRow.seq).where(
            SummaryRow.run_id == run_id, SummaryRow.seq <= _end_of(run_id).scalar_subquery()
        )
        steps = (
            select(AttemptRow, DecisionRow, FinishRow)
            .outerjoin(DecisionRow, DecisionRow.attempt_seq == AttemptRow.seq)
            .outerjoin(FinishRow, FinishRow.attempt_seq == AttemptRow.seq)
            .where(AttemptRow.seq.in_(seqs))
            .order_by(AttemptRow.seq)
        )
        with self._db.reading() as session:
            return [detail_of(*found) for found in session.execute(steps)]

    def flow_answers(self, run_id: str) -> Sequence[Label]:
        """What clinicians last said of a run's attempts, oldest first; answers for a sample are not among them."""
        with self._db.reading() as session:
            return _last(session, _standing().where(AttemptRow.run_id == run_id))

    def objections(self, application: str, flow: str) -> Sequence[Label]:
        """Clinicians' standing answers on any run of a flow that are not yes, oldest first."""
        answered = (
            _standing()
            .join(RunRow, RunRow.id == AttemptRow.run_id)
            .where(RunRow.application == application, RunRow.workflow == flow)
        )
        with self._db.reading() as session:
            return [label for label in _last(session, answered) if label.answer != "right"]


class Signoffs(Part):
    def add_signoff(self, signoff: Signoff) -> None:
        """Keep a sign-off. StoreError when it names a run or a configuration that is not stored."""
        values = values_of(signoff)
        values["answers"] = [dict(answer) for answer in signoff.answers]
        try:
            with self._db.writing() as session:
                session.add(SignoffRow(**values))
        except IntegrityError as err:
            failures.refuse_missing_reference(err, sentences.DANGLING)
            raise

    def last_signoff(self, application: str, flow: str) -> Signoff | None:
        return self._newest(SignoffRow.application == application, SignoffRow.flow == flow)

    def signoff_of(self, run_id: str) -> Signoff | None:
        """The last sign-off given on a run's film."""
        return self._newest(SignoffRow.run_id == run_id)

    def profile_version(self, application: str) -> int:
        """The number of the profile that the application has now; 0 when it has none."""
        newest = select(func.max(ProfileRow.version)).where(ProfileRow.application == application)
        with self._db.reading() as session:
            return session.scalar(newest) or 0

    def _newest(self, *where: Any) -> Signoff | None:
        newest = select(SignoffRow).where(*where).order_by(SignoffRow.signed_at.desc(), SignoffRow.id.desc()).limit(1)
        with self._db.reading() as session:
            row = session.scalar(newest)
            return None if row is None else record_of(Signoff, row)


def _seen_by(applications: Sequence[str] | None) -> tuple[Any, ...]:
    return () if applications is None else (SummaryRow.application.in_(applications),)


def _end_of(run_id: str) -> Select[Any]:
    """The attempt with which a run last logged in."""
    return select(func.max(SummaryRow.seq)).where(
        SummaryRow.run_id == run_id, SummaryRow.flow == LOGIN, SummaryRow.outcome == Outcome.OK.value
    )


def _flow(session: Session, application: str, name: str, seq: int | None) -> LoginFlow:
    if seq is None:
        return LoginFlow(application, name)
    end = session.get_one(AttemptRow, seq)
    terms = Terms(end.config_id, _profile_of(session, end))
    return LoginFlow(application, name, end.run_id, end.started_at, terms)


def _profile_of(session: Session, attempt: AttemptRow) -> int:
    """The version of the profile that a run was made with: the one it names, else the newest of that time."""
    named = select(ProfileRow.version).join(WorkflowRunRow, WorkflowRunRow.profile_id == ProfileRow.id)
    of_then = select(func.max(ProfileRow.version)).where(
        ProfileRow.application == attempt.application, ProfileRow.created_at <= attempt.started_at
    )
    return session.scalar(named.where(WorkflowRunRow.run_id == attempt.run_id)) or session.scalar(of_then) or 0


def _standing() -> Select[*tuple[Any, ...]]:
    """Clinicians' labels, not given for a sample, that nothing has replaced or taken back."""
    replaced = select(LabelRow.replaces).where(LabelRow.replaces.is_not(None))
    return (
        select(LabelRow, AttemptRow.id)
        .join(AttemptRow, AttemptRow.seq == LabelRow.attempt_seq)
        .join(UserRow, UserRow.id == LabelRow.author_id)
        .where(UserRow.role == "clinician", LabelRow.sample_id.is_(None), LabelRow.answer != "withdrawn")
        .where(LabelRow.id.not_in(replaced))
        .order_by(LabelRow.seq)
    )


def _last(session: Session, chosen: Select[*tuple[Any, ...]]) -> list[Label]:
    """The last label of each person on each attempt; two may stand when a form was sent twice."""
    labels = [summaries.label_of(row, attempt_id) for row, attempt_id in session.execute(chosen)]
    last = {(label.attempt_id, label.author_id): label.id for label in labels}
    return [label for label in labels if last[label.attempt_id, label.author_id] == label.id]
