"""Runs and attempts: recorded once, listed, counted and grouped; what was read on their pictures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from navigation.records import (
    AttemptCounts,
    AttemptDecision,
    AttemptDetail,
    AttemptFilter,
    AttemptFinish,
    AttemptGroup,
    AttemptPage,
    AttemptStart,
    AttemptSummary,
    Facet,
    FacetName,
    RunStart,
    ScreenshotMeta,
    VlmReply,
)
from navigation.types import Page


class AttemptStore(Protocol):
    def create_run(self, run: RunStart) -> RunStart:
        """Store a run, or return the stored one for the same id and body; else ConflictError."""

    def run(self, run_id: str, *, applications: Sequence[str] | None = None) -> RunStart | None:
        """The run, if it is of one of these applications (None: of any); one that is not costs what none costs."""

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

    def attempt(self, attempt_id: str, *, applications: Sequence[str] | None = None) -> AttemptDetail | None:
        """The attempt, if it is of one of these applications (None: of any); one that is not costs what none costs."""

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

    def following(self, attempt_id: str, where: AttemptFilter) -> str | None: ...

    def groups(self, where: AttemptFilter, *, limit: int = 500) -> Sequence[AttemptGroup]:
        """Attempts that ended alike, those with most to label first. Counts are of whole groups where application,
        screen, target and outcome are all that is asked, else of (at most 10,000 of) the matching attempts."""

    def group(self, group_id: int, *, reader: str = "") -> AttemptGroup | None: ...

    def group_of(self, attempt_id: str, *, reader: str = "") -> AttemptGroup | None:
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
