"""A typed client of the HTTP API: what an agent needs to ask where to press and to show what came of it.

A request whose answer was lost is sent again with the same id, which the server carries out once. A refusal
(4xx) is never repeated. Nothing that is sent or received is ever logged.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, cast, get_args

import httpx

from navigation.deadline import Deadline
from navigation.errors import NavigationError
from navigation.ids import new_id
from navigation.oversight import RunState
from navigation.types import Box, NormBox, NormPoint, Outcome, PressKind, Screen, Target

_Answer = TypeVar("_Answer")
_BUSY = (429, 503)
_LOST = (502, 504)  # a proxy gave up waiting; the server may well have done the work
_LONGEST_WAIT_S = 30.0
ASK_EVERY_S = 2.0
"""How far apart a waiting robot asks whether it may go on."""
_STANDING_S = 1.5  # what is done after such an answer is done within two seconds of what it tells
_TOO_SLOW = (
    "The server did not answer in time ({why}). Check that it runs and that its address is right; "
    "the same attempt can be sent again safely."
)
_NOT_REACHED = (
    "The server could not be reached ({why}). Check that it runs and that its address is right; "
    "the same attempt can be sent again safely."
)
_REFUSED = "The server refused the request without saying why. Look into its log."


class ClientError(NavigationError):
    """The server could not be asked; `code` is a stable name, `status` the HTTP status (0 for none)."""

    def __init__(self, template: str, *, code: str, status: int = 0, reference: str = "", **values: object) -> None:
        super().__init__(template, **values)
        self.code = code
        self.status = status
        self.reference = reference


class ServerUnreachableError(ClientError):
    """No answer came, however often it was asked."""


class ServerBusyError(ClientError):
    """The server says that it is busy; the same id may be sent again, after `wait_s` seconds if it said so."""

    def __init__(self, template: str, *, wait_s: float | None, **given: Any) -> None:
        super().__init__(template, **given)
        self.wait_s = wait_s


class RequestRefusedError(ClientError):
    """The server understood and refused; sending the same again will not help."""


class InvalidAnswerError(ClientError):
    """What came back is not an answer of this API."""


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """Whose record a run is about; sent once with the run and shown nowhere."""

    ipp: str = field(repr=False)
    family_name: str = field(repr=False)
    given_name: str = field(repr=False)
    birth_date: date = field(repr=False)


@dataclass(frozen=True, slots=True)
class NavigateAnswer:
    """What the server concluded. `box` is in pixels of the screenshot sent, `point` 0..1 of it.

    `sentences` is the reason in "fr" and "en"; it may quote the screen and so is kept out of `repr`.
    """

    id: str
    state: Literal["started", "decided", "finished"]
    outcome: Outcome | None
    reason_code: str
    sentences: Mapping[str, str] = field(repr=False)
    point: NormPoint | None
    box: Box | None
    score: float | None
    margin: float | None
    method: str | None
    awaits_after: bool
    timings: Mapping[str, float]

    @property
    def may_press(self) -> bool:
        """Whether the agent is to press now: found and verified, and not pressed yet."""
        return self.outcome is Outcome.OK and self.point is not None


@dataclass(frozen=True, slots=True)
class RunAnswer:
    """How a run stands. `stop_reason` is what was said when robots were stopped, None while they are not."""

    state: RunState
    may_press: bool
    stop_reason: str | None = field(default=None, repr=False)

    @property
    def is_held(self) -> bool:
        """Whether a robot that waits goes on waiting: for a person, or for the end of a stop."""
        return self.state in ("waiting", "taken_over") or (self.stop_reason is not None and self.state != "abandoned")


def navigate_action(
    run_id: str,
    target: Target,
    *,
    before: Screen | None = None,
    after: Screen | None = None,
    flow: str | None = None,
    press: PressKind = "single",
    attempt_id: str | None = None,
) -> dict[str, Any]:
    """The JSON of one `navigate` action; a new attempt id is chosen unless one is given.

    A single press is not named, so that a server which knows of no other understands the action too.
    """
    action = {
        "id": attempt_id or new_id(),
        "run_id": run_id,
        "type": "navigate",
        "target": _without_none(
            text=target.text,
            kind=target.kind,
            synonyms=list(target.synonyms),
            region=_numbers(target.region),
            near=target.near if target.near is None or isinstance(target.near, str) else _numbers(target.near),
            occurrence=target.occurrence,
            instruction=target.instruction,
            allow_disabled=True if target.allow_disabled else None,
        ),
        "verify_before": _screen(before),
        "verify_after": _screen(after),
        "flow": flow,
    }
    return action if press == "single" else {**action, "press": press}


class NavigateClient:
    """Speaks to one server. Safe to share between threads; use as a context manager or call `close`.

    `total_s` bounds one call with all its repetitions; the server itself allows 180 s for an attempt. `max_tries` is
    how often an answer may be lost; a server that is busy and says until when is asked as long as there is time.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        language: str = "fr",
        total_s: float = 240.0,
        max_tries: int = 5,
        first_wait_s: float = 0.5,
        answer_timeout_s: float = 190.0,
    ) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}", "Accept-Language": language, "Accept": "application/json"},
            timeout=httpx.Timeout(answer_timeout_s, connect=10.0),
            trust_env=False,  # screenshots go to the named server and through nobody's proxy
        )
        self._total_s = total_s
        self._max_tries = max_tries
        self._first_wait_s = first_wait_s

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def create_run(
        self,
        application: str,
        workflow: str,
        agent: str,
        *,
        patient: PatientIdentity | None = None,
        run_id: str | None = None,
    ) -> str:
        """Open a run and return its id. The same id with the same content opens it once."""
        body = {
            "id": run_id or new_id(),
            "application": application,
            "workflow": workflow,
            "agent": agent,
            "patient": {**asdict(patient), "birth_date": patient.birth_date.isoformat()} if patient else None,
        }
        return text_of(self._send("POST", "/api/v1/runs", json=body), "id")

    def run(self, run_id: str) -> RunAnswer:
        """How the run stands now. Asked once and not again: what is done next rests on an answer of this moment."""
        return _run_answer(self._once("GET", f"/api/v1/runs/{run_id}", timeout=_STANDING_S))

    def wait_for_person(self, run_id: str, *, every_s: float = ASK_EVERY_S, timeout_s: float = 3600.0) -> RunAnswer:
        """Ask until the run was resumed or abandoned and no stop is in force, or has no need to wait.

        A server that does not answer is asked again. After `timeout_s` the last answer is given, held or not; raises
        ServerUnreachableError or ServerBusyError when the server is silent then.
        """
        deadline = Deadline.after(timeout_s)
        while True:
            is_last = every_s >= deadline.remaining_s
            try:
                answer = self.run(run_id)
                if is_last or not answer.is_held:
                    return answer
            except (ServerUnreachableError, ServerBusyError):
                if is_last:
                    raise
            time.sleep(every_s)

    def navigate(self, action: Mapping[str, Any], png: bytes) -> NavigateAnswer:
        """Ask where to press on this screenshot; `action` as `navigate_action` makes it."""
        content = json.dumps(action, ensure_ascii=False, allow_nan=False).encode()
        return _answer(
            self._send(
                "POST",
                "/api/v1/attempts",
                files={"action": (None, content, "application/json"), "screenshot": ("screen.png", png, "image/png")},
            )
        )

    def after(self, attempt_id: str, png: bytes, *, pressed: bool = True) -> NavigateAnswer:
        """Show the screen after the press; `pressed=False` says that the screen had changed and nothing was pressed."""
        return _answer(
            self._send(
                "POST",
                f"/api/v1/attempts/{attempt_id}/after",
                data={"pressed": "true" if pressed else "false"},
                files={"screenshot": ("screen.png", png, "image/png")},
            )
        )

    def attempt(self, attempt_id: str) -> NavigateAnswer:
        """What is known of an attempt."""
        return _answer(self._send("GET", f"/api/v1/attempts/{attempt_id}"))

    def _send(self, method: str, path: str, **content: Any) -> Mapping[str, Any]:
        return self._repeated(lambda: self._once(method, path, **content))

    def _repeated(self, ask: Callable[[], _Answer]) -> _Answer:
        """One request until it is answered. A lost answer is asked for `max_tries` times; a busy server that says when
        to come back is asked until the time is over, since nothing was lost. A refusal is never tried again."""
        deadline, tries = Deadline.after(self._total_s), 0
        while True:
            try:
                return ask()
            except (ServerUnreachableError, ServerBusyError) as failure:
                if isinstance(failure, ServerBusyError) and failure.wait_s is not None:
                    wait_s = _spread(failure.wait_s)
                else:
                    tries += 1
                    if tries >= self._max_tries:
                        raise
                    wait_s = min(_LONGEST_WAIT_S, self._first_wait_s * 2 ** (tries - 1))
                if wait_s >= deadline.remaining_s:
                    raise
            time.sleep(wait_s)

    def _once(self, method: str, path: str, **content: Any) -> Mapping[str, Any]:
        return accepted(self._response(method, path, **content))

    def _response(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **content)
        except httpx.TransportError as error:
            raise _unreachable(error) from None
        if response.status_code in _BUSY + _LOST:
            raise _busy(response)
        return response


