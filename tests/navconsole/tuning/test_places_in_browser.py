"""An engineer finds a place, sees it on its screen, pins it, and tries a policy, in a real Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from waitress.server import create_server

from navconsole.app import create_app
from navconsole.auth.accounts import add_user, make_link
from navconsole.beside import Beside
from navconsole.settings import ConsoleSettings
from navigation.store import open_store
from navigation.store.protocol import Store
from tests.remembering import remember_attempts
from tests.seeding import seed

pytestmark = pytest.mark.browser

BEYOND = """[...document.querySelectorAll("main *")]
    .filter((item) => !item.closest(".table-scroll table"))
    .filter((item) => item.getBoundingClientRect().right > innerWidth + 1)
    .map((item) => item.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    settings = ConsoleSettings(data=tmp_path_factory.mktemp("places"), secret_key="k" * 40)
    store = open_store(settings.database)
    seed(store, rounds=2)
    remember_attempts(store)
    add_user(store, "anne", "engineer")
    trials = Beside("navconsole.tuning.trial_worker", settings.database)
    app = create_app(settings, store=store, navigator=None, trials=trials)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}", store
    server.close()
    server.task_dispatcher.shutdown()
    trials.close()
    store.close()


@pytest.fixture(params=["with JavaScript", "without"])
def visit(
    site: tuple[str, Store], chromium: Browser, request: pytest.FixtureRequest
) -> Iterator[tuple[Page, str, list[str]]]:
    base, store = site
    context = chromium.new_context(
        locale="en-GB",
        viewport={"width": 1366, "height": 768},
        java_script_enabled=request.param == "with JavaScript",
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(make_link(store, "anne", base_url=base))
    page.click("button.primary")
    page.wait_for_url("**/dashboard")
    yield page, base, complaints
    context.close()


def test_from_the_list_to_a_decision_and_to_a_tried_policy(
    visit: tuple[Page, str, list[str]], site: tuple[str, Store], request: pytest.FixtureRequest
) -> None:
    page, base, complaints = visit
    has_script = "with JavaScript" in request.node.name
    page.goto(f"{base}/tuning/places")
    row = page.locator(".place-row", has_text="Se connecter").first
    rank = row.get_attribute("data-rank")
    patch = row.locator("img.patch")
    patch.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert patch.bounding_box()["height"] > 10  # type: ignore[index]
    if has_script:
        row.hover()
        assert "is-lit" in (page.locator(f"rect[data-rank={rank}]").get_attribute("class") or "")
    spot = page.locator(f"rect[data-rank={rank}]").bounding_box()
    screen = page.locator(".screen-group", has=row).locator(".screen-map").bounding_box()
    assert spot
    assert screen
    assert screen["x"] <= spot["x"] < spot["x"] + spot["width"] <= screen["x"] + screen["width"]

    link = row.get_by_role("link", name="Se connecter")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/tuning/places/*")
    act = "Pin no longer" if page.get_by_role("button", name="Pin no longer").count() else "Pin"
    page.get_by_role("textbox", name="Why", exact=True).fill("Stable since spring")
    page.get_by_role("button", name=act, exact=True).click()
    page.wait_for_load_state()
    assert page.locator(".place-changes li").first.inner_text().endswith("Stable since spring")
    assert page.locator("h1 .badge", has_text="pinned").count() == (act == "Pin")

    page.goto(f"{base}/tuning/places/trials")
    page.get_by_label("Likeness").fill("97" if has_script else "96")
    page.get_by_role("button", name="Try it").click()
    page.wait_for_url("**/trials/*")
    for _ in range(150):
        if page.get_by_text("Attempt by attempt").count():
            break
        page.wait_for_timeout(400)
        if not has_script:
            page.reload()
    assert page.locator(".trial-table tbody tr").count() == 7
    page.get_by_role("link", name="Write it down as a configuration").click()
    page.wait_for_load_state()
    assert complaints == []


@pytest.mark.parametrize("width", [1920, 1366, 900, 400])
def test_nothing_stands_beyond_the_window(site: tuple[str, Store], chromium: Browser, width: int) -> None:
    base, store = site
    context = chromium.new_context(locale="fr-FR", viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(make_link(store, "anne", base_url=base))
    page.click("button.primary")
    page.wait_for_url("**/dashboard")
    for path in ("/tuning/places", "/tuning/places/1", "/tuning/places/trials"):
        page.goto(base + path)
        assert page.evaluate(BEYOND) == [], path
    context.close()
