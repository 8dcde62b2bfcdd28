"""People: their accounts, their one-time links and the log-ins that failed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from navigation.errors import ConflictError, StoreError
from navigation.ids import new_id
from navigation.records import OneTimeLink, Role, User
from navigation.store import failures, sentences
from navigation.store.connection import Part
from navigation.store.folding import name_key
from navigation.store.models.accounts import LoginFailureRow, OneTimeLinkRow, UserRow, WebSessionRow
from navigation.store.rows import record_of


def secret_hash(secret: str) -> str:
    """What is kept of a secret. Secrets are long and random, so a plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Users(Part):
    def add_user(
        self,
        *,
        name: str,
        role: Role,
        password_hash: str | None,
        must_change_password: bool = False,
        applications: Sequence[str] | None = None,
    ) -> User:
        """A new active account. ConflictError when the name is taken."""
        row = UserRow(
            id=new_id(),
            name=name.strip(),
            name_key=name_key(name),
            role=role,
            applications=None if applications is None else list(applications),
            language=None,
            must_change_password=must_change_password,
            is_active=True,
            password_hash=password_hash,
            created_at=datetime.now(UTC),
        )
        try:
            with self._db.writing() as session:
                if session.scalar(select(UserRow.id).where(UserRow.name_key == row.name_key)):
                    raise ConflictError(sentences.NAME_TAKEN)
                session.add(row)
        except IntegrityError as err:
            if self.user_by_name(name) is None:
                raise
            raise ConflictError(sentences.NAME_TAKEN) from err
        return record_of(User, row)

    def user(self, user_id: str) -> User | None:
        with self._db.reading() as session:
            row = session.get(UserRow, user_id)
            return None if row is None else record_of(User, row)

    def user_by_name(self, name: str) -> User | None:
        with self._db.reading() as session:
            row = session.scalar(select(UserRow).where(UserRow.name_key == name_key(name)))
            return None if row is None else record_of(User, row)

    def count_users(self) -> int:
        with self._db.reading() as session:
            return session.scalar(select(func.count()).select_from(UserRow)) or 0

    def users(self) -> Sequence[User]:
        with self._db.reading() as session:
            return [record_of(User, row) for row in session.scalars(select(UserRow).order_by(UserRow.name_key))]

    def set_password(self, user_id: str, password_hash: str) -> None:
        with self._db.writing() as session:
            user = _known(session, user_id)
            user.password_hash = password_hash
            user.must_change_password = False
            _end_sessions(session, user_id)

    def clear_password(self, user_id: str) -> None:
        """Take the password away, for someone who comes in by a link to set another; ends every session."""
        with self._db.writing() as session:
            _known(session, user_id).password_hash = None
            _end_sessions(session, user_id)

    def set_rights(self, user_id: str, role: Role, applications: Sequence[str] | None) -> User:
        """Change what the person may do and see, and end every session. ConflictError for the last admin."""
        with self._db.writing() as session:
            user = _known(session, user_id)
            user.role = role
            user.applications = None if applications is None else list(applications)
            _end_sessions(session, user_id)
            _keep_an_admin(session)
            return record_of(User, user)

    def set_active(self, user_id: str, is_active: bool) -> None:
        """Let the person log in or not; not ends every session. ConflictError for the last admin."""
        with self._db.writing() as session:
            _known(session, user_id).is_active = is_active
            if not is_active:
                _end_sessions(session, user_id)
            _keep_an_admin(session)

    def set_language(self, user_id: str, language: str) -> None:
        with self._db.writing() as session:
            _known(session, user_id).language = language


def _known(session: Session, user_id: str) -> UserRow:
    user = session.get(UserRow, user_id)
    if user is None:
        raise StoreError(sentences.NO_USER)
    return user


def _end_sessions(session: Session, user_id: str) -> None:
    session.execute(delete(WebSessionRow).where(WebSessionRow.user_id == user_id))


def _keep_an_admin(session: Session) -> None:
    session.flush()
    admins = select(func.count()).select_from(UserRow).where(UserRow.role == "admin", UserRow.is_active)
    if not session.scalar(admins):
        raise ConflictError(sentences.LAST_ADMIN)


class OneTimeLinks(Part):
    def add_one_time_link(self, user_id: str, secret: str, expires_at: datetime, *, run_id: str | None = None) -> None:
        row = OneTimeLinkRow(secret_hash=secret_hash(secret), user_id=user_id, expires_at=expires_at, run_id=run_id)
        try:
            with self._db.writing() as session:
                session.add(row)
        except IntegrityError as err:
            failures.refuse_missing_reference(err, sentences.NO_USER)
            raise

    def one_time_link(self, secret: str, now: datetime) -> OneTimeLink | None:
        good = select(OneTimeLinkRow).where(*_is_good(secret, now))
        with self._db.reading() as session:
            row = session.scalar(good)
            return None if row is None else record_of(OneTimeLink, row)

    def use_one_time_link(self, secret: str, now: datetime) -> User | None:
        used = (
            update(OneTimeLinkRow).where(*_is_good(secret, now)).values(used_at=now).returning(OneTimeLinkRow.user_id)
        )
        with self._db.writing() as session:
            user_id = session.scalar(used)
            user = session.get(UserRow, user_id) if user_id else None
            return record_of(User, user) if user is not None and user.is_active else None


def _is_good(secret: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """That a link is known, not used and not expired."""
    return (
        OneTimeLinkRow.secret_hash == secret_hash(secret),
        OneTimeLinkRow.used_at.is_(None),
        OneTimeLinkRow.expires_at > now,
    )


class LoginFailures(Part):
    def note_login_failure(self, name: str, source: str, now: datetime) -> None:
        with self._db.writing() as session:
            session.add(LoginFailureRow(name_hash=secret_hash(name_key(name)), source=source, at=now))

    def login_failures(self, name: str, source: str, since: datetime) -> tuple[int, int]:
        counted = select(func.count()).select_from(LoginFailureRow).where(LoginFailureRow.at >= since)
        with self._db.reading() as session:
            of_name = session.scalar(counted.where(LoginFailureRow.name_hash == secret_hash(name_key(name))))
            of_source = session.scalar(counted.where(LoginFailureRow.source == source))
            return of_name or 0, of_source or 0

    def clear_login_failures(self, name: str) -> None:
        with self._db.writing() as session:
            session.execute(delete(LoginFailureRow).where(LoginFailureRow.name_hash == secret_hash(name_key(name))))
