"""What a `navigate` action may say, checked strictly, as plain values. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from navigation.errors import BadActionError
from navigation.types import NormBox, NormPoint, PressKind, Screen, Target

MAX_TEXT = 200  # characters of a target or an anchor; longer is no control's text
_MAX_ITEMS = 50


def as_whole(value: Any) -> Any:
    """29 for 29.0: to JSON both are the same whole number; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Texts = Annotated[list[Text], Field(max_length=_MAX_ITEMS)]
Unit = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
BoxValues = Annotated[list[Unit], Field(min_length=4, max_length=4)]
Spot = Annotated[list[Unit], Field(min_length=2, max_length=2)]


@dataclass(frozen=True, slots=True)
class NavigateAction:
    """I should be on `before`; press `target`; then I should be on `after`. None: not asked.

    `press` is how the agent presses; nothing here depends on it, but it belongs to what was asked.
    """

    target: Target
    before: Screen | None = None
    after: Screen | None = None
    flow: Literal["login"] | None = None
    press: PressKind = "single"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _TargetModel(_Strict):
    text: Text
    kind: Literal["clickable", "field"] = "clickable"
    synonyms: Texts = []
    region: BoxValues | None = None
    near: Text | Spot | None = None
    occurrence: Annotated[int, Field(ge=1, le=1000), BeforeValidator(as_whole)] | None = None
    instruction: Annotated[str, Field(max_length=1000)] | None = None
    allow_disabled: bool = False

    @field_validator("text")
    @classmethod
    def _not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is blank")
        return value


class _ScreenModel(_Strict):
    name: Annotated[str, Field(max_length=100)] = ""
    present: Texts = []
    absent: Texts = []
    parameters: dict[Annotated[str, Field(max_length=50)], Annotated[str, Field(max_length=MAX_TEXT)]] = {}
    patient_banner: BoxValues | None = None
    is_without_patient: bool = False


class _ActionModel(_Strict):
    type: Literal["navigate"]
    target: _TargetModel
    verify_before: _ScreenModel | None = None
    verify_after: _ScreenModel | None = None
    flow: Literal["login"] | None = None
    press: PressKind = "single"


def parse_action(data: Mapping[str, Any]) -> NavigateAction:
    """A checked action from its JSON form: type, target, verify_before, verify_after, flow, press.

    Raises BadActionError whose `path` names the first offending part; never repeats the offending value.
    """
    try:
        model = _ActionModel.model_validate(dict(data))
    except ValidationError as err:
        first = err.errors(include_input=False, include_url=False, include_context=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise BadActionError(str(first["msg"]), path=path, code=str(first["type"])) from None
    except (TypeError, ValueError, RecursionError) as err:
        raise BadActionError("the action is not an object with text keys") from err
    return NavigateAction(
        target=_target(model.target),
        before=_screen(model.verify_before, "verify_before"),
        after=_screen(model.verify_after, "verify_after"),
        flow=model.flow,
        press=model.press,
    )


def action_schema() -> dict[str, Any]:
    """JSON Schema of what `parse_action` takes."""
    return inlined_schema(_ActionModel)


def inlined_schema(model: type[BaseModel]) -> dict[str, Any]:
    """A model's JSON Schema that refers to nothing outside itself, to stand anywhere in another document."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def inline(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return inline(parts[value["$ref"].rpartition("/")[2]])
            return {name: inline(part) for name, part in value.items()}
        return [inline(part) for part in value] if isinstance(value, list) else value

    inlined: dict[str, Any] = inline(schema)
    return inlined


def _target(model: _TargetModel) -> Target:
    near = NormPoint(*model.near) if isinstance(model.near, list) else model.near
    return Target(
        text=model.text,
        kind=model.kind,
        synonyms=tuple(model.synonyms),
        region=_box(model.region, "target.region"),
        near=near,
        occurrence=model.occurrence,
        instruction=model.instruction,
        allow_disabled=model.allow_disabled,
    )


def _screen(model: _ScreenModel | None, path: str) -> Screen | None:
    if model is None:
        return None
    if model.is_without_patient and model.patient_banner is not None:
        raise BadActionError("a screen without a patient has no banner", path=f"{path}.patient_banner")
    return Screen(
        present=tuple(model.present),
        absent=tuple(model.absent),
        name=model.name,
        parameters=dict(model.parameters),
        patient_banner=_box(model.patient_banner, f"{path}.patient_banner"),
        is_without_patient=model.is_without_patient,
    )


def _box(values: list[float] | None, path: str) -> NormBox | None:
    if values is None:
        return None
    x, y, w, h = values
    if w <= 0 or h <= 0 or x + w > 1 + math.ulp(8) or y + h > 1 + math.ulp(8):
        raise BadActionError("a region must have a size and lie within 0..1", path=path)
    return NormBox(x, y, w, h)
