"""Labelling in a real Chromium: by keyboard, by pointing, two at once, settling like ones, a session that ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from navigation.labels import Label
from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navconsole.browsing import CONTRAST, Site, Visit, serving
from tests.navconsole.conftest import Prepared

pytestmark = pytest.mark.browser


FITS = """() => {
  const end = document.querySelector("#label-form .label-end");
  return end && end.getBoundingClientRect().bottom <= 768;
}"""
"""The whole form is on a ward's screen."""


class Person(Visit):
    """An engineer who labels, in a browser of their own."""

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
def site(tmp_path: Path, prepared: Prepared) -> Iterator[Site]:
    """For each test its own: a label stays."""
    with serving(shutil.copytree(prepared(3)[0], tmp_path / "data")) as site:
        yield site


@pytest.fixture
def store(site: Site) -> Store:
    return site.store


Enter = Callable[..., Person]


@pytest.fixture
def enter(browse: Callable[..., Visit]) -> Enter:
    """enter("anne") gives an engineer at a browser."""

    def log_in(name: str, **context: bool) -> Person:
        visit = browse(name, **context)
        return Person(visit.page, visit.site, visit.complaints)

    return log_in


@pytest.fixture
def anne(enter: Enter) -> Person:
    return enter("anne")


def standing(store: Store, attempt_id: str) -> Label:
    (label,) = store.settled(attempt_id).standing
    return label


def id_of(store: Store, name: str) -> str:
    user = store.user_by_name(name)
    assert user
    return user.id


def newest(store: Store, outcome: Outcome) -> str:
    return store.list_attempts(AttemptFilter(outcomes=[outcome])).rows[0].id


def test_a_label_is_two_keys_and_brings_the_next_case_without_loading_a_page(anne: Person, store: Store) -> None:
    anne.go("/review/triage")
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
    anne.go(f"/attempts/{first}?outcome=ambiguous")
    anne.press("x", "Enter")
    second = anne.moved_from(first)
    anne.go("/attempts")
    anne.go(f"/attempts/{second}?outcome=ambiguous")
    anne.press("z")
    assert anne.moved_from(second) == first
    assert store.settled(first).state == "open"
    assert "taken back" in anne.page.inner_text(".history")


def test_pointing_snaps_to_what_was_read_and_says_what_follows(anne: Person, store: Store) -> None:
    first = newest(store, Outcome.AMBIGUOUS)
    anne.go(f"/attempts/{first}")
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
    anne.go(f"/attempts/{first}?outcome=ambiguous")
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
    anne.go(f"/attempts/{rows[0]}?outcome=low_confidence")
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
        person.go(f"/attempts/{case}")
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
    anne.go(f"/attempts/{case}")
    anne.page.fill("#note", "the button was renamed")
    assert "the button was renamed" in anne.page.evaluate("Object.values(sessionStorage).join()"), "before any key"
    (cookie,) = [c for c in anne.page.context.cookies() if c["name"] == "navconsole_session"]
    store.close_session(cookie["value"])
    anne.press("Escape", "x", "x")
    anne.page.wait_for_selector("#panel-notice a")
    assert anne.page.input_value("#note") == "the button was renamed"
    assert store.labels_of(case) == []
    store.open_session(id_of(store, "anne"), "another-secret", datetime.now(UTC), "127.0.0.1")
    anne.page.context.add_cookies([{"name": "navconsole_session", "value": "another-secret", "url": anne.base}])
    anne.page.click("#panel-notice a")
    anne.page.wait_for_load_state("networkidle")
    anne.go(f"/attempts/{case}")
    assert anne.page.input_value("#note") == "the button was renamed"
    anne.page.wait_for_selector("#verdict[data-answer=wrong]")
    anne.press("Enter")
    anne.moved_from(case)
    assert standing(store, case).note == "the button was renamed"
    anne.go(f"/attempts/{case}")
    assert anne.page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('label-draft'))") == []


def test_own_keys_and_the_digits_of_a_french_keyboard(anne: Person, store: Store) -> None:
    store.set_preference(id_of(store, "anne"), "keys", {"wrong": "v"})
    case = newest(store, Outcome.ABSENT)
    anne.go(f"/attempts/{case}")
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
    anne.go("/review/triage?outcome=ambiguous")
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
    anne.go(f"/attempts/{case}")
    anne.page.click("[data-act=undo]")
    assert anne.page.is_visible("#label-form")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_are_legible_and_fit(anne: Person, store: Store, theme: str) -> None:
    anne.page.context.add_cookies([{"name": "navconsole_theme", "value": theme, "url": anne.base}])
    case = newest(store, Outcome.AMBIGUOUS)
    anne.go(f"/attempts/{case}")
    anne.press("x", "Enter")
    anne.moved_from(case)
    for path in ("/review/triage", "/review/audit", "/review/agreement", "/account/keys", f"/attempts/{case}"):
        anne.go(path)
        assert anne.page.evaluate(CONTRAST) == [], path
        assert anne.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    anne.press("z")
    anne.page.wait_for_function(FITS)  # once the label is taken back and the form stands again


def test_one_key_makes_a_case_of_the_label_and_takes_it_back(anne: Person, store: Store) -> None:
    attempt_id = newest(store, Outcome.ABSENT)
    anne.go(f"/attempts/{attempt_id}")
    anne.press("y")
    anne.moved_from(attempt_id)
    anne.press("c")  # of the label just given, from the next case on
    anne.page.wait_for_selector("#given .case-link")
    case = store.case_of_attempt(attempt_id)
    assert case is not None
    anne.go(f"/attempts/{attempt_id}")
    anne.press("c")
    anne.page.wait_for_selector(".history .case-mark button:not([title*='back'])")
    assert store.case_of_attempt(attempt_id) is None
    anne.press("c")
    anne.page.wait_for_selector(".history .case-link")
    anne.page.wait_for_load_state("networkidle")  # nothing is under way when the server ends
    assert store.case_of_attempt(attempt_id) is not None
    assert anne.complaints == []
