"""Between rows and records: fields and columns bear the same names, so one function serves each way."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from navigation.store.models.base import Base

R = TypeVar("R")


def values_of(record: Any) -> dict[str, Any]:
    """A record's fields as column values."""
    return {item.name: getattr(record, item.name) for item in fields(record)}


def record_of(kind: type[R], row: Base) -> R:
    """The record made of a row's columns of the same names."""
    return kind(**{item.name: getattr(row, item.name) for item in fields(kind)})  # type: ignore[arg-type]
