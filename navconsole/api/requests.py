"""From an HTTP request to what the navigator takes, or a refusal. Every bound is applied before a byte is kept."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import Annotated, Any

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from navconsole.api import json_body
from navconsole.api.json_body import BadJsonError
from navconsole.asked import AttemptAsked, Patient, RunAsked
from navigation.actions import inlined_schema, parse_action
from navigation.errors import BadScreenshotError
from navigation.ids import is_id
from navigation.image_header import MAX_BYTES as MAX_PICTURE_BYTES

MAX_MULTIPART_BYTES = MAX_PICTURE_BYTES + json_body.MAX_BYTES + 16 * 1024
"""A screenshot, an action, and the lines between them."""


class BadPartsError(ValueError):
    """Parts are missing, unknown, or there twice."""


class BadIdError(ValueError):
    """An id that is no UUIDv7."""


class BadRunError(ValueError):
    """`path` names the first offending part, `kind` what is wrong with it (pydantic's name)."""

    def __init__(self, path: str, kind: str) -> None:
        super().__init__(path)
        self.path = path
        self.kind = kind


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("must be printable")
    return text


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_printable)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _PatientModel(_Strict):
    ipp: Annotated[str, Field(max_length=30, pattern=r"[0-9]")]
    family_name: Annotated[str, Field(max_length=100, pattern=r"[^\W\d_]")]
    given_name: Annotated[str, Field(max_length=100, pattern=r"[^\W\d_]")]
    birth_date: Annotated[date, Field(strict=False)]


class _RunModel(_Strict):
    id: str
    application: Name
    workflow: Name
    agent: Name
    patient: _PatientModel | None = None


def run_schema() -> dict[str, Any]:
    """JSON Schema of the body of POST /runs."""
    return inlined_schema(_RunModel)


def read_run() -> RunAsked:
    """The body of POST /runs. Raises BadJsonError, BadRunError, BadIdError, 413, 415."""
    request.max_content_length = json_body.MAX_BYTES
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        model = _RunModel.model_validate(json_body.load_object(request.get_data()))
    except ValidationError as err:
        first = err.errors(include_input=False, include_url=False, include_context=False)[0]
        raise BadRunError(".".join(str(part) for part in first["loc"]), str(first["type"])) from None
    known = model.patient
    patient = Patient(known.ipp, known.family_name, known.given_name, known.birth_date) if known else None
    return RunAsked(checked_id(model.id), model.application, model.workflow, model.agent, patient)


def read_attempt() -> AttemptAsked:
    """The parts of POST /attempts. Raises BadJsonError, BadActionError, BadIdError, BadPartsError, 413, 415."""
    picture = _parts({"action"})
    body = json_body.load_object(_action_bytes())
    ids = [checked_id(body.pop(name, None)) for name in ("id", "run_id")]
    return AttemptAsked(ids[0], ids[1], parse_action(body), body, picture)


def read_after() -> tuple[bytes, bool]:
    """The parts of POST /attempts/<id>/after: the picture, and whether anything was pressed."""
    picture = _parts({"pressed"}, required=frozenset())
    pressed = request.form.get("pressed", "true")
    if pressed not in ("true", "false"):
        raise BadPartsError
    return picture, pressed == "true"


def checked_id(value: Any) -> str:
    if not isinstance(value, str) or not is_id(value):
        raise BadIdError
    return value


def _parts(fields: set[str], *, required: frozenset[str] | None = None) -> bytes:
    """The screenshot's bytes, once the parts are known to be exactly `fields` and the screenshot."""
    request.max_content_length = MAX_MULTIPART_BYTES
    request.max_form_memory_size = json_body.MAX_BYTES + 1024
    request.max_form_parts = 4
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType
    names = _names()
    required = frozenset(fields) if required is None else required
    if len(names) != len(set(names)) or not {"screenshot", *required} <= set(names) <= {"screenshot", *fields}:
        raise BadPartsError
    if "screenshot" not in request.files:
        raise BadPartsError
    with closing(request.files["screenshot"]) as file:  # a large one is a temporary file
        picture = file.stream.read(MAX_PICTURE_BYTES + 1)
    if len(picture) > MAX_PICTURE_BYTES:
        raise BadScreenshotError("too_large", "it has more than 20 MiB")
    return picture


def _names() -> list[str]:
    """The name of every part, as often as it is there."""
    return [name for name, _ in [*request.form.items(multi=True), *request.files.items(multi=True)]]


def _action_bytes() -> bytes:
    """The action's part, whether the client sent it as a field or as a small file."""
    if "action" in request.form:
        return request.form["action"].encode("utf-8", "surrogatepass")
    data = request.files["action"].stream.read(json_body.MAX_BYTES + 1)
    if len(data) > json_body.MAX_BYTES:
        raise RequestEntityTooLarge
    return data


__all__ = ["BadIdError", "BadJsonError", "BadPartsError", "BadRunError", "read_after", "read_attempt", "read_run"]
