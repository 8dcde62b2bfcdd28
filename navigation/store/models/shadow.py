"""Tables of shadow mode: configurations on trial, and what they would have answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from navigation.shadow import DIFFERENCES
from navigation.store.columns import OutcomeWord
from navigation.store.models.base import Base, one_of, unit_range
from navigation.store.models.evidence import ID
from navigation.types import Outcome


class ShadowTrialRow(Base):
    """One configuration beside the one in use; at most one has no end."""

    __tablename__ = "shadow_trial"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    config_id: Mapped[int] = mapped_column(ForeignKey("config.id"))
    author_id: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ShadowVerdictRow(Base):
    """What the configuration on trial would have answered to an attempt; only ever added."""

    __tablename__ = "shadow_verdict"
    __table_args__ = (
        one_of("difference", ("same", *DIFFERENCES)),
        one_of("outcome", Outcome),
        unit_range("score"),
        unit_range("margin"),
        unit_range("point_x_norm"),
        unit_range("point_y_norm"),
        CheckConstraint("(point_x_norm IS NULL) = (point_y_norm IS NULL)", name="point_whole"),
        Index("ix_shadow_verdict_difference", "trial_id", "difference", "attempt_seq"),
    )

    trial_id: Mapped[int] = mapped_column(ForeignKey("shadow_trial.id"), primary_key=True, autoincrement=False)
    attempt_seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"), primary_key=True, autoincrement=False)
    difference: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[Outcome] = mapped_column(OutcomeWord)
    score: Mapped[float | None]
    margin: Mapped[float | None]
    point_x_norm: Mapped[float | None]
    point_y_norm: Mapped[float | None]