def _spread(wait_s: float) -> float:
    """A little more than was asked for, so that robots that were sent away together do not come back together."""
    return (wait_s + 0.1) * random.uniform(1.0, 1.3)


# --- what is sent ---------------------------------------------------------------------------------


def _screen(screen: Screen | None) -> dict[str, Any] | None:
    if screen is None:
        return None
    return {
        "name": screen.name,
        "present": list(screen.present),
        "absent": list(screen.absent),
        "parameters": dict(screen.parameters),
        "patient_banner": _numbers(screen.patient_banner),
        "is_without_patient": screen.is_without_patient,
    }


def _numbers(place: NormBox | NormPoint | None) -> list[float] | None:
    if place is None:
        return None
    return [place.x, place.y, place.w, place.h] if isinstance(place, NormBox) else [place.x, place.y]


def _without_none(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


# --- what comes back ------------------------------------------------------------------------------


def _unreachable(error: httpx.TransportError) -> ServerUnreachableError:
    is_late = isinstance(error, httpx.TimeoutException)
    return ServerUnreachableError(_TOO_SLOW if is_late else _NOT_REACHED, code="unreachable", why=type(error).__name__)


def _busy(response: httpx.Response) -> ServerBusyError:
    return ServerBusyError(
        "The server is busy (status {number}). Try the same attempt again later.",
        code="busy",
        number=response.status_code,
        status=response.status_code,
        reference=_reference(response),
        wait_s=_retry_after_s(response),
    )


def accepted(response: httpx.Response) -> Mapping[str, Any]:
    """The JSON object of a 200 or 201; anything else is raised."""
    body = _json_object(response)
    if response.status_code in (200, 201) and body is not None:
        return body
    if response.status_code >= 400:
        error = body.get("error") if body else None
        known = error if isinstance(error, Mapping) else {}
        raise RequestRefusedError(
            str(known.get("message") or _REFUSED),
            code=str(known.get("code") or f"http_{response.status_code}"),
            status=response.status_code,
            reference=_reference(response),
        )
    raise invalid_answer(response.status_code)


def _json_object(response: httpx.Response) -> Mapping[str, Any] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, Mapping) else None


