"""One's own account: sessions listed and ended, second factor set up, replaced and removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from navconsole.auth import totp
from navconsole.auth.passwords import hash_password
from navconsole.auth.second_factor import Sealer
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import ConsoleSettings
from navigation.records import User
from navigation.store.protocol import Store
from tests.navconsole.auth.test_second_factor import enrol, key_on, now_step
from tests.navconsole.conftest import LintedClient, console, english

PASSWORD = "quatre lampes bleues"
HASH = hash_password(PASSWORD)


@pytest.fixture
def paul(store: Store) -> User:
    return store.add_user(name="paul", role="engineer", password_hash=HASH)


def session_of(app: Flask, store: Store, user: User, secret: str, source: str = "10.0.0.1") -> LintedClient:
    store.open_session(user.id, secret, datetime.now(UTC), source)
    client = english(app.test_client())
    client.set_cookie(SESSION_COOKIE, secret)
    return client


@pytest.fixture
def here(app: Flask, store: Store, paul: User) -> LintedClient:
    return session_of(app, store, paul, "here")


@pytest.fixture
def elsewhere(app: Flask, store: Store, paul: User) -> LintedClient:
    return session_of(app, store, paul, "elsewhere", "10.9.9.9")


def test_sessions_are_listed_with_where_from_and_which_is_this(here: LintedClient, elsewhere: LintedClient) -> None:
    page = here.get("/account").text
    assert page.index("10.0.0.1") < page.index("this one") < page.index("10.9.9.9")
    assert "30 minutes after its last request, and 12 hours after the log-in" in page


def test_the_limits_that_are_set_are_the_ones_stated(settings: ConsoleSettings, store: Store, paul: User) -> None:
    short = replace(settings, session_idle=timedelta(minutes=10), session_absolute=timedelta(hours=8))
    page = session_of(console(short, store), store, paul, "here").get("/account").text
    assert "10 minutes after its last request, and 8 hours" in page


def test_all_other_sessions_are_ended(here: LintedClient, elsewhere: LintedClient) -> None:
    assert here.submit("/account/sessions", "/account").status_code == 303
    assert here.get("/attempts").status_code == 200
    assert elsewhere.get("/attempts").status_code == 303


def test_one_session_is_ended_by_its_name_and_none_of_somebody_else(
    app: Flask, store: Store, here: LintedClient, elsewhere: LintedClient, settings: ConsoleSettings
) -> None:
    other = store.add_user(name="other", role="viewer", password_hash=None)
    theirs = session_of(app, store, other, "theirs")
    for secret, is_open in (("theirs", True), ("elsewhere", False)):
        found = store.session(secret, datetime.now(UTC), idle=settings.session_idle, absolute=settings.session_absolute)
        assert found
        here.submit("/account/sessions", "/account", session=found.id)
        client = theirs if secret == "theirs" else elsewhere
        assert (client.get("/attempts").status_code == 200) == is_open


def test_the_factor_is_set_up_with_the_password_and_a_code(
    here: LintedClient, elsewhere: LintedClient, store: Store, paul: User
) -> None:
    codes = enrol(here, password=PASSWORD)
    assert len(codes) == 10
    assert here.get("/account").text.count("10 recovery codes are left") == 1
    assert elsewhere.get("/attempts").status_code == 303
    assert [e.action for _, e in store.audit_events(object_id=paul.id)] == ["second_factor_set"]


@pytest.mark.parametrize(
    ("password", "drift", "said"),
    [
        ("not the right one", 0, "This is not your password."),
        (PASSWORD, 9, "does not belong to the key"),
        ("", 0, "not"),
    ],
    ids=["password", "code", "empty"],
)
def test_a_wrong_password_or_code_sets_nothing_up_and_keeps_the_key(
    here: LintedClient, store: Store, paul: User, password: str, drift: int, said: str
) -> None:
    page = here.get("/account/second-factor").text
    sealed = page.split('name="sealed" value="')[1].split('"')[0]
    code = totp.code_at(key_on(page), now_step() + drift)
    answer = here.submit("/account/second-factor", sealed=sealed, code=code, password=password)
    assert answer.status_code == 422
    assert said in answer.text
    assert key_on(answer.text) == key_on(page)
    assert store.second_factor(paul.id) is None


def test_a_key_of_somebody_else_or_none_gives_another(
    here: LintedClient, store: Store, paul: User, settings: ConsoleSettings
) -> None:
    for sealed in ("", "nonsense", Sealer.of(settings).seal(b"k" * 20, "somebody else")):
        answer = here.submit("/account/second-factor", sealed=sealed, code="123456", password=PASSWORD)
        assert answer.status_code == 422
        assert "here is another key" in answer.text
    assert store.second_factor(paul.id) is None


def test_new_recovery_codes_take_the_place_of_the_old(here: LintedClient, store: Store, paul: User) -> None:
    enrol(here, password=PASSWORD)
    refused = here.submit("/account/second-factor/codes", "/account", password="not the right one")
    assert refused.status_code == 422
    assert "This is not your password." in refused.text
    answer = here.submit("/account/second-factor/codes", "/account", password=PASSWORD)
    assert answer.text.count("<li><code>") == 10
    assert "They are shown this once." in answer.text


def test_a_factor_that_no_role_asks_for_is_turned_off_by_the_password(
    here: LintedClient, store: Store, paul: User
) -> None:
    enrol(here, password=PASSWORD)
    assert here.submit("/account/second-factor/remove", "/account", password="no").status_code == 422
    assert store.second_factor(paul.id)
    assert here.submit("/account/second-factor/remove", "/account", password=PASSWORD).status_code == 303
    assert store.second_factor(paul.id) is None
    assert "Set it up" in here.get("/account").text


def test_a_factor_that_the_role_asks_for_stays(settings: ConsoleSettings, store: Store, paul: User) -> None:
    strict = session_of(console(replace(settings, second_factor_roles=("engineer",)), store), store, paul, "here")
    enrol(strict, password=PASSWORD)
    assert "Turn it off" not in strict.get("/account").text
    assert strict.submit("/account/second-factor/remove", "/account", password=PASSWORD).status_code == 403
    assert store.second_factor(paul.id)


def test_codes_without_a_factor_do_not_exist(here: LintedClient) -> None:
    assert here.submit("/account/second-factor/codes", "/account", password=PASSWORD).status_code == 404


def test_guesses_of_the_password_are_throttled(here: LintedClient) -> None:
    enrol(here, password=PASSWORD)
    for _ in range(5):
        here.submit("/account/second-factor/codes", "/account", password="not the right one")
    answer = here.submit("/account/second-factor/codes", "/account", password=PASSWORD)
    assert answer.status_code == 422
    assert "Wait 30 seconds" in answer.text


def test_with_login_switched_off_nobody_has_an_account(settings: ConsoleSettings, store: Store) -> None:
    client = english(console(replace(settings, is_auth_disabled=True), store).test_client())
    assert client.get("/account").status_code == 404
