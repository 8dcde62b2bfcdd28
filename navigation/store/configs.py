"""Configurations: numbered, immutable, and one of them in use."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from navigation.errors import StoreError
from navigation.records import ConfigRecord, Json
from navigation.store import sentences
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

    def ensure_config(self, body: Json, author: str, note: str) -> ConfigRecord:
        """The configuration with exactly this body, in use from now on."""
        body_hash = hashlib.sha256(compact_json(body).encode()).hexdigest()
        known = self._config_by_hash(body_hash)
        if known is not None:
            self._activate(known.id, author, note)
            return known
        try:
            with self._db.writing() as session:
                return _add_active(session, body, body_hash, author, note)
        except IntegrityError:  # stored by another process meanwhile
            known = self._config_by_hash(body_hash)
            if known is None:
                raise
            return known

    def _activate(self, config_id: int, author: str, note: str) -> None:
        """Put a known configuration to use, unless it is the one in use."""
        with self._db.reading() as session:
            active = _active(session)
        if active is None or active.id != config_id:
            with self._db.writing() as session:
                session.add(_activation(config_id, author, note, datetime.now(UTC)))

    def _config_by_hash(self, body_hash: str) -> ConfigRecord | None:
        with self._db.reading() as session:
            row = session.scalar(select(ConfigRow).where(ConfigRow.body_hash == body_hash))
            return None if row is None else record_of(ConfigRecord, row)


def _add_active(session: Session, body: Json, body_hash: str, author: str, note: str) -> ConfigRecord:
    now = datetime.now(UTC)
    row = ConfigRow(body=dict(body), body_hash=body_hash, author=author, note=note, created_at=now)
    session.add(row)
    session.flush()
    session.add(_activation(row.id, author, note, now))
    return record_of(ConfigRecord, row)


def _active(session: Session) -> ConfigRow | None:
    newest = (
        select(ConfigRow)
        .join(ActivationRow, ActivationRow.config_id == ConfigRow.id)
        .order_by(ActivationRow.id.desc())
        .limit(1)
    )
    return session.scalar(newest)


def _activation(config_id: int, author: str, note: str, now: datetime) -> ActivationRow:
    return ActivationRow(config_id=config_id, author=author, reason=note, activated_at=now)
