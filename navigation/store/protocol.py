"""What the rest of the product may ask of the store. Each method is one transaction and thread-safe.

Writes raise `StoreBusyError` when the database stays locked, `StoreFullError` when the disk is full.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from navigation.cache import CoordinateCache
from navigation.daily import Activation, AnchorCount, DayCount, OpenWork
from navigation.flows import LoginFlow, Signoff
from navigation.labels import Claim, Label, Settled
from navigation.oversight import RunStanding, RunStep, StopEvent, WaitingRun
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
    AttemptSummary,
    AuditEntry,
    AuditEvent,
    AuditFilter,
    ConfigRecord,
    Facet,
    FacetName,
    Json,
    OneTimeLink,
    Role,
    RunStart,
    SavedView,
    ScreenshotMeta,
    SecondFactor,
    User,
    VlmReply,
    WebSession,
)
from navigation.sampling import Progress, Sample
from navigation.settings import CachePolicy
from navigation.store.case_protocol import CaseStore
from navigation.types import Box, Outcome, Page


class BlobStore(Protocol):
    """Screenshots by id, as files or objects."""

    def put_received(self, image_id: str, data: bytes, received_format: str) -> None:
        """Keep the bytes as received, durably (write, fsync, rename, fsync folder). Twice does once."""

    def reencode(self, image_id: str) -> tuple[str, int] | None:
        """Replace the received file by lossless WebP, verified equal pixel by pixel; None if there is nothing to do.

        Returns the stored format and its size in bytes.
        """

    def discard(self, image_id: str) -> None:
        """Remove a picture's files: only for one that was just put here and that no row names."""

    def read(self, image_id: str) -> tuple[bytes, str]:
        """The stored bytes and their format ("webp", "png", "jpeg"…).

        Raises FileNotFoundError when missing, DamagedPictureError when no longer what was stored.
        """

    def thumbnail(self, image_id: str, width: int) -> bytes:
        """A WebP at most `width` pixels wide, made on first use and kept. Raises as `read`."""

    def crop(self, image_id: str, box: Box, width: int) -> bytes:
        """A WebP of what lies in `box`, `width` pixels wide, made on first use and kept; what is off the picture is
        transparent. Raises as `read`."""


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

        Raises ConflictError when it is decided or finished already (a woken worker writes nothing), HaltedError when
        the decision gives a point while robots are stopped or a person has the run: no press is ever allowed then.
        """

    def finish_attempt(self, attempt_id: str, finish: AttemptFinish) -> None:
        """Add the finish of a decided attempt. ConflictError when it is finished already."""

    def attempt(self, attempt_id: str) -> AttemptDetail | None: ...

    def list_attempts(self, where: AttemptFilter, *, cursor: str | None = None, limit: int = 50) -> AttemptPage:
        """One page of the filtered list in the filter's order; `since` is included, `until` is not.

        Raises ValueError for a cursor that no page gave, or a limit out of 1..500.
        """

    def count_attempts(self, where: AttemptFilter) -> AttemptCounts: ...

    def facet_values(self, where: AttemptFilter) -> dict[str, Sequence[str]]:
        """Distinct applications, screens and methods that exist, for filter menus."""

    def facets(self, where: AttemptFilter, names: Collection[FacetName]) -> Mapping[FacetName, Facet]:
        """The values of each facet among what the rest of the filter lets through; counts exact up to 10,000."""

    def neighbours(self, attempt_id: str, where: AttemptFilter) -> tuple[str | None, str | None]:
        """Ids of the attempts before and after it in the filtered list."""

    def groups(self, where: AttemptFilter, *, limit: int = 500) -> Sequence[AttemptGroup]:
        """Attempts that ended alike, those with most to label first. Counts are of whole groups where application,
        screen, target and outcome are all that is asked, else of (at most 10,000 of) the matching attempts."""

    def group(self, group_id: int) -> AttemptGroup | None: ...

    def group_of(self, attempt_id: str) -> AttemptGroup | None:
        """The group that an attempt is in; None while it is under way."""

    def run_attempts(self, run_id: str, *, after_seq: int = 0, limit: int = 200) -> Sequence[AttemptDetail]:
        """A run's attempts with all their steps, oldest first."""

    def run_around(self, run_id: str, seq: int, *, each_side: int = 12) -> Sequence[AttemptSummary]:
        """The attempt of this number between its neighbours in its run, oldest first."""

    def earlier(self, seq: int, *, limit: int = 6) -> Sequence[AttemptSummary]:
        """Earlier attempts at the target of this one: the last that succeeded, then the others, newest first."""

    def group_days(self, group_ids: Sequence[int], *, since: datetime) -> Mapping[int, Mapping[date, int]]:
        """How many attempts of each group on each day (UTC) from `since` on; days without any are left out."""

    def interrupt_unfinished(self, now: datetime, *, all_undecided: bool) -> int:
        """Finish as `interrupted` every attempt past its `expires_at` and, with `all_undecided` (at start, when no
        other process can be working on them), every attempt without a decision. Returns how many."""

    def put_page(self, page: Page) -> None:
        """Keep an OCR page under (image_id, settings_key). Twice does once."""

    def page(self, image_id: str, settings_key: str) -> Page | None: ...

    def pages_of(self, image_id: str) -> Sequence[Page]: ...

    def readings_of(self, image_id: str) -> Sequence[str]:
        """The `settings_key` of every reading of a picture, oldest first."""

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
    def add_labels(
        self, labels: Sequence[Label], *, seen: str | None = None, event: AuditEvent | None = None
    ) -> Sequence[Settled]:
        """Add labels of one author and the audit's `event`, all or none; what each attempt's labels come to then.

        `seen` is the newest standing label the author had on the page, for a single label. Raises ConflictError when
        somebody else has labelled meanwhile (not for "blind" ones), StoreError for an unknown attempt.
        """

    def withdraw_labels(self, label_ids: Iterable[str], *, author_id: str, author: str, now: datetime) -> Sequence[str]:
        """Take standing labels back, all or none; the attempts' ids. StoreError when one does not stand."""

    def labels_of(self, attempt_id: str) -> Sequence[Label]:
        """Every label of an attempt, oldest first, withdrawals among them."""

    def settled(self, attempt_id: str) -> Settled: ...

    def last_label_of(self, author_id: str) -> Label | None:
        """The newest label of a person that still stands."""

    def undo_last(self, *, author_id: str, author: str, now: datetime) -> Sequence[str]:
        """Take back that label, and what stands of its batch; the attempts' ids. StoreError when there is none."""


