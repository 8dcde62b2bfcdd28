"""The film of a run in a real Chromium."""

from __future__ import annotations

import re

import pytest

from navigation.records import AttemptFilter
from tests.navconsole.browsing import CONTRAST, Visit

pytestmark = pytest.mark.browser

WATCH = """() => {
    window.seen = [];
    const look = () => {
        const id = document.querySelector('.is-current')?.id;
        if (id && seen.at(-1) !== id) seen.push(id);
    };
    new MutationObserver(look).observe(document.getElementById('scenes'), {subtree: true, attributes: true});
}"""


@pytest.fixture
def film(visit: Visit) -> list[str]:
    """Open the film of the oldest run; its attempts' ids."""
    everything = visit.store.list_attempts(AttemptFilter(application="dpi-urgences"), limit=200).rows
    oldest = [line.id for line in everything if line.run_id == everything[-1].run_id][::-1]
    visit.go(f"/runs/{everything[-1].run_id}")
    return oldest


def current(visit: Visit) -> str:
    return str(visit.page.locator(".scene.is-current").get_attribute("id"))


def test_it_plays_to_the_end_and_shows_each_step(visit: Visit, film: list[str]) -> None:
    page = visit.page
    page.select_option("#film-speed", "4")
    page.evaluate(WATCH)
    page.locator("body").press(" ")
    assert page.locator("#film-play").get_attribute("aria-label") == "Pause"
    page.wait_for_selector("#film-play[aria-label=Play]", timeout=60_000)
    assert page.evaluate(
        "+document.getElementById('film-scrub').value >= +document.getElementById('film-scrub').max - 10"
    )
    assert set(film) <= {film[0], *page.evaluate("seen")}
    assert visit.complaints == []


def test_verdicts_appear_when_they_were_made_and_the_pointer_goes_to_the_press(visit: Visit, film: list[str]) -> None:
    page = visit.page
    assert page.locator("#film-says p").count() == 0
    page.locator("body").press("ArrowRight")
    assert "Is this the screen?" in page.inner_text("#film-says")
    assert page.locator("#film-says p").count() == 1
    assert page.is_hidden("#film-ring")
    page.locator("body").press("ArrowRight")
    page.locator("body").press("ArrowRight")
    assert "Where is the target?" in page.inner_text("#film-says")
    assert page.locator("#film-says p").count() == 2
    assert page.is_visible("#film-ring")
    attempt = visit.store.attempt(film[0])
    assert attempt
    assert attempt.decision
    left = page.evaluate("parseFloat(document.getElementById('film-pointer').style.left)")
    assert abs(left - 100 * (attempt.decision.point_x_norm or 0)) < 0.1
    page.locator("body").press("ArrowRight")
    assert page.locator("#film-picture").get_attribute("src") == f"/attempts/{film[0]}/after.webp"
    page.locator("body").press("ArrowLeft")
    assert page.locator("#film-picture").get_attribute("src") == f"/attempts/{film[0]}/before.webp"


def test_an_address_opens_at_its_moment(visit: Visit, film: list[str]) -> None:
    run = visit.page.url.split("#")[0]
    visit.page.goto(f"{run}#{film[3]}@1800")
    visit.page.wait_for_selector(f'.is-current[id="{film[3]}"]')
    assert visit.page.locator("#film-picture").get_attribute("src") == f"/attempts/{film[3]}/after.webp"
    visit.page.locator("body").press("j")
    assert current(visit) == film[4]
    assert visit.page.url.endswith(f"#{film[4]}@0")
    visit.page.click(f'[id="{film[1]}"] .scene-link')
    visit.page.wait_for_selector(f'.is-current[id="{film[1]}"]')
    visit.page.reload()
    assert current(visit) == film[1]
    visit.page.locator("body").press("ArrowRight")
    told = visit.page.get_attribute(f'[id="{film[1]}"]', "data-events") or ""
    began, screen = re.findall(r"\w+ (\d+) (\d+)", told)[:2]
    at, even = (int(after) - int(before) for before, after in zip(began, screen, strict=True))
    assert at != even
    assert visit.page.url.endswith(f"#{film[1]}@{at}"), "of the robot's time, whatever the pace of the film"


def test_the_robots_own_pace_keeps_the_moment(visit: Visit, film: list[str]) -> None:
    page = visit.page
    page.locator("body").press("j")
    page.locator("body").press("j")
    even = int(page.locator("#film-scrub").get_attribute("max") or 0)
    page.check("#film-real")
    assert current(visit) == film[2]
    assert int(page.locator("#film-scrub").get_attribute("max") or 0) > 10 * even


def test_the_inspector_and_the_film_lead_to_each_other(visit: Visit, film: list[str]) -> None:
    visit.page.locator("body").press("j")
    visit.page.locator("body").press("Enter")
    visit.page.wait_for_url(f"**/attempts/{film[1]}")
    visit.page.locator("body").press("p")
    visit.page.wait_for_url("**/runs/**")
    visit.page.wait_for_selector(f'.is-current[id="{film[1]}"]')


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit: Visit, film: list[str], theme: str) -> None:
    visit.page.context.add_cookies([{"name": "navconsole_theme", "value": theme, "url": visit.base}])
    visit.page.reload()
    for _ in range(4):
        visit.page.locator("body").press("ArrowRight")
    assert visit.page.evaluate(CONTRAST) == []
    visit.go(f"/attempts/{film[5]}/whatif?margin=0")
    assert visit.page.evaluate(CONTRAST) == []


def test_without_movement_the_pointer_is_where_it_goes(visit: Visit, film: list[str]) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    visit.page.locator("body").press("j")
    place = "document.getElementById('film-pointer').style.left"
    began = visit.page.evaluate(place)
    visit.page.locator("body").press("ArrowRight")
    assert visit.page.evaluate(place) == began
    visit.page.locator("body").press("ArrowRight")
    assert visit.page.evaluate("getComputedStyle(document.querySelector('.film-ring')).animationName") == "none"
