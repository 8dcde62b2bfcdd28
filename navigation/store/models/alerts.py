"""Tables of alerts: what happened and is not told yet, the messages, and which process sends them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from navigation.alerts import CHANNELS, KIND_OF, STATES
from navigation.store.columns import CompactJson
from navigation.store.models.base import Base, one_of
from navigation.store.models.evidence import ID


class AlertRow(Base):
    """An event, written with what it tells of and taken away when it is in its messages. No patient text.

    A condition (`key` is not null) stays as long as it is seen, so that it is told of once.
    """

    __tablename__ = "alert"
    __table_args__ = (
        one_of("what", KIND_OF),
        Index("ix_alert_told", "is_told", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    what: Mapped[str] = mapped_column(String(20))
    application: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(Text, unique=True)
    at: Mapped[datetime]
    seen_at: Mapped[datetime]
    is_told: Mapped[bool]


class AlertMessageRow(Base):
    """Like events for one recipient, and what came of sending them."""

    __tablename__ = "alert_message"
    __table_args__ = (
        one_of("channel", CHANNELS),
        one_of("what", KIND_OF),
        one_of("state", STATES),
        CheckConstraint("count >= 1 AND tries >= 0", name="counted"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended"),
        Index("ix_alert_message_due", "state", "due_at"),
        Index("ix_alert_message_like", "channel", "address", "what", "application", "due_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    channel: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(String(20))
    application: Mapped[str] = mapped_column(Text)
    count: Mapped[int]
    details: Mapped[list[Any]] = mapped_column(CompactJson)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8))
    tries: Mapped[int]
    problem: Mapped[str] = mapped_column(String(12))
    answer: Mapped[str] = mapped_column(String(8))
    ended_at: Mapped[datetime | None]


class AlertLeaseRow(Base):
    """The process that sends, until when. One row."""

    __tablename__ = "alert_lease"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(ID)
    until: Mapped[datetime]
