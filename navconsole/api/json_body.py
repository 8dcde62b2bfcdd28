"""Reading JSON that a stranger wrote: bounded, one meaning only. Pure."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32


class BadJsonError(ValueError):
    """`code` says why: too_large, not_json, too_deep, duplicate_key, not_a_number, not_text, not_an_object."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def load_object(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`. Refuses what two parsers could read differently, and what costs too much.

    Raises BadJsonError.
    """
    if len(data) > MAX_BYTES:
        raise BadJsonError("too_large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadJsonError("not_json") from None
    if _depth(text) > MAX_DEPTH:
        raise BadJsonError("too_deep")
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except BadJsonError:
        raise
    except ValueError:
        raise BadJsonError("not_json") from None
    if not isinstance(value, dict):
        raise BadJsonError("not_an_object")
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair: no text that can be stored
        raise BadJsonError("not_text") from None
    return value


def _depth(text: str) -> int:
    """How deep brackets are nested, outside strings; judged before a parser recurses into them."""
    depth = deepest = 0
    is_string = is_escaped = False
    for character in text:
        if is_string:
            if is_escaped:
                is_escaped = False
            elif character == "\\":
                is_escaped = True
            elif character == '"':
                is_string = False
        elif character == '"':
            is_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJsonError("duplicate_key")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadJsonError("not_a_number")
    return value


def _refuse(_constant: str) -> NoReturn:
    raise BadJsonError("not_a_number")
