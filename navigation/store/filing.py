"""Versions of workflows' and profiles' files: numbered, added, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from navigation.errors import ConflictError
from navigation.records import AuditEvent
from navigation.store import sentences
from navigation.store.chaining import log
from navigation.store.connection import Part
from navigation.store.models.knowledge import ProfileRow
from navigation.store.models.workflows import WorkflowRow
from navigation.workflow_records import FileVersion, Kind, NewFile

Row = ProfileRow | WorkflowRow


class Files(Part):
    def add_files(
        self, files: Sequence[NewFile], *, author: str, at: datetime, event: AuditEvent
    ) -> Sequence[tuple[FileVersion, bool]]:
        """Each file as a new version, and whether it is one: a text that is the newest already stays that version.

        Raises ConflictError when a file was made from another version than the newest.
        """
        with self._db.writing() as session:
            done = []
            for file in files:
                newest = session.scalar(_newest(file.kind, file.application, file.name))
                if file.after not in (None, newest.version if newest else 0):
                    raise ConflictError(sentences.OTHER_VERSION)
                if newest is not None and newest.body["text"] == file.text:
                    done.append((_version(newest), False))
                    continue
                row = _row(file, newest.version + 1 if newest else 1, author, at)
                session.add(row)
                session.flush()
                details = {**event.details, "version": row.version, "application": file.application}
                named = replace(event, object_kind=file.kind, object_id=file.name or file.application, details=details)
                log(session, at, named)
                done.append((_version(row), True))
            return done

    def newest_file(self, kind: Kind, application: str, name: str = "") -> FileVersion | None:
        with self._db.reading() as session:
            return _or_none(session.scalar(_newest(kind, application, name)))

    def file_of_version(self, kind: Kind, application: str, name: str, version: int) -> FileVersion | None:
        row = _table(kind)
        with self._db.reading() as session:
            return _or_none(session.scalar(_of(kind, application, name).where(row.version == version)))

    def file_by_id(self, kind: Kind, file_id: int) -> FileVersion | None:
        with self._db.reading() as session:
            return _or_none(session.get(_table(kind), file_id))

    def newest_files(self, kind: Kind, applications: Sequence[str] | None) -> Sequence[FileVersion]:
        """The newest version of each file of these applications (None: of all), by application and name."""
        row = _table(kind)
        groups = (ProfileRow.application,) if row is ProfileRow else (WorkflowRow.application, WorkflowRow.name)
        chosen = select(row).where(row.id.in_(select(func.max(row.id)).group_by(*groups))).order_by(*groups)
        if applications is not None:
            chosen = chosen.where(row.application.in_(applications))
        with self._db.reading() as session:
            return [_version(found) for found in session.scalars(chosen)]

    def file_versions(self, kind: Kind, application: str, name: str = "") -> Sequence[FileVersion]:
        """Every version, newest first."""
        row = _table(kind)
        with self._db.reading() as session:
            chosen = _of(kind, application, name).order_by(row.version.desc())
            return [_version(found) for found in session.scalars(chosen)]


def _table(kind: Kind) -> Any:
    return ProfileRow if kind == "profile" else WorkflowRow


def _of(kind: Kind, application: str, name: str) -> Select[Row]:
    if kind == "profile":
        return select(ProfileRow).where(ProfileRow.application == application)
    return select(WorkflowRow).where(WorkflowRow.application == application, WorkflowRow.name == name)


def _newest(kind: Kind, application: str, name: str) -> Select[Row]:
    return _of(kind, application, name).order_by(_table(kind).version.desc()).limit(1)


def _row(file: NewFile, version: int, author: str, at: datetime) -> Row:
    values = {"application": file.application, "version": version, "author": author, "created_at": at}
    body = {"text": file.text}
    if file.kind == "profile":
        return ProfileRow(body=body, **values)
    return WorkflowRow(name=file.name, body=body, **values)


def _or_none(row: Row | None) -> FileVersion | None:
    return None if row is None else _version(row)


def _version(row: Row) -> FileVersion:
    kind: Kind = "workflow" if isinstance(row, WorkflowRow) else "profile"
    name = row.name if isinstance(row, WorkflowRow) else ""
    return FileVersion(row.id, kind, row.application, name, row.version, row.body["text"], row.author, row.created_at)
