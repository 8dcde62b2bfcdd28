"""The pages in a real Chromium: nothing blocked or logged, keys, layers, languages, hostile texts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from navigation.store.protocol import Store
from navigation.types import Outcome
from tests import screens
from tests.navconsole.browsing import CONTRAST, Site, Visit, serving
from tests.navconsole.conftest import Prepared
from tests.seeding import LIMITS, Story, add_attempt, add_run

pytestmark = pytest.mark.browser

XSS = '<img src=x onerror="document.title=666"><script>document.title=666</script>'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[Site]:
    folder = shutil.copytree(prepared(4)[0], tmp_path_factory.mktemp("site") / "data")
    with serving(folder, _add_hostile) as site:
        yield site


def _add_hostile(store: Store) -> None:
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    now = datetime.now(UTC)
    run_id = add_run(store, "dpi-urgences", has_patient=False, at=now)
    story = Story(Outcome.OK, "Examens", XSS, screens.record, screens.record, present=("Synthèse",))
    story = replace(story, extra={"flow": XSS})
    add_attempt(store, story, run_id=run_id, application="dpi-urgences", config_id=config.id, at=now, target=XSS)


def test_a_crawl_finds_nothing_blocked_and_no_hostile_text_run(visit: Visit) -> None:
    visit.go("/attempts")
    links = visit.page.eval_on_selector_all(".row-link", "all => all.slice(0, 18).map(a => a.getAttribute('href'))")
    for path in ["/password", "/dashboard", "/inbox", "/stop", "/nowhere", "/attempts?q=zzzz", *links]:
        visit.go(path)
        assert visit.page.title()[:3] != "666"
        assert visit.page.eval_on_selector_all("[id]", "all => new Set(all.map(e => e.id)).size === all.length")
    expected = [c for c in visit.complaints if "404" in c]
    assert len(expected) == 1
    assert [c for c in visit.complaints if c not in expected] == []


def test_filters_swap_the_list_and_stand_in_the_address(visit: Visit) -> None:
    visit.go("/attempts")
    visit.page.click("#pick-outcome-ambiguous")
    visit.page.wait_for_url("**/attempts?outcome=ambiguous")
    visit.page.wait_for_function("document.querySelectorAll('.row-link').length === 4")
    assert visit.page.input_value("#q") == "outcome:ambiguous"
    visit.page.focus("#q")
    visit.page.keyboard.press("End")
    visit.page.keyboard.type(" ouv")
    visit.page.wait_for_url("**q=ouv**")
    assert "outcome=ambiguous" in visit.page.url
    visit.page.go_back()
    visit.page.wait_for_url("**/attempts?outcome=ambiguous")
    assert visit.complaints == []


def test_a_view_of_groups_is_typed_chosen_saved_opened_and_come_back_to(visit: Visit) -> None:
    page = visit.page
    visit.go("/attempts")
    page.fill("#q", "issue:absent écran:nowhere score<2")
    page.wait_for_selector("#note mark")
    assert page.locator("#note mark").all_inner_texts() == ["score<2"]
    assert page.locator(".row-link").count() > 0
    page.fill("#q", "issue:absent écran:Dossier")
    page.wait_for_url("**/attempts?outcome=absent&screen=Dossier")
    assert page.locator("#note mark").count() == 0
    assert page.input_value("#q") == "issue:absent écran:Dossier"
    assert page.evaluate("document.activeElement.id") == "q"
    page.click("#pick-label-none")
    page.wait_for_url("**label=none**")
    assert page.input_value("#q") == "outcome:absent screen:Dossier label:none"
    page.click(".switch >> text=Groups")
    page.wait_for_selector(".groups .days rect")
    page.click("text=Views")
    page.fill("#view-name", "Not there")
    page.click("text=Save this view")
    page.wait_for_url("**view=groups**")
    assert page.locator(".groups .row-link").count() == 1
    page.click(".groups .row-link")
    page.wait_for_url("**group=**")
    assert page.locator(".row-link").count() == 4
    page.go_back()
    page.wait_for_selector(".groups")
    assert "outcome=absent" in page.url
    assert page.input_value("#q") == "outcome:absent screen:Dossier label:none"
    visit.go("/attempts")
    page.click("text=Views")
    page.click(".view-line >> text=Not there")
    page.wait_for_selector(".groups")
    assert [c for c in visit.complaints if "422" not in c] == []


def test_the_whole_screen_stands_beside_a_thumbnail_while_it_is_pointed_at(visit: Visit) -> None:
    visit.go("/attempts")
    visit.page.hover(".thumb >> nth=1")
    visit.page.wait_for_selector("#preview:popover-open")
    visit.page.wait_for_load_state("networkidle")
    assert visit.page.eval_on_selector("#preview img", "image => image.decode().then(() => image.naturalWidth)") == 416
    visit.page.mouse.move(5, 5)
    visit.page.wait_for_selector("#preview:popover-open", state="detached")
    visit.page.keyboard.press("j")
    visit.page.wait_for_selector("#preview:popover-open")
    visit.page.keyboard.press("Escape")
    visit.page.wait_for_selector("#preview:popover-open", state="detached")
    assert visit.complaints == []


def test_the_list_is_walked_by_keys(visit: Visit) -> None:
    visit.go("/attempts?outcome=absent")
    visit.page.keyboard.press("j")
    visit.page.keyboard.press("j")
    second = visit.page.evaluate("document.activeElement.getAttribute('href')")
    assert second == visit.page.eval_on_selector_all(".row-link", "all => all[1].getAttribute('href')")
    visit.page.keyboard.press("/")
    assert visit.page.evaluate("document.activeElement.id") == "q"
    visit.page.keyboard.press("Escape")
    visit.page.keyboard.press("?")
    assert visit.page.is_visible("#help")
    visit.page.keyboard.press("Escape")
    visit.page.focus(f'[href="{second}"]')
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**" + second)
    visit.page.keyboard.press("j")
    visit.page.wait_for_function(f"location.pathname !== '{second.split('?')[0]}'")
    assert visit.page.url.endswith("?outcome=absent")


def test_new_attempts_are_announced_where_one_is_and_a_page_nobody_is_at_asks_nothing(visit: Visit) -> None:
    """A page that went on asking would keep the session of who left."""
    page, asked = visit.page, []
    page.clock.install()
    visit.go("/attempts")
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("j")
    page.keyboard.press("j")
    at, first = page.evaluate("document.activeElement.getAttribute('href')"), page.get_attribute(".row-link", "href")
    _add_hostile(visit.store)
    page.clock.run_for(6_000)
    page.wait_for_selector("#news .news-button")
    assert page.inner_text(".news-button") == "1 new attempt"
    assert page.evaluate("document.activeElement.getAttribute('href')") == at
    assert page.get_attribute(".row-link", "href") == first
    asked.clear()
    page.clock.fast_forward("06:00")
    page.clock.run_for(30_000)
    assert asked == []
    page.keyboard.press("k")
    with page.expect_request("**/attempts/news?*"):
        page.clock.run_for(6_000)
    page.click(".news-button")
    page.wait_for_selector(f'tbody tr:first-child .row-link:not([href="{first}"])')
    assert visit.complaints == []


def test_a_row_of_the_table_lights_its_box(visit: Visit) -> None:
    visit.go("/attempts?outcome=ambiguous")
    visit.page.click(".row-link >> nth=0")
    visit.page.hover(".candidates tr[data-rank='2']")
    assert visit.page.locator("g.candidate.is-lit").get_attribute("data-rank") == "2"


def test_everything_needed_works_without_javascript(plain_visit: Visit) -> None:
    page = plain_visit.page
    plain_visit.go("/attempts")
    page.fill("#q", "Examens")
    page.click("button.search-go")
    assert "q=Examens" in page.url
    page.click("#pick-outcome-ok")
    assert page.input_value("#q") == "outcome:ok Examens"
    page.click("text=Views")
    page.fill("#view-name", "Exams")
    page.click("text=Save this view")
    assert page.url.endswith("/attempts?outcome=ok&q=Examens")
    page.click("text=Views")
    page.click(".view-line button")
    page.click(".row-link >> nth=0")
    assert page.is_visible(".g-anchors rect >> nth=0")
    page.click("label.layer-anchors")
    assert not page.is_visible(".g-anchors rect >> nth=0")
    page.click("label:has(#view-second)")
    assert not page.is_visible(".picture-before")
    page.click("text=What if…")
    page.fill("#whatif-text", "Prescriptions")
    page.click(".whatif-form .apply")
    assert "“Prescriptions” was read" in page.inner_text("#whatif-answer")
    page.go_back()
    page.go_back()
    page.click("text=Film")
    assert page.locator(".scene-link img").count() == 17
    page.go_back()
    page.click("[name=lang]")
    assert page.get_attribute("html", "lang") == "fr"
    page.click("[name=theme]")
    assert page.get_attribute("html", "data-theme") == "light"
    page.click(".user-button")
    page.click("text=Se déconnecter")
    assert "Vous êtes déconnecté" in page.content()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit: Visit, theme: str) -> None:
    """WCAG 2.2 contrast: 4.5 to 1 for each text on a plain ground."""
    visit.page.context.add_cookies([{"name": "navconsole_theme", "value": theme, "url": visit.base}])
    for path in (
        "/attempts?outcome=absent&q=passage",
        "/attempts?view=groups",
        "/password",
        "/dashboard",
        "/inbox",
        "/stop",
    ):
        visit.go(path)
        assert visit.page.evaluate(CONTRAST) == []
    for outcome in ("not_landed", "ambiguous", "needs_human", "ocr_timeout"):
        visit.go(f"/attempts?outcome={outcome}")
        visit.page.click(".row-link >> nth=0")
        visit.page.wait_for_selector(".detail-head")
        assert visit.page.evaluate(CONTRAST) == []


def test_the_width_of_a_ward_pc_is_enough(visit: Visit) -> None:
    for path in (
        "/attempts",
        "/attempts?view=groups",
        "/attempts?lang=fr",
        "/password",
        "/dashboard",
        "/inbox",
        "/stop",
    ):
        visit.go(path)
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
