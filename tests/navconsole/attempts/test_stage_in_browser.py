"""The stage of an attempt in a real Chromium: ways to look, zoom, layers, text, pointing, what-if."""

from __future__ import annotations

import json
from typing import Any

import pytest

from navigation.records import AttemptFilter
from navigation.types import Box, Outcome
from tests.navconsole.browsing import Visit
from tests.navconsole.whatif.test_whatif_views import add_near_tie

pytestmark = pytest.mark.browser

BEFORE = ".picture-before .canvas"
COLOURED = """() => {
    const canvas = document.querySelector('canvas.diff');
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const box = [1e9, 1e9, 0, 0];
    for (let i = 0; i < data.length; i += 4) {
        if (data[i] === data[i + 1]) continue;
        const [x, y] = [(i / 4) % canvas.width, Math.floor(i / 4 / canvas.width)];
        box.splice(0, 4, Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y));
    }
    return box;
}"""


def open_attempt(visit: Visit, outcome: Outcome, **more: Any) -> str:
    found = visit.store.list_attempts(AttemptFilter(outcomes=[outcome], application="dpi-urgences", **more)).rows[0]
    visit.go(f"/attempts/{found.id}?outcome={outcome}")
    return found.id


def sheet(visit: Visit, which: str = "before") -> dict[str, float]:
    box = visit.page.locator(f".picture-{which} .sheet").bounding_box()
    assert box
    return dict(box)


