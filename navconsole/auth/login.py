"""Deciding a log-in: throttle, compare, count. Every refusal looks the same and takes the same time."""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from navconsole.auth.passwords import hash_password, needs_rehash, verify_password
from navconsole.auth.throttle import ACCOUNT_LIMITS, SOURCE_LIMITS, wait_needed
from navigation.records import User
from navigation.store.protocol import AccountStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoginResult:
    """`user` when it went well; else `wait` says how long to wait, zero when name or password were wrong."""

    user: User | None
    wait: timedelta = timedelta(0)


def try_login(store: AccountStore, name: str, password: str, *, source: str, device_is_known: bool) -> LoginResult:
    """Log in by name and password.

    A browser that has logged in to this account before (`device_is_known`) is not held up by failures that
    strangers cause on the account, only by those from its own address.
    """
    now = datetime.now(UTC)
    wait = _wait(store, name, source, now, skip_account=device_is_known)
    if wait:
        return LoginResult(None, wait)
    user = store.user_by_name(name)
    stored = user.password_hash if user and user.is_active else None
    if not verify_password(stored, password) or user is None:
        store.note_login_failure(name, source, now)
        return LoginResult(None)
    store.clear_login_failures(name)
    if stored and needs_rehash(stored) and not user.must_change_password:
        store.set_password(user.id, hash_password(password))
    return LoginResult(user)


def _wait(store: AccountStore, name: str, source: str, now: datetime, *, skip_account: bool) -> timedelta:
    account = [store.login_failures(name, source, now - limit.window)[0] for limit in ACCOUNT_LIMITS]
    by_source = [store.login_failures(name, source, now - limit.window)[1] for limit in SOURCE_LIMITS]
    of_account = timedelta(0) if skip_account else wait_needed(account, ACCOUNT_LIMITS)
    return max(of_account, wait_needed(by_source, SOURCE_LIMITS))


def device_mark(user_id: str, key: bytes) -> str:
    """What a browser keeps to be recognised as one that has logged in to this account; opens nothing by itself."""
    return hmac.new(key, user_id.encode(), hashlib.sha256).hexdigest()
