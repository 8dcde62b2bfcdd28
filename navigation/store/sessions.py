"""What proves who is asking: people's sessions and programs' tokens."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError

from navigation.errors import ConflictError, StoreError
from navigation.ids import new_id
from navigation.records import ApiToken, Origin, User, WebSession
from navigation.store import failures, sentences
from navigation.store.accounts import secret_hash
from navigation.store.connection import Database, Part
from navigation.store.models.accounts import (
    OneTimeLinkRow,
    SecondFactorRow,
    SpentLogoutRow,
    TokenRow,
    UserIdentityRow,
    UserRow,
    WebSessionRow,
)
from navigation.store.rows import record_of

SEEN_EVERY = timedelta(minutes=1)
PREFIX_LENGTH = 8
CLOCK_SLACK = timedelta(minutes=5)
"""By so much a clock may be set back; a session seen further ahead of it is over, or it would outlive its limits."""


class Sessions(Part):
    def open_session(
        self,
        user_id: str,
        secret: str,
        now: datetime,
        source: str,
        *,
        run_id: str | None = None,
        origin: Origin | None = None,
        is_partial: bool = False,
    ) -> None:
        row = WebSessionRow(
            secret_hash=secret_hash(secret),
            user_id=user_id,
            source=source,
            created_at=now,
            seen_at=now,
            run_id=run_id,
            is_partial=is_partial,
            issuer=origin and origin.issuer,
            provider_session=origin and origin.session,
        )
        try:
            with self._db.writing() as session:
                session.add(row)
        except IntegrityError as err:
            failures.refuse_missing_reference(err, sentences.NO_USER)
            raise

    def session(self, secret: str, now: datetime, *, idle: timedelta, absolute: timedelta) -> WebSession | None:
        """The session if its user is active and neither limit has passed."""
        hashed = secret_hash(secret)
        with self._db.reading() as session:
            found = session.execute(
                _OF_SECRET, {"hashed": hashed, "seen": now - idle, "made": now - absolute, "ahead": now + CLOCK_SLACK}
            ).one_or_none()
            if found is None:
                return None
            known = _web_session(*found)
        if now - known.seen_at >= SEEN_EVERY:
            _mark(self._db, update(WebSessionRow).where(WebSessionRow.secret_hash == hashed).values(seen_at=now))
        return known

    def close_session(self, secret: str) -> None:
        with self._db.writing() as session:
            session.execute(delete(WebSessionRow).where(WebSessionRow.secret_hash == secret_hash(secret)))

    def sessions_of(self, user_id: str, now: datetime, *, idle: timedelta, absolute: timedelta) -> Sequence[WebSession]:
        good = _good(now - idle, now - absolute, now + CLOCK_SLACK).where(WebSessionRow.user_id == user_id)
        newest = good.order_by(WebSessionRow.seen_at.desc(), WebSessionRow.secret_hash)
        with self._db.reading() as session:
            return [_web_session(*found) for found in session.execute(newest)]

    def end_sessions(self, user_id: str, *, only: str = "", but: str = "") -> int:
        ended = delete(WebSessionRow).where(WebSessionRow.user_id == user_id, WebSessionRow.secret_hash != but)
        if only:
            ended = ended.where(WebSessionRow.secret_hash == only)
        with self._db.writing() as session:
            return len(session.scalars(ended.returning(WebSessionRow.secret_hash)).all())

    def end_every_session(self) -> int:
        with self._db.writing() as session:
            session.execute(delete(OneTimeLinkRow))
            return len(session.scalars(delete(WebSessionRow).returning(WebSessionRow.secret_hash)).all())

    def end_provided(
        self, issuer: str, *, subject: str, session: str, token_id: str, expires_at: datetime, now: datetime
    ) -> int:
        """End the sessions that came from a provider; ConflictError when this token was obeyed before."""
        chosen = delete(WebSessionRow).where(WebSessionRow.issuer == issuer)
        if session:
            chosen = chosen.where(WebSessionRow.provider_session == session)
        if subject:
            named = select(UserIdentityRow.user_id).where(
                UserIdentityRow.issuer == issuer, UserIdentityRow.subject == subject
            )
            chosen = chosen.where(WebSessionRow.user_id.in_(named))
        try:
            with self._db.writing() as work:
                work.execute(delete(SpentLogoutRow).where(SpentLogoutRow.expires_at < now))
                work.add(SpentLogoutRow(token_hash=secret_hash(f"{issuer} {token_id}"), expires_at=expires_at))
                work.flush()
                return len(work.scalars(chosen.returning(WebSessionRow.secret_hash)).all())
        except IntegrityError as err:
            raise ConflictError(sentences.LOGOUT_SPENT) from err


def _good(seen: Any, made: Any, ahead: Any) -> Any:
    """Sessions that were seen and made since, and not seen after `ahead`, of active users."""
    has_factor = exists().where(SecondFactorRow.user_id == WebSessionRow.user_id)
    return (
        select(WebSessionRow, UserRow, has_factor)
        .join(UserRow, UserRow.id == WebSessionRow.user_id)
        .where(
            WebSessionRow.seen_at > seen,
            WebSessionRow.seen_at <= ahead,
            WebSessionRow.created_at > made,
            UserRow.is_active,
        )
    )


# Made once: it is asked with every request, and building a statement costs as much as running it.
_OF_SECRET = _good(bindparam("seen"), bindparam("made"), bindparam("ahead")).where(
    WebSessionRow.secret_hash == bindparam("hashed")
)


def _web_session(row: WebSessionRow, user: UserRow, has_factor: bool) -> WebSession:
    return record_of(
        WebSession,
        row,
        id=row.secret_hash,
        user=record_of(User, user),
        has_second_factor=bool(has_factor),
        origin=Origin(row.issuer, row.provider_session or "") if row.issuer else None,
    )


class Tokens(Part):
    def add_token(
        self,
        *,
        name: str,
        secret: str,
        scopes: Sequence[str],
        applications: Sequence[str] | None,
        expires_at: datetime | None,
    ) -> ApiToken:
        """A new token; `prefix` is the start of the secret. ConflictError when the secret is known already."""
        row = TokenRow(
            id=new_id(),
            name=name,
            prefix=secret[:PREFIX_LENGTH],
            secret_hash=secret_hash(secret),
            scopes=list(scopes),
            applications=None if applications is None else list(applications),
            expires_at=expires_at,
            created_at=datetime.now(UTC),
        )
        try:
            with self._db.writing() as session:
                session.add(row)
        except IntegrityError as err:
            raise ConflictError(sentences.SECRET_TAKEN) from err
        return record_of(ApiToken, row)

    def token(self, secret: str, now: datetime) -> ApiToken | None:
        good = select(TokenRow).where(
            TokenRow.secret_hash == secret_hash(secret),
            TokenRow.revoked_at.is_(None),
            or_(TokenRow.expires_at.is_(None), TokenRow.expires_at > now),
        )
        with self._db.reading() as session:
            row = session.scalar(good)
            if row is None:
                return None
            known = record_of(ApiToken, row)
        if known.last_used_at is None or now - known.last_used_at >= SEEN_EVERY:
            _mark(self._db, update(TokenRow).where(TokenRow.id == known.id).values(last_used_at=now))
        return known

    def tokens(self) -> Sequence[ApiToken]:
        with self._db.reading() as session:
            rows = session.scalars(select(TokenRow).order_by(TokenRow.created_at.desc(), TokenRow.id.desc()))
            return [record_of(ApiToken, row) for row in rows]

    def revoke_token(self, token_id: str, now: datetime) -> None:
        """Revoke; the first time stands when it is revoked already."""
        revoked = update(TokenRow).where(TokenRow.id == token_id, TokenRow.revoked_at.is_(None)).values(revoked_at=now)
        with self._db.writing() as session:
            session.execute(revoked)


def _mark(db: Database, seen: Any) -> None:
    # Reading must go on when the disk is full or read-only, or another writer slow; the mark is only put off.
    with contextlib.suppress(StoreError), db.writing() as session:
        session.execute(seen)
