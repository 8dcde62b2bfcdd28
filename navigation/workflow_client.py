"""A typed client of the API's workflows: open a run, ask what to do next, tell what came of it.

Everything may be sent again: a run is opened once, an instruction keeps its id until it is answered, a result is taken
once. A robot that was started again opens the same run with the same client id and goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, cast, get_args

import httpx

from navigation.actions import MAX_TEXT
from navigation.client import (
    NavigateClient,
    PatientIdentity,
    accepted,
    box_of,
    invalid_answer,
    number_of,
    point_of,
    text_of,
)
from navigation.ids import new_id
from navigation.types import Box, NormBox, NormPoint, Outcome, PressKind
from navigation.workflow_records import RunStatus
from navigation.workflows.machine import InstructionType

POLL_S: Final = 25
"""How long the server is let wait for an instruction; under the time for which proxies keep a silent connection."""
_POLL_GRACE_S: Final = 10.0
Said = Literal["ok", "needs_human", "wrong_screen", "timeout", "interrupted", "error"]
"""What a robot may say came of an instruction."""


@dataclass(frozen=True, slots=True)
class WorkflowAsked:
    """A run to be opened: of which workflow (`version` None: the newest), on which machine, for which patient.

    The same `run_id` with the same content opens it once. `client` is the robot's own id, kept over its restarts.
    """

    application: str
    workflow: str
    agent: str
    machine: str
    client: str
    version: int | None = None
    language: Literal["fr", "en"] = "fr"
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    patient: PatientIdentity | None = field(default=None, repr=False)
    run_id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run that this robot holds: with its `token`, as long as it is not silent for `lease_s`."""

    id: str
    client: str
    token: int
    lease_s: float
    status: RunStatus
    workflow_version: int
    profile_version: int


@dataclass(frozen=True, slots=True)
class Deed:
    """What an instruction's type needs; the others are None. `text` and `question` are kept out of `repr`."""

    press: PressKind = "single"
    point: NormPoint | None = None
    box: Box | None = None
    banner: NormBox | None = None
    is_field: bool = False
    attempt_id: str | None = None
    text: str | None = field(default=None, repr=False)
    secret: str | None = None
    keys: tuple[str, ...] = ()
    seconds: float = 0.0
    question: str = field(default="", repr=False)
    state: RunStatus | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class StepInstruction:
    """What is to be done next. `number` counts up in a run; `id` is the same as long as the instruction is."""

    number: int
    id: str
    type: InstructionType
    step: str
    pause_s: float
    limit_s: float
    deed: Deed


@dataclass(frozen=True, slots=True)
class StepTaken:
    """What the server makes of a result; `sentences` is the reason in "fr" and "en" and may quote the screen."""

    number: int
    outcome: Outcome
    reason_code: str
    sentences: Mapping[str, str] = field(repr=False)


class WorkflowClient(NavigateClient):
    """Speaks to one server, also of workflows; see `NavigateClient`."""

    def open_workflow(self, asked: WorkflowAsked) -> OpenedRun:
        """Open the run, or hold it anew after a restart. Raises RequestRefusedError: "leased", "unfit", "not_found"…"""
        body = {
            "id": asked.run_id,
            "application": asked.application,
            "workflow": asked.workflow,
            "agent": asked.agent,
            "patient": _patient(asked.patient),
            "stream": {
                "version": asked.version,
                "machine": asked.machine,
                "client": asked.client,
                "language": asked.language,
                "parameters": dict(asked.parameters),
            },
        }
        return _opened(self._send("POST", "/api/v1/runs", json=body), asked.client)

    def next_instruction(self, run: OpenedRun, after: int, *, wait_s: int = POLL_S) -> StepInstruction | None:
        """What follows instruction number `after`; None when there is nothing yet, and it is to be asked again."""
        query = {"after": after, "token": run.token, "wait": wait_s}
        path, timeout = f"/api/v1/runs/{run.id}/instruction", httpx.Timeout(wait_s + _POLL_GRACE_S, connect=10.0)

        def ask() -> StepInstruction | None:
            response = self._response("GET", path, params=query, timeout=timeout)
            return None if response.status_code == 204 else _instruction(accepted(response))

        return self._repeated(ask)

    def report(
        self,
        run: OpenedRun,
        instruction: StepInstruction,
        said: Said,
        *,
        pressed: bool = False,
        png: bytes | None = None,
    ) -> StepTaken:
        """Tell what came of an instruction; `pressed`: something may have been pressed or typed by it."""
        result = {
            "number": instruction.number,
            "id": instruction.id,
            "client": run.client,
            "token": run.token,
            "outcome": said,
            "pressed": pressed,
        }
        parts: dict[str, Any] = {"result": (None, json.dumps(result).encode(), "application/json")}
        if png is not None:
            parts["screenshot"] = ("screen.png", png, "image/png")
        return _taken(self._send("POST", f"/api/v1/runs/{run.id}/results", files=parts))


