"""A clinician's film in a real Chromium: by keys to a sign-off, by mouse to an objection, sharp while held, printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from navigation.ids import new_id
from navigation.labels import Label
from tests.navconsole.browsing import CONTRAST, WARD, Site, Visit
from tests.navconsole.flows.films import STORIES, add_film
from tests.navigation.store.making import a_signoff

pytestmark = pytest.mark.browser

OLD = {"width": 1024, "height": 768}
KEY_BY_PLACE = """key => document.body.dispatchEvent(
    new KeyboardEvent("keydown", {key, code: "Digit1", bubbles: true, cancelable: true})
)"""


@dataclass
class Watching(Visit):
    """A clinician at one film."""

    film: str

    def show(self, path: str) -> None:
        self.page.goto(f"{self.base}/flows/{self.film}{path}")

    def at(self, path: str) -> None:
        self.page.wait_for_url(f"{self.base}/flows/{self.film}{path}")
        self.page.wait_for_load_state()

    def said(self) -> list[Label]:
        return list(self.store.flow_answers(self.film))


Watch = Callable[..., Watching]


@pytest.fixture
def watch(site: Site, browse: Callable[..., Visit]) -> Watch:
    """watch(…) opens a new film by a link, as its clinician does."""

    def open_film(
        *, java_script: bool = True, size: Mapping[str, int] = WARD, motion: str = "reduce", **film: Any
    ) -> Watching:
        run_id = add_film(site.store, name=new_id(), **film)
        user = site.store.add_user(name=f"cleo {run_id}", role="clinician", password_hash=None)
        site.store.add_one_time_link(user.id, run_id, datetime.now(UTC) + timedelta(hours=1), run_id=run_id)
        visit = browse(locale="fr-FR", viewport=size, java_script=java_script, reduced_motion=motion)
        visit.page.goto(f"{site.base}/link/{run_id}")
        assert visit.page.inner_text("h1") == "Le robot arrive-t-il là où vous l’attendez\u00a0?"
        visit.page.keyboard.press("Enter")
        opened = Watching(visit.page, site, visit.complaints, run_id)
        opened.at("/1")
        return opened

    return open_film


def test_by_keys_alone_to_a_signoff_in_french(watch: Watch) -> None:
    seen = watch()
    page = seen.page
    assert page.inner_text("h1") == "Le robot a rempli «\u00a0Identifiant\u00a0». Voici la page d’après."
    assert "1 sur 3" in page.inner_text(".progress")
    page.keyboard.press("1")
    seen.at("/2")
    page.keyboard.press("Backspace")
    seen.at("/1")
    assert "votre réponse jusqu’ici" in page.inner_text(".is-given")
    page.keyboard.press("Numpad1")
    seen.at("/2")
    page.evaluate(KEY_BY_PLACE, "&")
    seen.at("/3")  # the key of 1 on a French keyboard
    page.keyboard.press("1")
    seen.at("")
    page.keyboard.type("Cléo Marchand")
    page.keyboard.press("Enter")
    seen.at("/signoff")
    assert "Attestation de connexion" in page.inner_text(".sheet").capitalize()
    assert "Cléo Marchand" in page.inner_text(".sheet")
    signed = seen.store.signoff_of(seen.film)
    assert signed
    assert signed.signed_name == "Cléo Marchand"
    assert seen.complaints == []


def test_by_mouse_alone_to_an_objection(watch: Watch) -> None:
    seen = watch()
    page = seen.page
    page.click("text=Oui, c’est bien la page attendue")
    seen.at("/2")
    page.click("text=Je ne sais pas")
    seen.at("/3")
    page.click("text=Non, quelque chose ne va pas")
    seen.at("/3/point")
    assert seen.said()[-1].answer == "wrong"  # kept before anything is pointed at
    page.wait_for_load_state("networkidle")
    target = page.locator(".shot-after .target")
    box = target.bounding_box()
    assert box
    target.click(position={"x": box["width"] / 2, "y": box["height"] / 4})
    page.wait_for_selector(".is-pointed")
    pointed = seen.said()[-1].pointed
    assert pointed
    assert pointed.on == "after"
    assert abs(pointed.at.x - 683) <= 2
    assert abs(pointed.at.y - 192) <= 2
    page.click("text=Continuer")
    seen.at("")
    assert page.inner_text("h1") == "Merci, un ingénieur va regarder"
    assert seen.store.signoff_of(seen.film) is None
    assert seen.complaints == []


def test_a_place_is_pointed_at_by_arrows(watch: Watch) -> None:
    seen = watch()
    page = seen.page
    page.keyboard.press("2")
    seen.at("/1/point")
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_selector(".is-pointed")
    pointed = seen.said()[-1].pointed
    assert pointed
    assert (pointed.on, pointed.at.x, pointed.at.y) == ("after", 683 + 24, 384 - 48)
    page.keyboard.type("Pas mon service")
    page.keyboard.press("Enter")
    seen.at("/2")
    assert seen.said()[-1].note == "Pas mon service"


def test_a_key_pressed_twice_answers_one_step(watch: Watch) -> None:
    seen = watch()
    with seen.page.expect_request("**/1"):
        seen.page.keyboard.press("1")
    seen.page.keyboard.press("1")
    seen.at("/2")
    assert len(seen.store.labels_of(seen.said()[0].attempt_id)) == 1


def test_a_closed_browser_loses_nothing(watch: Watch) -> None:
    seen = watch()
    seen.page.keyboard.press("3")
    seen.at("/2")
    seen.show("")
    seen.at("/2")
    assert [label.answer for label in seen.said()] == ["unsure"]


@pytest.mark.parametrize("way", ["key", "button", "picture"])
def test_a_picture_is_sharp_while_held_and_each_look_is_on_record(watch: Watch, way: str) -> None:
    seen = watch()
    page = seen.page
    page.wait_for_load_state("networkidle")
    part = ".shot-after .hold" if way == "button" else ".shot-after img"
    for _ in range(2):
        with page.expect_response(re.compile("/sharp.webp")) as answer:
            if way == "key":
                page.keyboard.down("v")
            else:
                page.hover(part)
                page.mouse.down()
        assert answer.value.status == 200
        page.wait_for_selector(".shot-after .sharp")
        page.wait_for_timeout(450)  # longer than a click
        if way == "key":
            page.keyboard.up("v")
        else:
            page.mouse.up()
        page.wait_for_selector(".sharp", state="detached")
    seen.at("/1")
    step = seen.store.flow_steps(seen.film)[0].start.id
    looks = [e for _, e in seen.store.audit_events(object_id=step) if e.action == "picture_unblurred"]
    assert len(looks) == 2


def test_a_click_on_the_button_shows_the_sharp_picture_for_a_while(watch: Watch) -> None:
    seen = watch()
    seen.page.click(".shot-after .hold")
    seen.at("/1/after/shown")
    seen.page.keyboard.press("Backspace")
    seen.at("/1")


def test_without_a_script_everything_can_be_done(watch: Watch) -> None:
    seen = watch(java_script=False)
    page = seen.page
    page.click("label:has(#view-before)")
    assert page.is_visible(".shot-before img")
    assert not page.is_visible(".shot-after img")
    page.click("text=Voir l’image nette 10 secondes")
    seen.at("/1/before/shown")
    page.click("text=Flouter à nouveau")
    page.click("[value=no]")
    seen.at("/1/point")
    page.wait_for_load_state("networkidle")
    page.click(".shot-after .target", position={"x": 480, "y": 100})
    page.wait_for_selector(".is-pointed")
    pointed = seen.said()[-1].pointed
    assert pointed
    assert abs(pointed.at.x - 683) <= 2
    page.fill("#note", "Une phrase")
    page.keyboard.press("Enter")
    seen.at("/2")
    assert seen.said()[-1].note == "Une phrase"


def test_the_film_shows_before_then_after_unless_motion_is_not_wanted(watch: Watch) -> None:
    still = watch()
    assert still.page.is_visible(".shot-after img")
    assert not still.page.is_visible(".shot-before img")
    moving = watch(motion="no-preference")
    moving.page.reload()
    assert moving.page.is_visible(".shot-before img")
    moving.page.wait_for_selector(".shot-before img", state="hidden")
    assert moving.page.evaluate("getComputedStyle(document.querySelector('.shot-after')).opacity") == "1"


@pytest.mark.parametrize("path", ["/1", "/1/point"])
def test_nothing_moves_when_a_picture_comes(watch: Watch, path: str) -> None:
    seen = watch()
    seen.show(path)
    seen.page.wait_for_load_state("networkidle")
    place = ".shot-after .pane > :first-child"
    there = seen.page.locator(place).bounding_box()
    seen.page.route("**/*.webp", lambda route: route.abort())
    seen.page.reload()
    assert seen.page.locator(place).bounding_box() == there
    assert there
    assert there["width"] >= 800


@pytest.mark.parametrize("size", [WARD, OLD], ids=["1366", "1024"])
def test_answers_are_large_and_on_the_screen(watch: Watch, size: Mapping[str, int]) -> None:
    seen = watch(size=size)
    page = seen.page
    page.wait_for_load_state("networkidle")
    for button in page.query_selector_all(".answer"):
        box = button.bounding_box()
        assert box
        assert box["height"] >= 64
        assert box["y"] + box["height"] <= size["height"]
    picture = page.locator(".shot-after img").bounding_box()
    assert picture
    assert picture["width"] >= 0.65 * size["width"]
    for path in ("/1", "/1/point", ""):
        seen.show(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_ground(watch: Watch, theme: str) -> None:
    seen = watch()
    page = seen.page
    page.context.add_cookies([{"name": "navconsole_theme", "value": theme, "url": seen.base}])
    seen.show("/1")
    assert page.evaluate(CONTRAST) == []
    page.keyboard.press("2")
    seen.at("/1/point")
    assert page.evaluate(CONTRAST) == []
    for step in (1, 2, 3):
        seen.show(f"/{step}")
        page.keyboard.press("1")
        seen.at(f"/{step + 1}" if step < 3 else "")
    assert page.evaluate(CONTRAST) == []
    page.fill("#signer", "Cléo")
    page.keyboard.press("Enter")
    seen.at("/signoff")
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("rounds", [1, 8], ids=["3 steps", "24 steps"])
def test_a_signoff_prints_on_one_page(watch: Watch, rounds: int) -> None:
    seen = watch(stories=STORIES[:2] * (rounds * 3 // 2) + STORIES[2:])
    flow = seen.store.login_flow(seen.film)
    assert flow
    seen.store.add_signoff(a_signoff(seen.film, application=flow.application, flow=flow.name, config_id=1))
    seen.show("/signoff")
    pdf = seen.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_a_link_used_twice_is_refused_with_a_clear_page(watch: Watch) -> None:
    seen = watch()
    page = seen.page
    page.goto(f"{seen.base}/link/{seen.film}")
    assert page.inner_text("h1") == "Ce lien ne fonctionne plus"
    assert "Demandez-en un autre à la personne qui vous l’a donné" in page.inner_text("main")
