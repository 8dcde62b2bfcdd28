"""Which installation a database belongs to, so that an empty one never takes the place of one that went missing.

The marker is a small file beside the database with the id that the database holds too. A marker without its
database, or with another's, stops the start: a disk is not mounted, or a file was moved.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select

from navigation.errors import StoreError
from navigation.ids import new_id
from navigation.store import files
from navigation.store.models.knowledge import InstanceRow

GONE = (
    "The database is missing although this folder held one. Check that its disk is mounted, or restore the last "
    "backup. To start anew on purpose, remove the marker file (its name ends in .instance.json)."
)
OTHER = (
    "The database is not the one that belongs to this folder. Put the right file back, or remove the marker file "
    "(its name ends in .instance.json) if the change is on purpose."
)
UNREADABLE = (
    "The marker file beside the database (its name ends in .instance.json) cannot be read. Restore or remove it."
)
MISSING = "There is no database here. Check the path and the mount, or allow a new one to be created."


def marker_of(database: Path) -> Path:
    return database.with_name(database.name + ".instance.json")


def check_before(database: Path, *, create: bool) -> None:
    """Raise StoreError where opening would put an empty database in the place of a missing one."""
    is_there = database.is_file() and database.stat().st_size > 0
    if is_there:
        return
    if marker_of(database).exists():
        raise StoreError(GONE)
    if not create:
        raise StoreError(MISSING)


def checked(connection: Connection, database: Path) -> str | None:
    """The id that the database holds, None when it holds none. StoreError when the marker has another."""
    known = connection.scalar(select(InstanceRow.id))
    marked = _marked_id(marker_of(database))
    if marked is not None and marked != known:
        raise StoreError(OTHER)
    return known


def settle(connection: Connection, database: Path) -> str:
    """The id of this installation, drawn and written to the database the first time."""
    known = checked(connection, database)
    if known is None:
        known = new_id()
        connection.execute(insert(InstanceRow).values(only=1, id=known, created_at=datetime.now(UTC)))
    return known


def mark(database: Path, instance_id: str) -> None:
    """Write the marker, durably, once the database is."""
    marker = marker_of(database)
    if not marker.exists():
        files.write_durably(marker.parent, marker.name, json.dumps({"instance": instance_id}).encode())


def _marked_id(marker: Path) -> str | None:
    if not marker.exists():
        return None
    try:
        return str(json.loads(marker.read_bytes())["instance"])
    except (ValueError, KeyError, TypeError) as err:
        raise StoreError(UNREADABLE) from err
