"""What may be asked of remembered places and of trials of cache policies; a part of `protocol.Store`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from navigation.cache import Place
from navigation.place_records import (
    PlaceChange,
    PlaceFilter,
    PlacePage,
    PlaceTally,
    PolicyTrial,
    RememberedPlace,
    TrialAsked,
    TrialState,
)
from navigation.records import AuditEvent, Json


class PlaceStore(Protocol):
    def places(self, where: PlaceFilter, *, page: int = 0, limit: int = 24) -> PlacePage:
        """One page of the filtered places, from page 0."""

    def place_tally(self, where: PlaceFilter) -> PlaceTally:
        """What the person may see at all, by screen; and by state, of the application and screen that are chosen."""

    def place(self, place_id: int) -> RememberedPlace | None: ...

    def place_patch(self, place_id: int) -> bytes | None:
        """The place's picture, a PNG; None when it is not remembered any more."""

    def change_place(self, place_id: int, change: PlaceChange, *, seen: str, event: AuditEvent) -> None:
        """Pin a place or let it go, put it aside or back, forget it; with the audit's `event`, all or nothing.

        `seen` is `RememberedPlace.seen` as the author had it. Raises ConflictError when the place changed meanwhile,
        or is what the change would make of it already; StoreError when it is gone.
        """

    def rebuild_place(
        self,
        place_id: int,
        place: Place,
        change: PlaceChange,
        *,
        verified_at: datetime,
        seen: str,
        event: AuditEvent,
    ) -> None:
        """Put a place from a verified press in stead of what is remembered. Raises as `change_place`."""

    def place_changes(self, place: RememberedPlace, *, limit: int = 50) -> Sequence[PlaceChange]:
        """What people did with this place, newest first; also with one forgotten before it."""

    def start_trial(self, asked: TrialAsked, *, version: int, event: AuditEvent) -> tuple[PolicyTrial, bool]:
        """Keep a question about a cache policy, or give the answer it has; True when it is to be answered now.

        Raises ConflictError while another trial runs, StoreError when there is no finished attempt.
        """

    def trial(self, trial_id: str) -> PolicyTrial | None: ...

    def trials(self, application: str, *, limit: int = 20) -> Sequence[PolicyTrial]:
        """An application's trials, newest first."""

    def unfinished_trial(self) -> PolicyTrial | None:
        """The newest trial that is not ended, whether or not a process is at it."""

    def note_trial(self, trial_id: str, done: int, total: int, now: datetime) -> bool:
        """Say how far a trial is; False when it is not to go on, since it was cancelled or given up."""

    def end_trial(self, trial_id: str, state: TrialState, now: datetime, *, counts: Json | None = None) -> bool:
        """End a running trial, with its answer when it is done; False when it was ended before."""
