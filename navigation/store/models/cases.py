"""Tables of cases: what was chosen to be a fixture, sets, what runs of packs came to, and exports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from navigation.case_records import CASE_SOURCES, CASE_STATES, EXPORT_FORMS, EXPORT_STATES
from navigation.store.columns import CompactJson
from navigation.store.models.base import Base, one_of
from navigation.store.models.evidence import ID

CASE_ID = String(64)


class CaseRow(Base):
    """A case, one for an attempt. Made anew from a later label it keeps its id; `body` never changes otherwise."""

    __tablename__ = "navcase"
    __table_args__ = (
        one_of("state", CASE_STATES),
        one_of("source", CASE_SOURCES),
        Index("ix_navcase_state", "state", "seq"),
        Index("ix_navcase_application", "application", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(CASE_ID, unique=True)
    attempt_seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"), unique=True)
    application: Mapped[str] = mapped_column(Text)
    screen: Mapped[str] = mapped_column(Text)
    target_text: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    label_id: Mapped[str | None] = mapped_column(ForeignKey("label.id"))
    source: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    is_outdated: Mapped[bool]
    author_id: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    said: Mapped[str | None] = mapped_column(String(24))
    picture_id: Mapped[str | None] = mapped_column(ForeignKey("screenshot.id"))


class CaseSetRow(Base):
    __tablename__ = "case_set"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    author_id: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class CaseSetItemRow(Base):
    __tablename__ = "case_set_item"
    __table_args__ = (Index("ix_case_set_item_case_seq", "case_seq"),)

    set_id: Mapped[str] = mapped_column(ForeignKey("case_set.id"), primary_key=True)
    case_seq: Mapped[int] = mapped_column(ForeignKey("navcase.seq"), primary_key=True, autoincrement=False)


class CaseCheckRow(Base):
    """What one run of a pack came to for one case."""

    __tablename__ = "case_check"
    __table_args__ = (Index("ix_case_check_case_seq", "case_seq", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_seq: Mapped[int] = mapped_column(ForeignKey("navcase.seq"))
    is_right: Mapped[bool]
    outcome: Mapped[str] = mapped_column(String(24))
    pack: Mapped[str] = mapped_column(Text)
    reading: Mapped[str] = mapped_column(Text)
    picture_id: Mapped[str | None] = mapped_column(ForeignKey("screenshot.id"))
    checked_at: Mapped[datetime]


class CaseExportRow(Base):
    """One export; its file lies in the data folder until `expires_at`."""

    __tablename__ = "case_export"
    __table_args__ = (
        one_of("state", EXPORT_STATES),
        one_of("form", EXPORT_FORMS),
        Index("ix_case_export_state", "state"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    author_id: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(Text)
    form: Mapped[str] = mapped_column(String(16))
    pictures: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    asked: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    state: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    cases: Mapped[int]
    left: Mapped[list[Any]] = mapped_column(CompactJson)
    size_bytes: Mapped[int | None]
    expires_at: Mapped[datetime | None]
