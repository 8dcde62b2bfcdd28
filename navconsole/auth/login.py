"""Deciding a log-in: throttle, compare, count. Every refusal looks the same and takes the same time."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from navconsole.auth.passwords import hash_password, needs_rehash, verify_password
from navconsole.auth.throttle import ACCOUNT_LIMITS, SOURCE_LIMITS, Limit, wait_needed
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
    wait = wait_for(store, name, source, now, () if device_is_known else ACCOUNT_LIMITS)
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


def confirm_password(store: AccountStore, user: User, password: str, *, source: str) -> LoginResult:
    """Whether someone who is logged in knows their own password; throttled apart from the log-in."""
    now = datetime.now(UTC)
    counter = f"confirm {user.id}"
    wait = wait_for(store, counter, source, now, ACCOUNT_LIMITS)
    if wait:
        return LoginResult(None, wait)
    if not verify_password(user.password_hash, password):
        store.note_login_failure(counter, source, now)
        return LoginResult(None)
    store.clear_login_failures(counter)
    return LoginResult(user)


def wait_for(store: AccountStore, counter: str, source: str, now: datetime, limits: Sequence[Limit]) -> timedelta:
    """How long to wait for the failures under one counter, and for those from one address."""
    own = [store.login_failures(counter, source, now - limit.window)[0] for limit in limits]
    by_source = [store.login_failures(counter, source, now - limit.window)[1] for limit in SOURCE_LIMITS]
    return max(wait_needed(own, limits), wait_needed(by_source, SOURCE_LIMITS))


def device_mark(user_id: str, key: bytes) -> str:
    """What a browser keeps to be recognised as one that has logged in to this account; opens nothing by itself."""
    return hmac.new(key, user_id.encode(), hashlib.sha256).hexdigest()
