"""Tables of people over robots: stops, runs that wait for a person, sign-offs of log-in flows. Rows are only added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from navigation.oversight import STEPS
from navigation.store.columns import CompactJson
from navigation.store.models.base import Base, one_of
from navigation.store.models.evidence import ID


class StopRow(Base):
    """Robots were stopped, or let go again. `application` "" is all; the newest row of each decides."""

    __tablename__ = "stop_event"
    __table_args__ = (Index("ix_stop_event_application", "application", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    application: Mapped[str] = mapped_column(Text)
    is_stopped: Mapped[bool]
    author_id: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class RunStepRow(Base):
    """What a person did with a run that waited for one, at the attempt that asked for it."""

    __tablename__ = "run_step"
    __table_args__ = (
        one_of("step", STEPS),
        Index("ix_run_step_run_id", "run_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"))
    attempt_seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"))
    step: Mapped[str] = mapped_column(String(16))
    author_id: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class SignoffRow(Base):
    """A person's word that a log-in flow lands where it should, for one profile version and one configuration.

    `run_id` is the run that was looked at, `answers` what was said of each of its steps.
    """

    __tablename__ = "signoff"
    __table_args__ = (Index("ix_signoff_application", "application", "flow"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    application: Mapped[str] = mapped_column(Text)
    flow: Mapped[str] = mapped_column(Text)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"))
    profile_version: Mapped[int]
    config_id: Mapped[int] = mapped_column(ForeignKey("config.id"))
    answers: Mapped[list[Any]] = mapped_column(CompactJson)
    signer_id: Mapped[str] = mapped_column(ID)
    signer: Mapped[str] = mapped_column(Text)
    signed_name: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime]
