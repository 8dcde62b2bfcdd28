"""What the rest of the product may ask of the store. Each method is one transaction and thread-safe.

Writes raise `StoreBusyError` when the database stays locked, `StoreFullError` when the disk is full.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from navigation.cache import CoordinateCache
from navigation.labels import Label, Settled
from navigation.records import (
    ApiToken,
    AttemptCounts,
    AttemptDecision,
    AttemptDetail,
    AttemptFilter,
    AttemptFinish,
    AttemptGroup,
    AttemptPage,
    AttemptStart,
    AuditEntry,
    AuditEvent,
    AuditFilter,
    ConfigRecord,
    Json,
    Role,
    RunStart,
    ScreenshotMeta,
    SecondFactor,
    User,
    VlmReply,
    WebSession,
)
from navigation.settings import CachePolicy
from navigation.types import Outcome, Page


class BlobStore(Protocol):
    """Screenshots by id, as files or objects."""

    def put_received(self, image_id: str, data: bytes, received_format: str) -> None:
        """Keep the bytes as received, durably (write, fsync, rename, fsync folder). Twice does once."""

    def reencode(self, image_id: str) -> tuple[str, int] | None:
        """Replace the received file by lossless WebP, verified equal pixel by pixel; None if there is nothing to do.

        Returns the stored format and its size in bytes.
        """

    def read(self, image_id: str) -> tuple[bytes, str]:
        """The stored bytes and their format ("webp", "png", "jpeg"…).

        Raises FileNotFoundError when missing, DamagedPictureError when no longer what was stored.
        """

    def thumbnail(self, image_id: str, width: int) -> bytes:
        """A WebP at most `width` pixels wide, made on first use and kept. Raises as `read`."""


class AttemptStore(Protocol):
    def create_run(self, run: RunStart) -> RunStart:
        """Store a run, or return the stored one for the same id and body; else ConflictError."""

    def run(self, run_id: str) -> RunStart | None: ...

    def add_screenshot(self, meta: ScreenshotMeta) -> None:
        """Record a picture whose file is already durable. Twice does once."""

    def screenshot(self, image_id: str) -> ScreenshotMeta | None: ...

    def screenshots_to_reencode(self, limit: int = 100) -> Sequence[str]:
        """Ids of pictures whose file is still as received, oldest first."""

    def note_reencoded(self, image_id: str, stored_format: str, stored_bytes: int) -> None:
        """Record the form that `BlobStore.reencode` gave a picture's file."""

    def start_attempt(self, start: AttemptStart) -> tuple[AttemptDetail, bool]:
        """Store the started attempt, or return the stored one with this id; True when it was created now.

        Raises ConflictError when the id is stored with another `body_hash`.
        """

    def decide_attempt(self, attempt_id: str, decision: AttemptDecision, *, finish: AttemptFinish | None) -> None:
        """Add the decision and, when the attempt ends with it, its finish, in one transaction.

        Raises ConflictError when it is decided or finished already (a woken worker writes nothing).
        """

    def finish_attempt(self, attempt_id: str, finish: AttemptFinish) -> None:
        """Add the finish of a decided attempt. ConflictError when it is finished already."""

    def attempt(self, attempt_id: str) -> AttemptDetail | None: ...

    def list_attempts(self, where: AttemptFilter, *, cursor: str | None = None, limit: int = 50) -> AttemptPage:
        """One page of the filtered list, newest stored first; `since` is included, `until` is not.

        Raises ValueError for a cursor that no page gave, or a limit out of 1..500.
        """

    def count_attempts(self, where: AttemptFilter) -> AttemptCounts: ...

    def facet_values(self, where: AttemptFilter) -> dict[str, Sequence[str]]:
        """Distinct applications, screens and methods that exist, for filter menus."""

    def neighbours(self, attempt_id: str, where: AttemptFilter) -> tuple[str | None, str | None]:
        """Ids of the newer and the older attempt in the filtered list."""

    def groups(self, where: AttemptFilter, *, limit: int = 500) -> Sequence[AttemptGroup]:
        """Attempts that ended alike, newest first; of the filter count application, screen, text and outcomes."""

    def group(self, group_id: int) -> AttemptGroup | None: ...

    def interrupt_unfinished(self, now: datetime, *, all_undecided: bool) -> int:
        """Finish as `interrupted` every attempt past its `expires_at` and, with `all_undecided` (at start, when no
        other process can be working on them), every attempt without a decision. Returns how many."""

    def put_page(self, page: Page) -> None:
        """Keep an OCR page under (image_id, settings_key). Twice does once."""

    def page(self, image_id: str, settings_key: str) -> Page | None: ...

    def pages_of(self, image_id: str) -> Sequence[Page]: ...

    def vlm_reply(self, image_id: str, request_key: str) -> VlmReply | None: ...

    def put_vlm_reply(self, reply: VlmReply) -> VlmReply:
        """Keep what a model wrote about a stored picture, under the newest attempt on it; an earlier reply to the
        same question stands. Returns the one that is kept."""

    def vlm_replies_of(self, image_id: str) -> Sequence[VlmReply]:
        """Everything models wrote about a picture, oldest first."""

    def active_config(self) -> ConfigRecord: ...

    def config(self, config_id: int) -> ConfigRecord | None:
        """The configuration an attempt ran with."""

    def ensure_config(self, body: Json, author: str, note: str) -> ConfigRecord:
        """The configuration with exactly this body, created and activated if there is none."""


