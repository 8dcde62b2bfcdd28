"""Rows by the ten thousand: their columns go into a temporary table, and from there into each table by one statement.

Checks with long lists of words, which the database prepares once for each statement, and the binding of values cost
more than the rows themselves when each row has a statement of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, MetaData, Table, insert, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from navigation.store.models.base import Base
from navigation.store.sqlite import roomy_cache

NAME = "staged"

Columns = Mapping[str, tuple[TypeEngine[Any], Sequence[Any]]]


class Staged:
    """Columns of many rows, by name. `seq` numbers the rows; a column with one value for all is no column at all."""

    def __init__(self, session: Session, rows: Table | None, shared: Mapping[str, ColumnElement[Any]]) -> None:
        self._session, self._rows, self._shared = session, rows, shared

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        return self._shared[name] if name in self._shared else self.rows.c[name]

    @property
    def rows(self) -> Table:
        assert self._rows is not None
        return self._rows

    def put_into(self, target: type[Base], values: Mapping[str, Any], where: ColumnElement[bool] | None = None) -> None:
        """Add one row to a table for each row here, in their order; what is no column here is the same for all."""
        columns = target.__table__.columns
        chosen = [v if isinstance(v, ColumnElement) else literal(v, columns[name].type) for name, v in values.items()]
        rows = select(*chosen).select_from(self.rows).order_by(self.rows.c.seq)
        if where is not None:
            rows = rows.where(where)
        self._session.execute(insert(target).from_select(list(values), rows, include_defaults=False))


@contextmanager
def staged(session: Session, first: int, columns: Columns) -> Iterator[Staged]:
    """These columns, with `seq` counting from `first`, for as long as the block lasts."""
    shared, differing = {}, {}
    for name, (kind, values) in columns.items():
        if values.count(values[0]) == len(values):
            shared[name] = literal(values[0], kind)
        else:
            differing[name] = (kind, values)
    count = len(next(iter(columns.values()))[1])
    differing["seq"] = (Integer(), range(first, first + count))
    rows = Table(
        NAME, MetaData(), *(Column(name, kind, primary_key=name == "seq") for name, (kind, _) in differing.items()),
        prefixes=["TEMPORARY"],
    )  # fmt: skip
    with roomy_cache(session.connection()):
        rows.create(session.connection())
        fill(session, rows, {name: values for name, (_, values) in differing.items()})
        yield Staged(session, rows, shared)
        rows.drop(session.connection())


def fill(session: Session, target: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given by their columns; each distinct value is made ready for the database once.

    A tenth of the time of `session.execute` where most rows share their times, actions and words.
    """
    connection = session.connection()
    compiled = insert(target).compile(dialect=connection.dialect, column_keys=list(columns))
    order = compiled.positiontup
    if not order:  # a database that takes values by name
        rows = zip(*columns.values(), strict=True)
        session.execute(insert(target), [dict(zip(columns, row, strict=True)) for row in rows])
        return
    ready = []
    for name in order:
        process = target.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        ready.append(columns[name] if process is None else _each_once(process, columns[name]))
    connection.exec_driver_sql(str(compiled), list(zip(*ready, strict=True)))


def _each_once(process: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """Every value processed; the same object only once."""
    known: dict[int, Any] = {}
    for value in values:
        if id(value) not in known:
            known[id(value)] = process(value)
    return [known[id(value)] for value in values]
