"""Every page in a real Chromium: WCAG 2.2 AA by axe, the keyboard alone, less motion, 200 % zoom."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ElementHandle, Page

from navconsole.alert_settings import AlertSettings, SmtpSettings
from navconsole.auth import totp
from navconsole.auth.accounts import make_link
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import OidcSettings
from navigation.alerts import KINDS, Recipient
from navigation.oversight import StopEvent
from navigation.records import AttemptFilter
from navigation.sampling import Sample
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests import screens
from tests.navconsole.browsing import WARD, Site, serving
from tests.navconsole.cases.casing import seed_cases
from tests.navconsole.conftest import Prepared, console
from tests.navconsole.flows.films import add_film
from tests.navconsole.pages import NO_ID, PageAddress, session_for, whole_pages
from tests.navigation.store.making import a_message
from tests.remembering import remember_attempts, try_policy
from tests.seeding import Story, add_attempt, add_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WALK = Path(__file__).with_name("keyboard_walk.js").read_text(encoding="utf-8")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MAX_TABS = 600
ALERTS = AlertSettings(
    recipients=(
        Recipient("mail", "equipe-automatisation@chu.example", frozenset({"stop"})),
        Recipient("webhook", "alertes.chu.example", frozenset(KINDS)),
    ),
    quiet=(time(22), time(7)),
    smtp=SmtpSettings("smtp.chu.example", 587, "navconsole@chu.example"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[Site]:
    folder = shutil.copytree(prepared(2)[0], tmp_path_factory.mktemp("site") / "data")
    oidc = OidcSettings("http://127.0.0.1:9", "console", "secret")

    def fill(store: Store) -> None:
        add_waiting(store)
        seed_cases(store, folder)

    with serving(folder, fill, second_factor_roles=("clinician",), oidc=oidc, alerts=ALERTS) as site:
        yield site


@pytest.fixture(scope="module")
def pages(site: Site) -> list[PageAddress]:
    return whole_pages(console(site.settings, site.store), site.store)


def reader(site: Site, chromium: Browser, *, language: str = "en", theme: str = "light", **more: Any) -> BrowserContext:
    """A browser that reads the console in one language and theme, nobody being logged in."""
    context = chromium.new_context(locale=language, viewport=more.pop("viewport", WARD), **more)
    context.set_default_timeout(15_000)
    kept = {"navconsole_theme": theme, "navconsole_lang": language}
    context.add_cookies([{"name": name, "value": value, "url": site.base} for name, value in kept.items()])
    return context


def add_waiting(store: Store) -> None:
    """Something on the pages that would be empty: a log-in flow, a run that waits, a sample, a stop."""
    add_film(store)
    now, config = datetime.now(UTC), store.active_config()
    run_id = add_run(store, "dpi-urgences", has_patient=False, at=now)
    story = Story(Outcome.NEEDS_HUMAN, "Vérifier", "Second facteur", screens.second_factor)
    add_attempt(store, story, run_id=run_id, application="dpi-urgences", config_id=config.id, at=now)
    sample = Sample(NO_ID, "Audit de mars", {"applications": None, "by": "outcome"}, (), 1, 0.2, "reader admin", now)
    store.add_sample(sample, AttemptFilter(), by="outcome", size=9)
    remember_attempts(store)
    try_policy(store)
    for given in (
        {"state": "sent", "tries": 1, "ended_at": now, "what": "stopped", "details": ["Anne-Marie Lefèvre"]},
        {"state": "given_up", "tries": 10, "ended_at": now, "problem": "login", "answer": "535"},
        {"tries": 2, "problem": "unreachable"},
        {"channel": "webhook", "address": "alertes.chu.example", "count": 300},
    ):
        store.add_message(a_message(**given))
    store.add_stop(StopEvent("imagerie", True, "ann", "Anne-Marie Lefèvre", "Mise à jour du serveur", now))


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


def test_the_pages_are_found(pages: list[PageAddress]) -> None:
    found = {address.endpoint for address in pages}
    assert {"auth.login", "attempts.index", "attempts.detail", "account.index", "admin.people", "admin.audit"} <= found
    assert "alerts.index" in found
    assert {"cases.index", "cases.case", "cases.exports", "cases.export"} <= found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_wrong_on_any_page(
    site: Site, chromium: Browser, pages: list[PageAddress], language: str, theme: str
) -> None:
    context = reader(site, chromium, language=language, theme=theme)
    page = context.new_page()
    wrong = []
    for address in (*pages, PageAddress("error", "/nowhere", "admin")):
        open_page(site, page, address)
        assert page.get_attribute("html", "lang") == language
        wrong += [f"{address.endpoint}: {problem}" for problem in violations(page)]
    context.close()
    assert wrong == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_open_menus_and_help(
    site: Site, chromium: Browser, pages: list[PageAddress], theme: str
) -> None:
    context = reader(site, chromium, theme=theme)
    page = context.new_page()
    wrong = []
    for address in pages:
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


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(
    site: Site, chromium: Browser, pages: list[PageAddress]
) -> None:
    context = reader(site, chromium)
    page = context.new_page()
    wrong = {}
    for address in pages:
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


def test_nothing_moves_for_those_who_want_less_motion(site: Site, chromium: Browser, pages: list[PageAddress]) -> None:
    context = reader(site, chromium, reduced_motion="reduce")
    page = context.new_page()
    moving = {}
    for address in pages:
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


def test_at_twice_the_size_nothing_is_cut_off_at_the_side(
    site: Site, chromium: Browser, pages: list[PageAddress]
) -> None:
    """200 % zoom of a ward's 1366x768 screen (WCAG 1.4.4) leaves 683 CSS pixels."""
    context = reader(site, chromium, viewport={"width": 683, "height": 384})
    page = context.new_page()
    wide = []
    for address in pages:
        open_page(site, page, address)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(address.endpoint)
    context.close()
    assert wide == []


