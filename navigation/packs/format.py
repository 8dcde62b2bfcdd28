"""The format `navcases/1`: cases and manifest as JSON, strictly, both ways.

A pack is `manifest.json`, `cases/<id>.json` and `images/<SHA-256 of the pixels>.png`; without pictures it is one JSON
file that holds manifest and cases. Keys that are not known are refused: what is not understood is not believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from navigation.actions import NavigateAction, parse_action
from navigation.cases import CASE_ID, EngineSaid, Expected, NavCase, PictureRef
from navigation.codec import box_to_json, screen_to_json, target_to_json
from navigation.collecting import without_collector
from navigation.errors import BadActionError
from navigation.image_header import MAX_SIDE
from navigation.labels import ANSWERS, CAUSES
from navigation.packs.refusals import refuse
from navigation.types import Box, Outcome, Size

FORMAT: Final = "navcases/1"
MANIFEST: Final = "manifest.json"
MEMBERS: Final = re.compile(r"manifest\.json|cases/[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.json|images/[0-9a-f]{64}\.png")
MAX_CASES: Final = 100_000
Pictures = Literal["masked", "original", "none"]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ASKED = ("target", "verify_before", "verify_after", "flow", "press")
_KEYS = frozenset(
    {"id", "application", "screen", *_ASKED, "picture", "picture_after", "expected", "label", "engine"}
)  # fmt: skip
_NEEDED = frozenset({"id", "application", "screen", "target", "picture", "expected"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pack says of itself. `configuration` are the thresholds and the language its cases are to be run with;
    `files` the SHA-256 of each member's bytes."""

    pictures: Pictures
    name: str = ""
    made_at: str = ""
    engine: str = ""
    reading: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def case_member(case_id: str) -> str:
    return f"cases/{case_id}.json"


def image_member(image_id: str) -> str:
    return f"images/{image_id}.png"


# --- cases ----------------------------------------------------------------------------------------


def case_to_json(case: NavCase) -> dict[str, Any]:
    """A case; what is empty is left out."""
    action, engine = case.action, case.engine
    value: dict[str, Any] = {
        "id": case.id,
        "application": case.application,
        "screen": case.screen,
        "target": target_to_json(action.target),
        "verify_before": screen_to_json(action.before) if action.before else None,
        "verify_after": screen_to_json(action.after) if action.after else None,
        "flow": action.flow,
        "press": None if action.press == "single" else action.press,
        "picture": _picture_to_json(case.picture),
        "picture_after": _picture_to_json(case.picture_after) if case.picture_after else None,
        "expected": {
            "outcomes": [outcome.value for outcome in case.expected.outcomes],
            "boxes": [box_to_json(box) for box in case.expected.boxes],
        },
        "label": {"answer": case.answer, "cause": case.cause} if case.answer else None,
        "engine": _engine_to_json(engine) if engine else None,
    }
    return {key: part for key, part in value.items() if part is not None}


def case_from_json(value: Any, name: str = "", known: dict[str, NavigateAction] | None = None) -> NavCase:
    """Raises PackError that names the case and what is wrong with it, and never repeats a value of it.

    `known` keeps the actions of earlier cases by their JSON: most cases of many ask what others ask.
    """
    shown = str(value.get("id", name)) if isinstance(value, Mapping) else name
    try:
        return _case(value, {} if known is None else known)
    except _Wrong as err:
        raise refuse("case", member=shown or name, why=err.why) from None
    except BadActionError:
        raise refuse("case", member=shown or name, why="its action is not one") from None
    except (KeyError, TypeError, ValueError, OverflowError):
        raise refuse("case", member=shown or name, why="a value is missing or of the wrong kind") from None


def cases_from_json(values: Any, name: str) -> list[NavCase]:
    """Cases of a list, each id once."""
    if not isinstance(values, Sequence) or isinstance(values, (str, bytes)) or len(values) > MAX_CASES:
        raise refuse("json", member=name, why="a value is missing or of the wrong kind")
    known: dict[str, NavigateAction] = {}
    with without_collector():
        cases = [case_from_json(value, name, known) for value in values]
    refuse_same_ids(cases)
    return cases


def refuse_same_ids(cases: Iterable[NavCase]) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.id.casefold() in seen:
            raise refuse("duplicate", member=case_member(case.id))
        seen.add(case.id.casefold())


def action_to_json(action: NavigateAction) -> dict[str, Any]:
    """The action as `parse_action` takes it."""
    return {
        "type": "navigate",
        "target": target_to_json(action.target),
        "verify_before": screen_to_json(action.before) if action.before else None,
        "verify_after": screen_to_json(action.after) if action.after else None,
        "flow": action.flow,
        "press": action.press,
    }


class _Wrong(Exception):
    def __init__(self, why: str) -> None:
        self.why = why


