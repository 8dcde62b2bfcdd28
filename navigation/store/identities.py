"""Who people are at an identity provider: one subject for each person and provider, and one person for each subject."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from navigation.errors import ConflictError
from navigation.records import User
from navigation.store import failures, sentences
from navigation.store.connection import Part
from navigation.store.models.accounts import UserIdentityRow, UserRow
from navigation.store.rows import record_of


class Identities(Part):
    def user_by_identity(self, issuer: str, subject: str) -> User | None:
        known = (
            select(UserRow)
            .join(UserIdentityRow, UserIdentityRow.user_id == UserRow.id)
            .where(UserIdentityRow.issuer == issuer, UserIdentityRow.subject == subject)
        )
        with self._db.reading() as session:
            row = session.scalar(known)
            return None if row is None else record_of(User, row)

    def identity_of(self, user_id: str, issuer: str) -> str | None:
        named = select(UserIdentityRow.subject).where(
            UserIdentityRow.user_id == user_id, UserIdentityRow.issuer == issuer
        )
        with self._db.reading() as session:
            return session.scalar(named)

    def set_identity(self, user_id: str, issuer: str, subject: str) -> None:
        before = delete(UserIdentityRow).where(UserIdentityRow.user_id == user_id, UserIdentityRow.issuer == issuer)
        try:
            with self._db.writing() as session:
                session.execute(before)
                if subject:
                    session.add(UserIdentityRow(issuer=issuer, subject=subject, user_id=user_id))
        except IntegrityError as err:
            failures.refuse_missing_reference(err, sentences.NO_USER)
            raise ConflictError(sentences.SUBJECT_TAKEN) from err
