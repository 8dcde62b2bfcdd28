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
from navigation.store import files, sentences
from navigation.store.models.knowledge import InstanceRow


def marker_of(database: Path) -> Path:
    return database.with_name(database.name + ".instance.json")


def check_before(database: Path, *, create: bool) -> None:
    """Raise StoreError where opening would put an empty database in the place of a missing one."""
    is_there = database.is_file() and database.stat().st_size > 0
    if is_there:
        return
    if marker_of(database).exists():
        raise StoreError(sentences.GONE)
    if not create:
        raise StoreError(sentences.NO_DATABASE)


def checked(connection: Connection, database: Path) -> str | None:
    """The id that the database holds, None when it holds none. StoreError when the marker has another."""
    known = connection.scalar(select(InstanceRow.id))
    marked = marked_id(marker_of(database))
    if marked is not None and marked != known:
        raise StoreError(sentences.OTHER_DATABASE)
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


def marked_id(marker: Path) -> str | None:
    """The id that a marker file names; None when there is none. StoreError when it cannot be read."""
    if not marker.exists():
        return None
    try:
        return str(json.loads(marker.read_bytes())["instance"])
    except (ValueError, KeyError, TypeError) as err:
        raise StoreError(sentences.MARKER_UNREADABLE) from err
