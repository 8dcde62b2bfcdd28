"""The console over a real store in a temporary folder; clients logged in by role; real browsers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from werkzeug.test import TestResponse

from navconsole.app import create_app
from navconsole.auth.accounts import add_user
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import DATABASE_FILE, ConsoleSettings
from navigation.records import Role
from navigation.store import open_store
from navigation.store.protocol import Store
from tests.navconsole import lint
from tests.navconsole.browsing import Site, Visit, launched, serving, visiting
from tests.seeding import seed

CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
HTMX = {"HX-Request": "true"}


class LintedClient(FlaskClient):
    """Checks each HTML answer; posts forms with the token of the page they stand on."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        response.get_data()
        response.close()
        if response.mimetype == "text/html" and response.data:
            is_whole = "<html" in response.text
            assert lint.problems(response.text, is_whole=is_whole) == []
        return response

    def submit(self, path: str, page: str = "", **fields: str) -> TestResponse:
        """POST `fields` with the token found on `page` (the same path unless given)."""
        found = CSRF.search(self.get(page or path).text)
        assert found, "the page has no form"
        return self.post(path, data={"csrf_token": found[1], **fields})


Login = Callable[..., LintedClient]
Prepared = Callable[[int], tuple[Path, list[str]]]


@pytest.fixture
def settings(tmp_path: Path) -> ConsoleSettings:
    return ConsoleSettings(data=tmp_path, secret_key="k" * 40, timezone="UTC", second_factor_roles=())


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """prepared(n) is the folder of a store with n attempts of each kind, and their ids; made once, to be copied."""

    @cache
    def make(rounds: int) -> tuple[Path, list[str]]:
        folder = tmp_path_factory.mktemp("prepared")
        made = open_store(folder / DATABASE_FILE)
        ids = seed(made, rounds=rounds) if rounds else []
        made.close()
        return folder, ids

    return make


@pytest.fixture
def store(settings: ConsoleSettings, prepared: Prepared, request: pytest.FixtureRequest) -> Iterator[Store]:
    folder, _ = prepared(1 if "attempts" in request.fixturenames else 0)
    shutil.copytree(folder, settings.data, dirs_exist_ok=True)
    opened = open_store(settings.database)
    yield opened
    opened.close()


@pytest.fixture
def app(settings: ConsoleSettings, store: Store) -> Flask:
    return console(settings, store)


def console(settings: ConsoleSettings, store: Store) -> Flask:
    made = create_app(settings, store=store, navigator=None)
    made.testing = True
    made.test_client_class = LintedClient
    return made


@pytest.fixture
def stranger(app: Flask) -> LintedClient:
    """A browser that is not logged in, and reads English."""
    return english(app.test_client())


@pytest.fixture
def login(app: Flask, store: Store) -> Login:
    """login("viewer", applications=[…]) gives a browser logged in with that role."""

    def log_in(role: Role = "engineer", *, applications: Sequence[str] | None = None, name: str = "") -> LintedClient:
        user = store.add_user(name=name or f"the {role}", role=role, password_hash=None, applications=applications)
        secret = f"secret-of-{user.id}"
        store.open_session(user.id, secret, datetime.now(UTC), "127.0.0.1")
        client = english(app.test_client())
        client.set_cookie(SESSION_COOKIE, secret)
        return client

    return log_in


@pytest.fixture
def engineer(login: Login) -> LintedClient:
    return login("engineer")


@pytest.fixture
def attempts(store: Store, prepared: Prepared) -> list[str]:
    """One attempt of each kind, oldest first; their ids."""
    return prepared(1)[1]


def english(client: Any) -> LintedClient:
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    return client  # type: ignore[no-any-return]


# --- in a real browser ----------------------------------------------------------------------------

Visiting = Callable[..., Visit]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for the tests of a file, not for all: tests without a browser start event loops of their own."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[Site]:
    """A served console with four attempts of each kind; a file that needs another one has a `site` of its own."""
    with serving(shutil.copytree(prepared(4)[0], tmp_path_factory.mktemp("site") / "data")) as site:
        yield site


@pytest.fixture
def browse(site: Site, chromium: Browser) -> Iterator[Visiting]:
    """browse("anne", …) opens a browser of its own, logged in as an engineer of that name; browse() for nobody."""
    with ExitStack() as opened:

        def open_browser(name: str = "", **context: Any) -> Visit:
            visit = opened.enter_context(visiting(chromium, site, **context))
            if name:
                if site.store.user_by_name(name) is None:
                    add_user(site.store, name, "engineer")
                visit.log_in(name)
            return visit

        yield open_browser


@pytest.fixture
def visit(browse: Visiting) -> Visit:
    return browse("anne")


@pytest.fixture
def plain_visit(browse: Visiting) -> Visit:
    """Without JavaScript."""
    return browse("anne", java_script=False)
