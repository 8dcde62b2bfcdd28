"""The API described for programs (OpenAPI 3.1), its request schemas taken from the models that check the requests."""

from __future__ import annotations

from typing import Any, get_args

from navconsole.api.problems import SENTENCES
from navconsole.api.requests import MAX_NUMBER, MAX_WAIT_S, result_schema, run_schema
from navigation.actions import action_schema
from navigation.oversight import RunState
from navigation.types import Outcome
from navigation.workflow_records import RUN_STATUSES
from navigation.workflows.machine import InstructionType

_ID = {"type": "string", "format": "uuid", "description": "UUID of version 7 in lower case, chosen by the robot"}
_NUMBER = {"type": ["number", "null"]}
_PICTURE = {"type": "string", "format": "binary", "description": "PNG, JPEG, WebP or BMP; at most 20 MiB"}


def document(version: str) -> dict[str, Any]:
    """The whole description; `version` is the product's."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "navconsole", "version": version, "description": "Where to press, and whether it landed."},
        "security": [{"token": []}],
        "paths": {
            "/api/v1/runs": {"post": _operation("Open a run", _json_body("Run"), {"201": "Opened", "200": "Opened"})},
            "/api/v1/runs/{run_id}": {
                "parameters": [_id_parameter("run_id")],
                "get": _operation("How a run stands, and whether anything may be pressed", None, {"200": "Standing"}),
            },
            "/api/v1/runs/{run_id}/instruction": {
                "parameters": [_id_parameter("run_id")],
                "get": {
                    **_operation("What to do next, waited for a little", None, {"200": "Instruction", "204": None}),
                    "parameters": [
                        _query("after", 0, MAX_NUMBER, "number of the instruction that was answered last"),
                        _query("token", 1, MAX_NUMBER, "the lease's, from opening the run"),
                        _query("wait", 0, MAX_WAIT_S, "seconds to wait for one", is_required=False),
                    ],
                },
            },
            "/api/v1/runs/{run_id}/results": {
                "parameters": [_id_parameter("run_id")],
                "post": _operation(
                    "What came of an instruction",
                    _multipart({"result": {"$ref": "#/components/schemas/Result"}, "screenshot": _PICTURE}, 1),
                    {"200": "Taken"},
                ),
            },
            "/api/v1/attempts": {
                "post": _operation(
                    "Ask where to press",
                    _multipart({"action": {"$ref": "#/components/schemas/Action"}, "screenshot": _PICTURE}, 2),
                    {"200": "Attempt"},
                )
            },
            "/api/v1/attempts/{attempt_id}/after": {
                "parameters": [_id_parameter("attempt_id")],
                "post": _operation(
                    "Show the screen after the press",
                    _multipart({"screenshot": _PICTURE, "pressed": {"enum": ["true", "false"]}}, 1),
                    {"200": "Attempt"},
                ),
            },
            "/api/v1/attempts/{attempt_id}": {
                "parameters": [_id_parameter("attempt_id")],
                "get": _operation("What is known of an attempt", None, {"200": "Attempt"}),
            },
            "/api/v1/openapi.json": {"get": _operation("This description", None, {"200": None})},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Run": run_schema(),
                "Action": _action(),
                "Opened": _opened(),
                "Instruction": _instruction(),
                "Result": _result(),
                "Taken": _taken(),
                "Attempt": _attempt(),
                "Standing": _standing(),
                "Error": _error(),
            },
        },
    }


def _operation(summary: str, body: dict[str, Any] | None, answers: dict[str, str | None]) -> dict[str, Any]:
    responses: dict[str, Any] = {status: _answer(schema) for status, schema in answers.items()}
    if "204" in responses:
        responses["204"] = {"description": "Nothing yet"}
    responses["default"] = _answer("Error")
    return {"summary": summary, "responses": responses, **({"requestBody": body} if body else {})}


def _query(name: str, low: int, high: int, description: str, *, is_required: bool = True) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": low, "maximum": high}
    return {"name": name, "in": "query", "required": is_required, "schema": schema, "description": description}


def _answer(schema: str | None) -> dict[str, Any]:
    shape = {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}
    return {"description": schema or "An object", "content": {"application/json": {"schema": shape}}}


def _json_body(schema: str) -> dict[str, Any]:
    shape = {"$ref": f"#/components/schemas/{schema}"}
    return {"required": True, "content": {"application/json": {"schema": shape}}}


def _multipart(parts: dict[str, Any], required: int) -> dict[str, Any]:
    """`required`: how many of the parts, from the first, must be there."""
    shape = {"type": "object", "properties": parts, "required": list(parts)[:required], "additionalProperties": False}
    return {"required": True, "content": {"multipart/form-data": {"schema": shape}}}


def _id_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _ID}


def _action() -> dict[str, Any]:
    schema = action_schema()
    schema["properties"] = {"id": _ID, "run_id": _ID, **schema["properties"]}
    schema["required"] = ["id", "run_id", *schema["required"]]
    return schema


def _attempt() -> dict[str, Any]:
    place = {"type": ["object", "null"], "additionalProperties": {"type": "number"}}
    properties = {
        "id": _ID,
        "state": {"enum": ["started", "decided", "finished"]},
        "outcome": {"enum": [*(outcome.value for outcome in Outcome), None]},
        "reason": {"type": ["object", "null"], "description": "code, values, and the sentence in fr and en"},
        "point": {**place, "description": "x and y, 0..1 of the screenshot"},
        "box": {**place, "description": "x, y, w and h in pixels of the screenshot"},
        "score": _NUMBER,
        "margin": _NUMBER,
        "method": {"enum": ["cache", "ocr", "vlm", None]},
        "awaits_after": {"type": "boolean"},
        "timings": {"type": "object", "additionalProperties": {"type": "number"}, "description": "milliseconds"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _standing() -> dict[str, Any]:
    text = {"type": "string"}
    stop = {"type": ["object", "null"], "properties": {"application": text, "reason": text, "since": text}}
    properties = {
        "id": _ID,
        "state": {"enum": list(get_args(RunState))},
        "may_press": {"type": "boolean"},
        "stop": {**stop, "description": 'the stop in force, if any; an application of "" is every one'},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _opened() -> dict[str, Any]:
    whole = {"type": "integer"}
    stream = {
        "token": whole,
        "lease_s": {"type": "number", "description": "silence after which the run is interrupted"},
        "status": {"enum": list(RUN_STATUSES)},
        "number": {**whole, "description": "of the instruction that is out"},
        "workflow_version": whole,
        "profile_version": whole,
    }
    described = {
        "type": "object",
        "properties": stream,
        "required": list(stream),
        "description": "only for a run whose steps the server hands out",
    }
    return {"type": "object", "properties": {"id": _ID, "stream": described}, "required": ["id"]}


def _instruction() -> dict[str, Any]:
    number, text = {"type": "number"}, {"type": "string"}
    properties = {
        "number": {"type": "integer"},
        "id": {**_ID, "description": "the same as long as the instruction is the same"},
        "type": {"enum": list(get_args(InstructionType))},
        "step": {**text, "description": "the step's name in the workflow"},
        "pause_s": {**number, "description": "seconds to wait before it"},
        "limit_s": {**number, "description": "seconds that it may take"},
        "deed": {"type": "object", "description": "what its type needs; see docs/api.md"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _result() -> dict[str, Any]:
    schema = result_schema()
    schema["properties"] |= {"id": _ID, "client": _ID}
    return schema


def _taken() -> dict[str, Any]:
    properties = {
        "number": {"type": "integer"},
        "outcome": {"enum": [outcome.value for outcome in Outcome]},
        "reason": {"type": "object", "description": "code, values, and the sentence in fr and en"},
        "pressed": {"type": "boolean"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _error() -> dict[str, Any]:
    text = {"type": "string"}
    known = {"type": "string", "examples": sorted(SENTENCES)}
    inner = {"type": "object", "properties": {"code": known, "message": text, "reference": text}}
    return {"type": "object", "properties": {"error": inner}, "required": ["error"]}
