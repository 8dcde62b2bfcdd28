"""What the store takes and gives of workflows: versions of files, runs, what was told and answered. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from navigation.records import Json
from navigation.types import Outcome, Size

Kind = Literal["profile", "workflow"]
RunStatus = Literal["running", "held", "done", "stopped", "abandoned", "interrupted"]
RUN_STATUSES: Final[tuple[RunStatus, ...]] = ("running", "held", "done", "stopped", "abandoned", "interrupted")
OPEN: Final[tuple[RunStatus, ...]] = ("running", "held")
"""While it is one of these a run has a lease, and ends as interrupted when that lapses."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A checked file to be stored: a profile (its `name` is ""), or a workflow.

    `after`: the version that it was made from, 0 for none; it is stored only while that is the newest. None: any.
    """

    kind: Kind
    application: str
    name: str
    text: str
    after: int | None = None


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A numbered version of a file, never changed. `id` is unique among its kind."""

    id: int
    kind: Kind
    application: str
    name: str
    version: int
    text: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProfileDraft:
    """A profile that a person is making; `body` is the console's. What was typed may be a patient's by mistake."""

    user_id: str
    application: str
    body: Json = field(repr=False)
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Capture:
    """A stored picture before a press, by the newest attempt that was made on it; `screen` is what that attempt called
    it, `reading` the `settings_key` of the reading it went by."""

    image_id: str
    attempt_id: str
    size: Size
    screen: str
    reading: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """How a run of a workflow stands; `state` is a `workflows.machine.State` as JSON.

    `parameters` are None once the run has ended. `client` is the agent that holds the run, `token` its lease's.
    """

    run_id: str
    workflow_id: int
    profile_id: int
    language: str
    parameters: Mapping[str, str] | None = field(repr=False)
    machine: str
    client: str
    token: int
    status: RunStatus
    number: int
    state: Json
    opened_at: datetime
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class Told:
    """An instruction that was handed out. `attempt_id` is the attempt that it is about, for a `navigate` step."""

    run_id: str
    number: int
    id: str
    type: str
    step: str
    attempt_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """What an agent answered to the instruction of that number, and what it came to."""

    run_id: str
    number: int
    client: str
    body_hash: str
    outcome: Outcome
    reason: Json
    was_pressed: bool
    image_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Advance:
    """Where a run stands after a result, or after a person: all of it becomes true at once.

    `seen` is the number it was at; `answered` what brought it on (None: a person did), `told` what is out now (None
    while a person has it, and at its end).
    """

    run_id: str
    seen: int
    answered: Answered | None
    status: RunStatus
    state: Json
    number: int
    told: Told | None
    at: datetime
