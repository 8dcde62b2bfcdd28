"""What robots ask for, and why it is refused: plain values, so that the API knows them without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from navigation.actions import NavigateAction
from navigation.errors import NavigationError


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


@dataclass(frozen=True, slots=True)
class RunAsked:
    id: str
    application: str
    workflow: str
    agent: str
    patient: Patient | None


@dataclass(frozen=True, slots=True)
class AttemptAsked:
    """`body` is the action as it was sent, without the ids; `action` the same, checked."""

    id: str
    run_id: str
    action: NavigateAction
    body: Mapping[str, Any]
    picture: bytes = field(repr=False)
