"""Between rows and records: fields and columns bear the same names, so one function serves each way."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from navigation.store.models.base import Base

R = TypeVar("R")


def values_of(record: Any) -> dict[str, Any]:
    """A record's fields as column values."""
    return {name: getattr(record, name) for name in names_of(type(record))}


_NAMES: dict[Any, tuple[str, ...]] = {}


def names_of(kind: Any) -> tuple[str, ...]:
    """A record's field names, looked up once for each kind."""
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(item.name for item in fields(kind))
    return names


def record_of(kind: type[R], row: Base, **given: Any) -> R:
    """The record made of a row's columns of the same names; what is given stands in stead of a column."""
    return kind(**{name: given[name] if name in given else getattr(row, name) for name in names_of(kind)})
