"""Who may do what: one table of endpoint, method and roles. An endpoint that is not in it is refused to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from navigation.records import Role, User

PUBLIC: Final = "public"
TOKEN: Final = "token"

ROLES: tuple[Role, ...] = ("viewer", "clinician", "engineer", "admin")
EVERYBODY: frozenset[str] = frozenset(ROLES)
STAFF: frozenset[str] = EVERYBODY - {"clinician"}
ENGINEERS: frozenset[str] = frozenset(("engineer", "admin"))
ANYONE: frozenset[str] = frozenset((PUBLIC,))

TABLE: Mapping[str, Mapping[str, frozenset[str]]] = {
    "static": {"GET": ANYONE},
    "health": {"GET": ANYONE},
    "home": {"GET": EVERYBODY},
    "preferences": {"POST": ANYONE},
    "auth.login": {"GET": ANYONE, "POST": ANYONE},
    "auth.link": {"GET": ANYONE, "POST": ANYONE},
    "auth.logout": {"POST": EVERYBODY},
    "auth.password": {"GET": EVERYBODY, "POST": EVERYBODY},
    "dashboard.index": {"GET": ENGINEERS},
    "stop.index": {"GET": STAFF},
    "stop.bar": {"GET": EVERYBODY},
    "stop.stop": {"POST": ENGINEERS},
    "stop.release": {"POST": ENGINEERS},
    "inbox.index": {"GET": ENGINEERS},
    "inbox.step": {"POST": ENGINEERS},
    "attempts.index": {"GET": EVERYBODY},
    "attempts.news": {"GET": EVERYBODY},
    "attempts.detail": {"GET": EVERYBODY},
    "attempts.record": {"GET": EVERYBODY},
    "attempts.picture": {"GET": EVERYBODY},
    "attempts.thumb": {"GET": EVERYBODY},
    "whatif.show": {"GET": EVERYBODY},
    "whatif.read": {"POST": ENGINEERS},
    "runs.film": {"GET": EVERYBODY},
    "keys.own": {"GET": EVERYBODY, "POST": EVERYBODY},
    "review.label": {"POST": ENGINEERS},
    "review.undo": {"POST": ENGINEERS},
    "review.like": {"GET": ENGINEERS, "POST": ENGINEERS},
    "review.claim": {"POST": ENGINEERS},
    "review.verdict": {"GET": ENGINEERS},
    "review.point": {"GET": ENGINEERS},
    "review.triage": {"GET": ENGINEERS, "POST": ENGINEERS},
    "review.audit": {"GET": ENGINEERS, "POST": ENGINEERS},
    "review.sample": {"POST": ENGINEERS},
    "review.sample_page": {"GET": ENGINEERS},
    "review.agreement": {"GET": ENGINEERS},
    "attempts.screen": {"GET": EVERYBODY},
    "attempts.save_view": {"POST": EVERYBODY},
    "attempts.delete_view": {"POST": EVERYBODY},
}
TOKEN_BLUEPRINTS = ("api",)
"""Blueprints that check a bearer token themselves and know no session."""

WHILE_PASSWORD_IS_DUE = frozenset({"auth.password", "auth.logout", "static", "health", "preferences"})
"""All that someone who must change the password may reach."""


def allowed(endpoint: str, method: str) -> frozenset[str]:
    """Roles (or PUBLIC) that may use `endpoint` with `method`; HEAD is read as GET; empty when not listed."""
    return TABLE.get(endpoint, {}).get("GET" if method == "HEAD" else method, frozenset())


def may(user: User, endpoint: str, method: str) -> bool:
    """Whether this person may use a route."""
    return user.role in allowed(endpoint, method)


def may_see(user: User, application: str) -> bool:
    """Whether what belongs to `application` exists at all for this person."""
    return user.applications is None or application in user.applications


HOMES: Mapping[Role, str] = {
    "viewer": "attempts.index",
    "clinician": "attempts.index",
    "engineer": "dashboard.index",
    "admin": "dashboard.index",
}
"""The endpoint where each role's work begins."""
