"""The provider ends sessions by its log-out token, and nobody else does (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.test import TestResponse

from navconsole.auth import second_factor
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import ConsoleSettings, OidcSettings
from navigation.records import User
from navigation.store.protocol import Store
from tests.navconsole.auth.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, running_provider
from tests.navconsole.auth.test_oidc import log_in
from tests.navconsole.conftest import LintedClient, console, english


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def made(settings: ConsoleSettings, store: Store, idp: IdentityProvider):  # type: ignore[no-untyped-def]
    return console(replace(settings, oidc=OidcSettings(idp.issuer, CLIENT_ID, CLIENT_SECRET)), store)


@pytest.fixture
def anne(store: Store, idp: IdentityProvider) -> User:
    user = store.add_user(name="anne", role="viewer", password_hash=None)
    store.set_identity(user.id, idp.issuer, "subject-1")
    return user


def browser(made: Any, idp: IdentityProvider, sid: str) -> LintedClient:
    """Logged in by the provider, whose own session it calls `sid`."""
    idp.claims = {"sid": sid} if sid else {}
    client = english(made.test_client())
    assert log_in(client).status_code == 303
    return client


def is_in(client: LintedClient) -> bool:
    return client.get("/attempts").status_code == 200


def told(made: Any, token: str) -> TestResponse:
    """The provider's server posts: no cookie, no form token."""
    answer: TestResponse = made.test_client().post("/login/oidc/logout", data={"logout_token": token})
    return answer


def test_the_session_that_is_named_ends_and_no_other(
    made: Any, store: Store, anne: User, idp: IdentityProvider
) -> None:
    first, second = browser(made, idp, "s1"), browser(made, idp, "s2")
    answer = told(made, idp.logout_token(sid="s1"))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert (is_in(first), is_in(second)) == (False, True)
    event = store.audit_events(limit=1)[0][1]
    assert (event.action, event.object_id, event.details) == ("oidc_logout", anne.id, {"sessions": 1})


def test_without_a_session_all_that_the_provider_opened_for_the_subject_end(
    made: Any, store: Store, anne: User, idp: IdentityProvider
) -> None:
    first, second = browser(made, idp, "s1"), browser(made, idp, "")
    store.open_session(anne.id, "by password", datetime.now(UTC), "here")
    idp.subject, bob = "subject-2", store.add_user(name="bob", role="viewer", password_hash=None)
    store.set_identity(bob.id, idp.issuer, "subject-2")
    other = browser(made, idp, "s3")
    assert told(made, idp.logout_token(sub="subject-1")).status_code == 200
    assert (is_in(first), is_in(second), is_in(other)) == (False, False, True)
    own = english(made.test_client())
    own.set_cookie(SESSION_COOKIE, "by password")
    assert is_in(own)


def test_a_session_alone_is_enough_and_must_be_the_subjects_own(made: Any, anne: User, idp: IdentityProvider) -> None:
    client = browser(made, idp, "s1")
    assert told(made, idp.logout_token(sid="s1", sub="somebody else")).status_code == 200
    assert is_in(client)
    assert told(made, idp.logout_token(sid="s1", sub=None)).status_code == 200
    assert not is_in(client)


def test_a_session_keeps_where_it_came_from_past_the_second_factor(
    made: Any, store: Store, settings: ConsoleSettings, anne: User, idp: IdentityProvider
) -> None:
    sealer = second_factor.Sealer.of(settings)
    hashes = second_factor.hashes_of(["aaaa-bbbb-cccc"], anne.id, sealer)
    sealed = sealer.seal(b"1" * 20, anne.id)
    store.put_second_factor(anne.id, sealed, step=0, code_hashes=hashes, now=datetime.now(UTC))
    browser(made, idp, "s0")  # waits for the code
    client = browser(made, idp, "s1")
    assert client.submit("/login/code", code="aaaa-bbbb-cccc").status_code == 303
    assert is_in(client)
    for sid in ("s0", "s1"):
        told(made, idp.logout_token(sid=sid))
        assert store.audit_events(limit=1)[0][1].details == {"sessions": 1}
    assert not is_in(client)


