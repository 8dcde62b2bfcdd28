"""Tables of what people say about attempts: labels, who is at a case, samples for the audit, saved views."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from navigation.labels import ANSWERS, CAUSES, PLACES, SOURCES
from navigation.store.columns import CompactJson
from navigation.store.models.base import Base, one_of
from navigation.store.models.evidence import ID


class LabelRow(Base):
    """What one person said about one attempt; only ever added. `replaces` is the label that it supersedes or, for a
    withdrawal, takes back. Labels of one `batch_id` were given with one key."""

    __tablename__ = "label"
    __table_args__ = (
        one_of("answer", ANSWERS),
        one_of("source", SOURCES),
        one_of("place", PLACES),
        one_of("cause", CAUSES),
        CheckConstraint("(box IS NOT NULL) = (place IS NOT NULL AND place = 'box')", name="box_with_place"),
        CheckConstraint("answer != 'withdrawn' OR replaces IS NOT NULL", name="withdrawn_one"),
        Index("ix_label_attempt_seq", "attempt_seq", "seq"),
        Index("ix_label_author_id", "author_id", "seq"),
        Index("ix_label_batch_id", "batch_id"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    attempt_seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"))
    author_id: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(12))
    sample_id: Mapped[str | None] = mapped_column(ForeignKey("audit_sample.id"))
    answer: Mapped[str] = mapped_column(String(12))
    place: Mapped[str | None] = mapped_column(String(12))
    box: Mapped[list[int] | None] = mapped_column(CompactJson)
    is_screen_right: Mapped[bool | None]
    has_landed: Mapped[bool | None]
    cause: Mapped[str | None] = mapped_column(String(24))
    note: Mapped[str] = mapped_column(Text)
    folded_note: Mapped[str] = mapped_column(Text)
    replaces: Mapped[str | None] = mapped_column(ForeignKey("label.id"))
    batch_id: Mapped[str | None] = mapped_column(ID)
    created_at: Mapped[datetime]
    pointed: Mapped[dict[str, Any] | None] = mapped_column(CompactJson)


class ClaimRow(Base):
    """Who has a case open, until when; a claim that has lapsed may be taken by anybody."""

    __tablename__ = "claim"
    __table_args__ = (Index("ix_claim_user_id", "user_id"),)

    attempt_seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"), primary_key=True, autoincrement=False)
    user_id: Mapped[str] = mapped_column(ID)
    user_name: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime]


class SampleRow(Base):
    """A random sample of attempts to be labelled for rates and certificates. `seed` makes the draw again.

    `asked` holds the filter; `strata` for each stratum its name, how many attempts it had and how many were drawn.
    """

    __tablename__ = "audit_sample"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    asked: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    strata: Mapped[list[Any]] = mapped_column(CompactJson)
    seed: Mapped[int]
    double_share: Mapped[float]
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class SampleItemRow(Base):
    """One attempt of a sample, with the chance it had to be drawn and how many people are to label it.

    `unit_probability` is the chance of its unit, where units were drawn and then one attempt of each.
    """

    __tablename__ = "audit_item"
    __table_args__ = (
        CheckConstraint("probability > 0 AND probability <= 1", name="probability_positive"),
        CheckConstraint("wanted >= 1 AND wanted <= 2", name="wanted_counted"),
        Index("ix_audit_item_attempt_seq", "attempt_seq"),
    )

    sample_id: Mapped[str] = mapped_column(ForeignKey("audit_sample.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attempt_seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"))
    stratum: Mapped[str] = mapped_column(Text)
    probability: Mapped[float]
    wanted: Mapped[int]
    unit_probability: Mapped[float | None]


class ViewRow(Base):
    """A filter under a name, its own person's or everybody's."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("owner_id", "name"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    owner_id: Mapped[str] = mapped_column(ID)
    owner: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    is_shared: Mapped[bool]
    created_at: Mapped[datetime]


class PreferenceRow(Base):
    """What a person has set for themselves: keys, mostly."""

    __tablename__ = "user_preference"

    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(CompactJson)