def _reference(response: httpx.Response) -> str:
    error = (_json_object(response) or {}).get("error")
    return str(error.get("reference", "")) if isinstance(error, Mapping) else ""


def _retry_after_s(response: httpx.Response) -> float | None:
    """The wait the server asks for, as seconds or as a date, within 0 and 30 s; None when it does not say."""
    text = response.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_S) if math.isfinite(seconds) else None


def _answer(body: Mapping[str, Any]) -> NavigateAnswer:
    reason = body.get("reason")
    reason = reason if isinstance(reason, Mapping) else {}
    try:
        return NavigateAnswer(
            id=text_of(body, "id"),
            state=_state(body.get("state")),
            outcome=None if body.get("outcome") is None else Outcome(body["outcome"]),
            reason_code=str(reason.get("code", "")),
            sentences={language: str(reason.get(language, "")) for language in ("fr", "en")},
            point=point_of(body.get("point")),
            box=box_of(body.get("box")),
            score=number_of(body.get("score")),
            margin=number_of(body.get("margin")),
            method=None if body.get("method") is None else text_of(body, "method"),
            awaits_after=body.get("awaits_after") is True,
            timings={str(k): float(v) for k, v in (body.get("timings") or {}).items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        # Without the cause: its text would quote the answer.
        raise invalid_answer() from None


def _run_answer(body: Mapping[str, Any]) -> RunAnswer:
    state, may_press, stop = body.get("state"), body.get("may_press"), body.get("stop")
    if state not in get_args(RunState) or not isinstance(may_press, bool):
        raise invalid_answer()
    return RunAnswer(
        cast(RunState, state), may_press, str(stop.get("reason", "")) if isinstance(stop, Mapping) else None
    )


def invalid_answer(status: int = 200) -> InvalidAnswerError:
    return InvalidAnswerError(
        "The server's answer cannot be understood (status {number}). Check that the address is that of navconsole and "
        "of the same version.",
        number=status,
        code="invalid_answer",
        status=status,
    )


def _state(value: object) -> Literal["started", "decided", "finished"]:
    if value == "started" or value == "decided" or value == "finished":
        return value
    raise ValueError("state")


def text_of(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise invalid_answer()
    return value


def number_of(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("number")
    return float(value)


def point_of(value: object) -> NormPoint | None:
    if value is None:
        return None
    x, y = _coordinates(value, ("x", "y"))
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError("point")
    return NormPoint(x, y)


def box_of(value: object) -> Box | None:
    if value is None:
        return None
    x, y, w, h = (int(number) for number in _coordinates(value, ("x", "y", "w", "h")))
    if x < 0 or y < 0 or w < 1 or h < 1:
        raise ValueError("box")
    return Box(x, y, w, h)


def _coordinates(value: object, names: Sequence[str]) -> list[float]:
    if not isinstance(value, Mapping):
        raise TypeError("place")
    numbers = [number_of(value.get(name)) for name in names]
    if any(number is None for number in numbers):
        raise ValueError("place")
    return [number for number in numbers if number is not None]
