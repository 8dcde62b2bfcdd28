"""Tables of what happened: runs, pictures, attempts in their steps, OCR pages. Rows here are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from navigation.store.columns import CompactJson, OutcomeWord, PackedJson
from navigation.store.models.base import Base, one_of, unit_range
from navigation.types import Outcome

ID = String(36)
SHA256 = String(64)
METHODS = ("cache", "ocr", "vlm")
TARGET_KINDS = ("clickable", "field")


class RunRow(Base):
    __tablename__ = "run"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    application: Mapped[str] = mapped_column(Text)
    workflow: Mapped[str] = mapped_column(Text)
    agent: Mapped[str] = mapped_column(Text)
    patient_keys: Mapped[dict[str, str] | None] = mapped_column(CompactJson)
    body_hash: Mapped[str] = mapped_column(SHA256)
    created_at: Mapped[datetime]


class ScreenshotRow(Base):
    """`stored_*` follow the re-encoding of the file; everything else is fixed when the picture arrives.

    `purged_at`: since then its file is gone on purpose, while attempts that refer to it are still kept.
    """

    __tablename__ = "screenshot"
    __table_args__ = (
        CheckConstraint("length(id) = 64", name="id_sha256"),
        CheckConstraint("width > 0 AND height > 0", name="size_positive"),
        CheckConstraint("received_bytes > 0 AND stored_bytes > 0", name="bytes_positive"),
        Index("ix_screenshot_is_reencoded", "is_reencoded"),
        Index("ix_screenshot_purged_at", "purged_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(SHA256, primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    received_format: Mapped[str] = mapped_column(String(16))
    received_bytes: Mapped[int]
    stored_format: Mapped[str] = mapped_column(String(16))
    stored_bytes: Mapped[int]
    is_reencoded: Mapped[bool]
    created_at: Mapped[datetime]
    purged_at: Mapped[datetime | None]


class AttemptRow(Base):
    """The started step. `seq` is the order of storing, which no clock can disturb."""

    __tablename__ = "attempt"
    __table_args__ = (
        one_of("target_kind", TARGET_KINDS),
        CheckConstraint("expires_at >= started_at", name="expires_after_start"),
        Index("ix_attempt_before_id", "before_id"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"))
    application: Mapped[str] = mapped_column(Text)
    screen: Mapped[str] = mapped_column(Text)
    target_text: Mapped[str] = mapped_column(Text)
    target_kind: Mapped[str] = mapped_column(String(16))
    action: Mapped[dict[str, Any]] = mapped_column(PackedJson)
    body_hash: Mapped[str] = mapped_column(SHA256)
    before_id: Mapped[str] = mapped_column(ForeignKey("screenshot.id"))
    wants_after: Mapped[bool]
    config_id: Mapped[int] = mapped_column(ForeignKey("config.id"))
    versions: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class DecisionRow(Base):
    """What the engine saw and answered. A point is complete or absent."""

    __tablename__ = "attempt_decision"
    __table_args__ = (
        one_of("outcome", Outcome),
        one_of("method", METHODS),
        unit_range("score"),
        unit_range("margin"),
        unit_range("point_x_norm"),
        unit_range("point_y_norm"),
        CheckConstraint("(point_x_norm IS NULL) = (point_y_norm IS NULL)", name="point_whole"),
    )

    attempt_seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"), primary_key=True, autoincrement=False)
    outcome: Mapped[Outcome] = mapped_column(OutcomeWord)
    reason: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    verify_before: Mapped[dict[str, Any] | None] = mapped_column(PackedJson)
    grounding: Mapped[dict[str, Any] | None] = mapped_column(PackedJson)
    method: Mapped[str | None] = mapped_column(String(8))
    score: Mapped[float | None]
    margin: Mapped[float | None]
    point_x_norm: Mapped[float | None]
    point_y_norm: Mapped[float | None]
    timings: Mapped[dict[str, float]] = mapped_column(CompactJson)
    decided_at: Mapped[datetime]


class FinishRow(Base):
    """How it ended. There may be no decision before it: an attempt that a restart interrupted has none."""

    __tablename__ = "attempt_finish"
    __table_args__ = (one_of("outcome", Outcome), Index("ix_attempt_finish_after_id", "after_id"))

    attempt_seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"), primary_key=True, autoincrement=False)
    outcome: Mapped[Outcome] = mapped_column(OutcomeWord)
    reason: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    after_id: Mapped[str | None] = mapped_column(ForeignKey("screenshot.id"))
    after_body_hash: Mapped[str | None] = mapped_column(SHA256)
    verify_after: Mapped[dict[str, Any] | None] = mapped_column(PackedJson)
    timings: Mapped[dict[str, float]] = mapped_column(CompactJson)
    finished_at: Mapped[datetime]


class PageRow(Base):
    """One reading of one picture, kept so that it need never be read again with the same settings."""

    __tablename__ = "ocr_page"

    image_id: Mapped[str] = mapped_column(ForeignKey("screenshot.id"), primary_key=True)
    settings_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    payload: Mapped[dict[str, Any]] = mapped_column(PackedJson)
    created_at: Mapped[datetime]
