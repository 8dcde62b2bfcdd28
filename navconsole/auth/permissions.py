"""Who may do what: one table of endpoint, method and roles. An endpoint that is not in it is refused to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from navigation.records import Role, User

PUBLIC: Final = "public"
TOKEN: Final = "token"

ROLES: tuple[Role, ...] = ("viewer", "clinician", "engineer", "admin")
EVERYBODY: frozenset[str] = frozenset(ROLES)
ANYONE: frozenset[str] = frozenset((PUBLIC,))
ASKERS: frozenset[str] = frozenset(("engineer", "admin"))
CLINICIANS: frozenset[str] = frozenset(("clinician",))

TABLE: Mapping[str, Mapping[str, frozenset[str]]] = {
    "static": {"GET": ANYONE},
    "health": {"GET": ANYONE},
    "home": {"GET": EVERYBODY},
    "preferences": {"POST": ANYONE},
    "auth.login": {"GET": ANYONE, "POST": ANYONE},
    "auth.link": {"GET": ANYONE, "POST": ANYONE},
    "auth.logout": {"POST": EVERYBODY},
    "auth.password": {"GET": EVERYBODY, "POST": EVERYBODY},
    "attempts.index": {"GET": EVERYBODY},
    "attempts.news": {"GET": EVERYBODY},
    "attempts.detail": {"GET": EVERYBODY},
    "attempts.picture": {"GET": EVERYBODY},
    "attempts.thumb": {"GET": EVERYBODY},
    "flows.index": {"GET": ASKERS | CLINICIANS},
    "flows.ask": {"GET": ASKERS, "POST": ASKERS},
    "flows.film": {"GET": ASKERS | CLINICIANS},
    "flows.step": {"GET": CLINICIANS, "POST": CLINICIANS},
    "flows.point": {"GET": CLINICIANS, "POST": CLINICIANS},
    "flows.picture": {"GET": ASKERS | CLINICIANS},
    "flows.sharp": {"GET": ASKERS | CLINICIANS},
    "flows.shown": {"GET": ASKERS | CLINICIANS},
    "flows.signoff": {"GET": ASKERS | CLINICIANS, "POST": CLINICIANS},
    "opinions.index": {"GET": CLINICIANS},
    "opinions.case": {"GET": CLINICIANS, "POST": CLINICIANS},
    "opinions.point": {"GET": CLINICIANS, "POST": CLINICIANS},
    "opinions.picture": {"GET": CLINICIANS},
    "opinions.sharp": {"GET": CLINICIANS},
    "opinions.shown": {"GET": CLINICIANS},
}
OF_ONE_RUN = frozenset(
    {"flows.film", "flows.step", "flows.point", "flows.picture", "flows.sharp", "flows.shown", "flows.signoff"}
)
"""All that a session for one log-in flow may reach, for its own run, besides the way out."""

WITH_ANY_SESSION = frozenset({"home", "auth.logout"})

TOKEN_BLUEPRINTS = ("api",)
"""Blueprints that check a bearer token themselves and know no session."""

WHILE_PASSWORD_IS_DUE = frozenset({"auth.password", "auth.logout", "static", "health", "preferences"})
"""All that someone who must change the password may reach."""


def allowed(endpoint: str, method: str) -> frozenset[str]:
    """Roles (or PUBLIC) that may use `endpoint` with `method`; HEAD is read as GET; empty when not listed."""
    return TABLE.get(endpoint, {}).get("GET" if method == "HEAD" else method, frozenset())


def is_of_run(endpoint: str, values: Mapping[str, Any], run_id: str) -> bool:
    """Whether a session for one log-in flow may reach `endpoint` with these parts of its address."""
    return endpoint in WITH_ANY_SESSION or (endpoint in OF_ONE_RUN and values.get("run_id") == run_id)


def may_see(user: User, application: str) -> bool:
    """Whether what belongs to `application` exists at all for this person."""
    return user.applications is None or application in user.applications
