"""Log-in flows and the sign-offs that people give for them: what holds, and what no longer does. Pure.

A flow is an application's workflow that logs in. Its film is the last run that came to its end: every attempt up to
the one that logged in. A sign-off is for what that run was made with; when that changes, it is void.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from navigation.labels import Label
from navigation.records import Json

Void = Literal["configuration", "profile"]
State = Literal["no_film", "unsigned", "objected", "signed", "void"]

MAX_NAME: Final = 100  # characters of a signer's name


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is made with: the numbers of the configuration and of the application's profile (0: it has none)."""

    config_id: int
    profile_version: int


@dataclass(frozen=True, slots=True)
class LoginFlow:
    """`run_id`, `at` and `terms` are of the newest run that came to its end; all None when none has."""

    application: str
    name: str
    run_id: str | None = None
    at: datetime | None = None
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class Signoff:
    """A person's word that a flow lands where it should; `answers` hold what was said of each step."""

    id: str
    application: str
    flow: str
    run_id: str
    profile_version: int
    config_id: int
    answers: Sequence[Json]
    signer_id: str
    signer: str
    signed_name: str
    signed_at: datetime

    @property
    def terms(self) -> Terms:
        return Terms(self.config_id, self.profile_version)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a flow stands; `void` says why what was signed, or what could be signed, is no longer true."""

    state: State
    void: tuple[Void, ...] = ()


def void_reasons(then: Terms, now: Terms) -> tuple[Void, ...]:
    """What has changed since; empty when everything is as it was."""
    reasons: list[Void] = []
    if then.config_id != now.config_id:
        reasons.append("configuration")
    if then.profile_version != now.profile_version:
        reasons.append("profile")
    return tuple(reasons)


def standing_of(flow: LoginFlow, signoff: Signoff | None, objections: Sequence[Label], now: Terms) -> Standing:
    """Where a flow stands, given its last sign-off, the objections that still stand, and the terms in force.

    An objection outlives a sign-off given before it, and ends with the next one.
    """
    if any(signoff is None or label.created_at > signoff.signed_at for label in objections):
        return Standing("objected")
    if signoff is not None:
        void = void_reasons(signoff.terms, now)
        return Standing("void", void) if void else Standing("signed")
    if flow.terms is None:
        return Standing("no_film")
    return Standing("unsigned", void_reasons(flow.terms, now))


def may_sign(steps: Sequence[str], answers: Mapping[str, Label]) -> bool:
    """Whether each step (attempt id) was answered, and each answer is yes."""
    return bool(steps) and all(step in answers and answers[step].answer == "right" for step in steps)


def first_open(steps: Sequence[str], answers: Mapping[str, Label]) -> int | None:
    """The number, from 1, of the first step without an answer; None when there is none."""
    return next((number for number, step in enumerate(steps, start=1) if step not in answers), None)
