"""Who may do what, and what they did and chose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from navigation.audit_chain import ChainState, Head
from navigation.records import (
    ApiToken,
    AuditEntry,
    AuditEvent,
    AuditFilter,
    Json,
    OneTimeLink,
    Origin,
    Role,
    SavedView,
    SecondFactor,
    User,
    WebSession,
)


class AccountStore(Protocol):
    """Secrets (one-time links, sessions, tokens) are given in clear and kept as SHA-256 only."""

    def add_user(
        self,
        *,
        name: str,
        role: Role,
        password_hash: str | None,
        must_change_password: bool = False,
        applications: Sequence[str] | None = None,
    ) -> User: ...

    def user(self, user_id: str) -> User | None: ...

    def user_by_name(self, name: str) -> User | None:
        """Case-insensitive, NFC."""

    def count_users(self) -> int: ...

    def users(self) -> Sequence[User]:
        """Everybody, by name."""

    def set_password(self, user_id: str, password_hash: str) -> None:
        """Also ends every session of the user and clears `must_change_password`."""

    def clear_password(self, user_id: str) -> None:
        """Take the password away, for someone who comes in by a link to set another; ends every session."""

    def set_rights(self, user_id: str, role: Role, applications: Sequence[str] | None) -> User:
        """Change what the person may do and see, and end every session. ConflictError for the last admin."""

    def set_active(self, user_id: str, is_active: bool) -> None:
        """Let the person log in or not; not ends every session. ConflictError for the last admin."""

    def set_language(self, user_id: str, language: str) -> None: ...

    def add_one_time_link(self, user_id: str, secret: str, expires_at: datetime, *, run_id: str | None = None) -> None:
        """With a `run_id`, the session it opens is to be for the log-in flow of that run only."""

    def one_time_link(self, secret: str, now: datetime) -> OneTimeLink | None:
        """The link as long as it is good, without using it."""

    def use_one_time_link(self, secret: str, now: datetime) -> User | None:
        """The user, once; None when unknown, used or expired."""

    def open_session(
        self,
        user_id: str,
        secret: str,
        now: datetime,
        source: str,
        *,
        run_id: str | None = None,
        origin: Origin | None = None,
        is_partial: bool = False,
    ) -> None:
        """With a `run_id` for that run's log-in flow only; `is_partial` while the second factor's code is awaited."""

    def session(self, secret: str, now: datetime, *, idle: timedelta, absolute: timedelta) -> WebSession | None:
        """The session if it is good, marking it as seen (at most once a minute)."""

    def close_session(self, secret: str) -> None: ...

    def sessions_of(self, user_id: str, now: datetime, *, idle: timedelta, absolute: timedelta) -> Sequence[WebSession]:
        """The person's sessions that are good, last seen first."""

    def end_sessions(self, user_id: str, *, only: str = "", but: str = "") -> int:
        """End the person's sessions: all, the one with the id `only`, or all but one. Returns how many."""

    def end_every_session(self) -> int:
        """End everybody's sessions and one-time links, as after a restore. Returns how many sessions."""

    def end_provided(
        self, issuer: str, *, subject: str, session: str, token_id: str, expires_at: datetime, now: datetime
    ) -> int:
        """End the sessions that came from this provider: those it calls `session`, those of `subject` (of both, when
        both are given; "" when not). How many; ConflictError when this token was obeyed before."""

    def second_factor(self, user_id: str) -> SecondFactor | None: ...

    def second_factor_owners(self) -> frozenset[str]:
        """Ids of the people who have one."""

    def put_second_factor(
        self,
        user_id: str,
        sealed_key: str,
        *,
        step: int,
        code_hashes: Iterable[str],
        now: datetime,
        keep_session: str = "",
    ) -> None:
        """Set up or replace; `step` is spent by having been shown. Ends every session of the user but one."""

    def remove_second_factor(self, user_id: str, *, keep_session: str = "") -> None:
        """Also removes the recovery codes, and ends every session of the user but one."""

    def use_step(self, user_id: str, step: int) -> bool:
        """Spend a time step; False when it, or a later one, was spent before."""

    def put_recovery_codes(self, user_id: str, code_hashes: Iterable[str]) -> None:
        """Replace the codes. StoreError when there is no second factor."""

    def use_recovery_code(self, user_id: str, code_hash: str, now: datetime) -> bool:
        """Spend a code; False when it is not one of the user's, or was spent before."""

    def note_login_failure(self, name: str, source: str, now: datetime) -> None: ...

    def login_failures(self, name: str, source: str, since: datetime) -> tuple[int, int]:
        """Failures for (this account, this source) since then; a success clears the account's."""

    def clear_login_failures(self, name: str) -> None: ...

    def add_token(
        self,
        *,
        name: str,
        secret: str,
        scopes: Sequence[str],
        applications: Sequence[str] | None,
        expires_at: datetime | None,
    ) -> ApiToken: ...

    def token(self, secret: str, now: datetime) -> ApiToken | None:
        """The token if it is known, not revoked and not expired; marks it used (at most once a minute)."""

    def tokens(self) -> Sequence[ApiToken]:
        """All tokens, newest first, revoked and expired ones included."""

    def revoke_token(self, token_id: str, now: datetime) -> None: ...

    def preferences(self, user_id: str) -> Json:
        """A person's own settings by name; empty while nothing was set."""

    def set_preference(self, user_id: str, name: str, value: Json) -> None: ...

    def user_by_identity(self, issuer: str, subject: str) -> User | None:
        """Whom an identity provider means by a subject."""

    def identity_of(self, user_id: str, issuer: str) -> str | None:
        """The person's subject at a provider."""

    def set_identity(self, user_id: str, issuer: str, subject: str) -> None:
        """Name, or with "" forget, the person's subject. ConflictError when it is somebody else's."""

    def audit(self, event: AuditEvent, now: datetime) -> None: ...

    def verify_audit(self, *, kept: Head | None = None) -> ChainState:
        """Whether no entry was changed, removed but for its age, or put in later; `kept` is a head of before."""

    def audit_events(self, *, limit: int = 100, object_id: str = "") -> Sequence[tuple[datetime, AuditEvent]]: ...

    def audit_entries(self, where: AuditFilter, *, before: int | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """What fits the filter, newest first, from before the entry with this id."""


class ViewStore(Protocol):
    def save_view(self, view: SavedView) -> SavedView:
        """Keep a view; one of the same person and name gets its address and sharing. Returns what is kept."""

    def saved_views(self, user_id: str) -> Sequence[SavedView]:
        """The person's own, then those that others share, each by name."""

    def delete_view(self, view_id: str, owner_id: str) -> bool:
        """Remove a person's own view; False when they have none of this id."""