OUTSIDE = """() => [...document.querySelectorAll("body *")].filter((e) => {
  const box = e.getBoundingClientRect();
  if (!e.checkVisibility({ visibilityProperty: true }) || box.width < 2 || box.height < 2) return false;
  for (let up = e.parentElement; up; up = up.parentElement) {
    const style = getComputedStyle(up);
    if (up.tagName === "svg" || style.clip !== "auto" || ["auto", "scroll"].includes(style.overflowX)) return false;
  }
  return e.tagName !== "svg" && (box.right > innerWidth + 1 || box.left < -1);
}).map((e) => `${e.tagName} ${e.className} ${Math.round(e.getBoundingClientRect().right)}`).slice(0, 5)"""
"""What reaches out of the window and cannot be scrolled to by itself: tables and pictures may (WCAG 1.4.10)."""
MORE_PAGES = (
    PageAddress("groups", "/attempts?view=groups", "admin"),
    PageAddress("filtered", "/attempts?outcome=absent&q=a&score_max=90&facet=target&facet=cause", "admin"),
    PageAddress("nothing found", "/attempts?q=nowhere", "admin"),
    PageAddress("misunderstood", "/attempts?q=outcome:none", "admin"),
    PageAddress("error", "/nowhere", "admin"),
)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_at_320_px_every_page_reflows(site: Site, pages: list[PageAddress], chromium: Browser, language: str) -> None:
    """400 % zoom of 1280 pixels (WCAG 1.4.10): nothing is to be scrolled sideways but tables and pictures."""
    context = reader(site, chromium, language=language, viewport={"width": 320, "height": 640})
    page = context.new_page()
    wide = {}
    for address in (*pages, *MORE_PAGES):
        open_page(site, page, address)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth") or page.evaluate(OUTSIDE):
            wide[address.path] = page.evaluate(OUTSIDE)
        assert all(map(ElementHandle.is_visible, page.query_selector_all(".top-nav a"))), address.path
    context.close()
    assert wide == {}


def test_a_second_factor_is_set_up_and_used_in_the_browser(site: Site, chromium: Browser) -> None:
    """In French: the link, the setting up that the role asks for, the codes shown once, the log-in with a code."""
    site.store.add_user(name="hélène", role="clinician", password_hash=None)
    context = reader(site, chromium, language="fr")
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
    page.goto(site.base + "/flows")
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
