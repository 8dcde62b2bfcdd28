"""Whatever is only looked at stays as it was: every address by GET, as every role, with the database compared."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from navconsole.auth.permissions import TABLE
from navconsole.auth.sessions import SESSION_COOKIE
from navigation.records import Role
from navigation.store import SqlStore
from navigation.store.protocol import Store
from tests.navconsole.pages import EXAMPLES, session_for

NOTED = {
    "audit_event": "who looked at what, and who was refused",
    "audit_link": "its chain",
    "web_session": "when the session was last used",
}
"""Tables that a look may add to, and why."""


def contents(store: Store) -> dict[str, str]:
    """A hash of every row of every table."""
    assert isinstance(store, SqlStore)
    with store._db.reading() as session:
        names = inspect(session.connection()).get_table_names()
        return {
            name: hashlib.sha256(repr(session.execute(text(f'SELECT * FROM "{name}"')).all()).encode()).hexdigest()
            for name in sorted(names)
        }


def addresses(app: Flask, store: Store) -> dict[str, str]:
    """Every address that takes GET, by its endpoint."""
    found = {}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            values = {name: EXAMPLES[name](store) for name in rule.arguments}
            with app.test_request_context():
                found[f"{rule.endpoint} {rule.rule}"] = app.url_map.bind("localhost").build(rule.endpoint, values)
    return found


@pytest.mark.parametrize("role", [None, "viewer", "clinician", "engineer", "admin"])
def test_no_look_changes_the_database(app: Flask, store: Store, attempts: list[str], role: Role | None) -> None:
    client = app.test_client()
    store.add_user(name="somebody", role="viewer", password_hash=None)
    if role is not None:
        client.set_cookie(SESSION_COOKIE, session_for(store, role))
    visited = addresses(app, store)
    assert len(visited) > 80
    assert {name.partition(" ")[0] for name in visited} >= {name for name, by in TABLE.items() if "GET" in by}
    before, answered = contents(store), 0
    for path in visited.values():
        for headers in ({"Accept": "text/html"}, {"HX-Request": "true"}):
            with client.get(path, headers=headers) as answer:
                answered += answer.status_code == 200
    after = contents(store)
    assert {table for table in after if after[table] != before[table]} <= NOTED.keys()
    assert answered > (60 if role == "admin" else 3)
