"""From an HTTP request to what the navigator takes, or a refusal. Every bound is applied before a byte is kept."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date
from typing import Annotated, Any, Final, Literal

from flask import request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from navconsole.api import json_body
from navconsole.api.json_body import BadJsonError
from navconsole.asked import AttemptAsked, BadPartError, Patient, ResultAsked, RunAsked, StreamAsked
from navigation.actions import MAX_TEXT, as_whole, inlined_schema, parse_action
from navigation.errors import BadScreenshotError
from navigation.ids import is_id
from navigation.image_header import MAX_BYTES as MAX_PICTURE_BYTES
from navigation.types import Outcome

MAX_MULTIPART_BYTES = MAX_PICTURE_BYTES + json_body.MAX_BYTES + 16 * 1024
"""A screenshot, an action, and the lines between them."""

MAX_WAIT_S: Final = 30
"""The longest that one poll waits; see docs/api.md."""
MAX_NUMBER: Final = 10**9 - 1


class BadPartsError(ValueError):
    """Parts are missing, unknown, or there twice."""


class BadIdError(ValueError):
    """An id that is no UUIDv7."""


class BadQueryError(ValueError):
    """`name` is that of the part of the address that cannot be used."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


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


def _plain_date(value: Any) -> Any:
    """Nothing but YYYY-MM-DD: pydantic would take a number for days or seconds since 1970."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("must be YYYY-MM-DD")
    return value


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PRINTABLE: Final = {"pattern": r"^ *[^\p{C}\p{Z}]([^\p{C}\p{Z}]| )*$"}
"""What `_printable` takes, for the description."""
Whole = Annotated[int, Field(ge=1, le=MAX_NUMBER), BeforeValidator(as_whole)]
"""Larger ones are no number of anything, and more than the database takes."""
Name = Annotated[str, Field(min_length=1, max_length=100, json_schema_extra={**_PRINTABLE}), AfterValidator(_printable)]
Parameter = Annotated[
    str, Field(min_length=1, max_length=MAX_TEXT, json_schema_extra={**_PRINTABLE}), AfterValidator(_printable)
]
"""Typed as it is: a line's end in it would press Enter."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _PatientModel(_Strict):
    ipp: Annotated[str, Field(max_length=30, pattern=r"[0-9]")]
    family_name: Annotated[str, Field(max_length=100, pattern=r"[^\W\d_]")]
    given_name: Annotated[str, Field(max_length=100, pattern=r"[^\W\d_]")]
    birth_date: Annotated[date, BeforeValidator(_plain_date), Field(strict=False)]


class _StreamModel(_Strict):
    version: Whole | None = None
    machine: Name
    client: str
    language: Literal["fr", "en"] = "fr"
    parameters: dict[Annotated[str, Field(max_length=60)], Parameter] = {}


class _ResultModel(_Strict):
    number: Whole
    id: str
    client: str
    token: Whole
    outcome: Literal["ok", "needs_human", "wrong_screen", "timeout", "interrupted", "error"]
    pressed: bool = False


class _RunModel(_Strict):
    id: str
    application: Name
    workflow: Name
    agent: Name
    patient: _PatientModel | None = None
    stream: _StreamModel | None = None


def run_schema() -> dict[str, Any]:
    """JSON Schema of the body of POST /runs."""
    return inlined_schema(_RunModel)


def result_schema() -> dict[str, Any]:
    """JSON Schema of the part "result" of POST /runs/<id>/results."""
    return inlined_schema(_ResultModel)


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
    return RunAsked(
        checked_id(model.id), model.application, model.workflow, model.agent, patient, _stream(model.stream)
    )


def _stream(model: _StreamModel | None) -> StreamAsked | None:
    if model is None:
        return None
    return StreamAsked(model.version, model.machine, checked_id(model.client), model.language, model.parameters)


def read_result() -> ResultAsked:
    """The parts of POST /runs/<id>/results: the result, and the screen unless there is nothing to show.

    Raises BadJsonError, BadPartError, BadIdError, BadPartsError, 413, 415.
    """
    picture = _parts({"result"}, is_picture_needed=False)
    try:
        model = _ResultModel.model_validate(json_body.load_object(_json_bytes("result")))
    except ValidationError as err:
        first = err.errors(include_input=False, include_url=False, include_context=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise BadPartError("result", path, str(first["type"])) from None
    return ResultAsked(
        number=model.number,
        id=checked_id(model.id),
        client=checked_id(model.client),
        token=model.token,
        outcome=Outcome(model.outcome),
        was_pressed=model.pressed,
        picture=picture,
    )


def read_poll() -> tuple[int, int, float]:
    """Of GET /runs/<id>/instruction: the number that was answered last, the lease's token, the seconds to wait.

    Raises BadQueryError.
    """
    for name in request.args:
        if name not in ("after", "token", "wait") or len(request.args.getlist(name)) > 1:
            raise BadQueryError(name)
    return _whole("after", 0, MAX_NUMBER), _whole("token", 1, MAX_NUMBER), _whole("wait", 0, MAX_WAIT_S)


def _whole(name: str, low: int, high: int) -> int:
    text = request.args.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise BadQueryError(name)
    return int(text)


def read_attempt() -> AttemptAsked:
    """The parts of POST /attempts. Raises BadJsonError, BadActionError, BadIdError, BadPartsError, 413, 415."""
    picture = _whole_picture(_parts({"action"}))
    body = json_body.load_object(_json_bytes("action"))
    ids = [checked_id(body.pop(name, None)) for name in ("id", "run_id")]
    return AttemptAsked(ids[0], ids[1], parse_action(body), body, picture)


def read_after() -> tuple[bytes, bool]:
    """The parts of POST /attempts/<id>/after: the picture, and whether anything was pressed."""
    picture = _whole_picture(_parts({"pressed"}, required=frozenset()))
    pressed = request.form.get("pressed", "true")
    if pressed not in ("true", "false"):
        raise BadPartsError
    return picture, pressed == "true"


def checked_id(value: Any) -> str:
    if not isinstance(value, str) or not is_id(value):
        raise BadIdError
    return value


def _whole_picture(picture: bytes | None) -> bytes:
    if picture is None:
        raise BadPartsError
    return picture


def _parts(fields: set[str], *, required: frozenset[str] | None = None, is_picture_needed: bool = True) -> bytes | None:
    """The screenshot's bytes, once the parts are known to be exactly `fields` and the screenshot."""
    request.max_content_length = MAX_MULTIPART_BYTES
    request.max_form_memory_size = json_body.MAX_BYTES + 1024
    request.max_form_parts = 4
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType
    names = _names()
    required = frozenset(fields) if required is None else required
    needed = {"screenshot", *required} if is_picture_needed else {*required}
    if len(names) != len(set(names)) or not needed <= set(names) <= {"screenshot", *fields}:
        raise BadPartsError
    if "screenshot" not in names:
        return None
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


def _json_bytes(name: str) -> bytes:
    """The part with JSON, whether the client sent it as a field or as a small file."""
    if name in request.form:
        return request.form[name].encode("utf-8", "surrogatepass")
    data = request.files[name].stream.read(json_body.MAX_BYTES + 1)
    if len(data) > json_body.MAX_BYTES:
        raise RequestEntityTooLarge
    return data


__all__ = [
    "BadIdError",
    "BadJsonError",
    "BadPartsError",
    "BadQueryError",
    "BadRunError",
    "read_after",
    "read_attempt",
    "read_poll",
    "read_result",
    "read_run",
]