class LabelStore(Protocol):
    def add_labels(self, labels: Sequence[Label], *, seen: str | None = None) -> Sequence[Settled]:
        """Add labels of one author, all or none; what each attempt's labels come to then.

        `seen` is the newest standing label the author had on the page, for a single label. Raises ConflictError when
        somebody else has labelled meanwhile (not for "blind" ones), StoreError for an unknown attempt.
        """

    def withdraw_labels(self, label_ids: Iterable[str], *, author_id: str, author: str, now: datetime) -> Sequence[str]:
        """Take standing labels back, all or none; the attempts' ids. StoreError when one does not stand."""

    def labels_of(self, attempt_id: str) -> Sequence[Label]:
        """Every label of an attempt, oldest first, withdrawals among them."""

    def settled(self, attempt_id: str) -> Settled: ...

    def label_batch(self, batch_id: str) -> Sequence[Label]:
        """The labels that were given together, withdrawals among them."""

    def last_label_of(self, author_id: str) -> Label | None:
        """The newest label of a person that still stands."""


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

    def add_one_time_link(self, user_id: str, secret: str, expires_at: datetime) -> None: ...

    def use_one_time_link(self, secret: str, now: datetime) -> User | None:
        """The user, once; None when unknown, used or expired."""

    def open_session(self, user_id: str, secret: str, now: datetime, source: str, *, is_partial: bool = False) -> None:
        """`is_partial`: it still waits for the second factor's code."""

    def session(self, secret: str, now: datetime, *, idle: timedelta, absolute: timedelta) -> WebSession | None:
        """The session if it is good, marking it as seen (at most once a minute)."""

    def close_session(self, secret: str) -> None: ...

    def sessions_of(self, user_id: str, now: datetime, *, idle: timedelta, absolute: timedelta) -> Sequence[WebSession]:
        """The person's sessions that are good, last seen first."""

    def end_sessions(self, user_id: str, *, only: str = "", but: str = "") -> int:
        """End the person's sessions: all, the one with the id `only`, or all but one. Returns how many."""

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

    def user_by_identity(self, issuer: str, subject: str) -> User | None:
        """Whom an identity provider means by a subject."""

    def identity_of(self, user_id: str, issuer: str) -> str | None:
        """The person's subject at a provider."""

    def set_identity(self, user_id: str, issuer: str, subject: str) -> None:
        """Name, or with "" forget, the person's subject. ConflictError when it is somebody else's."""

    def audit(self, event: AuditEvent, now: datetime) -> None: ...

    def audit_events(self, *, limit: int = 100, object_id: str = "") -> Sequence[tuple[datetime, AuditEvent]]: ...

    def audit_entries(self, where: AuditFilter, *, before: int | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """What fits the filter, newest first, from before the entry with this id."""


class Store(AttemptStore, LabelStore, AccountStore, Protocol):
    """The database of one installation; `blobs` holds its pictures."""

    @property
    def blobs(self) -> BlobStore: ...

    def remembered_places(self, policy: CachePolicy) -> CoordinateCache:
        """The coordinate cache of this installation; shared with every process that opens it. Close it before this."""

    def reencode_waiting(self, limit: int = 20) -> int:
        """Re-encode pictures still kept as received and record it; how many were looked at (0: all are done)."""

    def close(self) -> None: ...


__all__ = ["AccountStore", "AttemptStore", "BlobStore", "LabelStore", "Outcome", "Store"]
