from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from navconsole.auth.sessions import SESSION_COOKIE
from navigation.ids import new_id
from navigation.store.protocol import Store
from tests.navconsole.api.conftest import AddToken, Api, long_ago

RUN = {"application": "dpi", "workflow": "w", "agent": "a", "patient": None}


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer unknown", "Basic YWRtaW46YWRtaW4=", "Bearer " + "x" * 5000, "Bearer é"],
    ids=["none", "empty", "no secret", "blank", "unknown", "basic", "endless", "not ascii"],
)
def test_without_a_good_token_nothing_is_said(api: Api, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for path in ("/api/v1/attempts/" + new_id(), "/api/v1/attempts/nonsense"):
        response = api.client.get(path, headers=headers)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.json["error"]["code"] == "unauthenticated"


def test_a_token_in_the_address_is_not_one(api: Api) -> None:
    secret = api.headers["Authorization"].split()[1]
    assert api.client.get(f"/api/v1/attempts/{new_id()}?token={secret}&access_token={secret}").status_code == 401


def test_an_expired_token_is_refused(api: Api, add_token: AddToken) -> None:
    api.headers["Authorization"] = f"Bearer {add_token(until=long_ago())}"
    assert api.get(f"/api/v1/attempts/{new_id()}").status_code == 401


def test_a_revoked_token_is_refused_at_once(api: Api, store: Store) -> None:
    assert api.get(f"/api/v1/attempts/{new_id()}").status_code == 404
    (token,) = store.tokens()
    store.revoke_token(token.id, datetime.now(UTC))
    assert api.get(f"/api/v1/attempts/{new_id()}").status_code == 401


def test_a_token_without_the_scope_is_refused(api: Api, add_token: AddToken) -> None:
    api.headers["Authorization"] = f"Bearer {add_token(scopes=('read',))}"
    response = api.send(api.action())
    assert (response.status_code, response.json["error"]["code"]) == (403, "scope_missing")


def test_a_console_cookie_opens_no_api_and_a_token_no_console(api: Api, app: Flask, store: Store) -> None:
    user = store.add_user(name="Anne", role="engineer", password_hash=None)
    store.open_session(user.id, "web-secret", datetime.now(UTC), "127.0.0.1")
    browser = app.test_client()
    browser.set_cookie(SESSION_COOKIE, "web-secret")
    assert browser.get("/attempts").status_code == 200
    assert browser.get(f"/api/v1/attempts/{new_id()}").status_code == 401
    assert api.get("/attempts").status_code == 401


def test_a_token_is_limited_to_its_applications(api: Api, add_token: AddToken) -> None:
    seen = api.send(api.action()).json["id"]
    api.headers["Authorization"] = f"Bearer {add_token(applications=['imaging'])}"
    assert api.post_run({**RUN, "id": new_id()}).json["error"]["code"] == "application_forbidden"
    assert api.send(api.action()).status_code == 403
    assert api.post_run({**RUN, "id": new_id(), "application": "imaging"}).status_code == 201
    unknown = api.get(f"/api/v1/attempts/{new_id()}")
    others = api.get(f"/api/v1/attempts/{seen}")
    assert unknown.status_code == others.status_code == 404
    assert unknown.json["error"]["message"] == others.json["error"]["message"]


def test_refusals_carry_a_reference_and_are_never_kept(api: Api) -> None:
    response = api.client.post("/api/v1/runs")
    assert response.json["error"]["reference"]
    assert response.headers["Cache-Control"] == "no-store"
