"""Every page of the console with an example address, from the permission table and the URL map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient

from navconsole.auth.permissions import PUBLIC, TABLE
from navconsole.auth.sessions import SESSION_COOKIE
from navigation.case_records import CaseFilter
from navigation.ids import new_id
from navigation.place_records import PlaceFilter
from navigation.records import AttemptFilter, AttemptSummary, Role
from navigation.store.protocol import Store

SEEDED = "dpi-urgences"
EVER = datetime(1970, 1, 1, tzinfo=UTC)
NO_ID = "01a208bc-eb62-71f0-815f-d6af5f678ccb"
EXAMPLES: Mapping[str, Callable[[Store], str]] = {
    "attempt_id": lambda store: _newest(store).id,
    "run_id": lambda store: _newest(store).run_id,
    "sample_id": lambda _store: NO_ID,
    "view_id": lambda _store: NO_ID,
    "case_id": lambda store: next((case.id for case in store.cases(CaseFilter(), limit=1)), NO_ID),
    "set_id": lambda _store: NO_ID,
    "export_id": lambda store: next((export.id for export in store.exports(limit=1)), NO_ID),
    "picture_id": lambda _store: "0" * 64,
    "number": lambda _store: "1",
    "config_id": lambda _store: "1",
    "shadow_id": lambda _store: "1",
    "plan_id": lambda _store: NO_ID,
    "certificate_id": lambda _store: NO_ID,
    "place_id": lambda store: next((str(place.id) for place in store.places(PlaceFilter(EVER)).rows), "1"),
    "replay_id": lambda store: next((run.id for run in store.replays(limit=1)), NO_ID),
    "trial_id": lambda store: next((trial.asked.id for trial in store.trials(SEEDED)), NO_ID),
    "message_id": lambda _store: NO_ID,
    "user_id": lambda store: store.users()[0].id,
    "workflow_id": lambda store: next((str(file.id) for file in store.newest_files("workflow", None)), "1"),
    "application": lambda _store: SEEDED,
    "profile_id": lambda store: next((str(file.id) for file in store.newest_files("profile", None)), "1"),
    "which": lambda _store: "before",
    "secret": lambda _store: "spent",
    "filename": lambda _store: "css/base.css",
}
"""An example of each argument that an address of the console takes. A route with another argument needs one here."""


@dataclass(frozen=True, slots=True)
class PageAddress:
    """`role` is one that may open it; None for a page that is open to everybody and shown to a stranger."""

    endpoint: str
    path: str
    role: Role | None


def session_for(store: Store, role: Role) -> str:
    """The secret of a new session of somebody with this role."""
    user = store.user_by_name(f"reader {role}") or store.add_user(
        name=f"reader {role}", role=role, password_hash="$argon2id$none"
    )
    secret = new_id()
    store.open_session(user.id, secret, datetime.now(UTC), "127.0.0.1")
    return secret


def whole_pages(app: Flask, store: Store) -> list[PageAddress]:
    """The addresses that give a whole HTML page: no pictures, parts of pages, redirects or programs' answers."""
    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        roles = TABLE.get(rule.endpoint, {}).get("GET", frozenset())
        if not roles:
            continue
        missing = rule.arguments - EXAMPLES.keys()
        assert not missing, f"{rule.rule} needs an example of {missing} in tests/navconsole/pages.py"
        with app.test_request_context():
            values = {name: EXAMPLES[name](store) for name in rule.arguments}
            path = app.url_map.bind("localhost").build(rule.endpoint, values)
        role = None if PUBLIC in roles else "admin" if "admin" in roles else min(roles)
        address = PageAddress(rule.endpoint, path, role)  # type: ignore[arg-type]
        if _is_whole_page(app.test_client(), store, address):
            found.append(address)
    return found


def _is_whole_page(client: FlaskClient, store: Store, address: PageAddress) -> bool:
    if address.role:
        client.set_cookie(SESSION_COOKIE, session_for(store, address.role))
    with client.get(address.path, headers={"Accept": "text/html"}) as answer:
        return answer.status_code == 200 and answer.mimetype == "text/html" and "<html" in answer.text


def _newest(store: Store) -> AttemptSummary:
    return store.list_attempts(AttemptFilter(), limit=1).rows[0]
