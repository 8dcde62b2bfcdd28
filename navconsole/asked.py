"""What robots ask for, and why it is refused: plain values, so that the API knows them without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from navigation.actions import NavigateAction
from navigation.errors import NavigationError
from navigation.types import Outcome


class UnknownError(NavigationError):
    """No such run or attempt, or none that this caller may know of."""


class NotAllowedError(NavigationError):
    """The caller may not work on this application."""


@dataclass(frozen=True, slots=True)
class Patient:
    """Whose record a run is about, in clear: never stored, logged or shown."""

    ipp: str = field(repr=False)
    family_name: str = field(repr=False)
    given_name: str = field(repr=False)
    birth_date: date = field(repr=False)

    def as_text(self) -> dict[str, str]:
        return {**asdict(self), "birth_date": self.birth_date.isoformat()}


class UnfitError(NavigationError):
    """The workflow and the profile that are stored do not fit together, or there is none."""


class BadPartError(NavigationError):
    """A part that does not fit the workflow: `of` a run or a result, `path` names it, `kind` says what is wrong with it
    (pydantic's name)."""

    def __init__(self, of: Literal["run", "result"], path: str, kind: str) -> None:
        super().__init__(path)
        self.of = of
        self.path = path
        self.kind = kind


@dataclass(frozen=True, slots=True)
class StreamAsked:
    """A run whose steps the server hands out: of which version (None: the newest), on which machine, by which client.

    `parameters` fill the workflow's places; they may be a patient's.
    """

    version: int | None
    machine: str
    client: str
    language: str
    parameters: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RunAsked:
    id: str
    application: str
    workflow: str
    agent: str
    patient: Patient | None
    stream: StreamAsked | None = None


@dataclass(frozen=True, slots=True)
class ResultAsked:
    """What an agent answers to the instruction of that number and id, under its lease's token."""

    number: int
    id: str
    client: str
    token: int
    outcome: Outcome
    was_pressed: bool
    picture: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class AttemptAsked:
    """`body` is the action as it was sent, without the ids; `action` the same, checked."""

    id: str
    run_id: str
    action: NavigateAction
    body: Mapping[str, Any]
    picture: bytes = field(repr=False)
