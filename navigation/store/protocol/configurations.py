"""Configurations in use, and those on trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from navigation.records import AttemptSummary, AuditEvent, ConfigRecord, Json
from navigation.shadow import ShadowCounts, ShadowTrial, ShadowVerdict


class ConfigStore(Protocol):
    def active_config(self) -> ConfigRecord:
        """The configuration in use. StoreError before the first one is stored."""

    def chosen_config(self) -> ConfigRecord | None:
        """The configuration a person put into use last; None when only servers ever did."""

    def config(self, config_id: int) -> ConfigRecord | None:
        """The configuration an attempt ran with."""

    def configs(self) -> Sequence[ConfigRecord]:
        """Every configuration, newest first."""

    def ensure_config(self, body: Json, author: str, note: str) -> ConfigRecord:
        """The configuration with exactly this body, created if there is none, and in use from now on."""

    def add_config(self, body: Json, author: str, note: str, *, event: AuditEvent | None = None) -> ConfigRecord:
        """A configuration with exactly this body, not put into use; the one there is, when there is one."""

    def activate_config(
        self, config_id: int, *, seen: int, author: str, reason: str, event: AuditEvent | None = None
    ) -> None:
        """Put a configuration into use, with the audit's `event`; in force for the next attempt when this returns.

        `seen` is the number its author saw in use. Raises ConflictError when another one is in use by now, StoreError
        for an unknown configuration.
        """


class ShadowStore(Protocol):
    def begin_shadow(
        self, config_id: int, *, author_id: str, author: str, reason: str, event: AuditEvent
    ) -> ShadowTrial:
        """Let a configuration judge beside the one in use, from the next attempt on.

        Raises ConflictError while another one does, StoreError for an unknown configuration.
        """

    def end_shadow(self, trial_id: int, *, event: AuditEvent) -> None:
        """End a trial; its answers stay. ConflictError when it has ended or there is none."""

    def running_shadow(self) -> ShadowTrial | None: ...

    def shadows(self) -> Sequence[ShadowTrial]:
        """Every trial, newest first."""

    def add_verdict(self, trial_id: int, attempt_id: str, verdict: ShadowVerdict) -> None:
        """Keep what the trial would have answered to a stored attempt. Twice does once."""

    def verdict_counts(self, trial_id: int, applications: Sequence[str] | None) -> ShadowCounts:
        """How many attempts of these applications (None: of all) the trial has judged, and how."""

    def verdicts_that_differ(
        self,
        trial_id: int,
        applications: Sequence[str] | None,
        *,
        difference: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[tuple[AttemptSummary, ShadowVerdict]]:
        """Attempts that the trial would have answered otherwise, newest first, from before the attempt numbered so."""
