"""Between rows and records: fields and columns bear the same names, so one function serves each way."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from navigation.store.models.base import Base

R = TypeVar("R")


def values_of(record: Any) -> dict[str, Any]:
    """A record's fields as column values."""
    return {item.name: getattr(record, item.name) for item in fields(record)}


def record_of(kind: type[R], row: Base, **given: Any) -> R:
    """The record made of a row's columns of the same names; what is given stands in stead of a column."""
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: given[name] if name in given else getattr(row, name) for name in names})