class QueueStore(Protocol):
    def claim(self, attempt_id: str, *, user_id: str, user_name: str, now: datetime, until: datetime) -> Claim:
        """Take a case for a person, who lets go of any other; whose it is then, which may be somebody else's."""

    def claim_on(self, attempt_id: str, now: datetime) -> Claim | None: ...

    def next_unlabelled(
        self, group_id: int, *, user_id: str, now: datetime, before: str | None = None, limit: int = 1
    ) -> Sequence[str]:
        """Ids of a group's newest attempts without a label that nobody else has open; older ones than `before`."""

    def add_sample(self, sample: Sample, where: AttemptFilter, *, by: str, size: int) -> Sample:
        """Draw finished attempts at random, in strata of `by`. StoreError when the filter lets nothing through."""

    def samples(self) -> Sequence[Sample]:
        """All samples, newest first."""

    def sample(self, sample_id: str) -> Sample | None: ...

    def sample_progress(self, sample_id: str, applications: Sequence[str] | None) -> Progress: ...

    def next_in_sample(
        self,
        sample_id: str,
        *,
        user_id: str,
        applications: Sequence[str] | None,
        now: datetime,
        after: str | None = None,
    ) -> str | None:
        """The next case that wants this person's answer and that nobody else has open; past `after` first."""

    def due_in_samples(self, attempt_id: str, user_id: str) -> Sequence[str]:
        """Samples that still want this person's answer on the attempt."""

    def blind_pairs(self, applications: Sequence[str] | None) -> Sequence[tuple[Label, Label]]:
        """Two people's first answers on each case that was labelled twice without sight of each other."""


