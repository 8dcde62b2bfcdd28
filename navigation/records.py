"""What the store takes and gives: plain values, never database rows.

An attempt is evidence written in steps that are only ever added: it is started (what was asked, on which
picture), decided (what the engine saw and answered) and finished (how it ended). Times are aware UTC.
JSON-shaped parts are plain dicts made by `navigation.codec`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from navigation.types import Outcome

Json = Mapping[str, Any]
Role = Literal["viewer", "clinician", "engineer", "admin"]


@dataclass(frozen=True, slots=True)
class RunStart:
    """`patient_keys` are keyed hashes of the patient's identifiers by kind ("ipp", "birth_date", "name:0"…)."""

    id: str
    application: str
    workflow: str
    agent: str
    patient_keys: Mapping[str, str] | None
    body_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ScreenshotMeta:
    """A stored picture; `id` is the SHA-256 of its decoded RGB pixels, `stored_format` "webp" once re-encoded.

    `purged_at`: when its file was removed, its time being over.
    """

    id: str
    width: int
    height: int
    received_format: str
    received_bytes: int
    stored_format: str
    stored_bytes: int
    created_at: datetime
    purged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttemptStart:
    """What was asked. `wants_after` says that a screenshot after the press is to follow."""

    id: str
    run_id: str
    application: str
    screen: str
    target_text: str
    target_kind: str
    action: Json
    body_hash: str
    before_id: str
    wants_after: bool
    config_id: int
    versions: Json
    started_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptDecision:
    """What the engine saw and answered before any press; `point_*` only when a press was allowed."""

    outcome: Outcome
    reason: Json
    verify_before: Json | None
    grounding: Json | None
    method: str | None
    score: float | None
    margin: float | None
    point_x_norm: float | None
    point_y_norm: float | None
    timings: Mapping[str, float]
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptFinish:
    """How it ended. `after_id` and `verify_after` are None when nothing was pressed or nothing was asked."""

    outcome: Outcome
    reason: Json
    after_id: str | None
    after_body_hash: str | None
    verify_after: Json | None
    timings: Mapping[str, float]
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class VlmReply:
    """What a model wrote about one picture when asked the question of `request_key`; never edited."""

    image_id: str
    request_key: str
    model: str
    text: str
    created_at: datetime


AttemptState = Literal["started", "decided", "finished"]


@dataclass(frozen=True, slots=True)
class AttemptDetail:
    """One attempt with all its steps; `seq` is the order in which attempts were stored."""

    seq: int
    start: AttemptStart
    decision: AttemptDecision | None
    finish: AttemptFinish | None

    @property
    def state(self) -> AttemptState:
        return "finished" if self.finish else "decided" if self.decision else "started"


@dataclass(frozen=True, slots=True)
class AttemptSummary:
    """One line of a list. `outcome` is None while the attempt is under way."""

    seq: int
    id: str
    run_id: str
    application: str
    screen: str
    target_text: str
    target_kind: str
    state: AttemptState
    outcome: Outcome | None
    method: str | None
    score: float | None
    margin: float | None
    before_id: str
    after_id: str | None
    point_x_norm: float | None
    point_y_norm: float | None
    started_at: datetime
    duration_ms: float | None
    config_id: int
    reason: str | None
    group_id: int | None
    label: str | None
    cause: str | None


UNLABELLED = "none"
"""Stands in a filter's `labels` for attempts that nobody has labelled."""


@dataclass(frozen=True, slots=True)
class AttemptGroup:
    """Attempts that ended alike: same target, same definition of the screen, same outcome.

    `last_id` is the newest of them; `labelled` counts those with a settled label that the reader may see, `due` those
    that wait for the reader's blind answer: none of them is counted as labelled.
    """

    id: int
    application: str
    screen: str
    signature: str
    target_text: str
    target_kind: str
    outcome: Outcome
    attempts: int
    labelled: int
    first_at: datetime
    last_at: datetime
    last_id: str
    due: int = 0


Order = Literal["newest", "oldest", "score", "margin", "duration"]
"""By the order of storing, or lowest score, smallest margin, longest duration first; those without one come last."""


