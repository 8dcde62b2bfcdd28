"""Tables of who may do what, and who did. Secrets are kept as SHA-256 only, passwords as given (argon2id)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from navigation.store.columns import CompactJson
from navigation.store.models.base import Base, one_of
from navigation.store.models.evidence import ID, SHA256

ROLES = ("viewer", "clinician", "engineer", "admin")
LANGUAGES = ("fr", "en")


class UserRow(Base):
    """`name_key` is the name folded for comparison (NFC, case aside), so that look-alike spellings are one account."""

    __tablename__ = "user"
    __table_args__ = (one_of("role", ROLES), one_of("language", LANGUAGES))

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(String(16))
    applications: Mapped[list[str] | None] = mapped_column(CompactJson)
    language: Mapped[str | None] = mapped_column(String(2))
    must_change_password: Mapped[bool]
    is_active: Mapped[bool]
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class OneTimeLinkRow(Base):
    """`run_id`: the session that it opens sees the log-in flow of this run and nothing else."""

    __tablename__ = "one_time_link"

    secret_hash: Mapped[str] = mapped_column(SHA256, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    run_id: Mapped[str | None] = mapped_column(ForeignKey("run.id"))


class WebSessionRow(Base):
    """`is_partial`: the password was right, the second factor's code is still to come; such a session opens nothing.

    `run_id` as of the link that opened it; `issuer` and `provider_session` as of the identity provider, if it was one.
    """

    __tablename__ = "web_session"

    secret_hash: Mapped[str] = mapped_column(SHA256, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    source: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    run_id: Mapped[str | None] = mapped_column(ForeignKey("run.id"))
    is_partial: Mapped[bool]
    issuer: Mapped[str | None] = mapped_column(String(255))
    provider_session: Mapped[str | None] = mapped_column(String(255))


class SecondFactorRow(Base):
    """`sealed_key` is encrypted by the console; a code is good for a step later than `last_step` only."""

    __tablename__ = "second_factor"

    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), primary_key=True)
    sealed_key: Mapped[str] = mapped_column(Text)
    last_step: Mapped[int]
    created_at: Mapped[datetime]


class RecoveryCodeRow(Base):
    __tablename__ = "recovery_code"

    user_id: Mapped[str] = mapped_column(ForeignKey("second_factor.user_id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(SHA256, primary_key=True)
    used_at: Mapped[datetime | None]


class UserIdentityRow(Base):
    """Who a person is at an identity provider: the subject it names them by, never an e-mail address."""

    __tablename__ = "user_identity"
    __table_args__ = (UniqueConstraint("user_id", "issuer"),)

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))


class SpentLogoutRow(Base):
    """A log-out token that was obeyed, until it would be too old anyway: none is obeyed twice."""

    __tablename__ = "spent_logout"

    token_hash: Mapped[str] = mapped_column(SHA256, primary_key=True)
    expires_at: Mapped[datetime]


class LoginFailureRow(Base):
    """`name_hash` and not the name: people type a password into the name's field."""

    __tablename__ = "login_failure"
    __table_args__ = (
        Index("ix_login_failure_name_hash_at", "name_hash", "at"),
        Index("ix_login_failure_source_at", "source", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name_hash: Mapped[str] = mapped_column(SHA256)
    source: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class TokenRow(Base):
    __tablename__ = "token"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    prefix: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(SHA256, unique=True)
    scopes: Mapped[list[str]] = mapped_column(CompactJson)
    applications: Mapped[list[str] | None] = mapped_column(CompactJson)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class AuditRow(Base):
    """Who did what; only ever added."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_object_id", "object_id", "id"),
        Index("ix_audit_event_actor", "actor", "id"),
        Index("ix_audit_event_action", "action", "id"),
        Index("ix_audit_event_at", "at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    object_kind: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    result: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(CompactJson)


class AuditLinkRow(Base):
    """An entry's link in the chain over the log, see `navigation.audit_chain`."""

    __tablename__ = "audit_link"

    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(SHA256)
