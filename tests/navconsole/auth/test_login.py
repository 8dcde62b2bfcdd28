from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from navconsole.auth.accounts import AccountError, add_user, clean_name, make_link, seed_first_admin
from navconsole.auth.passwords import hash_password
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import ConsoleSettings
from navigation.store.protocol import Store
from tests.navconsole.conftest import CSRF, LintedClient, Login, english

PASSWORD = "quatre lampes bleues"
HASH = hash_password(PASSWORD)


@pytest.fixture
def anne(store: Store) -> str:
    return store.add_user(name="anne", role="viewer", password_hash=HASH).id


def log_in(client: LintedClient, name: str = "anne", password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return client.submit("/login", name=name, password=password, **more)


def test_name_and_password_open_a_session(stranger: LintedClient, anne: str, store: Store) -> None:
    answer = log_in(stranger, next="/attempts?q=a")
    assert answer.status_code == 303
    assert answer.location == "/attempts?q=a"
    assert stranger.get("/attempts").status_code == 200
    assert [e.action for _, e in store.audit_events(object_id=anne)] == ["login"]


def test_the_cookie_holds_a_secret_that_the_store_does_not(
    stranger: LintedClient, anne: str, settings: ConsoleSettings, store: Store
) -> None:
    log_in(stranger)
    secret = stranger.get_cookie(SESSION_COOKIE)
    assert secret
    assert len(secret.value) >= 43
    files = [p for p in settings.data.rglob("*.db*") if p.is_file()]
    assert files
    assert not any(secret.value.encode() in p.read_bytes() for p in files)


def test_a_session_planted_before_the_login_is_worth_nothing_after(stranger: LintedClient, anne: str) -> None:
    stranger.set_cookie(SESSION_COOKIE, "planted")
    log_in(stranger)
    fresh = stranger.get_cookie(SESSION_COOKIE)
    assert fresh
    assert fresh.value != "planted"
    stranger.set_cookie(SESSION_COOKIE, "planted")
    assert stranger.get("/attempts").status_code == 303


@pytest.mark.parametrize("name", ["anne", "nobody", "link-only"])
def test_every_refused_login_looks_the_same(stranger: LintedClient, anne: str, store: Store, name: str) -> None:
    store.add_user(name="link-only", role="viewer", password_hash=None)
    answer = log_in(stranger, name=name, password="not the right password")
    assert answer.status_code == 401
    text = answer.text.replace(name, "NAME")
    text = CSRF.sub("", text)
    assert "Name or password is wrong." in text
    assert "not the right password" not in text


def test_empty_fields_are_said_and_the_name_is_kept(stranger: LintedClient) -> None:
    answer = log_in(stranger, name="anne", password="")
    assert answer.status_code == 422
    assert "Fill in this field." in answer.text
    assert 'value="anne"' in answer.text


def test_five_wrong_tries_make_the_sixth_wait_even_with_the_right_password(stranger: LintedClient, anne: str) -> None:
    for _ in range(5):
        assert log_in(stranger, password="wrong password here").status_code == 401
    answer = log_in(stranger)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "30"
    assert "Wait 30 seconds" in answer.text


def test_a_stranger_cannot_shut_out_someone_whose_browser_is_known(
    app: Flask, stranger: LintedClient, anne: str
) -> None:
    known = english(app.test_client())
    known.environ_base["REMOTE_ADDR"] = "10.1.1.1"
    log_in(known)
    known.submit("/logout", "/attempts")
    for _ in range(6):
        log_in(stranger, password="wrong password here")
    assert log_in(stranger).status_code == 429
    assert log_in(known).status_code == 303


def test_logging_out_ends_the_session_and_clears_the_browser(stranger: LintedClient, anne: str) -> None:
    log_in(stranger)
    secret = stranger.get_cookie(SESSION_COOKIE)
    assert secret
    answer = stranger.submit("/logout", "/attempts")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    stranger.set_cookie(SESSION_COOKIE, secret.value)
    assert stranger.get("/attempts").status_code == 303


@pytest.mark.parametrize(("age", "idle"), [(timedelta(hours=13), timedelta()), (timedelta(), timedelta(minutes=31))])
def test_sessions_end_by_idling_and_in_all(
    stranger: LintedClient, anne: str, store: Store, age: timedelta, idle: timedelta
) -> None:
    store.open_session(anne, "old", datetime.now(UTC) - max(age, idle), "127.0.0.1")
    stranger.set_cookie(SESSION_COOKIE, "old")
    assert stranger.get("/attempts").status_code == 303


def test_a_clock_set_back_by_a_day_revives_no_session(stranger: LintedClient, anne: str, store: Store) -> None:
    """Its last use lies ahead of the clock; a few minutes, as a time server corrects them, end nothing."""
    stranger.set_cookie(SESSION_COOKIE, "ahead")
    store.open_session(anne, "ahead", datetime.now(UTC) + timedelta(days=1), "127.0.0.1")
    assert stranger.get("/attempts").status_code == 303
    stranger.set_cookie(SESSION_COOKIE, "slightly")
    store.open_session(anne, "slightly", datetime.now(UTC) + timedelta(minutes=4), "127.0.0.1")
    assert stranger.get("/attempts").status_code == 200


def test_a_link_works_once_and_only_by_its_button(stranger: LintedClient, store: Store) -> None:
    add_user(store, "paul", "viewer")
    link = make_link(store, "paul", base_url="")
    assert stranger.get(link).status_code == 200
    assert stranger.get("/attempts").status_code == 303
    assert stranger.submit(link).status_code == 303
    assert stranger.get("/attempts").status_code == 200
    again = stranger.submit(link)
    assert again.status_code == 410
    assert "no longer works" in again.text


def test_the_secret_of_a_link_is_not_logged(
    stranger: LintedClient, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    link = make_link(store, "admin", base_url="")
    stranger.submit(link)
    assert link.rsplit("/", 1)[1] not in caplog.text


def test_the_first_admin_comes_in_by_link(store: Store, settings: ConsoleSettings) -> None:
    link = seed_first_admin(store, settings)
    assert link
    assert link.startswith("http://127.0.0.1:5005/link/")
    assert seed_first_admin(store, settings) is None


def test_a_given_first_password_must_be_changed(
    stranger: LintedClient, store: Store, settings: ConsoleSettings
) -> None:
    from dataclasses import replace

    assert seed_first_admin(store, replace(settings, dashboard_password="given once")) is None
    log_in(stranger, name="admin", password="given once")
    assert stranger.get("/attempts").location == "/password"
    answer = stranger.submit("/password", current="given once", new=PASSWORD, again=PASSWORD)
    assert answer.status_code == 303
    assert stranger.get("/attempts").status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "again", "said"),
    [
        ("not the right one", "sept vaches vertes", "sept vaches vertes", "This is not your present password."),
        (PASSWORD, "court", "court", "at least 15 characters"),
        (PASSWORD, "sept vaches vertes", "sept vaches bleues", "The two entries differ"),
        (PASSWORD, PASSWORD, PASSWORD, "is the present one"),
        (PASSWORD, "passwordpassword", "passwordpassword", "among the first that are tried"),
    ],
    ids=["wrong", "short", "differ", "same", "common"],
)
def test_a_password_that_cannot_be_taken_is_refused_with_its_reason(
    stranger: LintedClient, anne: str, current: str, new: str, again: str, said: str
) -> None:
    log_in(stranger)
    answer = stranger.submit("/password", current=current, new=new, again=again)
    assert answer.status_code == 422
    assert said in answer.text
    assert new not in answer.text


def test_a_new_password_ends_the_other_sessions(app: Flask, stranger: LintedClient, anne: str) -> None:
    other = english(app.test_client())
    log_in(other)
    log_in(stranger)
    stranger.submit("/password", current=PASSWORD, new="sept vaches vertes", again="sept vaches vertes")
    assert other.get("/attempts").status_code == 303
    assert stranger.get("/attempts").status_code == 200


def test_password_managers_are_told_what_is_what(stranger: LintedClient, login: Login) -> None:
    assert 'autocomplete="current-password"' in stranger.get("/login").text
    assert 'autocomplete="new-password"' in login("viewer").get("/password").text


@pytest.mark.parametrize("name", ["", "  ", "a\u202eb", "a\nb", "x" * 101])
def test_names_that_cannot_be_told_apart_are_refused(name: str) -> None:
    with pytest.raises(AccountError):
        clean_name(name)


def test_two_accounts_of_one_name_are_refused(store: Store, anne: str) -> None:
    with pytest.raises(AccountError):
        add_user(store, "ANNE", "viewer")
