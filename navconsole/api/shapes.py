"""What the API takes and gives, as JSON Schema; what it takes comes from the models that check the requests. Pure."""

from __future__ import annotations

from typing import Any, get_args

from navconsole.api.requests import result_schema, run_schema
from navigation.actions import action_schema
from navigation.oversight import RunState
from navigation.types import Outcome
from navigation.workflow_records import RUN_STATUSES
from navigation.workflows.machine import InstructionType

HEX = "[0-9a-f]"
ID: dict[str, Any] = {
    "type": "string",
    "format": "uuid",
    "pattern": f"^{HEX}{{8}}-{HEX}{{4}}-7{HEX}{{3}}-[89ab]{HEX}{{3}}-{HEX}{{12}}$",
    "description": "UUID of version 7 in lower case, chosen by the robot",
}
PICTURE = {"type": "string", "format": "binary", "description": "PNG, JPEG, WebP or BMP; at most 20 MiB"}
_NUMBER = {"type": ["number", "null"]}


def schemas() -> dict[str, Any]:
    """Each shape by its name."""
    return {
        "Run": _run(),
        "Action": _action(),
        "Opened": _opened(),
        "Instruction": _instruction(),
        "Result": _result(),
        "Taken": _taken(),
        "Attempt": _attempt(),
        "Standing": _standing(),
        "Health": _health(),
        "Error": _error(),
    }


def _run() -> dict[str, Any]:
    schema = run_schema()
    schema["properties"]["id"] = ID
    streamed = next(part for part in schema["properties"]["stream"]["anyOf"] if part["type"] == "object")
    streamed["properties"]["client"] = {**ID, "description": "the robot's own id, kept over its restarts"}
    return schema


def _action() -> dict[str, Any]:
    schema = action_schema()
    schema["properties"] = {"id": ID, "run_id": ID, **schema["properties"]}
    schema["required"] = ["id", "run_id", *schema["required"]]
    return schema


def _attempt() -> dict[str, Any]:
    place = {"type": ["object", "null"], "additionalProperties": {"type": "number"}}
    properties = {
        "id": ID,
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
        "id": ID,
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
    return {"type": "object", "properties": {"id": ID, "stream": described}, "required": ["id"]}


def _instruction() -> dict[str, Any]:
    number, text = {"type": "number"}, {"type": "string"}
    properties = {
        "number": {"type": "integer"},
        "id": {**ID, "description": "the same as long as the instruction is the same"},
        "type": {"enum": list(get_args(InstructionType))},
        "step": {**text, "description": "the step's name in the workflow"},
        "pause_s": {**number, "description": "seconds to wait before it"},
        "limit_s": {**number, "description": "seconds that it may take"},
        "deed": {"type": "object", "description": "what its type needs; see docs/api.md"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _result() -> dict[str, Any]:
    schema = result_schema()
    schema["properties"] |= {"id": ID, "client": ID}
    return schema


def _taken() -> dict[str, Any]:
    properties = {
        "number": {"type": "integer"},
        "outcome": {"enum": [outcome.value for outcome in Outcome]},
        "reason": {"type": "object", "description": "code, values, and the sentence in fr and en"},
        "pressed": {"type": "boolean"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _health() -> dict[str, Any]:
    part = {"enum": ["ready", "unavailable", "off"]}
    properties = {"status": {"const": "ok"}, "version": {"type": "string"}, "reader": part, "model": part}
    return {"type": "object", "properties": properties, "required": ["status", "version"]}


def _error() -> dict[str, Any]:
    text = {"type": "string"}
    parts = {
        "code": {**text, "description": "stable, for programs"},
        "message": {**text, "description": "a sentence in French or English, by Accept-Language"},
        "reference": {**text, "description": "stands in the server's log too"},
    }
    inner = {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
    return {"type": "object", "properties": {"error": inner}, "required": ["error"], "additionalProperties": False}
