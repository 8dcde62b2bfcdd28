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
"""Who works with attempts as they are, sharp pictures and all. Clinicians see them blurred, on pages of their own."""
ENGINEERS: frozenset[str] = frozenset(("engineer", "admin"))
ANYONE: frozenset[str] = frozenset((PUBLIC,))
CLINICIANS: frozenset[str] = frozenset(("clinician",))
ADMIN: frozenset[str] = frozenset(("admin",))

TABLE: Mapping[str, Mapping[str, frozenset[str]]] = {
    "static": {"GET": ANYONE},
    "health": {"GET": ANYONE},
    "ready": {"GET": ANYONE},
    "metrics": {"GET": ANYONE},  # who may read it is asked there: addresses and tokens, no session
    "home": {"GET": EVERYBODY},
    "preferences": {"POST": ANYONE},
    "auth.login": {"GET": ANYONE, "POST": ANYONE},
    "auth.code": {"GET": ANYONE, "POST": ANYONE},
    "oidc.start": {"GET": ANYONE},
    "oidc.callback": {"GET": ANYONE},
    "oidc.back_channel": {"POST": ANYONE},
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
    "inbox.several": {"GET": ENGINEERS, "POST": ENGINEERS},
    "inbox.take_back": {"POST": ENGINEERS},
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
    "alerts.index": {"GET": ADMIN},
    "alerts.test": {"POST": ADMIN},
    "alerts.again": {"POST": ADMIN},
    "attempts.index": {"GET": STAFF},
    "attempts.news": {"GET": STAFF},
    "attempts.detail": {"GET": STAFF},
    "attempts.record": {"GET": STAFF},
    "attempts.picture": {"GET": STAFF},
    "attempts.thumb": {"GET": STAFF},
    "whatif.show": {"GET": STAFF},
    "whatif.read": {"POST": ENGINEERS},
    "runs.film": {"GET": STAFF},
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
    "attempts.screen": {"GET": STAFF},
    "attempts.save_view": {"POST": STAFF},
    "attempts.delete_view": {"POST": STAFF},
    "tuning.index": {"GET": ENGINEERS},
    "tuning.declare": {"POST": ENGINEERS},
    "tuning.take": {"POST": ENGINEERS},
    "tuning.draw": {"POST": ENGINEERS},
    "tuning.certificate": {"GET": ENGINEERS},
    "tuning.configs": {"GET": ENGINEERS},
    "tuning.add_config": {"POST": ENGINEERS},
    "tuning.use_config": {"POST": ENGINEERS},
    "tuning.shadow": {"GET": ENGINEERS},
    "tuning.begin_shadow": {"POST": ENGINEERS},
    "tuning.end_shadow": {"POST": ENGINEERS},
    "replays.index": {"GET": ENGINEERS},
    "replays.start": {"POST": ENGINEERS},
    "replays.replay": {"GET": ENGINEERS},
    "replays.pause": {"POST": ENGINEERS},
    "replays.resume": {"POST": ENGINEERS},
    "replays.cancel": {"POST": ENGINEERS},
    "replays.attempt": {"GET": ENGINEERS},
    "places.index": {"GET": ENGINEERS},
    "places.place": {"GET": ENGINEERS},
    "places.patch": {"GET": ENGINEERS},
    "places.change": {"POST": ENGINEERS},
    "places.rebuild": {"POST": ENGINEERS},
    "places.trials": {"GET": ENGINEERS},
    "places.start_trial": {"POST": ENGINEERS},
    "places.trial": {"GET": ENGINEERS},
    "places.cancel_trial": {"POST": ENGINEERS},
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
    "workflows.index": {"GET": ENGINEERS},
    "workflows.workflow": {"GET": ENGINEERS},
    "workflows.profile": {"GET": ENGINEERS},
    "workflows.edit": {"GET": ENGINEERS},
    "workflows.change": {"POST": ENGINEERS},
    "workflows.tried": {"GET": ENGINEERS},
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

BY_SIGNED_TOKEN = frozenset({"oidc.back_channel"})
"""What another server posts and proves by a signature: no session and no form token of ours."""

WHILE_PASSWORD_IS_DUE = frozenset(
    {"auth.password", "auth.logout", "static", "health", "ready", "metrics", "preferences"}
)
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


def blind_reader(user: User) -> str:
    """The id under which samples may want this person's blind answers; "" for who is never asked for any."""
    is_asked = user.role in allowed("review.label", "POST") | allowed("opinions.case", "POST")
    return user.id if is_asked else ""


HOMES: Mapping[Role, str] = {
    "viewer": "attempts.index",
    "clinician": "flows.index",
    "engineer": "dashboard.index",
    "admin": "dashboard.index",
}
"""The endpoint where each role's work begins."""
