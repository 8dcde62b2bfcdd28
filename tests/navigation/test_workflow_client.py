"""The client of workflows takes answers of the API's shape and no others, and shows what it is told to nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from navigation.client import InvalidAnswerError, RequestRefusedError, ServerBusyError
from navigation.types import Box, NormBox, NormPoint, Outcome
from navigation.workflow_client import OpenedRun, StepInstruction, WorkflowAsked, WorkflowClient

RUN = OpenedRun("run", "client", 4, 60.0, "running", 1, 1)
CLICK: dict[str, Any] = {
    "number": 7, "id": "i", "type": "click", "step": "sign-in", "pause_s": 0.5, "limit_s": 180,
    "deed": {"press": "double", "attempt_id": "a", "point": {"x": 0.5, "y": 0.25},
             "box": {"x": 1, "y": 2, "w": 3, "h": 4}, "banner": [0, 0.1, 1, 0.2], "is_field": True},
}  # fmt: skip
TYPE: dict[str, Any] = {**CLICK, "type": "type", "deed": {"text": "Canarini"}}
OPENED: dict[str, Any] = {
    "id": "run",
    "stream": {"token": 4, "lease_s": 60, "status": "held", "number": 1, "workflow_version": 2, "profile_version": 3},
}
TAKEN: dict[str, Any] = {
    "number": 7,
    "outcome": "absent",
    "reason": {"code": "absent", "fr": "a", "en": "b"},
    "pressed": False,
}
Answer = Callable[[httpx.Request], httpx.Response]


@contextmanager
def talking(answer: Answer) -> Iterator[WorkflowClient]:
    with WorkflowClient("http://server", "token", max_tries=2, first_wait_s=0.01, total_s=1.0) as client:
        client._http = httpx.Client(base_url="http://server", transport=httpx.MockTransport(answer))
        yield client


def always(status: int, body: Any = None) -> Answer:
    return lambda _request: httpx.Response(status, json=body) if body is not None else httpx.Response(status)


def test_an_instruction_is_read() -> None:
    with talking(always(200, CLICK)) as client:
        told = client.next_instruction(RUN, 6)
    assert told is not None
    assert (told.number, told.id, told.type, told.pause_s) == (7, "i", "click", 0.5)
    deed = told.deed
    assert (deed.press, deed.point, deed.box) == ("double", NormPoint(0.5, 0.25), Box(1, 2, 3, 4))
    assert (deed.banner, deed.is_field, deed.attempt_id) == (NormBox(0, 0.1, 1, 0.2), True, "a")


def test_what_is_asked_names_number_token_and_patience() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    with talking(answer) as client:
        assert client.next_instruction(RUN, 6, wait_s=9) is None
    assert str(seen[0].url) == "http://server/api/v1/runs/run/instruction?after=6&token=4&wait=9"
    assert seen[0].extensions["timeout"]["read"] > 9


def test_an_end_says_how_the_run_ended() -> None:
    end = {**CLICK, "type": "end", "step": "", "deed": {"state": "stopped", "outcome": "login_refused"}}
    with talking(always(200, end)) as client:
        told = client.next_instruction(RUN, 6)
    assert told is not None
    assert (told.deed.state, told.deed.outcome) == ("stopped", Outcome.LOGIN_REFUSED)


@pytest.mark.parametrize(
    "body",
    [
        {**CLICK, "type": "jump"}, {**CLICK, "deed": None}, {**CLICK, "number": "x"}, {**CLICK, "id": ""},
        {**CLICK, "deed": {"point": {"x": 2, "y": 0}}}, {**CLICK, "deed": {"press": "twice"}},
        {**CLICK, "deed": {"state": "lost"}}, {**CLICK, "deed": {"text": 5}}, {**CLICK, "deed": {"banner": [1]}}, [],
        {name: value for name, value in CLICK.items() if name != "pause_s"},
    ],
)  # fmt: skip
def test_what_is_no_instruction_is_refused(body: Any) -> None:
    with talking(always(200, body)) as client, pytest.raises(InvalidAnswerError):
        client.next_instruction(RUN, 6)


def test_what_is_typed_is_shown_to_nobody() -> None:
    with talking(always(200, TYPE)) as client:
        told = client.next_instruction(RUN, 6)
    assert told is not None
    assert told.deed.text == "Canarini"
    assert "Canarini" not in repr(told)
    asked = WorkflowAsked("dpi", "tour", "a", "m", "c", parameters={"name": "Canarini"})
    assert "Canarini" not in repr(asked)


def test_a_run_is_opened_with_its_stream() -> None:
    sent: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(201, json=OPENED)

    asked = WorkflowAsked("dpi", "tour", "agent", "poste-12", "c", version=2, parameters={"ipp": "1"}, run_id="run")
    with talking(answer) as client:
        run = client.open_workflow(asked)
    assert run == OpenedRun("run", "c", 4, 60.0, "held", 2, 3)
    assert sent[0]["stream"] == {
        "version": 2, "machine": "poste-12", "client": "c", "language": "fr", "parameters": {"ipp": "1"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "body", [{"id": "run"}, {"id": "run", "stream": {}}, {"id": "run", "stream": {"status": "done"}}]
)
def test_what_opens_no_stream_is_refused(body: Any) -> None:
    with talking(always(201, body)) as client, pytest.raises(InvalidAnswerError):
        client.open_workflow(WorkflowAsked("dpi", "tour", "agent", "m", "c"))


def test_a_result_is_told_with_its_picture_and_its_token() -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.read())
        return httpx.Response(200, json=TAKEN)

    with talking(answer) as client:
        taken = client.report(RUN, _instruction(), "interrupted", pressed=True, png=b"picture")
    assert (taken.outcome, taken.reason_code) == (Outcome.ABSENT, "absent")
    assert b'"token": 4' in seen[0]
    assert b'"outcome": "interrupted"' in seen[0]
    assert b"picture" in seen[0]


def test_a_busy_server_is_asked_again_and_a_refusal_is_not() -> None:
    asked: list[int] = []

    def busy(_request: httpx.Request) -> httpx.Response:
        asked.append(1)
        return httpx.Response(503, headers={"Retry-After": "0"})

    with talking(busy) as client, pytest.raises(ServerBusyError):
        client.next_instruction(RUN, 6)
    assert len(asked) > 4
    refusal = {"error": {"code": "lease_lost", "message": "", "reference": ""}}
    with talking(always(409, refusal)) as client, pytest.raises(RequestRefusedError) as refused:
        client.report(RUN, _instruction(), "ok")
    assert refused.value.code == "lease_lost"


def _instruction() -> StepInstruction:
    with talking(always(200, CLICK)) as client:
        told = client.next_instruction(RUN, 6)
    assert told is not None
    return told