class ViewStore(Protocol):
    def save_view(self, view: SavedView) -> SavedView:
        """Keep a view; one of the same person and name gets its address and sharing. Returns what is kept."""

    def saved_views(self, user_id: str) -> Sequence[SavedView]:
        """The person's own, then those that others share, each by name."""

    def delete_view(self, view_id: str, owner_id: str) -> bool:
        """Remove a person's own view; False when they have none of this id."""


class OversightStore(Protocol):
    def add_stop(self, event: StopEvent) -> None:
        """Stop robots or let them go; in force, and durable, when this returns. ConflictError for letting go what is
        not stopped."""

    def stops_in_force(self) -> Sequence[StopEvent]:
        """What is stopped now: everything first, then by application."""

    def stop_events(self, *, limit: int = 100) -> Sequence[StopEvent]:
        """Every stop and every letting go, newest first."""

    def run_standing(self, run_id: str) -> RunStanding | None: ...

    def add_run_step(self, step: RunStep) -> RunStanding:
        """Add what a person did with a run; how it stands then. ConflictError when it does not wait for that any more,
        or its newest attempt is not the step's."""

    def run_steps(self, run_id: str) -> Sequence[RunStep]:
        """What people did with a run, oldest first."""

    def waiting_runs(
        self, *, since: datetime, applications: Sequence[str] | None, limit: int = 200
    ) -> Sequence[WaitingRun]:
        """Runs that wait for a person, or are in a person's hands, at attempts started since then; longest first."""

    def count_waiting(self, *, since: datetime, applications: Sequence[str] | None, limit: int = 100) -> int:
        """How many of them nobody has taken over, up to `limit`."""

    def known_applications(self, applications: Sequence[str] | None) -> Sequence[str]:
        """Applications that attempts were made on, by name; of those named, unless all are asked for."""

    def day_counts(self, *, since: date, applications: Sequence[str] | None) -> Sequence[DayCount]:
        """What became of attempts by day (of UTC) and screen, oldest first."""

    def anchor_counts(self, *, since: date, applications: Sequence[str] | None) -> Sequence[AnchorCount]:
        """How expected texts were found by day (of UTC), oldest first."""

    def activations(self, *, since: datetime) -> Sequence[Activation]:
        """Configurations put into use, oldest first."""

    def stage_timings(
        self, *, applications: Sequence[str] | None, limit: int = 500
    ) -> Sequence[tuple[Mapping[str, float], Mapping[str, float]]]:
        """Milliseconds by stage, before and after the press, of the newest finished attempts."""

    def open_work(self, *, user_id: str, now: datetime, applications: Sequence[str] | None) -> OpenWork:
        """What waits to be labelled, by anybody and by this person."""


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

    def audit_events(self, *, limit: int = 100, object_id: str = "") -> Sequence[tuple[datetime, AuditEvent]]: ...

    def audit_entries(self, where: AuditFilter, *, before: int | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """What fits the filter, newest first, from before the entry with this id."""


class Store(
    AttemptStore, LabelStore, QueueStore, CaseStore, ViewStore, OversightStore, FlowStore, AccountStore, Protocol
):
    """The database of one installation; `blobs` holds its pictures."""

    @property
    def blobs(self) -> BlobStore: ...

    def remembered_places(self, policy: CachePolicy) -> CoordinateCache:
        """The coordinate cache of this installation; shared with every process that opens it. Close it before this."""

    def reencode_waiting(self, limit: int = 20) -> int:
        """Re-encode pictures still kept as received and record it; how many were looked at (0: all are done)."""

    def close(self) -> None: ...


__all__ = [
    "AccountStore",
    "AttemptStore",
    "BlobStore",
    "CaseStore",
    "FlowStore",
    "LabelStore",
    "Outcome",
    "OversightStore",
    "QueueStore",
    "Store",
    "ViewStore",
]