NOW = int(time.time())
REFUSED: list[dict[str, Any]] = [
    {"aud": "another client"},
    {"aud": None},
    {"iss": "http://127.0.0.1:1"},
    {"iss": None},
    {"exp": NOW - 1000},
    {"exp": None},
    {"iat": None},
    {"iat": NOW + 5000, "exp": NOW + 6000},
    {"jti": None},
    {"jti": ""},
    {"events": None},
    {"events": {}},
    {"events": {"http://schemas.openid.net/event/other": {}}},
    {"events": {"http://schemas.openid.net/event/backchannel-logout": True}},
    {"events": ["http://schemas.openid.net/event/backchannel-logout"]},
    {"nonce": "n"},
    {"nonce": ""},
    {"sub": None},
    {"sub": 5},
    {"typ": "at+jwt"},
]


@pytest.mark.parametrize(
    "claims", REFUSED, ids=[f"{number} {' '.join(claims)}" for number, claims in enumerate(REFUSED)]
)
def test_a_token_that_is_not_a_log_out_for_us_is_refused(
    made: Any, store: Store, anne: User, idp: IdentityProvider, claims: dict[str, Any]
) -> None:
    client = browser(made, idp, "s1")
    answer = told(made, idp.logout_token(**claims))
    assert (answer.status_code, answer.get_json()) == (400, {"error": "invalid_request"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert is_in(client)
    event = store.audit_events(limit=1)[0][1]
    assert (event.action, event.result) == ("oidc_logout", "refused")


def forged(idp: IdentityProvider, how: str) -> str:
    good = idp.logout_token()
    head, body, _ = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    if how == "another key":
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, RSAKey.generate_key(2048, {"kid": "1"}))
    if how == "an unknown key":
        return jwt.encode({"alg": "RS256", "kid": "9"}, claims, RSAKey.generate_key(2048, {"kid": "9"}))
    if how == "our secret":
        key = OctKey.import_key(CLIENT_SECRET.ljust(32), {"kid": "1"})
        return jwt.encode({"alg": "HS256", "kid": "1"}, claims, key)
    if how == "unsigned":
        none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        return f"{none}.{body}."
    return {"no signature": f"{head}.{body}.", "empty": "", "noise": "a.b.c", "long": "a" * 20_000}[how]


@pytest.mark.parametrize(
    "how", ["another key", "an unknown key", "our secret", "unsigned", "no signature", "empty", "noise", "long"]
)
def test_a_token_that_the_provider_did_not_sign_is_refused(
    made: Any, anne: User, idp: IdentityProvider, how: str
) -> None:
    client = browser(made, idp, "s1")
    assert told(made, forged(idp, how)).status_code == 400
    assert is_in(client)


def test_a_token_is_obeyed_once(made: Any, anne: User, idp: IdentityProvider) -> None:
    token = idp.logout_token(sid="s1")
    browser(made, idp, "s1")
    assert told(made, token).status_code == 200
    again = browser(made, idp, "s1")
    assert told(made, token).status_code == 400
    assert is_in(again)


def test_keys_that_the_provider_has_changed_are_fetched(made: Any, anne: User, idp: IdentityProvider) -> None:
    client = browser(made, idp, "s1")
    idp.signer = RSAKey.generate_key(2048, {"kid": "2", "use": "sig"})
    claims = json.loads(base64.urlsafe_b64decode(idp.logout_token().split(".")[1] + "=="))
    assert told(made, jwt.encode({"alg": "RS256", "kid": "2"}, claims, idp.signer)).status_code == 200
    assert not is_in(client)


def test_without_a_provider_there_is_nobody_to_listen_to(stranger: LintedClient) -> None:
    assert stranger.post("/login/oidc/logout", data={"logout_token": "x"}).status_code == 404
