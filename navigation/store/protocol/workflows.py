"""Workflows: versions of their files, and their runs under leases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from navigation.records import AuditEvent
from navigation.workflow_records import (
    Advance,
    Answered,
    Capture,
    FileVersion,
    Kind,
    NewFile,
    ProfileDraft,
    Told,
    WorkflowRun,
)


class WorkflowStore(Protocol):
    def add_files(
        self, files: Sequence[NewFile], *, author: str, at: datetime, event: AuditEvent
    ) -> Sequence[tuple[FileVersion, bool]]:
        """Each file as a new version, all or none, and whether it is one: a text that is the newest already stays that
        version. The audit has the event for each new one.

        Raises ConflictError when a file was made from another version than the newest.
        """

    def newest_file(self, kind: Kind, application: str, name: str = "") -> FileVersion | None: ...

    def file_of_version(self, kind: Kind, application: str, name: str, version: int) -> FileVersion | None: ...

    def file_by_id(self, kind: Kind, file_id: int) -> FileVersion | None: ...

    def newest_files(self, kind: Kind, applications: Sequence[str] | None) -> Sequence[FileVersion]:
        """The newest version of each file of these applications (None: of all), by application and name."""

    def file_versions(self, kind: Kind, application: str, name: str = "") -> Sequence[FileVersion]:
        """Every version, newest first."""

    def profile_draft(self, user_id: str, application: str) -> ProfileDraft | None: ...

    def put_profile_draft(self, draft: ProfileDraft) -> None:
        """Keep it in the place of the person's earlier one for this application."""

    def drop_profile_draft(self, user_id: str, application: str) -> None:
        """Forget it; nothing where there is none."""

    def captures(self, application: str, *, limit: int = 500) -> Sequence[Capture]:
        """Pictures before a press on an application, each once, newest first; none whose file is gone on purpose."""

    def open_workflow_run(self, run: WorkflowRun, told: Told, *, until: datetime) -> WorkflowRun:
        """Open a run with its first instruction and take its machine until then; the token is the lease's.

        The same client opening the same run again holds it anew. Raises LeaseError while another agent has the machine,
        ConflictError when the run is another client's.
        """

    def hold_workflow_run(self, run_id: str, client: str, *, now: datetime, until: datetime) -> WorkflowRun:
        """Take an open run's machine anew, as the agent that had it; an ended run is given as it is. Raises LeaseError
        while another agent has the machine, ConflictError when the run is another client's."""

    def keep_lease(self, run_id: str, token: int, *, now: datetime, until: datetime) -> None:
        """Put off the lapse of a run's lease. Raises LeaseError when the token holds it no more."""

    def workflow_run(self, run_id: str) -> WorkflowRun | None: ...

    def workflow_told(self, run_id: str) -> Sequence[Told]:
        """Every instruction of a run that was handed out, in order."""

    def workflow_answers(self, run_id: str) -> Sequence[Answered]:
        """Everything a run's agent answered, in order."""

    def instruction_told(self, run_id: str, number: int) -> tuple[Told | None, Answered | None]:
        """One instruction, and what was answered to it."""

    def advance_workflow_run(self, step: Advance, token: int | None, *, until: datetime) -> None:
        """Bring a run on: the answer, where it stands now and the next instruction, all at once.

        With a `token` (an agent's answer) the lease is checked and put off. Raises LeaseError, and ConflictError when
        the run is at another number by now.
        """

    def interrupt_lapsed(self, now: datetime) -> Sequence[str]:
        """End the runs whose agent went silent, as interrupted; their ids."""
