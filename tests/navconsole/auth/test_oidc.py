"""Log-in by an identity provider, against a real one on loopback: who is let in, and what is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from navconsole.auth.passwords import hash_password
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import ConsoleSettings, OidcSettings
from navigation.errors import SettingsError
from navigation.records import Role, User
from navigation.store.protocol import Store
from tests.navconsole.auth.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, running_provider
from tests.navconsole.conftest import LintedClient, console, english

PASSWORD = "quatre lampes bleues"


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    with running_provider() as provider:
        yield provider


def browser(settings: ConsoleSettings, store: Store, idp: IdentityProvider, role: Role | None = None) -> LintedClient:
    oidc = OidcSettings(idp.issuer, CLIENT_ID, CLIENT_SECRET, role)
    return english(console(replace(settings, oidc=oidc), store).test_client())


@pytest.fixture
def client(settings: ConsoleSettings, store: Store, idp: IdentityProvider) -> LintedClient:
    return browser(settings, store, idp)


@pytest.fixture
def anne(store: Store, idp: IdentityProvider) -> User:
    user = store.add_user(name="anne", role="viewer", password_hash=None)
    store.set_identity(user.id, idp.issuer, "subject-1")
    return user


def at_provider(client: LintedClient, path: str = "/login/oidc") -> str:
    """To the provider, which logs in at once; the path it sends the browser back to."""
    there = client.get(path)
    assert there.status_code == 302
    back = httpx.get(there.location, trust_env=False)
    assert back.status_code == 302
    parts = urlsplit(back.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://127.0.0.1:5005/login/oidc/callback"
    return f"{parts.path}?{parts.query}"


def log_in(client: LintedClient, path: str = "/login/oidc"):  # type: ignore[no-untyped-def]
    return client.get(at_provider(client, path))


def test_a_known_subject_is_let_in_and_goes_on(
    client: LintedClient, anne: User, store: Store, idp: IdentityProvider
) -> None:
    idp.claims = {"acr": "eidas2", "amr": ["pwd", "otp"]}
    answer = log_in(client, "/login/oidc?next=/attempts?q=a")
    assert (answer.status_code, answer.location) == (303, "/attempts?q=a")
    assert client.get("/attempts").status_code == 200
    event = store.audit_events(object_id=anne.id)[0][1]
    assert (event.actor, event.action, event.details) == (anne.id, "oidc", {"acr": "eidas2", "amr": ["pwd", "otp"]})


def test_each_request_has_its_own_state_nonce_and_challenge(client: LintedClient, idp: IdentityProvider) -> None:
    for _ in range(2):
        at_provider(client)
    for name in ("state", "nonce", "code_challenge"):
        first, second = (asked[name] for asked in idp.asked)
        assert first != second
        assert len(first) >= 20


def test_an_unknown_subject_is_told_its_name_there_and_not_let_in(
    client: LintedClient, store: Store, idp: IdentityProvider
) -> None:
    store.add_user(name="anne", role="admin", password_hash=None)
    idp.claims = {"preferred_username": "anne", "email": "anne@hospital.example"}
    answer = log_in(client)
    assert answer.status_code == 403
    assert "subject-1" in answer.text
    assert client.get("/attempts").status_code == 303
    assert store.count_users() == 1


def test_a_new_subject_gets_an_account_when_a_role_is_set_and_keeps_it(
    settings: ConsoleSettings, store: Store, idp: IdentityProvider
) -> None:
    client = browser(settings, store, idp, "viewer")
    idp.claims = {"preferred_username": "Hélène"}
    assert log_in(client).status_code == 303
    user = store.user_by_name("hélène")
    assert user
    assert (user.role, user.password_hash) == ("viewer", None)
    idp.claims = {"preferred_username": "married since"}
    assert log_in(client).status_code == 303
    assert store.count_users() == 1


def test_a_name_that_is_taken_is_not_taken_over(settings: ConsoleSettings, store: Store, idp: IdentityProvider) -> None:
    store.add_user(name="anne", role="admin", password_hash=None)
    idp.claims = {"preferred_username": "ANNE"}
    assert log_in(browser(settings, store, idp, "viewer")).status_code == 403
    assert store.count_users() == 1


def test_a_disabled_account_stays_out(client: LintedClient, anne: User, store: Store) -> None:
    store.set_active(store.add_user(name="boss", role="admin", password_hash=None).id, True)
    store.set_active(anne.id, False)
    assert log_in(client).status_code == 403
    assert client.get("/attempts").status_code == 303


def test_a_second_factor_of_ours_is_asked_for_after_it(client: LintedClient, anne: User, store: Store) -> None:
    store.put_second_factor(anne.id, "sealed", step=0, code_hashes=[], now=datetime.now(UTC))
    assert log_in(client).location.startswith("/login/code")
    assert client.get("/attempts").status_code == 303


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another client"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 1_700_000_000},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 5},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_log_in_is_not_believed(
    client: LintedClient, anne: User, idp: IdentityProvider, claims: dict[str, object]
) -> None:
    idp.claims = claims
    answer = log_in(client)
    assert answer.status_code == 401
    assert "The log-in did not succeed" in answer.text
    assert client.get("/attempts").status_code == 303


def test_a_token_that_another_key_signed_is_not_believed(
    client: LintedClient, anne: User, idp: IdentityProvider
) -> None:
    idp.published = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
    assert log_in(client).status_code == 401


def test_an_answer_to_another_browser_or_twice_is_not_believed(
    settings: ConsoleSettings, store: Store, client: LintedClient, anne: User, idp: IdentityProvider
) -> None:
    back = at_provider(client)
    other = browser(settings, store, idp)
    assert other.get(back).status_code == 401
    assert other.get("/login/oidc/callback?code=x&state=y").status_code == 401
    assert client.get(back).status_code == 303
    client.delete_cookie(SESSION_COOKIE)
    assert client.get(back).status_code == 401


def test_a_refusal_or_a_provider_that_is_away_is_said(
    client: LintedClient, anne: User, settings: ConsoleSettings, store: Store
) -> None:
    state = parse_qs(urlsplit(at_provider(client)).query)["state"][0]
    assert client.get(f"/login/oidc/callback?error=access_denied&state={state}").status_code == 401
    away = replace(settings, oidc=OidcSettings("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET))
    answer = english(console(away, store).test_client()).get("/login/oidc")
    assert answer.status_code == 401
    assert "did not answer" in answer.text


def test_neither_code_nor_token_nor_secret_is_logged(
    client: LintedClient, anne: User, idp: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    back = at_provider(client)
    client.get(back)
    code = parse_qs(urlsplit(back).query)["code"][0]
    told = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith(("navconsole", "authlib")))
    assert "route=/login/oidc/callback" in told
    assert code not in told
    assert CLIENT_SECRET not in told


def test_without_a_provider_there_is_no_such_page_and_no_button(stranger: LintedClient, client: LintedClient) -> None:
    assert [stranger.get(path).status_code for path in ("/login/oidc", "/login/oidc/callback")] == [404, 404]
    assert "/login/oidc" not in stranger.get("/login").text
    assert 'href="/login/oidc?next=' in client.get("/login?next=/attempts").text


def test_an_administrator_writes_down_who_somebody_is_there(
    client: LintedClient, store: Store, idp: IdentityProvider
) -> None:
    admin = store.add_user(name="claire", role="admin", password_hash=hash_password(PASSWORD))
    paul = store.add_user(name="paul", role="viewer", password_hash=None)
    store.open_session(admin.id, "claire", datetime.now(UTC), "here")
    client.set_cookie(SESSION_COOKIE, "claire")
    page = f"/admin/people/{paul.id}"
    refused = client.submit(f"{page}/identity", page, subject="subject-1", password="not the right one")
    assert refused.status_code == 422
    assert 'value="subject-1"' in refused.text
    assert client.submit(f"{page}/identity", page, subject=" subject-1 ", password=PASSWORD).status_code == 303
    assert 'value="subject-1"' in client.get(page).text
    own = f"/admin/people/{admin.id}"
    assert client.submit(f"{own}/identity", own, subject="subject-1", password=PASSWORD).status_code == 409
    assert store.user_by_identity(idp.issuer, "subject-1") == paul
    assert store.audit_events(object_id=paul.id)[0][1].action == "identity_set"


@pytest.mark.parametrize(
    ("env", "variable"),
    [
        ({"ISSUER": "http://sso.hospital.example"}, "ISSUER"),
        ({"ISSUER": "sso"}, "ISSUER"),
        ({"CLIENT_ID": ""}, "CLIENT_ID"),
        ({"CLIENT_SECRET": ""}, "CLIENT_SECRET"),
        ({"ROLE": "viewer,admin"}, "ROLE"),
        ({"ROLE": "root"}, "ROLE"),
    ],
    ids=str,
)
def test_a_provider_that_cannot_be_used_stops_the_start_and_is_named(
    settings: ConsoleSettings, env: dict[str, str], variable: str
) -> None:
    good = {"ISSUER": "https://sso.hospital.example/", "CLIENT_ID": "us", "CLIENT_SECRET": "hidden", "ROLE": "viewer"}
    named = {f"NAVCONSOLE_OIDC_{name}": value for name, value in good.items()}
    read = ConsoleSettings.from_env(named, data=settings.data)
    assert read.oidc == OidcSettings("https://sso.hospital.example/", "us", "hidden", "viewer")
    assert "hidden" not in repr(read)
    with pytest.raises(SettingsError) as caught:
        ConsoleSettings.from_env(
            named | {f"NAVCONSOLE_OIDC_{name}": value for name, value in env.items()}, data=settings.data
        )
    assert caught.value.variable == f"NAVCONSOLE_OIDC_{variable}"