def _patient(patient: PatientIdentity | None) -> dict[str, str] | None:
    return {**asdict(patient), "birth_date": patient.birth_date.isoformat()} if patient else None


def _opened(body: Mapping[str, Any], client: str) -> OpenedRun:
    stream = body.get("stream")
    if not isinstance(stream, Mapping) or stream.get("status") not in get_args(RunStatus):
        raise invalid_answer()
    try:
        return OpenedRun(
            id=text_of(body, "id"),
            client=client,
            token=int(stream["token"]),
            lease_s=float(stream["lease_s"]),
            status=cast(RunStatus, stream["status"]),
            workflow_version=int(stream["workflow_version"]),
            profile_version=int(stream["profile_version"]),
        )
    except (ValueError, TypeError, KeyError):
        raise invalid_answer() from None


def _instruction(body: Mapping[str, Any]) -> StepInstruction:
    if body.get("type") not in get_args(InstructionType) or not isinstance(body.get("deed"), Mapping):
        raise invalid_answer()
    try:
        return StepInstruction(
            number=int(body["number"]),
            id=text_of(body, "id"),
            type=cast(InstructionType, body["type"]),
            step=str(body["step"]),
            pause_s=float(body["pause_s"]),
            limit_s=float(body["limit_s"]),
            deed=_deed(body["deed"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        # Without the cause: its text would quote what is to be typed.
        raise invalid_answer() from None


def _deed(deed: Mapping[str, Any]) -> Deed:
    press, state, outcome = deed.get("press", "single"), deed.get("state"), deed.get("outcome")
    if press not in get_args(PressKind) or (state is not None and state not in get_args(RunStatus)):
        raise ValueError("deed")
    banner = deed.get("banner")
    return Deed(
        press=cast(PressKind, press),
        point=point_of(deed.get("point")),
        box=box_of(deed.get("box")),
        banner=None if banner is None else NormBox(*(number_of(value) or 0.0 for value in banner)),
        is_field=deed.get("is_field") is True,
        attempt_id=_optional(deed, "attempt_id"),
        text=_optional(deed, "text"),
        secret=_optional(deed, "secret"),
        keys=tuple(str(key) for key in deed.get("keys", ())),
        seconds=number_of(deed.get("seconds")) or 0.0,
        question=_optional(deed, "question") or "",
        state=cast(RunStatus | None, state),
        outcome=None if outcome is None else Outcome(outcome),
    )


def _optional(deed: Mapping[str, Any], name: str) -> str | None:
    value = deed.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 10 * MAX_TEXT:
        raise ValueError(name)
    return value


def _taken(body: Mapping[str, Any]) -> StepTaken:
    reason = body.get("reason")
    reason = reason if isinstance(reason, Mapping) else {}
    try:
        return StepTaken(
            number=int(body["number"]),
            outcome=Outcome(body["outcome"]),
            reason_code=str(reason.get("code", "")),
            sentences={language: str(reason.get(language, "")) for language in ("fr", "en")},
        )
    except (ValueError, TypeError, KeyError):
        raise invalid_answer() from None
