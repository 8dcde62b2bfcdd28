"""What may be asked of the store about replay in bulk; a part of `protocol.Store`. Each method is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from navigation.records import AttemptFilter, AttemptSummary, AuditEvent
from navigation.replays import Choice, Replayed, ReplayRun, RunState, ToReplay


class ReplayStore(Protocol):
    def add_replay(
        self, run: ReplayRun, where: AttemptFilter, choice: Choice | None = None, *, event: AuditEvent
    ) -> ReplayRun:
        """Keep a run with the finished attempts that the filter and the choice let through; as it is kept.

        Raises StoreError when none of them can be decided again.
        """

    def replay(self, run_id: str) -> ReplayRun | None: ...

    def replays(self, *, limit: int = 50) -> Sequence[ReplayRun]:
        """Runs, newest first."""

    def take_replay(self, run_id: str, now: datetime) -> ReplayRun:
        """Let a worker carry out a run, until it has been silent for `LEASE`; the run, whose `fence` the worker names.

        Raises ConflictError while another worker has it or when it is at its end, StoreError when there is none.
        """

    def to_replay(self, run_id: str, *, after: int = 0, limit: int = 500) -> Sequence[ToReplay]:
        """Attempts of a run that nothing came of yet, oldest first, from past number `after`, with their labels."""

    def add_replayed(self, run_id: str, fence: int, results: Sequence[Replayed], now: datetime) -> bool:
        """Keep what came of attempts and keep the run for its worker; False when it is not to go on.

        An attempt that something came of already is left as it is. Raises ConflictError when another worker has the
        run; then nothing was kept.
        """

    def end_replay(self, run_id: str, fence: int, state: RunState, now: datetime) -> None:
        """The worker lets go of its run; a run that somebody paused or cancelled stays so. ConflictError as above."""

    def change_replay(self, run_id: str, state: RunState, now: datetime, *, event: AuditEvent) -> ReplayRun:
        """Pause, go on with or cancel a run, with the audit's event; its worker hears of it when it next writes.

        Raises ConflictError when the run is at its end, StoreError when there is none.
        """

    def replayed(
        self,
        run_id: str,
        applications: Sequence[str] | None,
        *,
        kind: str = "",
        after: int = 0,
        limit: int = 50,
    ) -> Sequence[tuple[AttemptSummary, Replayed]]:
        """Attempts of these applications (None: of all) that came out otherwise, oldest first, past number `after`.

        Or those of one kind: a difference, "failed", or "newly_wrong" and "newly_right" by their label.
        """

    def replayed_attempt(self, run_id: str, attempt_id: str) -> tuple[AttemptSummary, Replayed] | None:
        """What came of one attempt in a run."""
