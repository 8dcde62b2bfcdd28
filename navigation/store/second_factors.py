"""Second factors: a sealed key, the last step used, recovery codes. Each code and each step is good once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from navigation.errors import StoreError
from navigation.records import SecondFactor
from navigation.store import failures, sentences
from navigation.store.connection import Part
from navigation.store.models.accounts import RecoveryCodeRow, SecondFactorRow, WebSessionRow
from navigation.store.rows import record_of


class SecondFactors(Part):
    def second_factor(self, user_id: str) -> SecondFactor | None:
        left = select(func.count()).where(RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.used_at.is_(None))
        with self._db.reading() as session:
            row = session.get(SecondFactorRow, user_id)
            return None if row is None else record_of(SecondFactor, row, recovery_left=session.scalar(left) or 0)

    def second_factor_owners(self) -> frozenset[str]:
        with self._db.reading() as session:
            return frozenset(session.scalars(select(SecondFactorRow.user_id)))

    def put_second_factor(
        self,
        user_id: str,
        sealed_key: str,
        *,
        step: int,
        code_hashes: Iterable[str],
        now: datetime,
        keep_session: str = "",
    ) -> None:
        row = SecondFactorRow(user_id=user_id, sealed_key=sealed_key, last_step=step, created_at=now)
        try:
            with self._db.writing() as session:
                _remove(session, user_id, keep_session)
                session.add(row)
                session.flush()
                _add_codes(session, user_id, code_hashes)
        except IntegrityError as err:
            failures.refuse_missing_reference(err, sentences.NO_USER)
            raise

    def remove_second_factor(self, user_id: str, *, keep_session: str = "") -> None:
        with self._db.writing() as session:
            _remove(session, user_id, keep_session)

    def use_step(self, user_id: str, step: int) -> bool:
        used = (
            update(SecondFactorRow)
            .where(SecondFactorRow.user_id == user_id, SecondFactorRow.last_step < step)
            .values(last_step=step)
            .returning(SecondFactorRow.user_id)
        )
        with self._db.writing() as session:
            return session.scalar(used) is not None

    def put_recovery_codes(self, user_id: str, code_hashes: Iterable[str]) -> None:
        with self._db.writing() as session:
            if session.get(SecondFactorRow, user_id) is None:
                raise StoreError(sentences.NO_FACTOR)
            session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
            _add_codes(session, user_id, code_hashes)

    def use_recovery_code(self, user_id: str, code_hash: str, now: datetime) -> bool:
        used = (
            update(RecoveryCodeRow)
            .where(
                RecoveryCodeRow.user_id == user_id,
                RecoveryCodeRow.code_hash == code_hash,
                RecoveryCodeRow.used_at.is_(None),
            )
            .values(used_at=now)
            .returning(RecoveryCodeRow.user_id)
        )
        with self._db.writing() as session:
            return session.scalar(used) is not None


def _add_codes(session: Session, user_id: str, code_hashes: Iterable[str]) -> None:
    session.add_all(RecoveryCodeRow(user_id=user_id, code_hash=code_hash) for code_hash in code_hashes)


def _remove(session: Session, user_id: str, keep_session: str) -> None:
    for table in (RecoveryCodeRow, SecondFactorRow):
        session.execute(delete(table).where(table.user_id == user_id))
    others = (WebSessionRow.user_id == user_id, WebSessionRow.secret_hash != keep_session)
    session.execute(delete(WebSessionRow).where(*others))
