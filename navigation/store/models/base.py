"""What every table shares: the metadata with its naming rule, and the checks used more than once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import CheckConstraint, MetaData
from sqlalchemy.orm import DeclarativeBase

from navigation.store.columns import UtcTime

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of the tables. Rows never leave `navigation.store`; they are turned into `records` first."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcTime}  # noqa: RUF012 (SQLAlchemy reads it as a class attribute)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """The column holds one of these words (or NULL where it may)."""
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({quoted})", name=f"{column}_known")


def unit_range(column: str) -> CheckConstraint:
    """The column is a fraction from 0 to 1 (or NULL where it may)."""
    return CheckConstraint(f"{column} >= 0 AND {column} <= 1", name=f"{column}_unit")
