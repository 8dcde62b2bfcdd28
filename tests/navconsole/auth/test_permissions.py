"""The table of roles against the URL map: no route without a rule, no rule without a route, each rule kept."""

from collections.abc import Iterator

import pytest
from flask import Flask

from navconsole.auth.permissions import PUBLIC, ROLES, TABLE, TOKEN_BLUEPRINTS, allowed
from navconsole.settings import ConsoleSettings
from navigation.store.protocol import Store
from tests.navconsole.conftest import LintedClient, Login

_ID = "01a208bc-eb62-71f0-815f-d6af5f678ccb"
SAMPLES = {
    "attempt_id": _ID,
    "run_id": _ID,
    "sample_id": _ID,
    "view_id": _ID,
    "number": 1,
    "which": "before",
    "secret": "x",
    "filename": "no.css",
}


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, path) of everything but the API, which knows no session."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in TOKEN_BLUEPRINTS:
            continue
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(rule.endpoint, {a: SAMPLES[a] for a in rule.arguments})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, path


def test_every_route_stands_in_the_table_and_nothing_else_does(app: Flask) -> None:
    found = {(endpoint, method) for endpoint, method, _ in routes(app)}
    listed = {(endpoint, method) for endpoint, rules in TABLE.items() for method in rules}
    assert found == listed


def test_a_route_that_is_not_listed_is_refused_to_everybody(app: Flask, login: Login) -> None:
    client = login("admin")
    app._got_first_request = False
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert client.get("/forgotten").status_code == 403


def test_without_a_session_only_public_routes_answer(app: Flask, stranger: LintedClient) -> None:
    for endpoint, method, path in routes(app):
        answer = stranger.open(path, method=method)
        if PUBLIC in allowed(endpoint, method):
            assert answer.status_code not in (401, 403), endpoint
            continue
        is_sent_to_login = answer.status_code == 303 and answer.location.startswith("/login")
        assert is_sent_to_login or answer.status_code == 401, (endpoint, method, answer.status_code)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_the_table_says(app: Flask, login: Login, role: str) -> None:
    client = login(role)
    for endpoint, method, path in routes(app):
        if method != "GET" or endpoint == "static":
            continue
        answer = client.get(path)
        roles = allowed(endpoint, method)
        is_refused = answer.status_code in (401, 403)
        assert is_refused == (role not in roles and PUBLIC not in roles), (endpoint, answer.status_code)


def test_a_bearer_token_opens_no_page(stranger: LintedClient, store: Store) -> None:
    store.add_token(name="robot", secret="nav_x", scopes=["ingest"], applications=None, expires_at=None)
    answer = stranger.get("/attempts", headers={"Authorization": "Bearer nav_x"})
    assert answer.status_code == 401


def test_a_fragment_without_a_session_sends_the_whole_page_to_the_login(stranger: LintedClient) -> None:
    answer = stranger.get("/attempts?q=a", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login?next=/attempts")
    assert "<html" not in answer.text


def test_with_login_switched_off_everybody_here_is_admin(settings: ConsoleSettings, store: Store) -> None:
    from dataclasses import replace

    from tests.navconsole.conftest import console

    client = console(replace(settings, is_auth_disabled=True), store).test_client()
    page = client.get("/attempts")
    assert page.status_code == 200
    assert "admin" in page.text
