"""Making accounts, links and tokens; used by the command line and at first start."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from navconsole.auth.passwords import hash_password
from navconsole.settings import ConsoleSettings
from navigation.configurations import SERVER
from navigation.errors import NavigationError
from navigation.records import ApiToken, AuditEvent, Role, User
from navigation.store.protocol import AccountStore
from navigation.store.sentences import NAME_TAKEN

FIRST_ADMIN = "admin"
LINK_LIFE = timedelta(hours=24)
TOKEN_PREFIX = "nav_"
RESERVED = frozenset((SERVER, "command line"))
"""Names the records use for what no person did."""


class AccountError(NavigationError):
    """An account that cannot be made or found; `detail` says why."""


def clean_name(name: str) -> str:
    """The name as it is kept: NFC, no space around it, nothing invisible in it. Raises AccountError."""
    text = unicodedata.normalize("NFC", name).strip()
    if not text or len(text) > 100 or any(unicodedata.category(c)[0] == "C" for c in text):
        raise AccountError("The name must have 1 to 100 visible characters")
    if text.casefold() in RESERVED:
        raise AccountError("This name is the program's own in the records; choose another one")
    return text


@dataclass(frozen=True, slots=True)
class By:
    """Who makes an account or a link, for the audit log: someone's id and address, or the command line."""

    actor: str = "command line"
    source: str = ""


COMMAND_LINE = By()


def add_user(
    store: AccountStore, name: str, role: Role, applications: Sequence[str] | None = None, *, by: By = COMMAND_LINE
) -> User:
    """A new account without a password; its owner comes in by a link."""
    name = clean_name(name)
    if store.user_by_name(name):
        raise AccountError(NAME_TAKEN)
    user = store.add_user(name=name, role=role, password_hash=None, applications=applications)
    _note(store, "user_added", "user", user.id, by)
    return user


def make_link(store: AccountStore, name: str, *, base_url: str, by: By = COMMAND_LINE) -> str:
    """A link that logs `name` in once within a day. The first admin is made by it when there is nobody at all."""
    user = store.user_by_name(clean_name(name))
    if user is None and store.count_users() == 0:
        user = add_user(store, name, "admin")
    if user is None:
        raise AccountError("There is no account named {name}; make it with “navconsole users add”", name=name)
    secret = secrets.token_urlsafe(32)
    store.add_one_time_link(user.id, secret, datetime.now(UTC) + LINK_LIFE)
    _note(store, "link_made", "user", user.id, by)
    return f"{base_url}/link/{secret}"


def make_token(
    store: AccountStore,
    name: str,
    *,
    scopes: Sequence[str],
    applications: Sequence[str] | None = None,
    days: int | None = 365,
) -> tuple[ApiToken, str]:
    """A token and its secret, which is shown this once."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    token = store.add_token(
        name=clean_name(name), secret=secret, scopes=scopes, applications=applications, expires_at=expires_at
    )
    _note(store, "token_made", "token", token.id)
    return token, secret


def seed_first_admin(store: AccountStore, settings: ConsoleSettings) -> str | None:
    """Make the first admin when there is nobody; returns a one-time link unless a password was given for it."""
    if settings.is_auth_disabled or store.count_users():
        return None
    if not settings.dashboard_password:
        return make_link(store, FIRST_ADMIN, base_url=settings.base_url)
    stored = hash_password(settings.dashboard_password)
    user = store.add_user(name=FIRST_ADMIN, role="admin", password_hash=stored, must_change_password=True)
    _note(store, "user_added", "user", user.id)
    return None


def _note(store: AccountStore, action: str, kind: str, object_id: str, by: By = COMMAND_LINE) -> None:
    event = AuditEvent(by.actor, action, object_kind=kind, object_id=object_id, source=by.source)
    store.audit(event, datetime.now(UTC))
