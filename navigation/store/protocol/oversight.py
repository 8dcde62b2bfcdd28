"""Robots under way and how they do; log-in flows and their sign-offs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from navigation.daily import Activation, AnchorCount, DayCount, OpenWork
from navigation.flows import LoginFlow, Signoff
from navigation.labels import Label
from navigation.oversight import RunStanding, RunStep, StopEvent, WaitingRun
from navigation.records import AttemptDetail, AuditEvent


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

    def add_run_steps(self, steps: Sequence[RunStep], events: Sequence[AuditEvent] = ()) -> None:
        """Add what a person did with several runs, and the audit's events, all or none. ConflictError when one of them
        does not stand as `navigation.oversight.STATE_OF_SEVERAL` says, or waits at another attempt."""

    def run_steps_at(self, author_id: str, at: datetime) -> Sequence[RunStep]:
        """What a person did with several runs at once, at this moment to the microsecond."""

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