def _case(value: Any, known: dict[str, NavigateAction]) -> NavCase:
    if not isinstance(value, Mapping) or not value.keys() >= _NEEDED or not value.keys() <= _KEYS:
        raise _Wrong("a value is missing or of the wrong kind")
    case_id = value["id"]
    if not isinstance(case_id, str) or not CASE_ID.fullmatch(case_id):
        raise _Wrong("its id is not one")
    asked = {key: value[key] for key in _ASKED if value.get(key) is not None}
    picture = _picture(value["picture"])
    label, engine = value.get("label") or {}, value.get("engine")
    answer, cause = label.get("answer", ""), label.get("cause")
    if answer not in ("", *ANSWERS[:3]) or cause not in (None, *CAUSES):
        raise _Wrong("its label is not one")
    return NavCase(
        id=case_id,
        application=_text(value["application"]),
        screen=_text(value["screen"]),
        action=_action(asked, known),
        picture=picture,
        picture_after=_picture(value["picture_after"]) if value.get("picture_after") else None,
        expected=_expected(value["expected"], picture.size),
        answer=answer,
        cause=cause,
        engine=_engine(engine) if engine is not None else None,
    )


def _action(asked: Mapping[str, Any], known: dict[str, NavigateAction]) -> NavigateAction:
    key = repr(asked)
    if key not in known:
        known[key] = parse_action({"type": "navigate", **asked})
    return known[key]


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise _Wrong("a value is missing or of the wrong kind")
    return value


def _whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _Wrong("a value is missing or of the wrong kind")
    return value


def _picture_to_json(picture: PictureRef) -> dict[str, Any]:
    return {"id": picture.id, "size": [picture.size.width, picture.size.height]}


def _picture(value: Any) -> PictureRef:
    if not isinstance(value["id"], str) or not _SHA256.fullmatch(value["id"]):
        raise _Wrong("its picture is not named by a SHA-256")
    width, height = value["size"]
    return PictureRef(value["id"], Size(_whole(width, 1, MAX_SIDE), _whole(height, 1, MAX_SIDE)))


def _expected(value: Any, size: Size) -> Expected:
    try:
        outcomes = tuple(Outcome(outcome) for outcome in value["outcomes"])
    except (TypeError, ValueError):
        raise _Wrong("its outcomes are not outcomes") from None
    boxes = tuple(_box(box, size) for box in value["boxes"])
    if not outcomes:
        raise _Wrong("its outcomes are not outcomes")
    if not boxes and Outcome.OK in outcomes:
        raise _Wrong("a press needs a box")
    return Expected(outcomes, boxes)


def _box(value: Any, size: Size) -> Box:
    x, y, w, h = (_whole(number, 0, MAX_SIDE) for number in value)
    if not w or not h or x + w > size.width or y + h > size.height:
        raise _Wrong("a box does not lie on its picture")
    return Box(x, y, w, h)


def _engine_to_json(engine: EngineSaid) -> dict[str, Any]:
    values = {
        "outcome": engine.outcome.value,
        "method": engine.method,
        "score": engine.score,
        "margin": engine.margin,
        "point": list(engine.point) if engine.point else None,
    }
    return {key: part for key, part in values.items() if part is not None}


def _engine(value: Any) -> EngineSaid:
    method, point = value.get("method"), value.get("point")
    if method not in (None, "ocr", "cache", "vlm"):
        raise _Wrong("a value is missing or of the wrong kind")
    return EngineSaid(
        outcome=Outcome(value["outcome"]),
        method=method,
        score=_unit(value.get("score")),
        margin=_unit(value.get("margin")),
        point=None if point is None else (_whole(point[0], 0, MAX_SIDE), _whole(point[1], 0, MAX_SIDE)),
    )


def _unit(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise _Wrong("a value is missing or of the wrong kind")
    return float(value)


# --- manifest -------------------------------------------------------------------------------------


def manifest_to_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": manifest.name,
        "made_at": manifest.made_at,
        "engine": manifest.engine,
        "reading": manifest.reading,
        "pictures": manifest.pictures,
        "configuration": dict(manifest.configuration),
        "files": dict(manifest.files),
    }


def manifest_from_json(value: Any, name: str) -> Manifest:
    """Raises PackError for another format, or one of a newer version."""
    if not isinstance(value, Mapping) or not isinstance(value.get("format"), str):
        raise refuse("json", member=MANIFEST, why="a value is missing or of the wrong kind")
    if value["format"] != FORMAT:
        raise refuse("format", name=name, found=value["format"][:40])
    texts = {key: value.get(key, "") for key in ("name", "made_at", "engine", "reading")}
    files, configuration = value.get("files", {}), value.get("configuration", {})
    is_sound = (
        all(isinstance(text, str) for text in texts.values())
        and value.get("pictures") in ("masked", "original", "none")
        and isinstance(configuration, Mapping)
        and isinstance(files, Mapping)
        and all(isinstance(hashed, str) and _SHA256.fullmatch(hashed) for hashed in files.values())
    )
    if not is_sound:
        raise refuse("json", member=MANIFEST, why="a value is missing or of the wrong kind")
    return Manifest(pictures=value["pictures"], configuration=configuration, files=files, **texts)
