"""Which schema a database has, and which this program works with. Without Alembic, which is only loaded to migrate."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMA_TABLE = "alembic_version"
_PREFIX = "r"


def schema_version(connection: Connection) -> str | None:
    """The number of the last migration applied; None for a database without any."""
    if not inspect(connection).has_table(SCHEMA_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {SCHEMA_TABLE}"))
    return found


def latest_version() -> str:
    """The schema this program works with: migrations form one line, and their files bear their numbers."""
    files = (MIGRATIONS / "versions").glob(f"{_PREFIX}*.py")
    return max(path.stem.removeprefix(_PREFIX).partition("_")[0] for path in files)


def is_latest(connection: Connection) -> bool:
    return schema_version(connection) == latest_version()
