"""The API described for programs (OpenAPI 3.1): each operation, what it may answer, and what leads on from there.

That the description is true is tested by requests that are made from it (`tests/navconsole/api/test_schemathesis.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from navconsole.api.problems import RETRY_AFTER_S, status_of
from navconsole.api.requests import MAX_NUMBER, MAX_WAIT_S
from navconsole.api.shapes import ID, PICTURE, schemas

Json = dict[str, Any]

EVERYWHERE = ("unauthenticated", "scope_missing", "busy", "no_navigator", "read_only")
STORES = ("disk_full",)
JSON = ("not_json", "not_an_object", "too_deep", "duplicate_key", "not_a_number", "not_text", "too_large",
        "unsupported_media_type")  # fmt: skip
PARTS = ("bad_parts", "too_large", "unsupported_media_type")
SCREENSHOT = tuple(
    f"bad_screenshot_{kind}"
    for kind in ("empty", "truncated", "too_large", "too_small", "animated", "unsupported", "damaged")
)
KNOWN = ("bad_id", "not_found")
HALTS = ("stopped", "run_taken_over", "run_abandoned")
_RUN, _ATTEMPT = "/api/v1/runs/{run_id}", "/api/v1/attempts/{attempt_id}"


@dataclass(frozen=True, slots=True)
class Link:
    """What may be asked next with what an answer holds (OpenAPI's runtime expressions)."""

    operation: str
    parameters: Mapping[str, str | int]
    body: Any = None


WATCH = Link("showRun", {"run_id": "$response.body#/id"})
FOLLOW = Link("nextInstruction", {"run_id": "$response.body#/id", "token": "$response.body#/stream/token", "after": 0})
LOOK = Link("askWhereToPress", {}, {"action": {"run_id": "$response.body#/id"}})
LANDED = Link("showScreenAfter", {"attempt_id": "$response.body#/id"})
RECALL = Link("showAttempt", {"attempt_id": "$response.body#/id"})
TELL = Link(
    "tellResult",
    {"run_id": "$request.path.run_id"},
    {"result": {"number": "$response.body#/number", "id": "$response.body#/id", "token": "$request.query.token"}},
)
GO_ON = Link(
    "nextInstruction",
    {
        "run_id": "$request.path.run_id",
        "after": "$response.body#/number",
        "token": "$request.body#/result/token",
    },
)


def document(version: str) -> Json:
    """The whole description; `version` is the product's."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "navconsole", "version": version, "description": "Where to press, and whether it landed."},
        "security": [{"token": []}],
        "paths": {
            "/api/v1/runs": {"post": _open_run()},
            _RUN: {"parameters": [_id_parameter("run_id")], "get": _show_run()},
            f"{_RUN}/instruction": {"parameters": [_id_parameter("run_id")], "get": _next_instruction()},
            f"{_RUN}/results": {"parameters": [_id_parameter("run_id")], "post": _tell_result()},
            "/api/v1/attempts": {"post": _ask_where()},
            f"{_ATTEMPT}/after": {"parameters": [_id_parameter("attempt_id")], "post": _show_after()},
            _ATTEMPT: {"parameters": [_id_parameter("attempt_id")], "get": _show_attempt()},
            "/api/v1/openapi.json": {
                "get": _operation("describe", "This description", {"200": _answer(None)}, EVERYWHERE)
            },
            "/health": {"get": _health()},
        },
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "schemas": schemas()},
    }


def _open_run() -> Json:
    refusals = (*EVERYWHERE, *STORES, *JSON, *KNOWN, "bad_run", "application_forbidden", "conflict", "leased", "unfit")
    opened = _answer("Opened", WATCH, FOLLOW, LOOK)
    return _operation("openRun", "Open a run", {"201": opened, "200": opened}, refusals, _json_body("Run"))


def _show_run() -> Json:
    answers = {"200": _answer("Standing")}
    return _operation(
        "showRun", "How a run stands, and whether anything may be pressed", answers, (*EVERYWHERE, *KNOWN)
    )


def _next_instruction() -> Json:
    refusals = (*EVERYWHERE, *STORES, *KNOWN, "bad_query", "lease_lost")
    answers = {"200": _answer("Instruction", TELL), "204": _with_headers({"description": "Nothing yet"})}
    parameters = [
        _query("after", 0, MAX_NUMBER, "number of the instruction that was answered last", default=0),
        _query("token", 1, MAX_NUMBER, "the lease's, from opening the run"),
        _query("wait", 0, MAX_WAIT_S, "seconds to wait for one", default=0),
    ]
    operation = _operation("nextInstruction", "What to do next, waited for a little", answers, refusals)
    return operation | {"parameters": parameters}


def _tell_result() -> Json:
    refusals = (
        *EVERYWHERE, *STORES, *JSON, *PARTS, *SCREENSHOT, *KNOWN, *HALTS, "bad_result", "application_forbidden",
        "conflict", "lease_lost",
    )  # fmt: skip
    body = _multipart({"result": {"$ref": "#/components/schemas/Result"}, "screenshot": PICTURE}, 1)
    return _operation("tellResult", "What came of an instruction", {"200": _answer("Taken", GO_ON)}, refusals, body)


def _ask_where() -> Json:
    refusals = (
        *EVERYWHERE, *STORES, *JSON, *PARTS, *SCREENSHOT, *KNOWN, *HALTS, "bad_action", "application_forbidden",
        "conflict",
    )  # fmt: skip
    body = _multipart({"action": {"$ref": "#/components/schemas/Action"}, "screenshot": PICTURE}, 2)
    answers = {"200": _answer("Attempt", LANDED, RECALL)}
    return _operation("askWhereToPress", "Ask where to press", answers, refusals, body)


def _show_after() -> Json:
    refusals = (*EVERYWHERE, *STORES, *PARTS, *SCREENSHOT, *KNOWN, "conflict")
    body = _multipart({"screenshot": PICTURE, "pressed": {"enum": ["true", "false"]}}, 1)
    answers = {"200": _answer("Attempt", RECALL)}
    return _operation("showScreenAfter", "Show the screen after the press", answers, refusals, body)


def _show_attempt() -> Json:
    answers = {"200": _answer("Attempt")}
    return _operation("showAttempt", "What is known of an attempt", answers, (*EVERYWHERE, *KNOWN))


def _health() -> Json:
    return _operation("health", "Whether the server answers", {"200": _answer("Health")}, ()) | {"security": []}


# --- parts of an operation ------------------------------------------------------------------------


def _operation(name: str, summary: str, answers: Json, refusals: Sequence[str], body: Json | None = None) -> Json:
    responses = answers | _refusals(refusals)
    return {
        "operationId": name,
        "summary": summary,
        "responses": responses,
        **({"requestBody": body} if body else {}),
    }


def _refusals(codes: Sequence[str]) -> Json:
    """An answer for each status, with the codes that it may come with."""
    by_status: dict[int, list[str]] = {}
    for code in sorted(set(codes)):
        by_status.setdefault(status_of(code), []).append(code)
    return {str(status): _refusal(status, found) for status, found in sorted(by_status.items())}


def _refusal(status: int, codes: Sequence[str]) -> Json:
    code = {"properties": {"error": {"properties": {"code": {"enum": list(codes)}}}}}
    shape = {"$ref": "#/components/schemas/Error", **code}
    more: Json = {}
    if status == 401:
        more["WWW-Authenticate"] = {"required": True, "schema": {"const": "Bearer"}}
    if status == 503:
        seconds = {"type": "integer", "minimum": 1, "maximum": max(RETRY_AFTER_S.values())}
        more["Retry-After"] = {"required": True, "schema": seconds, "description": "seconds"}
    answer = {"description": ", ".join(codes), "content": {"application/json": {"schema": shape}}}
    return _with_headers(answer, more)


def _answer(schema: str | None, *links: Link) -> Json:
    shape = {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}
    answer: Json = {"description": schema or "An object", "content": {"application/json": {"schema": shape}}}
    if links:
        answer["links"] = {link.operation: _link(link) for link in links}
    return _with_headers(answer)


def _link(link: Link) -> Json:
    body = {} if link.body is None else {"requestBody": link.body}
    return {"operationId": link.operation, "parameters": dict(link.parameters), **body}


def _with_headers(answer: Json, more: Json | None = None) -> Json:
    return answer | {"headers": {"Cache-Control": {"required": True, "schema": {"const": "no-store"}}, **(more or {})}}


def _query(name: str, low: int, high: int, description: str, *, default: int | None = None) -> Json:
    """A whole number in the address; required unless there is a default."""
    schema = {"type": "integer", "minimum": low, "maximum": high}
    schema |= {} if default is None else {"default": default}
    return {
        "name": name,
        "in": "query",
        "required": default is None,
        "schema": schema,
        "description": description,
    }


def _json_body(schema: str) -> Json:
    shape = {"$ref": f"#/components/schemas/{schema}"}
    return {"required": True, "content": {"application/json": {"schema": shape}}}


def _multipart(parts: Json, required: int) -> Json:
    """`required`: how many of the parts, from the first, must be there."""
    shape = {"type": "object", "properties": parts, "required": list(parts)[:required], "additionalProperties": False}
    return {"required": True, "content": {"multipart/form-data": {"schema": shape}}}


def _id_parameter(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": ID}
