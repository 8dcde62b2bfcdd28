import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from markupsafe import escape

from navconsole import problems
from navconsole.auth.accounts import add_user, make_link
from navconsole.i18n import translator
from navconsole.security import CONTENT_SECURITY_POLICY
from navconsole.settings import ConsoleSettings
from navigation.errors import ConflictError, StoreBusyError, StoreFullError
from navigation.store.protocol import Store
from tests.navconsole import lint
from tests.navconsole.conftest import CSRF, HTMX, LintedClient, Login, console, english

PATHS = ("/login", "/attempts", "/nowhere", "/health", "/static/css/base.css")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_strict_headers(engineer: LintedClient, path: str) -> None:
    headers = engineer.get(path).headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/attempts", "/login", "/password", "/nowhere"])
def test_nothing_of_a_page_is_kept_by_caches(engineer: LintedClient, path: str) -> None:
    answer = engineer.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in answer.headers["Vary"]


def test_static_files_with_their_hash_are_kept_for_a_year(stranger: LintedClient) -> None:
    page = stranger.get("/login").text
    href = page.split('href="/static/css/base.css')[1].split('"')[0]
    assert "immutable" in stranger.get(f"/static/css/base.css{href}").headers["Cache-Control"]
    assert "immutable" not in stranger.get("/static/css/base.css").headers["Cache-Control"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:5005", "a b"])
def test_an_unknown_host_is_refused(stranger: LintedClient, host: str) -> None:
    answer = stranger.get("/login", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_a_form_without_its_token_changes_nothing(engineer: LintedClient) -> None:
    answer = engineer.post("/preferences", data={"lang": "fr"})
    assert answer.status_code == 400
    assert "This form has expired" in answer.text
    assert "navconsole_lang" not in str(answer.headers)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_sent_by_another_site_is_refused(engineer: LintedClient, site: str) -> None:
    token = CSRF.search(engineer.get("/attempts").text)
    assert token
    data = {"csrf_token": token[1], "lang": "fr"}
    assert engineer.post("/preferences", data=data, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert engineer.post("/preferences", data=data, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_over_https_cookies_are_bound_to_the_host(settings: ConsoleSettings, store: Store) -> None:
    secure = replace(settings, public_url="https://nav.example")
    client = english(console(secure, store).test_client())
    add_user(store, "anne", "viewer")
    link = make_link(store, "anne", base_url="")
    answer = client.post(
        link,
        base_url="https://nav.example",
        data={"csrf_token": (CSRF.search(client.get(link, base_url="https://nav.example").text) or "")[1]},
    )
    cookies = [c for c in answer.headers.getlist("Set-Cookie") if "navconsole_session" in c]
    assert answer.status_code == 303
    assert cookies[0].startswith("__Host-navconsole_session=")
    assert all(part in cookies[0] for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookies[0]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    ("error", "status"),
    [(StoreBusyError("x"), 503), (StoreFullError("x"), 507), (ConflictError("x"), 409)],
    ids=["busy", "full", "conflict"],
)
def test_faults_of_the_store_are_said_as_what_they_are(
    engineer: LintedClient, store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(type(store), "list_attempts", failing)
    answer = engineer.get("/attempts")
    assert answer.status_code == status
    assert "Reference" in answer.text
    fragment = engineer.get("/attempts", headers=HTMX)
    assert fragment.status_code == status
    assert "<html" not in fragment.text


def test_an_unknown_fault_shows_a_reference_and_no_more(
    engineer: LintedClient, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("DURAND Paul was on the screen")

    monkeypatch.setattr(type(store), "list_attempts", failing)
    engineer.application.testing = False
    answer = engineer.get("/attempts")
    reference = answer.text.split("<code>")[1].split("</code>")[0]
    assert answer.status_code == 500
    assert reference in caplog.text
    assert "RuntimeError" in caplog.text
    assert "DURAND" not in answer.text + caplog.text
    assert "Traceback" not in answer.text + caplog.text


def test_one_line_a_request_without_what_was_searched(engineer: LintedClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "navconsole.request")
    engineer.get("/attempts?q=DURAND%0d%0aPaul")
    lines = [r.message for r in caplog.records if r.name == "navconsole.request"]
    assert len(lines) == 1
    assert "route=/attempts status=200" in lines[0]
    assert "DURAND" not in caplog.text


def test_unknown_addresses_of_the_api_are_refused_in_json(stranger: LintedClient) -> None:
    answer = stranger.get("/api/nowhere", headers={"Accept-Language": "fr"})
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "not_found"
    assert answer.json["error"]["message"].startswith("L’adresse")
    assert answer.json["error"]["reference"]


def test_a_wrong_method_is_405(engineer: LintedClient) -> None:
    answer = engineer.delete("/attempts")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_language_follows_the_address_then_the_person_then_the_browser(login: Login, store: Store) -> None:
    client = login("viewer", name="anne")
    assert 'lang="en"' in client.get("/attempts").text
    user = store.user_by_name("anne")
    assert user
    store.set_language(user.id, "fr")
    assert 'lang="fr"' in client.get("/attempts").text
    assert 'lang="en"' in client.get("/attempts?lang=en").text
    assert 'lang="fr"' in client.get("/attempts?lang=xx").text


def test_without_any_wish_the_language_is_french(stranger: LintedClient) -> None:
    assert 'lang="fr"' in stranger.get("/login", headers={"Accept-Language": "de"}).text


def test_language_and_theme_are_kept(engineer: LintedClient, store: Store) -> None:
    answer = engineer.submit("/preferences", "/attempts", lang="fr", next="/attempts?lang=en&q=a")
    assert answer.headers["Location"] == "/attempts?q=a"
    assert 'lang="fr"' in engineer.get("/attempts").text
    engineer.submit("/preferences", "/attempts", theme="dark", next="//evil.example/x")
    assert 'data-theme="dark"' in engineer.get("/attempts").text
    user = store.user_by_name("the engineer")
    assert user
    assert user.language == "fr"


@pytest.mark.parametrize("fields", [{"theme": "pink"}, {"lang": "de"}, {}])
def test_senseless_preferences_are_refused(engineer: LintedClient, fields: dict[str, str]) -> None:
    assert engineer.submit("/preferences", "/attempts", **fields).status_code == 400


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\t/evil"]
)
def test_a_form_never_sends_people_to_another_site(engineer: LintedClient, next_: str) -> None:
    answer = engineer.submit("/preferences", "/attempts", theme="dark", next=next_)
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("status", problems.PROBLEMS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_error_has_a_page_and_a_fragment_in_both_languages(app: Flask, status: int, language: str) -> None:
    for headers, is_whole in (({}, True), (HTMX, False)):
        with app.test_request_context(f"/attempts?lang={language}", headers=headers):
            app.preprocess_request()
            answer = problems.answer(status)
            text = answer.get_data(as_text=True)
        assert answer.status_code == status
        assert ("<html" in text) == is_whole
        assert lint.problems(text, is_whole=is_whole) == []
        title = problems.PROBLEMS[status].title
        assert str(escape(translator(language)(title))) in text


def test_nothing_of_the_data_folder_is_had_as_a_static_file_and_nothing_is_listed(
    login: Login, settings: ConsoleSettings
) -> None:
    client = login("admin")
    static = Path(client.application.static_folder or "")
    up = os.path.relpath(settings.database, static)
    ways = [up, up.replace("/", "%2f"), up.replace("..", "%2e%2e"), str(settings.database), settings.database.name]
    assert (static / up).read_bytes().startswith(b"SQLite format 3")
    for way in (*ways, "", "css/", "css"):
        answer = client.get(f"/static/{way}")
        assert answer.status_code in (301, 308, 404), way
        assert b"SQLite format 3" not in answer.data
        assert b"tokens.css" not in answer.data.split(b"<main")[-1]
