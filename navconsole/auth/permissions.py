"""Who may do what: one table of endpoint, method and roles. An endpoint that is not in it is refused to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from navigation.records import Role, User

PUBLIC: Final = "public"
TOKEN: Final = "token"

ROLES: tuple[Role, ...] = ("viewer", "clinician", "engineer", "admin")
EVERYBODY: frozenset[str] = frozenset(ROLES)
STAFF: frozenset[str] = EVERYBODY - {"clinician"}
ENGINEERS: frozenset[str] = frozenset(("engineer", "admin"))
ANYONE: frozenset[str] = frozenset((PUBLIC,))
CLINICIANS: frozenset[str] = frozenset(("clinician",))
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
    "dashboard.index": {"GET": ENGINEERS},
    "stop.index": {"GET": STAFF},
    "stop.bar": {"GET": EVERYBODY},
    "stop.stop": {"POST": ENGINEERS},
    "stop.release": {"POST": ENGINEERS},
    "inbox.index": {"GET": ENGINEERS},
    "inbox.step": {"POST": ENGINEERS},
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
    "cases.index": {"GET": ENGINEERS},
    "cases.of": {"POST": ENGINEERS},
    "cases.case": {"GET": ENGINEERS},
    "cases.picture": {"GET": ENGINEERS},
    "cases.close": {"POST": ENGINEERS},
    "cases.remove": {"POST": ENGINEERS},
    "cases.put_in_set": {"POST": ENGINEERS},
    "cases.delete_set": {"POST": ENGINEERS},
    "cases.exports": {"GET": ENGINEERS},
    "cases.ask": {"POST": ENGINEERS},
    "cases.ask_unmasked": {"POST": ADMIN},
    "cases.export": {"GET": ENGINEERS},
    "cases.export_picture": {"GET": ENGINEERS},
    "cases.make": {"POST": ENGINEERS},
    "cases.export_file": {"GET": ENGINEERS},
    "cases.remove_export": {"POST": ENGINEERS},
    "attempts.screen": {"GET": EVERYBODY},
    "attempts.save_view": {"POST": EVERYBODY},
    "attempts.delete_view": {"POST": EVERYBODY},
    "flows.index": {"GET": ENGINEERS | CLINICIANS},
    "flows.ask": {"GET": ENGINEERS, "POST": ENGINEERS},
    "flows.film": {"GET": ENGINEERS | CLINICIANS},
    "flows.step": {"GET": CLINICIANS, "POST": CLINICIANS},
    "flows.point": {"GET": CLINICIANS, "POST": CLINICIANS},
    "flows.picture": {"GET": ENGINEERS | CLINICIANS},
    "flows.sharp": {"GET": ENGINEERS | CLINICIANS},
    "flows.shown": {"GET": ENGINEERS | CLINICIANS},
    "flows.signoff": {"GET": ENGINEERS | CLINICIANS, "POST": CLINICIANS},
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

WHILE_FACTOR_IS_DUE = WHILE_PASSWORD_IS_DUE | {"account.second_factor"}
"""All that someone who must set up a second factor may reach."""


def allowed(endpoint: str, method: str) -> frozenset[str]:
    """Roles (or PUBLIC) that may use `endpoint` with `method`; HEAD is read as GET; empty when not listed."""
    return TABLE.get(endpoint, {}).get("GET" if method == "HEAD" else method, frozenset())


def may(user: User, endpoint: str, method: str) -> bool:
    """Whether this person may use a route."""
    return user.role in allowed(endpoint, method)


def is_of_run(endpoint: str, values: Mapping[str, Any], run_id: str) -> bool:
    """Whether a session for one log-in flow may reach `endpoint` with these parts of its address."""
    return endpoint in WITH_ANY_SESSION or (endpoint in OF_ONE_RUN and values.get("run_id") == run_id)


def may_see(user: User, application: str) -> bool:
    """Whether what belongs to `application` exists at all for this person."""
    return user.applications is None or application in user.applications


HOMES: Mapping[Role, str] = {
    "viewer": "attempts.index",
    "clinician": "flows.index",
    "engineer": "dashboard.index",
    "admin": "dashboard.index",
}
"""The endpoint where each role's work begins."""
