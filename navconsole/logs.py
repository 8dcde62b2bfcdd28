"""How log lines are written: as text, or one JSON object a line for collectors. What is said is the same.

Events are short fixed phrases with keys ("attempt finished run=… attempt=…"); in JSON the keys become members.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
NOISY = ("httpx", "httpcore", "PIL", "waitress.queue", "alembic")
_KEY = re.compile(r"\b([a-z_]+)=%[-.0-9]*([sdfr])")
_OWN = frozenset({"at", "level", "logger", "event", "message", "error", "where"})


class JsonFormatter(logging.Formatter):
    """One object a line; a stack is its places (file, line, function), never the values or texts on it."""

    def format(self, record: logging.LogRecord) -> str:
        body: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event_of(record.msg) if isinstance(record.msg, str) else type(record.msg).__name__,
            "message": record.getMessage(),
        }
        body |= {key: value for key, value in keys_of(record).items() if key not in _OWN}
        if record.exc_info and record.exc_info[1] is not None:
            body["error"] = type(record.exc_info[1]).__name__
            frames = traceback.extract_tb(record.exc_info[2])
            body["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(body, ensure_ascii=False, default=str)


def event_of(template: str) -> str:
    """The fixed phrase that a line begins with, without its keys."""
    phrase = template.partition("=")[0] if "=" in template else template
    words = phrase.split()[:-1] if "=" in template else phrase.split()
    return " ".join(word for word in words if "%" not in word)


def keys_of(record: logging.LogRecord) -> Mapping[str, Any]:
    """The keys of a line with their values; none where its places and values do not match one to one."""
    template, values = str(record.msg), record.args
    if not isinstance(values, tuple) or len(re.findall(r"%[-.0-9]*[sdfr]", template)) != len(values):
        return {}
    places = list(re.finditer(r"%[-.0-9]*[sdfr]", template))
    named = {match.end(): match[1] for match in _KEY.finditer(template)}
    return {named[place.end()]: _plain(value) for place, value in zip(places, values, strict=True)
            if place.end() in named}  # fmt: skip


def _plain(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value if isinstance(value, (int, str)) else str(value)


def begin(log_format: str, *, is_verbose: bool) -> None:
    """Write the log of this process to its standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=logging.DEBUG if is_verbose else logging.INFO, handlers=[handler])
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
