"""Configurations: numbered, immutable, and one of them in use."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from navigation.configurations import SERVER
from navigation.errors import ConflictError, StoreError
from navigation.records import AuditEvent, ConfigRecord, Json
from navigation.store import sentences
from navigation.store.chaining import log
from navigation.store.columns import compact_json
from navigation.store.connection import Part
from navigation.store.models.knowledge import ActivationRow, ConfigRow
from navigation.store.rows import record_of


class Configs(Part):
    def active_config(self) -> ConfigRecord:
        """The configuration activated last. StoreError before the first one is stored."""
        with self._db.reading() as session:
            row = _active(session)
            if row is None:
                raise StoreError(sentences.NO_CONFIG)
            return record_of(ConfigRecord, row)

    def config(self, config_id: int) -> ConfigRecord | None:
        with self._db.reading() as session:
            row = session.get(ConfigRow, config_id)
            return None if row is None else record_of(ConfigRecord, row)

    def configs(self) -> Sequence[ConfigRecord]:
        """Every configuration, newest first."""
        with self._db.reading() as session:
            return [
                record_of(ConfigRecord, row) for row in session.scalars(select(ConfigRow).order_by(ConfigRow.id.desc()))
            ]

    def chosen_config(self) -> ConfigRecord | None:
        """The configuration a person put into use last; None when only servers ever did."""
        with self._db.reading() as session:
            row = session.scalar(_newest().where(ActivationRow.author != SERVER))
            return None if row is None else record_of(ConfigRecord, row)

    def add_config(self, body: Json, author: str, note: str, *, event: AuditEvent | None = None) -> ConfigRecord:
        """A configuration with exactly this body, not put into use; the one there is, when there is one."""
        body_hash = _hash(body)
        known = self._config_by_hash(body_hash)
        if known is not None:
            return known
        now = datetime.now(UTC)
        try:
            with self._db.writing() as session:
                row = _add(session, body, body_hash, author, note, now)
                if event is not None:
                    log(session, now, replace(event, object_id=str(row.id)))
                return record_of(ConfigRecord, row)
        except IntegrityError:  # stored by another process meanwhile
            return self._stored_meanwhile(body_hash)

    def activate_config(
        self, config_id: int, *, seen: int, author: str, reason: str, event: AuditEvent | None = None
    ) -> None:
        """Put a configuration into use, with the audit's `event`; in force for the next attempt when this returns.

        `seen` is the number its author saw in use. Raises ConflictError when another one is in use by now, StoreError
        for an unknown configuration.
        """
        now = datetime.now(UTC)
        with self._db.writing() as session:
            if session.get(ConfigRow, config_id) is None:
                raise StoreError(sentences.UNKNOWN_CONFIG)
            active = _active(session)
            if active is None or active.id != seen:
                raise ConflictError(sentences.OTHER_CONFIG)
            session.add(_activation(config_id, author, reason, now))
            if event is not None:
                log(session, now, event)

    def ensure_config(self, body: Json, author: str, note: str) -> ConfigRecord:
        """The configuration with exactly this body, in use from now on."""
        body_hash = _hash(body)
        known = self._config_by_hash(body_hash)
        if known is not None:
            self._activate(known.id, author, note)
            return known
        try:
            with self._db.writing() as session:
                return _add_active(session, body, body_hash, author, note)
        except IntegrityError:  # stored by another process meanwhile
            return self._stored_meanwhile(body_hash)

    def _activate(self, config_id: int, author: str, note: str) -> None:
        """Put a known configuration to use, unless it is the one in use."""
        with self._db.reading() as session:
            active = _active(session)
        if active is None or active.id != config_id:
            with self._db.writing() as session:
                session.add(_activation(config_id, author, note, datetime.now(UTC)))

    def _stored_meanwhile(self, body_hash: str) -> ConfigRecord:
        known = self._config_by_hash(body_hash)
        if known is None:
            raise StoreError(sentences.NO_CONFIG)
        return known

    def _config_by_hash(self, body_hash: str) -> ConfigRecord | None:
        with self._db.reading() as session:
            row = session.scalar(select(ConfigRow).where(ConfigRow.body_hash == body_hash))
            return None if row is None else record_of(ConfigRecord, row)


def _hash(body: Json) -> str:
    return hashlib.sha256(compact_json(body).encode()).hexdigest()


def _add_active(session: Session, body: Json, body_hash: str, author: str, note: str) -> ConfigRecord:
    now = datetime.now(UTC)
    row = _add(session, body, body_hash, author, note, now)
    session.add(_activation(row.id, author, note, now))
    return record_of(ConfigRecord, row)


def _add(session: Session, body: Json, body_hash: str, author: str, note: str, now: datetime) -> ConfigRow:
    row = ConfigRow(body=dict(body), body_hash=body_hash, author=author, note=note, created_at=now)
    session.add(row)
    session.flush()
    return row


def _active(session: Session) -> ConfigRow | None:
    return session.scalar(_newest())


def _newest() -> Select[ConfigRow]:
    """Configurations by when they were put into use, newest first, and only that one."""
    return (
        select(ConfigRow)
        .join(ActivationRow, ActivationRow.config_id == ConfigRow.id)
        .order_by(ActivationRow.id.desc())
        .limit(1)
    )


def _activation(config_id: int, author: str, note: str, now: datetime) -> ActivationRow:
    return ActivationRow(config_id=config_id, author=author, reason=note, activated_at=now)
