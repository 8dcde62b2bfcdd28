"""A served console and a real Chromium, for the tests that look at pages; their fixtures are in conftest.py."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from waitress.server import create_server

from navconsole.app import create_app
from navconsole.auth.accounts import make_link
from navconsole.beside import Beside
from navconsole.other_readers import Readers
from navconsole.settings import ConsoleSettings
from navigation.agents.browser import find_chromium
from navigation.settings import Settings
from navigation.store import open_store
from navigation.store.protocol import Store

WARD: Mapping[str, int] = {"width": 1366, "height": 768}
"""The screen of a ward's PC."""
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
"""Gives the texts that do not stand out from their ground: WCAG 2.2, 4.5 to 1."""


@dataclass(frozen=True, slots=True)
class Site:
    """A console that answers at `base`; `replays` carries replays out where a file's own site has it."""

    base: str
    store: Store
    settings: ConsoleSettings
    replays: Beside | None = None


@dataclass
class Visit:
    """One tab at a site; `complaints` are what the browser had to say."""

    page: Page
    site: Site
    complaints: list[str]

    @property
    def base(self) -> str:
        return self.site.base

    @property
    def store(self) -> Store:
        return self.site.store

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("networkidle")

    def log_in(self, name: str) -> None:
        self.page.goto(make_link(self.store, name, base_url=self.base))
        self.page.click("button.primary")
        self.page.wait_for_url(lambda url: "/login" not in url)


@contextmanager
def serving(
    data: Path,
    fill: Callable[[Store], object] = lambda _store: None,
    *,
    replays: Callable[[Store, Path], Beside] | None = None,
    **settings: Any,
) -> Iterator[Site]:
    """A console on a free port over the store in `data`, to which `fill` adds before anybody can ask; `replays` makes
    what carries replays out, of the store and the path of its database."""
    chosen = ConsoleSettings(data=data, secret_key="k" * 40, **settings)
    store = open_store(chosen.database)
    fill(store)
    beside = replays(store, chosen.database) if replays else None
    app = create_app(chosen, store=store, navigator=None, readers=Readers(Settings(), store), replays=beside)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    yield Site(f"http://127.0.0.1:{server.effective_port}", store, chosen, beside)
    server.close()
    server.task_dispatcher.shutdown()
    if beside is not None:
        beside.close()
    store.close()


@contextmanager
def launched() -> Iterator[Browser]:
    """The system's Chromium.

    While it runs, its thread has an event loop that runs too: code under test that starts one there itself would fail.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0)
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser, site: Site, *, java_script: bool = True, **context: Any) -> Iterator[Visit]:
    """A tab of a browser of its own, in English on a ward's screen unless `context` says otherwise."""
    own = browser.new_context(
        **{"locale": "en-GB", "viewport": WARD, **context},
        java_script_enabled=java_script,
    )
    page = own.new_page()
    page.set_default_timeout(15_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Visit(page, site, complaints)
    own.close()
