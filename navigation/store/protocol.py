"""What the rest of the product may ask of the store. Each method is one transaction and thread-safe.

Writes raise `StoreBusyError` when the database stays locked, `StoreFullError` when the disk is full.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from navigation.cache import CoordinateCache
from navigation.flows import LoginFlow, Signoff
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
    AuditEvent,
    ConfigRecord,
    Json,
    OneTimeLink,
    Role,
    RunStart,
    ScreenshotMeta,
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
        """The configuration with exactly this body, created if there is none, and in use from now on."""


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


class FlowStore(Protocol):
    def login_flows(self, applications: Sequence[str] | None) -> Sequence[LoginFlow]:
        """Every log-in flow of these applications (None: of all), with its newest run that came to its end."""

    def login_flow(self, run_id: str) -> LoginFlow | None:
        """The flow of a run, with that run as its film; None when the run never logged in."""

    def flow_steps(self, run_id: str) -> Sequence[AttemptDetail]:
        """A run's attempts up to the one that logged in, oldest first."""

    def flow_answers(self, run_id: str) -> Sequence[Label]:
        """What clinicians last said of a run's attempts, oldest first; answers for a sample are not among them."""

    def objections(self, application: str, flow: str) -> Sequence[Label]:
        """Clinicians' standing answers on any run of a flow that are not yes, oldest first."""

    def next_second_opinion(self, user_id: str, applications: Sequence[str] | None) -> tuple[str, str] | None:
        """The first attempt of a sample that still wants this person's answer: (sample id, attempt id)."""

    def add_signoff(self, signoff: Signoff) -> None: ...

    def last_signoff(self, application: str, flow: str) -> Signoff | None: ...

    def signoff_of(self, run_id: str) -> Signoff | None:
        """The last sign-off given on a run's film."""

    def profile_version(self, application: str) -> int:
        """The number of the profile that the application has now; 0 when it has none."""


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

    def user_by_name(self, name: str) -> User | None:
        """Case-insensitive, NFC."""

    def count_users(self) -> int: ...

    def users(self) -> Sequence[User]:
        """Everybody, by name."""

    def set_password(self, user_id: str, password_hash: str) -> None:
        """Also ends every session of the user and clears `must_change_password`."""

    def set_language(self, user_id: str, language: str) -> None: ...

    def add_one_time_link(self, user_id: str, secret: str, expires_at: datetime, *, run_id: str | None = None) -> None:
        """With a `run_id`, the session it opens is to be for the log-in flow of that run only."""

    def one_time_link(self, secret: str, now: datetime) -> OneTimeLink | None:
        """The link as long as it is good, without using it."""

    def use_one_time_link(self, secret: str, now: datetime) -> User | None:
        """The user, once; None when unknown, used or expired."""

    def open_session(
        self, user_id: str, secret: str, now: datetime, source: str, *, run_id: str | None = None
    ) -> None: ...

    def session(self, secret: str, now: datetime, *, idle: timedelta, absolute: timedelta) -> WebSession | None:
        """The session if it is good, marking it as seen (at most once a minute)."""

    def close_session(self, secret: str) -> None: ...

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

    def audit(self, event: AuditEvent, now: datetime) -> None: ...

    def audit_events(self, *, limit: int = 100, object_id: str = "") -> Sequence[tuple[datetime, AuditEvent]]: ...


class Store(AttemptStore, LabelStore, FlowStore, AccountStore, Protocol):
    """The database of one installation; `blobs` holds its pictures."""

    @property
    def blobs(self) -> BlobStore: ...

    def remembered_places(self, policy: CachePolicy) -> CoordinateCache:
        """The coordinate cache of this installation; shared with every process that opens it. Close it before this."""

    def reencode_waiting(self, limit: int = 20) -> int:
        """Re-encode pictures still kept as received and record it; how many were looked at (0: all are done)."""

    def close(self) -> None: ...


__all__ = ["AccountStore", "AttemptStore", "BlobStore", "FlowStore", "LabelStore", "Outcome", "Store"]
