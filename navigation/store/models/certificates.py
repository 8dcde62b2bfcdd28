"""Tables of certificates: plans declared beforehand, looks at the evidence, what was certified. Rows are only added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from navigation.certificates import MODES, PROCEDURES
from navigation.store.columns import CompactJson, PackedJson
from navigation.store.models.base import Base, one_of, unit_range
from navigation.store.models.evidence import ID, SHA256


class PlanRow(Base):
    """What is to be certified and how; see `navigation.certificates.Plan`."""

    __tablename__ = "certificate_plan"
    __table_args__ = (
        one_of("procedure", PROCEDURES),
        one_of("mode", MODES),
        CheckConstraint("alpha > 0 AND alpha < 1", name="alpha_share"),
        CheckConstraint("alpha_absent > 0 AND alpha_absent < 1", name="alpha_absent_share"),
        CheckConstraint("delta > 0 AND delta < 1", name="delta_share"),
        Index("ix_certificate_plan_application", "application", "screen"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    application: Mapped[str] = mapped_column(Text)
    screen: Mapped[str] = mapped_column(Text)
    alpha: Mapped[float]
    alpha_absent: Mapped[float | None]
    delta: Mapped[float]
    scores: Mapped[list[float]] = mapped_column(CompactJson)
    margins: Mapped[list[float]] = mapped_column(CompactJson)
    procedure: Mapped[str] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class LookRow(Base):
    """One look at the evidence, whatever came of it: `spent` of delta is gone. `units` are the keys of its units."""

    __tablename__ = "certificate_look"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number_counted"),
        CheckConstraint("spent > 0 AND spent < 1", name="spent_share"),
        Index("ix_certificate_look_plan_id", "plan_id"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("certificate_plan.id"))
    number: Mapped[int]
    spent: Mapped[float]
    case_set: Mapped[str] = mapped_column(SHA256)
    units: Mapped[list[str]] = mapped_column(PackedJson)
    present: Mapped[int]
    absent: Mapped[int]
    unused: Mapped[dict[str, int]] = mapped_column(CompactJson)
    passed: Mapped[int]
    needed: Mapped[dict[str, int] | None] = mapped_column(CompactJson)
    is_certified: Mapped[bool]
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class CertificateRow(Base):
    """A promise about one score and margin; `promise` is `navigation.certificates.Promise` without its point."""

    __tablename__ = "certificate"
    __table_args__ = (unit_range("score"), unit_range("margin"))

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    look_id: Mapped[str] = mapped_column(ForeignKey("certificate_look.id"), unique=True)
    score: Mapped[float]
    margin: Mapped[float]
    promise: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    case_set: Mapped[str] = mapped_column(SHA256)
    readings: Mapped[list[str]] = mapped_column(CompactJson)
    sizes: Mapped[list[Any]] = mapped_column(CompactJson)
    profiles: Mapped[dict[str, int]] = mapped_column(CompactJson)
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
