"""Tables of replay in bulk: runs, the attempts they are to decide again, and what came of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from navigation.replays import DOUBTS, FAILURES, RUN_STATES
from navigation.shadow import DIFFERENCES
from navigation.store.columns import CompactJson, OutcomeWord
from navigation.store.models.base import Base, one_of, unit_range
from navigation.store.models.evidence import ID
from navigation.types import Outcome


class ReplayRunRow(Base):
    """A run. `counts` are kept in step with its results, in the same transaction; `fence` counts its workers."""

    __tablename__ = "replay_run"
    __table_args__ = (
        one_of("state", RUN_STATES),
        CheckConstraint("total >= 0 AND left_out >= 0 AND done >= 0 AND done <= total", name="counted"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    asked: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    setting: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    applications: Mapped[list[str] | None] = mapped_column(CompactJson)
    state: Mapped[str] = mapped_column(String(12))
    total: Mapped[int]
    left_out: Mapped[int]
    done: Mapped[int]
    counts: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    fence: Mapped[int]
    leased_until: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    taken_done: Mapped[int]
    noted_at: Mapped[datetime | None]
    author_id: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ReplayItemRow(Base):
    """An attempt that a run is to decide again; chosen once, so that a run gone on with is the same run."""

    __tablename__ = "replay_item"

    run_seq: Mapped[int] = mapped_column(ForeignKey("replay_run.seq"), primary_key=True, autoincrement=False)
    attempt_seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"), primary_key=True, autoincrement=False)


class ReplayResultRow(Base):
    """What came of one attempt of a run: a verdict or a failure. Only ever added, once."""

    __tablename__ = "replay_result"
    __table_args__ = (
        one_of("was", Outcome),
        one_of("outcome", Outcome),
        one_of("difference", ("same", *DIFFERENCES)),
        one_of("failure", FAILURES),
        one_of("doubt", DOUBTS),
        unit_range("score"),
        unit_range("margin"),
        unit_range("point_x_norm"),
        unit_range("point_y_norm"),
        CheckConstraint("(point_x_norm IS NULL) = (point_y_norm IS NULL)", name="point_whole"),
        CheckConstraint("(failure IS NULL) = (difference IS NOT NULL)", name="one_answer"),
        Index("ix_replay_result_difference", "run_seq", "difference", "attempt_seq"),
        Index("ix_replay_result_failure", "run_seq", "failure", "attempt_seq"),
    )

    run_seq: Mapped[int] = mapped_column(ForeignKey("replay_run.seq"), primary_key=True, autoincrement=False)
    attempt_seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"), primary_key=True, autoincrement=False)
    was: Mapped[Outcome] = mapped_column(OutcomeWord)
    difference: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[Outcome | None] = mapped_column(OutcomeWord)
    score: Mapped[float | None]
    margin: Mapped[float | None]
    point_x_norm: Mapped[float | None]
    point_y_norm: Mapped[float | None]
    failure: Mapped[str | None] = mapped_column(String(16))
    doubt: Mapped[str] = mapped_column(String(16))
    was_right: Mapped[bool | None]
    is_right: Mapped[bool | None]