def on_screen(visit: Visit, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the picture before is on the page."""
    frame = sheet(visit)
    return frame["x"] + x * frame["width"] / 1366, frame["y"] + y * frame["height"] / 768


def checked_view(visit: Visit) -> str:
    return str(visit.page.evaluate("document.querySelector('.segmented input:checked').value"))


# --- ways to look ---------------------------------------------------------------------------------


def test_one_key_goes_through_the_ways_to_look(visit: Visit) -> None:
    open_attempt(visit, Outcome.NOT_LANDED)
    page = visit.page
    before, after = page.locator(BEFORE), page.locator(".picture-after .canvas")
    side = before.bounding_box()
    assert side
    assert checked_view(visit) == "side"
    assert after.bounding_box()["x"] >= side["x"] + side["width"]  # type: ignore[index]
    page.keyboard.press("s")
    assert checked_view(visit) == "slider"
    assert before.bounding_box() == after.bounding_box()
    assert "50%" in page.evaluate("getComputedStyle(document.querySelector('.picture-after .canvas')).clipPath")
    page.locator("#split").fill("80")
    assert "80%" in page.evaluate("getComputedStyle(document.querySelector('.picture-after .canvas')).clipPath")
    page.keyboard.press("Escape")
    page.locator("#split").blur()
    page.keyboard.press("s")
    assert checked_view(visit) == "blink"
    assert page.evaluate("getComputedStyle(document.querySelector('.picture-after')).animationName") == "blink"
    page.keyboard.press("s")
    assert checked_view(visit) == "difference"
    page.wait_for_selector("canvas.diff", state="visible")
    assert not after.is_visible()
    page.keyboard.press("s")
    assert checked_view(visit) == "side"
    page.keyboard.press("]")
    assert not before.is_visible()
    assert visit.complaints == []


def test_the_difference_shows_what_changed_and_nothing_else(visit: Visit) -> None:
    open_attempt(visit, Outcome.NOT_LANDED)
    visit.page.click("label:has(#view-difference)")
    visit.page.wait_for_selector("canvas.diff", state="visible")
    left, top, right, bottom = visit.page.evaluate(COLOURED)
    assert 0 < right - left < 1366
    assert 0 < bottom - top < 300  # the message under the banner, and no more
    assert "Pixels that differ:" in visit.page.inner_text("#stage-says")


def test_zoom_and_place_are_tied_and_kept_for_the_next_case(visit: Visit) -> None:
    open_attempt(visit, Outcome.NOT_LANDED)
    page = visit.page
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert page.inner_text("#zoom") == "225 %"
    x, y = on_screen(visit, 683, 384)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y - 30, steps=3)
    page.mouse.up()
    frames = [page.locator(f".picture-{which} .canvas").bounding_box() for which in ("before", "after")]
    offsets = [
        (round(sheet(visit, which)["x"] - frame["x"]), round(sheet(visit, which)["y"] - frame["y"]))  # type: ignore[index]
        for which, frame in zip(("before", "after"), frames, strict=True)
    ]
    assert offsets[0] == offsets[1] != (0, 0)
    page.keyboard.press("j")
    page.wait_for_url(lambda url: "outcome=not_landed" in url)
    page.wait_for_load_state("networkidle")
    frame = page.locator(BEFORE).bounding_box()
    assert frame
    assert page.inner_text("#zoom") == "225 %"
    assert (round(sheet(visit)["x"] - frame["x"]), round(sheet(visit)["y"] - frame["y"])) == offsets[0]
    page.keyboard.press("0")
    assert page.inner_text("#zoom") == "100 %"
    page.locator(BEFORE).hover()
    page.mouse.wheel(0, -400)
    assert page.inner_text("#zoom") != "100 %"
    page.locator(BEFORE).dblclick()
    assert page.inner_text("#zoom") == "100 %"


def test_a_close_look_shows_the_pixels_as_they_are(visit: Visit) -> None:
    open_attempt(visit, Outcome.NOT_LANDED)
    rendering = "getComputedStyle(document.querySelector('.picture-before img')).imageRendering"
    assert visit.page.evaluate(rendering) == "auto"
    for _ in range(6):
        visit.page.keyboard.press("+")
    assert visit.page.evaluate(rendering) == "pixelated"


# --- layers, tips, text ---------------------------------------------------------------------------


def test_each_layer_has_its_key_and_lies_on_the_picture(visit: Visit) -> None:
    open_attempt(visit, Outcome.NOT_LANDED)
    page = visit.page
    keys = {"phrases": "1", "controls": "2", "anchors": "3", "candidates": "4", "click": "7", "banner": "8"}
    for layer, key in keys.items():
        drawn = f"getComputedStyle(document.querySelector('.picture-before .g-{layer}')).display"
        was = page.evaluate(drawn)
        page.keyboard.press(key)
        assert (page.evaluate(drawn) == "none") != (was == "none"), layer
    image, overlay = (page.locator(f".picture-before {part}").bounding_box() for part in ("img", ".overlay"))
    assert image
    assert overlay
    assert abs(image["width"] - overlay["width"]) < 1
    assert abs(image["height"] - overlay["height"]) < 1


def test_pointing_at_a_candidate_tells_its_text_and_score(visit: Visit) -> None:
    open_attempt(visit, Outcome.AMBIGUOUS)
    box = _spot(visit, "candidates")
    visit.page.mouse.move(*on_screen(visit, box.center.x, box.center.y))
    tip = visit.page.inner_text("#tip")
    assert "Ouvrir" in tip
    assert "score 100 %" in tip
    assert visit.page.locator("tr.is-lit").count() >= 1


def test_a_row_of_the_table_shows_its_tip_when_it_has_the_focus(visit: Visit) -> None:
    open_attempt(visit, Outcome.AMBIGUOUS)
    visit.page.focus(".candidates tr[data-rank='2']")
    assert "Ouvrir" in visit.page.inner_text("#tip")
    assert visit.page.locator(".leader path").get_attribute("d")


def test_the_text_that_was_read_can_be_selected_and_copied(visit: Visit) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_attempt(visit, Outcome.NOT_LANDED)
    visit.page.keyboard.press("t")
    first = visit.page.locator(".picture-before .g-text text", has_text="Prescriptions").first
    frame = first.bounding_box()
    assert frame
    visit.page.mouse.move(frame["x"] + 1, frame["y"] + frame["height"] / 2)
    visit.page.mouse.down()
    visit.page.mouse.move(frame["x"] + frame["width"] - 1, frame["y"] + frame["height"] / 2, steps=4)
    visit.page.mouse.up()
    visit.page.keyboard.press("Control+c")
    assert visit.page.evaluate("navigator.clipboard.readText()").strip() in "Prescriptions"
    assert visit.page.inner_text("#zoom") == "100 %"
    visit.page.evaluate("getSelection().removeAllRanges()")
    visit.page.click("[data-act=copy]")
    visit.page.wait_for_selector("#toast:has-text('copied')")
    assert "Synthèse" in visit.page.evaluate("navigator.clipboard.readText()")


# --- pointing -------------------------------------------------------------------------------------


def _spot(visit: Visit, layer: str, text: str = "") -> Box:
    lines = visit.page.evaluate("document.querySelector('.picture-before .spots').textContent").split("\n")
    found = next(line.split("\t") for line in lines if line.startswith(f"{layer}\t") and text in line)
    return Box(*map(int, found[1:5]))


def start_pointing(visit: Visit) -> None:
    visit.page.evaluate(
        """() => { window.told = []; document.addEventListener('stage:point', e => told.push(e.detail));
        document.dispatchEvent(new CustomEvent('stage:mode', {detail: 'point'})); }"""
    )


def told(visit: Visit) -> dict[str, Any]:
    return json.loads(visit.page.evaluate("JSON.stringify(told.at(-1))"))


def as_box(box: dict[str, int]) -> Box:
    return Box(box["x"], box["y"], box["w"], box["h"])


def test_a_click_takes_the_control_or_the_phrase_under_it_or_near_it(visit: Visit) -> None:
    open_attempt(visit, Outcome.AMBIGUOUS)
    control, phrase = _spot(visit, "controls"), _spot(visit, "phrases", "Patients présents")
    for x, y, box, kind in [
        (control.center.x, control.center.y, control, "control"),  # where its text is, too
        (phrase.center.x, phrase.center.y, phrase, "phrase"),
        (phrase.center.x, phrase.y - 5, phrase, "phrase"),
    ]:
        start_pointing(visit)  # the label's panel leaves the mode with each place
        visit.page.mouse.click(*on_screen(visit, x + 0.5, y + 0.5))
        found = told(visit)
        assert (found["which"], found["kind"], as_box(found["box"])) == ("before", kind, box)
        assert abs(found["x"] - x) <= 1
        assert abs(found["y"] - y) <= 1


def test_a_drag_draws_a_box_and_zoom_does_not_move_it(visit: Visit) -> None:
    open_attempt(visit, Outcome.AMBIGUOUS)
    visit.page.keyboard.press("+")
    start_pointing(visit)
    visit.page.mouse.move(*on_screen(visit, 600, 300))
    visit.page.mouse.down()
    visit.page.mouse.move(*on_screen(visit, 700, 340), steps=4)
    visit.page.mouse.up()
    found = told(visit)
    assert found["kind"] == "drawn"
    drawn = as_box(found["box"])
    assert abs(drawn.x - 600) <= 1
    assert abs(drawn.y - 300) <= 1
    assert abs(drawn.w - 100) <= 2
    assert abs(drawn.h - 40) <= 2


def test_keys_alone_point_too_and_escape_leaves(visit: Visit) -> None:
    open_attempt(visit, Outcome.AMBIGUOUS)
    start_pointing(visit)
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("ArrowDown")
    shown = visit.page.evaluate(
        "(r => ['x', 'y', 'width', 'height'].map(n => +r.getAttribute(n)))(document.querySelector('.g-snap rect'))"
    )
    assert visit.page.inner_text("#stage-says").strip()
    visit.page.keyboard.press("Enter")
    assert as_box(told(visit)["box"]) == Box(*shown)
    visit.page.keyboard.press("Escape")
    assert visit.page.locator(".g-snap rect").count() == 0
    count = visit.page.evaluate("told.length")
    visit.page.mouse.click(*on_screen(visit, 300, 300))
    assert visit.page.evaluate("told.length") == count


def test_a_label_is_drawn_and_taken_away(visit: Visit) -> None:
    open_attempt(visit, Outcome.AMBIGUOUS)
    draw = "box => document.dispatchEvent(new CustomEvent('stage:label', {detail: box && {box}}))"
    visit.page.evaluate(draw, {"x": 10, "y": 20, "w": 30, "h": 40})
    assert visit.page.locator(".g-label rect").get_attribute("width") == "30"
    visit.page.keyboard.press("9")
    assert not visit.page.locator(".g-label rect").is_visible()
    visit.page.evaluate(draw, None)
    assert visit.page.locator(".g-label rect").count() == 0


def test_another_case_put_in_its_place_is_looked_at_and_pointed_at_alike(visit: Visit) -> None:
    open_attempt(visit, Outcome.NOT_LANDED)
    other = visit.store.list_attempts(AttemptFilter(outcomes=[Outcome.AMBIGUOUS])).rows[0].id
    visit.page.evaluate(
        """async (path) => {
            const page = new DOMParser().parseFromString(await (await fetch(path)).text(), 'text/html');
            document.querySelector('article').replaceWith(page.querySelector('article'));
            document.dispatchEvent(new CustomEvent('stage:load'));
        }""",
        f"/attempts/{other}",
    )
    visit.page.keyboard.press("+")
    assert visit.page.inner_text("#zoom") == "150 %"
    visit.page.keyboard.press("0")
    start_pointing(visit)
    control = _spot(visit, "controls")
    visit.page.mouse.click(*on_screen(visit, control.center.x, control.center.y))
    assert visit.page.evaluate("told.length") == 1
    assert as_box(told(visit)["box"]) == control


# --- what if --------------------------------------------------------------------------------------


def test_a_margin_near_the_limit_changes_the_answer_and_changes_it_back(visit: Visit) -> None:
    attempt_id = add_near_tie(visit.store)
    visit.go(f"/attempts/{attempt_id}")
    page = visit.page
    page.keyboard.press("w")
    page.wait_for_selector("#whatif-answer")
    assert "uncertain" in page.inner_text("#whatif-answer")
    page.locator("#whatif-margin").fill("2")
    page.wait_for_selector("#whatif-answer .verdict-status:has-text('found')")
    page.wait_for_url("**margin=2&**")
    assert page.inner_text("output[for=whatif-margin]") == "2"
    point = page.locator(".picture-before .g-whatif circle")
    assert abs(float(point.get_attribute("cx") or 0) - 720) < 5
    page.locator("#whatif-margin").fill("8")
    page.wait_for_selector("#whatif-answer .verdict-status:has-text('uncertain')")
    assert point.count() == 0
    page.reload()
    assert "uncertain" in page.inner_text("#whatif-answer")
    page.locator("body").press("w")
    page.wait_for_selector("#whatif .whatif", state="detached")
    assert page.url.endswith(f"/attempts/{attempt_id}")
    assert visit.complaints == []


def test_another_reader_is_asked_by_a_button_and_its_reading_shown(visit: Visit) -> None:
    attempt_id = add_near_tie(visit.store)
    visit.go(f"/attempts/{attempt_id}?outcome=ambiguous")
    visit.page.keyboard.press("w")
    visit.page.wait_for_selector("#whatif-answer")
    visit.page.locator("#whatif-margin").fill("3")
    visit.page.click("text=Read with pytesseract")
    visit.page.wait_for_selector("#whatif-reader", timeout=60_000)
    assert "pytesseract/" in visit.page.input_value("#whatif-reader")
    assert visit.page.locator("#whatif-answer .verdict-status").count() == 1
    assert visit.page.locator("text=Read with pytesseract").count() == 0
    assert visit.page.input_value("#whatif-margin") == "3"
    assert "outcome=ambiguous" in visit.page.url
    assert "reader=pytesseract" in visit.page.url
    assert visit.complaints == []


# --- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.NOT_LANDED, Outcome.AMBIGUOUS])
def test_pictures_reason_and_panel_are_visible_without_scrolling(visit: Visit, outcome: Outcome) -> None:
    open_attempt(visit, outcome)
    for part in (".reason-sentence", BEFORE, ".case > aside"):
        frame = visit.page.locator(part).bounding_box()
        assert frame
        assert frame["y"] + frame["height"] <= 768, part
        assert frame["x"] + frame["width"] <= 1366, part
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