@dataclass(frozen=True, slots=True)
class Term:
    """A text to be found in the target or in a label's note, case and accents aside, or by the code of the reason.

    `reasons` are the codes whose sentence says the text: sentences are no matter of the store.
    """

    text: str
    reasons: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AttemptFilter:
    """Every given condition holds, each of the `terms` among them. `target` is the target's whole text.

    `labels` are words of `navigation.labels.SETTLED`, or UNLABELLED; `reviewer` is the id of who labelled.

    `applications` limits what may be seen at all (None: everything); it comes from the user's rights.
    `is_running` means not finished. `order` is the list's.

    `reader` is the id of who looks, if samples may want their answer: to them, an attempt that waits for their blind
    answer has no label, cause or note but their own. `is_due` asks for those attempts, or for the others.
    """

    outcomes: Sequence[Outcome] = ()
    application: str = ""
    screen: str = ""
    target: str = ""
    method: str = ""
    run_id: str = ""
    terms: Sequence[Term] = ()
    score_min: float | None = None
    score_max: float | None = None
    margin_min: float | None = None
    margin_max: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_running: bool | None = None
    labels: Sequence[str] = ()
    causes: Sequence[str] = ()
    reviewer: str = ""
    config_id: int | None = None
    group_id: int | None = None
    applications: Sequence[str] | None = None
    reader: str = ""
    is_due: bool | None = None
    order: Order = "newest"


@dataclass(frozen=True, slots=True)
class AttemptPage:
    """Rows in the filter's order; the cursors are opaque texts for the following and preceding rows, or None."""

    rows: Sequence[AttemptSummary]
    next_cursor: str | None
    previous_cursor: str | None


@dataclass(frozen=True, slots=True)
class AttemptCounts:
    """How many attempts the filter lets through, by outcome ("running" for those under way)."""

    total: int
    by_outcome: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value to filter by and how many attempts have it; `name` is what people call it, where that is another."""

    value: str
    count: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """Values with their counts, the most frequent first. Unless `is_exact`, there may be more of each, and others."""

    values: Sequence[FacetValue]
    is_exact: bool = True

    @property
    def total(self) -> int:
        return sum(value.count for value in self.values)


FacetName = Literal["outcome", "application", "screen", "target", "method", "label", "cause", "reviewer", "config"]


@dataclass(frozen=True, slots=True)
class SavedView:
    """A filter under a name; `address` is the query part of the list's address. Shared ones are everybody's to use."""

    id: str
    owner_id: str
    owner: str
    name: str
    address: str
    is_shared: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ConfigRecord:
    """A numbered, immutable set of thresholds and cache policy."""

    id: int
    body: Json
    author: str
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """`applications` limits what the person may see; None means all."""

    id: str
    name: str
    role: Role
    applications: Sequence[str] | None
    language: str | None
    must_change_password: bool
    is_active: bool
    password_hash: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """A link that logs in once; with a `run_id` only to see the log-in flow of that run."""

    user_id: str
    expires_at: datetime
    run_id: str | None


@dataclass(frozen=True, slots=True)
class Origin:
    """The identity provider that a session came from, and what it calls its own session ("" where it does not say)."""

    issuer: str
    session: str


@dataclass(frozen=True, slots=True)
class WebSession:
    """A log-in that is still good; the browser holds the secret, the store only its hash.

    `id` is that hash, which opens nothing. `is_partial`: the password was right, the second factor's code is to come.
    With a `run_id` it is for the log-in flow of that run only. `origin` is None unless a provider vouched for it.
    """

    id: str
    user: User
    source: str
    created_at: datetime
    seen_at: datetime
    run_id: str | None
    origin: Origin | None
    is_partial: bool
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What makes a person's codes: the key, sealed by the console, and the last time step that was used."""

    user_id: str
    sealed_key: str
    last_step: int
    created_at: datetime
    recovery_left: int


@dataclass(frozen=True, slots=True)
class ApiToken:
    """`prefix` is shown to recognise it; the secret is shown once and kept only as a hash."""

    id: str
    name: str
    prefix: str
    scopes: Sequence[str]
    applications: Sequence[str] | None
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Who did what to which object, from where, with which result; no content."""

    actor: str
    action: str
    object_kind: str = ""
    object_id: str = ""
    source: str = ""
    result: str = "ok"
    details: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Every given condition holds; `since` is included, `until` is not."""

    actor: str = ""
    action: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An event as it was logged; `id` is the order of logging."""

    id: int
    at: datetime
    event: AuditEvent
