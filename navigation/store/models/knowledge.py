"""Tables of what the engine works with: configurations, application profiles, remembered places, model replies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from navigation.place_records import PLACE_ACTS, TRIAL_STATES
from navigation.store.columns import CompactJson, PackedJson
from navigation.store.models.base import Base, one_of, unit_range
from navigation.store.models.evidence import ID, SHA256


class InstanceRow(Base):
    """The identity of this database; the marker file beside it holds the same."""

    __tablename__ = "instance"
    __table_args__ = (CheckConstraint("only = 1", name="only_one"),)

    only: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[datetime]


class ConfigRow(Base):
    """A numbered, immutable configuration; `body_hash` is the SHA-256 of its compact JSON."""

    __tablename__ = "config"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    body: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    body_hash: Mapped[str] = mapped_column(SHA256, unique=True)
    author: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class ActivationRow(Base):
    """The newest activation names the configuration in use; going back is activating an older one."""

    __tablename__ = "config_activation"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    config_id: Mapped[int] = mapped_column(ForeignKey("config.id"))
    author: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    activated_at: Mapped[datetime]


class ProfileRow(Base):
    """One version of an application's screens, anchors and targets; a change is a new version."""

    __tablename__ = "app_profile"
    __table_args__ = (
        UniqueConstraint("application", "version"),
        CheckConstraint("version > 0", name="version_counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    application: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(PackedJson)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class CacheEntryRow(Base):
    """A remembered place: where a target was on a screen of a given signature and size, and how that has held.

    `patch` is a PNG of the control, `place` the rest it is recognised by; `revision` names this version of both.
    What is pinned is taken away by people only.
    """

    __tablename__ = "cache_entry"
    __table_args__ = (
        UniqueConstraint(
            "application",
            "profile_version",
            "screen_signature",
            "target_key",
            "width",
            "height",
            "scale",
            name="uq_cache_entry_place",
        ),
        CheckConstraint("scale > 0", name="scale_positive"),
        one_of("target_kind", ("clickable", "field")),
        unit_range("x_norm"),
        unit_range("y_norm"),
        CheckConstraint("width > 0 AND height > 0", name="size_positive"),
        CheckConstraint("hits >= 0 AND misses >= 0 AND contradictions >= 0", name="counted"),
        Index("ix_cache_entry_last_verified_at", "last_verified_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    application: Mapped[str] = mapped_column(Text)
    profile_version: Mapped[int]
    screen: Mapped[str] = mapped_column(Text)
    screen_signature: Mapped[str] = mapped_column(SHA256)
    target_text: Mapped[str] = mapped_column(Text)
    target_kind: Mapped[str] = mapped_column(Text)
    target_key: Mapped[str] = mapped_column(SHA256)
    width: Mapped[int]
    height: Mapped[int]
    scale: Mapped[float]
    x_norm: Mapped[float]
    y_norm: Mapped[float]
    patch: Mapped[bytes] = mapped_column(LargeBinary)
    place: Mapped[dict[str, Any]] = mapped_column(PackedJson)
    revision: Mapped[str] = mapped_column(String(36))
    hits: Mapped[int]
    misses: Mapped[int]
    contradictions: Mapped[int]
    created_at: Mapped[datetime]
    last_verified_at: Mapped[datetime]
    quarantined_at: Mapped[datetime | None]
    pinned_at: Mapped[datetime | None]


class PlaceChangeRow(Base):
    """What a person did with a remembered place. It outlives the entry, so it names the place by what it is for."""

    __tablename__ = "place_change"
    __table_args__ = (
        one_of("act", PLACE_ACTS),
        Index("ix_place_change_target_key", "application", "screen_signature", "target_key", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    application: Mapped[str] = mapped_column(Text)
    screen: Mapped[str] = mapped_column(Text)
    screen_signature: Mapped[str] = mapped_column(SHA256)
    target_text: Mapped[str] = mapped_column(Text)
    target_key: Mapped[str] = mapped_column(SHA256)
    width: Mapped[int]
    height: Mapped[int]
    act: Mapped[str] = mapped_column(String(16))
    author_id: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class PolicyTrialRow(Base):
    """What a cache policy would have done on an application's recorded attempts: asked for, under way, or answered.

    `asked_hash` tells one question from another: application, both policies, how many attempts, the last of them and
    the last label. `counts` is the answer.
    """

    __tablename__ = "policy_trial"
    __table_args__ = (
        one_of("state", TRIAL_STATES),
        CheckConstraint("wanted > 0 AND total >= 0 AND done >= 0", name="counted"),
        Index("ix_policy_trial_application", "application", "seq"),
        Index("ix_policy_trial_asked_hash", "asked_hash"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    application: Mapped[str] = mapped_column(Text)
    policy: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    in_use: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    wanted: Mapped[int]
    last_seq: Mapped[int]
    asked_hash: Mapped[str] = mapped_column(SHA256)
    state: Mapped[str] = mapped_column(String(16))
    total: Mapped[int]
    done: Mapped[int]
    counts: Mapped[dict[str, Any] | None] = mapped_column(PackedJson)
    author_id: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    noted_at: Mapped[datetime]


class VlmReplyRow(Base):
    """What a vision model answered, so that a replay is exact and needs no network."""

    __tablename__ = "vlm_reply"
    __table_args__ = (UniqueConstraint("image_id", "request_key"), Index("ix_vlm_reply_attempt_seq", "attempt_seq"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    image_id: Mapped[str] = mapped_column(ForeignKey("screenshot.id"))
    request_key: Mapped[str] = mapped_column(SHA256)
    attempt_seq: Mapped[int | None] = mapped_column(ForeignKey("attempt.seq"))
    model: Mapped[str] = mapped_column(Text)
    reply: Mapped[dict[str, Any]] = mapped_column(PackedJson)
    created_at: Mapped[datetime]
