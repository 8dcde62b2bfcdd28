"""A profile made by pointing in a real Chromium: from a captured screen to a version by which the engine knows it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from navigation import Engine, Settings
from navigation.records import AttemptFilter, AuditEvent
from navigation.store.protocol import Store
from navigation.workflow_records import NewFile
from navigation.workflows.files import parse
from navigation.workflows.model import Profile
from navigation.workflows.trying import asked_screen
from tests.navconsole.browsing import Site, Visit, serving
from tests.navconsole.conftest import Prepared

pytestmark = pytest.mark.browser

EDIT = "/workflows/profiles/dpi-urgences/edit"
PLACE = """text => {
  const picture = document.getElementById("stage").pictures[0];
  const spot = picture.spots.find((s) => s.layer === "phrases" && s.text === text);
  const frame = picture.sheet.getBoundingClientRect();
  return [frame.left + ((spot.x + spot.w / 2) / picture.w) * frame.width,
          frame.top + ((spot.y + spot.h / 2) / picture.h) * frame.height];
}"""


@pytest.fixture
def site(tmp_path: Path, prepared: Prepared) -> Iterator[Site]:
    with serving(shutil.copytree(prepared(1)[0], tmp_path / "data")) as site:
        yield site


@pytest.fixture
def anne(browse: Callable[..., Visit]) -> Visit:
    return browse("anne")


def login_screen(store: Store) -> str:
    return next(row.id for row in store.list_attempts(AttemptFilter()).rows if row.target_text == "Se connecter")


def point(anne: Visit, text: str) -> None:
    """Point at a text and wait until it is in the draft."""
    with anne.page.expect_response(lambda answer: answer.url.endswith("/edit") and answer.request.method == "POST"):
        anne.page.mouse.click(*anne.page.evaluate(PLACE, text))
    anne.page.wait_for_selector(f'#draft input[value="{text}"]', state="attached")


def test_a_screen_is_made_by_pointing_and_the_engine_knows_it_by_that(anne: Visit) -> None:
    on = login_screen(anne.store)
    anne.go(f"/attempts/{on}")
    anne.page.click('a[href*="/edit?on="]')
    anne.page.wait_for_selector("#stage.is-pointing")
    for text in ("Identifiant", "Mot de passe"):
        point(anne, text)
    anne.page.keyboard.press("t")
    point(anne, "Se connecter")
    anne.page.wait_for_selector(".g-profile .target.met", state="attached")
    assert anne.page.locator(".g-profile .present.met").count() == 2
    assert anne.page.locator(".g-profile .target.met").count() == 1
    anne.page.reload()
    assert anne.page.locator(".g-profile .pf-mark").count() == 3

    anne.page.keyboard.press("y")
    anne.page.wait_for_selector("#trial .pf-found:not(.pf-none) .pf-thumbs a")
    assert not anne.page.locator("#trial .pf-bad").count()

    anne.page.fill("#note", "from the screen")
    anne.page.click("button[value=save]")
    anne.page.wait_for_url("**/workflows/profiles/1")
    assert "version 1" in anne.page.inner_text("h1")
    assert anne.complaints == []

    version = anne.store.newest_file("profile", "dpi-urgences")
    assert version is not None
    profile = parse(version.text).said
    assert isinstance(profile, Profile)
    attempt = anne.store.attempt(on)
    assert attempt is not None
    picture = Image.open(io.BytesIO(anne.store.blobs.read(attempt.start.before_id)[0]))
    engine = Engine(Settings(readers=("tesserocr",)))
    assert engine.verify_before(picture, asked_screen(profile.screens["identifiant"], "fr")).status == "passed"


def test_by_keys_alone_a_banner_is_drawn_and_typing_is_kept(anne: Visit) -> None:
    anne.go(f"{EDIT}?on={login_screen(anne.store)}")
    page = anne.page
    page.focus("#stage .canvas")
    page.keyboard.press("ArrowDown")
    said = page.inner_text("#stage-says")
    assert said
    page.keyboard.press("Enter")
    page.wait_for_selector(".pf-open #screen-name")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.fill("#screen-name", "entree")
        page.press("#screen-name", "Tab")
    page.wait_for_function("() => document.getElementById('file').textContent.includes('entree')")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.fill("#present-new", "Connexion")
        page.press("#present-new", "Tab")
    page.wait_for_function("() => document.getElementById('file').textContent.includes('Connexion')")
    page.keyboard.press("Escape")
    page.check("input[name=mode][value=banner]", force=True)
    frame = page.locator("#stage .canvas").bounding_box()
    assert frame is not None
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.mouse.move(frame["x"] + 5, frame["y"] + 20)
        page.mouse.down()
        page.mouse.move(frame["x"] + frame["width"] - 5, frame["y"] + 60, steps=4)
        page.mouse.up()
    page.wait_for_selector(".g-profile .banner")
    assert page.is_checked("input[name=patient][value=banner]")
    assert page.input_value("#screen-name") == "entree"
    page.reload()
    assert page.input_value("#screen-name") == "entree"
    assert page.is_checked("#mode-banner")
    assert anne.complaints == []


def test_a_version_stored_meanwhile_is_shown_beside_the_draft(anne: Visit) -> None:
    anne.go(f"{EDIT}?on={login_screen(anne.store)}")
    anne.page.wait_for_selector("#stage.is-pointing")
    point(anne, "Identifiant")
    theirs = "profile: dpi-urgences\nscreens: {other: {present: Autre}}\ntargets: {}\n"
    file = NewFile("profile", "dpi-urgences", "", theirs)
    anne.store.add_files([file], author="Ben", at=datetime.now(UTC), event=AuditEvent("ben", "workflow_added"))
    anne.page.click("button[value=save]")
    anne.page.wait_for_selector("#draft .conflict")
    assert "other: {present: Autre}" in anne.page.inner_text("#draft .conflict")
    assert anne.page.input_value("#screen-name") == "identifiant"
    anne.page.click("button[value=rebase]")
    anne.page.wait_for_selector("#draft .conflict", state="detached")
    anne.page.click("button[value=save]")
    anne.page.wait_for_url("**/workflows/profiles/2")
