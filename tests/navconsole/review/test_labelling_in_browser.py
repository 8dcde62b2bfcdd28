"""Labelling in a real Chromium: by keyboard, by pointing, two at once, settling like ones, a session that ends."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright
from waitress.server import create_server

from navconsole.app import create_app
from navconsole.auth.accounts import add_user, make_link
from navconsole.settings import ConsoleSettings
from navigation.labels import Label
from navigation.records import AttemptFilter
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navconsole.test_browser import CONTRAST, FLAGS
from tests.seeding import seed

pytestmark = pytest.mark.browser


@dataclass
class Person:
    """Somebody logged in, in a browser of their own; `complaints` are what the browser had to say."""

    page: Page
    base: str
    id: str
    complaints: list[str]

    def open(self, path: str) -> None:
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("networkidle")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def moved_from(self, attempt_id: str) -> str:
        """The case that stands there once the page has left `attempt_id`."""
        self.page.wait_for_function(f"() => !location.pathname.includes('{attempt_id}')")
        self.page.wait_for_load_state("networkidle")
        return self.case

    @property
    def case(self) -> str:
        return str(self.page.evaluate("location.pathname.split('/')[2]"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "navconsole.db")
    seed(opened, rounds=3)
    yield opened
    opened.close()


@pytest.fixture
def base(tmp_path: Path, store: Store) -> Iterator[str]:
    settings = ConsoleSettings(data=tmp_path, secret_key="k" * 40)
    server = create_server(create_app(settings, store=store, navigator=None), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    server.task_dispatcher.shutdown()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "Chromium is missing; run make test, which installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


Enter = Callable[..., Person]


@pytest.fixture
def enter(base: str, store: Store, chromium: Any) -> Iterator[Enter]:
    """enter("anne") gives an engineer at a browser."""
    contexts = []

    def log_in(name: str, *, java_script: bool = True) -> Person:
        user = store.user_by_name(name) or add_user(store, name, "engineer")
        context = chromium.new_context(
            locale="en-GB", viewport={"width": 1366, "height": 768}, java_script_enabled=java_script
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(make_link(store, name, base_url=base))
        page.click("button.primary")
        page.wait_for_url(lambda url: "/login" not in url)
        found = store.user_by_name(name)
        assert found or user
        return Person(page, base, found.id if found else "", complaints)

    yield log_in
    for context in contexts:
        context.close()


@pytest.fixture
def anne(enter: Enter) -> Person:
    return enter("anne")


def standing(store: Store, attempt_id: str) -> Label:
    (label,) = store.settled(attempt_id).standing
    return label


def newest(store: Store, outcome: Outcome) -> str:
    return store.list_attempts(AttemptFilter(outcomes=[outcome])).rows[0].id


def test_a_label_is_two_keys_and_brings_the_next_case_without_loading_a_page(anne: Person, store: Store) -> None:
    anne.open("/review/triage")
    anne.page.click(".page-head button")
    anne.page.wait_for_load_state("networkidle")
    first = anne.case
    anne.page.evaluate("window.isSamePage = true")
    anne.press("y")
    second = anne.moved_from(first)
    assert standing(store, first).answer == "right"
    anne.press("x")
    anne.page.wait_for_selector("#verdict[data-answer=wrong]")
    anne.press("6")
    third = anne.moved_from(second)
    assert (standing(store, second).answer, standing(store, second).cause) == ("wrong", "popup")
    anne.press("a")
    anne.page.wait_for_selector("#place-absent:checked", state="attached")
    anne.press("x", "x")
    anne.moved_from(third)
    assert (standing(store, third).answer, standing(store, third).place) == ("wrong", "absent")
    assert anne.page.evaluate("window.isSamePage") is True
    assert anne.complaints == []


def test_undo_works_for_the_last_label_whatever_came_since(anne: Person, store: Store) -> None:
    first = newest(store, Outcome.AMBIGUOUS)
    anne.open(f"/attempts/{first}?outcome=ambiguous")
    anne.press("x", "Enter")
    second = anne.moved_from(first)
    anne.open("/attempts")
    anne.open(f"/attempts/{second}?outcome=ambiguous")
    anne.press("z")
    assert anne.moved_from(second) == first
    assert store.settled(first).state == "open"
    assert "taken back" in anne.page.inner_text(".history")


def test_pointing_snaps_to_what_was_read_and_says_what_follows(anne: Person, store: Store) -> None:
    first = newest(store, Outcome.AMBIGUOUS)
    anne.open(f"/attempts/{first}")
    anne.press("m")
    target = anne.page.locator(".picture-before .g-candidates rect").first.bounding_box()
    assert target
    anne.page.mouse.click(target["x"] + target["width"] / 2, target["y"] + target["height"] / 2)
    anne.page.wait_for_selector("#place-box:checked", state="attached")
    assert anne.page.locator("#verdict").get_attribute("data-answer") == "wrong"
    assert "Ouvrir" in anne.page.inner_text(".is-place")
    assert anne.page.locator(".g-label").count() == 1
    anne.press("Enter")
    anne.moved_from(first)
    label = standing(store, first)
    assert (label.answer, label.place, label.cause) == ("wrong", "box", "ambiguous")
    assert label.box
    assert anne.complaints == []


def test_the_case_that_was_brought_by_a_label_can_be_pointed_at(anne: Person, store: Store) -> None:
    first = newest(store, Outcome.AMBIGUOUS)
    anne.open(f"/attempts/{first}?outcome=ambiguous")
    anne.page.evaluate("window.isSamePage = true")
    anne.press("i")
    second = anne.moved_from(first)
    assert anne.page.evaluate("window.isSamePage") is True
    anne.press("m")
    target = anne.page.locator(".picture-before .g-candidates rect").first.bounding_box()
    assert target
    anne.page.mouse.click(target["x"] + target["width"] / 2, target["y"] + target["height"] / 2)
    anne.page.wait_for_selector("#place-box:checked", state="attached")
    anne.press("Enter")
    anne.moved_from(second)
    assert standing(store, second).place == "box"


def test_like_ones_are_settled_and_undone_by_a_key_each(anne: Person, store: Store) -> None:
    rows = [row.id for row in store.list_attempts(AttemptFilter(outcomes=[Outcome.LOW_CONFIDENCE])).rows]
    anne.open(f"/attempts/{rows[0]}?outcome=low_confidence")
    anne.press("x", "2")
    assert anne.moved_from(rows[0]) == rows[1]
    anne.press("g")
    anne.page.wait_for_selector(".like-preview")
    assert "Settle 2" in anne.page.inner_text(".like-preview")
    anne.press("g")
    last = anne.moved_from(rows[1])
    assert [standing(store, row).cause for row in rows] == ["misread"] * 3
    anne.press("z")
    assert anne.moved_from(last) == rows[1]
    assert [store.settled(row).state for row in rows] == ["single", "open", "open"]


def test_two_at_once_lose_nothing(enter: Enter, store: Store) -> None:
    anne, bob = enter("anne"), enter("bob")
    case = newest(store, Outcome.NOT_LANDED)
    for person in (anne, bob):
        person.open(f"/attempts/{case}")
    anne.press("y")
    anne.moved_from(case)
    bob.page.fill("#note", "the press opened a message")
    bob.press("Escape", "x")
    bob.page.wait_for_selector("#verdict[data-answer=wrong]")
    bob.press("6")
    bob.page.wait_for_selector(".conflict")
    assert "anne" in bob.page.inner_text(".conflict")
    assert bob.page.input_value("#note") == "the press opened a message"
    bob.press("Enter")
    bob.moved_from(case)
    assert store.settled(case).state == "disputed"
    assert {label.author for label in store.settled(case).standing} == {"anne", "bob"}


def test_a_note_outlives_the_session_it_was_typed_in(anne: Person, store: Store) -> None:
    case = newest(store, Outcome.ABSENT)
    anne.open(f"/attempts/{case}")
    anne.page.fill("#note", "the button was renamed")
    (cookie,) = [c for c in anne.page.context.cookies() if c["name"] == "navconsole_session"]
    store.close_session(cookie["value"])
    anne.press("Escape", "x", "x")
    anne.page.wait_for_selector("#panel-notice a")
    assert anne.page.input_value("#note") == "the button was renamed"
    assert store.labels_of(case) == []
    store.open_session(anne.id, "another-secret", datetime.now(UTC), "127.0.0.1")
    anne.page.context.add_cookies([{"name": "navconsole_session", "value": "another-secret", "url": anne.base}])
    anne.page.click("#panel-notice a")
    anne.page.wait_for_load_state("networkidle")
    anne.open(f"/attempts/{case}")
    assert anne.page.input_value("#note") == "the button was renamed"
    anne.page.wait_for_selector("#verdict[data-answer=wrong]")
    anne.press("Enter")
    anne.moved_from(case)
    assert standing(store, case).note == "the button was renamed"
    anne.open(f"/attempts/{case}")
    assert anne.page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('label-draft'))") == []


def test_own_keys_and_the_digits_of_a_french_keyboard(anne: Person, store: Store) -> None:
    store.set_preference(anne.id, "keys", {"wrong": "v"})
    case = newest(store, Outcome.ABSENT)
    anne.open(f"/attempts/{case}")
    anne.press("x")
    assert anne.page.locator("#verdict").get_attribute("data-answer") == ""
    anne.press("v")
    anne.page.wait_for_selector("#verdict[data-answer=wrong]")
    keyboard = anne.page.context.new_cdp_session(anne.page)
    for kind in ("keyDown", "keyUp"):
        keyboard.send("Input.dispatchKeyEvent", {"type": kind, "key": "é", "code": "Digit2", "text": "é"})
    anne.moved_from(case)
    assert standing(store, case).cause == "misread"


def test_everything_works_without_scripts(enter: Enter, store: Store) -> None:
    anne = enter("anne", java_script=False)
    case = newest(store, Outcome.AMBIGUOUS)
    anne.open("/review/triage?outcome=ambiguous")
    anne.page.click(".page-head button")
    assert anne.case == case
    anne.page.click("[data-act=point]")
    anne.page.click(".point-picture", position={"x": 900, "y": 200})
    assert "at.x=" in anne.page.url
    assert anne.page.locator("#place-box").is_checked()
    anne.page.fill("#note", "by hand")
    anne.page.click("label.answer-wrong")
    anne.page.click("#label-form .primary")
    assert anne.case != case
    assert (standing(store, case).place, standing(store, case).note) == ("box", "by hand")
    anne.page.click("[data-act=like]")
    anne.page.click("[data-act=settle]")
    assert anne.page.url.endswith("/review/triage?outcome=ambiguous")
    anne.open(f"/attempts/{case}")
    anne.page.click("[data-act=undo]")
    assert anne.page.is_visible("#label-form")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_are_legible_and_fit(anne: Person, store: Store, theme: str) -> None:
    anne.page.context.add_cookies([{"name": "navconsole_theme", "value": theme, "url": anne.base}])
    case = newest(store, Outcome.AMBIGUOUS)
    anne.open(f"/attempts/{case}")
    anne.press("x", "Enter")
    anne.moved_from(case)
    for path in ("/review/triage", "/review/audit", "/review/agreement", "/account/keys", f"/attempts/{case}"):
        anne.open(path)
        assert anne.page.evaluate(CONTRAST) == [], path
        assert anne.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    anne.press("z")
    anne.page.wait_for_load_state("networkidle")
    bottom = anne.page.locator("#label-form .label-end").bounding_box()
    assert bottom
    assert bottom["y"] + bottom["height"] <= 768


def test_one_key_makes_a_case_of_the_label_and_takes_it_back(anne: Person, store: Store) -> None:
    attempt_id = newest(store, Outcome.ABSENT)
    anne.open(f"/attempts/{attempt_id}")
    anne.press("y")
    anne.moved_from(attempt_id)
    anne.press("c")  # of the label just given, from the next case on
    anne.page.wait_for_selector("#given .case-link")
    case = store.case_of_attempt(attempt_id)
    assert case is not None
    anne.open(f"/attempts/{attempt_id}")
    anne.press("c")
    anne.page.wait_for_selector(".history .case-mark button:not([title*='back'])")
    assert store.case_of_attempt(attempt_id) is None
    anne.press("c")
    anne.page.wait_for_selector(".history .case-link")
    assert store.case_of_attempt(attempt_id) is not None
    assert anne.complaints == []
