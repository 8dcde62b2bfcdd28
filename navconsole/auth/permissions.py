"""Who may do what: one table of endpoint, method and roles. An endpoint that is not in it is refused to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from navigation.records import Role, User

PUBLIC: Final = "public"
TOKEN: Final = "token"

ROLES: tuple[Role, ...] = ("viewer", "clinician", "engineer", "admin")
EVERYBODY: frozenset[str] = frozenset(ROLES)
ANYONE: frozenset[str] = frozenset((PUBLIC,))
ADMIN: frozenset[str] = frozenset(("admin",))

TABLE: Mapping[str, Mapping[str, frozenset[str]]] = {
    "static": {"GET": ANYONE},
    "health": {"GET": ANYONE},
    "home": {"GET": EVERYBODY},
    "preferences": {"POST": ANYONE},
    "auth.login": {"GET": ANYONE, "POST": ANYONE},
    "auth.code": {"GET": ANYONE, "POST": ANYONE},
    "oidc.start": {"GET": ANYONE},
    "oidc.callback": {"GET": ANYONE},
    "auth.link": {"GET": ANYONE, "POST": ANYONE},
    "auth.logout": {"POST": EVERYBODY},
    "auth.password": {"GET": EVERYBODY, "POST": EVERYBODY},
    "account.index": {"GET": EVERYBODY},
    "account.end_sessions": {"POST": EVERYBODY},
    "account.second_factor": {"GET": EVERYBODY, "POST": EVERYBODY},
    "account.recovery_codes": {"POST": EVERYBODY},
    "account.remove_factor": {"POST": EVERYBODY},
    "admin.people": {"GET": ADMIN, "POST": ADMIN},
    "admin.person": {"GET": ADMIN},
    "admin.rights": {"POST": ADMIN},
    "admin.identity": {"POST": ADMIN},
    "admin.access": {"POST": ADMIN},
    "admin.end_sessions": {"POST": ADMIN},
    "admin.audit": {"GET": ADMIN},
    "admin.audit_csv": {"GET": ADMIN},
    "attempts.index": {"GET": EVERYBODY},
    "attempts.news": {"GET": EVERYBODY},
    "attempts.detail": {"GET": EVERYBODY},
    "attempts.picture": {"GET": EVERYBODY},
    "attempts.thumb": {"GET": EVERYBODY},
}
TOKEN_BLUEPRINTS = ("api",)
"""Blueprints that check a bearer token themselves and know no session."""

WHILE_PASSWORD_IS_DUE = frozenset({"auth.password", "auth.logout", "static", "health", "preferences"})
"""All that someone who must change the password may reach."""

WHILE_FACTOR_IS_DUE = WHILE_PASSWORD_IS_DUE | {"account.second_factor"}
"""All that someone who must set up a second factor may reach."""


def allowed(endpoint: str, method: str) -> frozenset[str]:
    """Roles (or PUBLIC) that may use `endpoint` with `method`; HEAD is read as GET; empty when not listed."""
    return TABLE.get(endpoint, {}).get("GET" if method == "HEAD" else method, frozenset())


def may_see(user: User, application: str) -> bool:
    """Whether what belongs to `application` exists at all for this person."""
    return user.applications is None or application in user.applications
