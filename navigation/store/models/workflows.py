"""Tables of workflows and their runs: versions of files, how a run stands, what its agent was told and answered, who
holds a target machine. An application's profiles are in `knowledge`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from navigation.store.columns import CompactJson, OutcomeWord, PackedJson
from navigation.store.models.base import Base, one_of
from navigation.store.models.evidence import ID, SHA256
from navigation.types import Outcome
from navigation.workflow_records import RUN_STATUSES


class WorkflowRow(Base):
    """One version of a workflow's file; a change is a new version."""

    __tablename__ = "workflow"
    __table_args__ = (
        UniqueConstraint("application", "name", "version"),
        CheckConstraint("version > 0", name="version_counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    application: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(PackedJson)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class ProfileDraftRow(Base):
    """A profile that somebody is making, until it is stored as a version or given up. One per person and application.

    `user_id` refers to no row: where log-in is switched off there is none.
    """

    __tablename__ = "profile_draft"

    user_id: Mapped[str] = mapped_column(ID, primary_key=True)
    application: Mapped[str] = mapped_column(Text, primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(PackedJson)
    changed_at: Mapped[datetime]


class WorkflowRunRow(Base):
    """How a run of a workflow stands. `parameters`, which may be a patient's, are there until it ends.

    `number` is that of the instruction that is out; `token` that of the lease under which the run goes on.
    """

    __tablename__ = "workflow_run"
    __table_args__ = (one_of("status", RUN_STATUSES), Index("ix_workflow_run_status", "status"))

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), primary_key=True)
    workflow_id: Mapped[int] = mapped_column(ForeignKey("workflow.id"))
    profile_id: Mapped[int] = mapped_column(ForeignKey("app_profile.id"))
    language: Mapped[str] = mapped_column(String(8))
    parameters: Mapped[dict[str, Any] | None] = mapped_column(PackedJson)
    machine: Mapped[str] = mapped_column(Text)
    client: Mapped[str] = mapped_column(ID)
    token: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    number: Mapped[int]
    state: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ToldRow(Base):
    """An instruction that was handed out; rows are only added. Its number is given once in a run."""

    __tablename__ = "workflow_told"

    run_id: Mapped[str] = mapped_column(ForeignKey("workflow_run.run_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(ID, unique=True)
    type: Mapped[str] = mapped_column(String(16))
    step: Mapped[str] = mapped_column(Text)
    attempt_id: Mapped[str | None] = mapped_column(ID)
    at: Mapped[datetime]


class AnsweredRow(Base):
    """What an agent answered to an instruction; rows are only added. `body_hash` tells the same answer sent again."""

    __tablename__ = "workflow_answered"
    __table_args__ = (one_of("outcome", Outcome), Index("ix_workflow_answered_image_id", "image_id"))

    run_id: Mapped[str] = mapped_column(ForeignKey("workflow_run.run_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    client: Mapped[str] = mapped_column(ID)
    body_hash: Mapped[str] = mapped_column(SHA256)
    outcome: Mapped[Outcome] = mapped_column(OutcomeWord)
    reason: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    was_pressed: Mapped[bool]
    image_id: Mapped[str | None] = mapped_column(ForeignKey("screenshot.id"))
    at: Mapped[datetime]


class LeaseRow(Base):
    """Who works on a target machine, until when. `token` grows with each taking, so that an earlier holder is known."""

    __tablename__ = "machine_lease"

    machine: Mapped[str] = mapped_column(Text, primary_key=True)
    token: Mapped[int]
    client: Mapped[str] = mapped_column(ID)
    run_id: Mapped[str] = mapped_column(ForeignKey("workflow_run.run_id"))
    until: Mapped[datetime]
