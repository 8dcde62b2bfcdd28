"""The demo hospital's pages in a real Chromium: nothing refused by their policy, everything on the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from navconsole.demo.hospital import Account, HospitalServer, HospitalState, Switches

pytestmark = pytest.mark.browser

FILE = "patients/8004127351"
PAGES = ("connexion", "urgences", FILE, f"{FILE}/prescriptions", f"{FILE}/prescriptions/nouvelle", f"{FILE}/examens",
         f"{FILE}/transmissions", f"{FILE}/prescriptions/11/suspendre")  # fmt: skip
LOOKS = [
    Switches(),
    Switches(version="v2"),
    Switches(theme="dark"),
    Switches(version="v2", theme="dark", language="en"),
    Switches(scale=125),
    Switches(scale=150, language="en"),
    Switches(moved=True, twin=True),
    Switches(popup=True),
]


@pytest.fixture(scope="module")
def hospital() -> Iterator[HospitalServer]:
    with HospitalServer(HospitalState([Account("c.lemoine", "mot-de-passe", "Dr C. LEMOINE")])) as hospital:
        yield hospital


@pytest.fixture(scope="module")
def page(hospital: HospitalServer, chromium: Browser) -> Page:
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    _outcome, session = hospital.state.sign_in("c.lemoine", "mot-de-passe")
    page.context.add_cookies([{"name": "melisse_session", "value": session, "url": hospital.url}])
    return page


@pytest.mark.parametrize("switches", LOOKS, ids=str)
def test_every_page_is_drawn_whole_with_nothing_refused(
    page: Page, hospital: HospitalServer, switches: Switches
) -> None:
    troubles: list[str] = []
    listen = lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None  # noqa: E731
    page.on("console", listen)
    hospital.state.switches = switches
    for path in PAGES:
        answer = page.goto(hospital.url + path)
        assert answer is not None
        assert answer.status == 200
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, f"{path} is wider than the screen by {width} px"
        assert page.evaluate("getComputedStyle(document.querySelector('.button')).color") != "rgb(0, 0, 0)"
    page.remove_listener("console", listen)
    assert troubles == []


def test_requests_go_to_the_hospital_only(page: Page, hospital: HospitalServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    hospital.state.switches = Switches()
    for path in PAGES:
        page.goto(hospital.url + path)
    assert len(asked) >= len(PAGES)
    assert all(url.startswith(hospital.url) for url in asked)
