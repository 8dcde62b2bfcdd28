"""Every page in a real Chromium: WCAG 2.2 AA by axe, the keyboard alone, less motion, 200 % zoom."""

from __future__ import annotations

import base64
import json
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ElementHandle, Page, sync_playwright
from waitress.server import create_server

from navconsole.app import create_app
from navconsole.auth import totp
from navconsole.auth.accounts import make_link
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import ConsoleSettings, OidcSettings
from navigation.store import open_store
from navigation.store.protocol import Store
from tests.navconsole.cases.casing import seed_cases
from tests.navconsole.pages import PageAddress, session_for, whole_pages
from tests.navconsole.test_browser import FLAGS
from tests.seeding import seed

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WALK = Path(__file__).with_name("keyboard_walk.js").read_text(encoding="utf-8")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MAX_TABS = 600


@dataclass(frozen=True, slots=True)
class Site:
    base: str
    store: Store
    pages: list[PageAddress]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = ConsoleSettings(
        data=tmp_path_factory.mktemp("accessible"),
        secret_key="k" * 40,
        second_factor_roles=("clinician",),
        oidc=OidcSettings("http://127.0.0.1:9", "console", "secret"),
    )
    store = open_store(settings.database)
    seed(store, rounds=2)
    seed_cases(store, settings.data)
    app = create_app(settings, store=store, navigator=None)
    app.testing = True
    pages = whole_pages(app, store)
    app.testing = False
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    yield Site(f"http://127.0.0.1:{server.effective_port}", store, pages)
    server.close()
    server.task_dispatcher.shutdown()
    store.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "Chromium is missing; run make test, which installs it"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


def reader(site: Site, browser: Browser, *, language: str = "en", theme: str = "light", **more: Any) -> BrowserContext:
    """A browser that reads the console in one language and theme, nobody being logged in."""
    context = browser.new_context(
        locale=language, viewport=more.pop("viewport", {"width": 1366, "height": 768}), **more
    )
    context.set_default_timeout(15_000)
    kept = {"navconsole_theme": theme, "navconsole_lang": language}
    context.add_cookies([{"name": name, "value": value, "url": site.base} for name, value in kept.items()])
    return context


def open_page(site: Site, page: Page, address: PageAddress) -> None:
    page.context.clear_cookies(name=SESSION_COOKIE)
    if address.role:
        secret = session_for(site.store, address.role)
        page.context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": site.base}])
    page.goto(site.base + address.path)
    page.wait_for_load_state("networkidle")
    assert page.url.split("#")[0] == site.base + address.path  # a film says its moment


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands: rule, element, why."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options = json.dumps({"runOnly": {"type": "tag", "values": LEVELS}, "resultTypes": ["violations"]})
    found = page.evaluate(f"async () => (await axe.run(document, {options})).violations")
    return [f"{v['id']} {n['target']}: {n['failureSummary']}" for v in found for n in v["nodes"]]


def test_the_pages_are_found(site: Site) -> None:
    found = {address.endpoint for address in site.pages}
    assert {"auth.login", "attempts.index", "attempts.detail", "account.index", "admin.people", "admin.audit"} <= found
    assert {"cases.index", "cases.case", "cases.exports", "cases.export"} <= found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_wrong_on_any_page(site: Site, browser: Browser, language: str, theme: str) -> None:
    context = reader(site, browser, language=language, theme=theme)
    page = context.new_page()
    wrong = []
    for address in (*site.pages, PageAddress("error", "/nowhere", "admin")):
        open_page(site, page, address)
        assert page.get_attribute("html", "lang") == language
        wrong += [f"{address.endpoint}: {problem}" for problem in violations(page)]
    context.close()
    assert wrong == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_open_menus_and_help(site: Site, browser: Browser, theme: str) -> None:
    context = reader(site, browser, theme=theme)
    page = context.new_page()
    wrong = []
    for address in site.pages:
        open_page(site, page, address)
        for button in filter(ElementHandle.is_visible, page.query_selector_all("button[popovertarget]")):
            button.click()
            wrong += [f"{address.endpoint}, {button.inner_text()}: {problem}" for problem in violations(page)]
            page.keyboard.press("Escape")
        for summary in filter(ElementHandle.is_visible, page.query_selector_all("summary")):
            summary.click()
        wrong += [f"{address.endpoint}: {problem}" for problem in violations(page)]
    context.close()
    assert wrong == []


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(site: Site, browser: Browser) -> None:
    context = reader(site, browser)
    page = context.new_page()
    wrong = {}
    for address in site.pages:
        open_page(site, page, address)
        page.evaluate("document.activeElement?.blur()")
        walk = page.evaluate_handle(WALK)
        limit = min(MAX_TABS, 6 * walk.evaluate("walk => walk.count()") + 12)
        for _ in range(limit):
            page.keyboard.press("Tab")
            if not walk.evaluate("walk => walk.note()") and not walk.evaluate("walk => walk.result().unreached.length"):
                break
        result = walk.evaluate("walk => walk.result()")
        if result["unreached"] or result["unseen"]:
            wrong[address.endpoint] = result
    context.close()
    assert wrong == {}


def test_nothing_moves_for_those_who_want_less_motion(site: Site, browser: Browser) -> None:
    context = reader(site, browser, reduced_motion="reduce")
    page = context.new_page()
    moving = {}
    for address in site.pages:
        open_page(site, page, address)
        found = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((e) => {
              const style = getComputedStyle(e);
              const moves = style.transitionDuration.split(", ").some((duration) => parseFloat(duration) > 0);
              return style.animationName !== "none" || moves;
            }).map((e) => e.className)"""
        )
        if found:
            moving[address.endpoint] = found
    context.close()
    assert moving == {}


def test_at_twice_the_size_nothing_is_cut_off_at_the_side(site: Site, browser: Browser) -> None:
    """200 % zoom of a ward's 1366x768 screen (WCAG 1.4.4) leaves 683 CSS pixels."""
    context = reader(site, browser, viewport={"width": 683, "height": 384})
    page = context.new_page()
    wide = []
    for address in site.pages:
        open_page(site, page, address)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(address.endpoint)
    context.close()
    assert wide == []


def test_a_second_factor_is_set_up_and_used_in_the_browser(site: Site, browser: Browser) -> None:
    """In French: the link, the setting up that the role asks for, the codes shown once, the log-in with a code."""
    site.store.add_user(name="hélène", role="clinician", password_hash=None)
    context = reader(site, browser, language="fr")
    page = context.new_page()
    page.goto(make_link(site.store, "hélène", base_url=site.base))
    page.click("button.primary")
    page.wait_for_url("**/account/second-factor")
    key = re.sub(r"\s", "", page.inner_text("code.key"))
    page.fill("#code", _code_of(key))
    page.click("button.primary")
    page.wait_for_selector(".codes li")
    assert violations(page) == []
    recovery = page.inner_text(".codes li >> nth=0").strip()
    page.goto(site.base + "/attempts")
    page.click(".user-button")
    page.click("text=Se déconnecter")
    page.goto(make_link(site.store, "hélène", base_url=site.base))
    page.click("button.primary")
    page.wait_for_url("**/login/code**")
    assert violations(page) == []
    page.fill("#code", recovery)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    context.close()


def _code_of(shown: str) -> str:
    return totp.code_at(base64.b32decode(shown), totp.step_at(datetime.now(UTC)))
