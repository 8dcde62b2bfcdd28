"""Column types shared by the tables: UTC times, compact JSON, packed JSON. Portable to any database.

Values that cannot be stored exactly (a naive time, NaN) are refused when they are bound, not when read.
"""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary, String, Text
from sqlalchemy.types import TypeDecorator

from navigation.types import Outcome

PACK_LEVEL = 6
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True, default=dict
)  # made once: `json.dumps` with options makes one each time


def compact_json(value: Any) -> str:
    """JSON without spaces, keys sorted, so that equal values give equal texts. ValueError for NaN."""
    return _ENCODER.encode(value)


def pack(value: Any) -> bytes:
    """Compact JSON, compressed (zlib): OCR pages and evidence shrink to about a quarter."""
    return zlib.compress(compact_json(value).encode(), PACK_LEVEL)


def unpack(data: bytes) -> Any:
    return json.loads(zlib.decompress(data))


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC. SQLite has no time zones, so they are put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class CompactJson(TypeDecorator[Any]):
    """A small JSON value as readable text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else compact_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class PackedJson(TypeDecorator[Any]):
    """A large JSON value, compressed. Never searched by the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else pack(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else unpack(value)


class OutcomeWord(TypeDecorator[Outcome]):
    """How an attempt ended, as its word."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: Outcome | None, dialect: Dialect) -> str | None:
        return None if value is None else Outcome(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Outcome | None:
        return None if value is None else Outcome(value)
