"""The table of roles against the URL map: no route without a rule, no rule without a route, each rule kept."""

import re
from collections.abc import Collection, Iterator, Mapping

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from navconsole.auth.permissions import PUBLIC, ROLES, TABLE, TOKEN_BLUEPRINTS, allowed
from navconsole.settings import ConsoleSettings
from navigation.records import AttemptFilter, Role
from navigation.store.protocol import Store
from tests.navconsole.conftest import CSRF, LintedClient, Login
from tests.navconsole.flows.films import add_film
from tests.navconsole.replay.recorded import TOLD, a_run
from tests.navigation.store.flowing import with_files
from tests.navigation.store.making import a_sample
from tests.remembering import remember_attempts, try_policy

_ID = "01a208bc-eb62-71f0-815f-d6af5f678ccb"
SAMPLES = {
    "attempt_id": _ID,
    "run_id": _ID,
    "sample_id": _ID,
    "user_id": _ID,
    "message_id": _ID,
    "view_id": _ID,
    "case_id": _ID,
    "set_id": _ID,
    "export_id": _ID,
    "picture_id": "0" * 64,
    "number": 1,
    "config_id": 1,
    "shadow_id": 1,
    "plan_id": _ID,
    "certificate_id": _ID,
    "place_id": 999,
    "trial_id": _ID,
    "replay_id": _ID,
    "workflow_id": 999,
    "profile_id": 999,
    "application": "nowhere",
    "which": "before",
    "secret": "x",
    "filename": "no.css",
}
OF_AN_APPLICATION = {
    "application", "attempt_id", "place_id", "profile_id", "replay_id", "run_id", "sample_id", "trial_id",
    "workflow_id",
}  # fmt: skip
"""Arguments of routes that name what belongs to an application; the others name people, files or secrets."""


def routes(
    app: Flask, samples: Mapping[str, str] = SAMPLES, *, naming: Collection[str] = ()
) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, path) of all that knows a session, that is not the API; of those with an argument `naming`."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in TOKEN_BLUEPRINTS or (naming and not rule.arguments & set(naming)):
            continue
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(rule.endpoint, {a: samples[a] for a in rule.arguments})
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
def test_each_role_reaches_what_the_table_says(app: Flask, login: Login, role: Role) -> None:
    """Every route with every method that it takes, each really requested, by a fresh session."""
    for number, (endpoint, method, path) in enumerate(routes(app)):
        client = login(role, name=f"{role} {number}")
        answer = request_with_token(client, path, method)
        roles = allowed(endpoint, method)
        is_refused = answer.status_code in (401, 403)
        assert is_refused == (role not in roles and PUBLIC not in roles), (endpoint, method, answer.status_code)


@pytest.mark.parametrize("role", ROLES)
def test_what_belongs_to_another_application_answers_as_what_does_not_exist(
    app: Flask, login: Login, store: Store, attempts: list[str], role: Role
) -> None:
    client = login(role, applications=["another"])
    sample = store.add_sample(a_sample(asked={"applications": None}), AttemptFilter(), by="none", size=9)
    workflow_id, profile_id = with_files(store)
    theirs = {
        "attempt_id": attempts[0],
        "place_id": remember_attempts(store)[0].id,
        "run_id": add_film(store),
        "sample_id": sample.id,
        "trial_id": try_policy(store),
        "replay_id": store.add_replay(a_run(), AttemptFilter(), event=TOLD).id,
        "workflow_id": str(workflow_id),
        "profile_id": str(profile_id),
        "application": "dpi-urgences",
    }
    assert theirs.keys() == OF_AN_APPLICATION
    for naming in sorted(OF_AN_APPLICATION):
        unknown = routes(app, naming=[naming])
        existing = routes(app, {**SAMPLES, **theirs}, naming=[naming])
        for (endpoint, method, nowhere), (_, _, there) in zip(unknown, existing, strict=True):
            if role not in allowed(endpoint, method):
                continue
            answers = [request_with_token(client, path, method) for path in (nowhere, there)]
            assert [answer.status_code for answer in answers] == [404, 404], (endpoint, method)
            assert len({without_marks(answer.text, nowhere, there) for answer in answers}) == 1, endpoint


def test_no_route_takes_a_method_that_is_not_in_the_table(app: Flask, login: Login) -> None:
    client = login("admin")
    taken = {(path, method) for _, method, path in routes(app)}
    for path in {path for path, _ in taken}:
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {m for p, m in taken if p == path}:
            # 404 where a route for objects takes the address too: there is no such object
            assert client.open(path, method=method).status_code in (404, 405), (path, method)


def request_with_token(client: LintedClient, path: str, method: str) -> TestResponse:
    """The request, with the form token that a page of the same session gives."""
    if method == "GET":
        return client.get(path)
    found = CSRF.search(client.get("/password").text)
    assert found
    return client.open(path, method=method, data={"csrf_token": found[1]})


def without_marks(text: str, *paths: str) -> str:
    """A page without what differs each time it is asked for: its reference, form tokens and own address."""
    text = re.sub(r"<code>[0-9a-f]{8}</code>", "", CSRF.sub("", text))
    for path in paths:
        text = text.replace(path, "")
    return text


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


def test_a_clinician_gets_no_sharp_picture_but_those_of_the_film_and_of_opinions(
    app: Flask, login: Login, store: Store, attempts: list[str]
) -> None:
    """Every address about a real attempt and its run, requested: no picture, and nothing that leads to one."""
    attempt = store.attempt(attempts[2])
    assert attempt
    client = login("clinician")
    there = {**SAMPLES, "attempt_id": attempts[2], "run_id": attempt.start.run_id}
    for endpoint, method, path in routes(app, there, naming=["attempt_id", "run_id"]):
        if method == "GET" and endpoint.split(".")[0] not in ("flows", "opinions"):
            assert client.get(path).status_code == 403, endpoint
    assert client.get("/attempts").status_code == 403
    assert 'href="/attempts' not in client.get("/flows").text
    assert store.audit_events(object_id=attempts[2]) == []
