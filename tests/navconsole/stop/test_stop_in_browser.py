"""The stop for real: a server process, a robot in Chromium at the demo hospital, a person at the console."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from navconsole.auth.accounts import make_token
from navconsole.demo.command import running_server
from navconsole.demo.hospital import Account, HospitalServer, HospitalState
from navconsole.demo.scenarios import APPLICATION
from navconsole.settings import ConsoleSettings
from navigation.agents.agent import Agent, Instruction, Performed
from navigation.agents.browser import BrowserSurface, open_browser
from navigation.agents.secret_source import DotenvSecrets
from navigation.client import NavigateClient
from navigation.records import AttemptFilter
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.types import NormPoint, PressKind, Screen, Target
from tests.navconsole.browsing import Site, Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENT = "patients/8004127351"
TABS = ("Prescriptions", "Examens", "Transmissions", "Synthèse")
WITHIN_S = 2.0

Browse = Callable[..., Visit]


class Robot:
    """Walks from tab to tab of a patient's file until it is held back; notes when it pressed."""

    def __init__(self, surface: BrowserSurface, client: NavigateClient, secrets: Path) -> None:
        self._surface = surface
        self._client = client
        self.pressed_at: list[float] = []
        self.agent = Agent(self, client, DotenvSecrets(secrets))  # type: ignore[arg-type]
        self.run_id = client.create_run(APPLICATION, "onglets", "test")
        self.last: Performed | None = None

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self.pressed_at.append(time.monotonic())
        self._surface.press(point, kind)

    def screenshot(self) -> bytes:
        return self._surface.screenshot()

    def step(self) -> Performed:
        tab = TABS[len(self.pressed_at) % len(TABS)]
        screen = Screen(("MARTIN Jeanne",), name="dossier")
        self.last = self.agent.perform(self.run_id, Instruction(Target(tab), screen, screen))
        return self.last

    def walk(self) -> None:
        while not self.step().was_held_back:
            pass


NOTE_CLICK = "addEventListener('click', () => sessionStorage.setItem('clicked', Date.now()), {capture: true})"


def clicked_at(page: Page) -> float:
    """When the button was pressed, on the clock of `Robot.pressed_at`: not when Playwright began to look for it."""
    return float(page.evaluate("sessionStorage.getItem('clicked')")) / 1000 - (time.time() - time.monotonic())


@pytest.fixture
def settings(tmp_path: Path) -> ConsoleSettings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return ConsoleSettings(data=tmp_path, port=port, secret_key="k" * 40)


@pytest.fixture
def store(settings: ConsoleSettings) -> Iterator[Store]:
    opened = open_store(settings.database)
    yield opened
    opened.close()


@pytest.fixture
def site(settings: ConsoleSettings, store: Store) -> Site:
    """Its server is a process of its own, which `robot` or the test starts."""
    return Site(settings.base_url, store, settings)


@pytest.fixture
def robot(settings: ConsoleSettings, store: Store, tmp_path: Path) -> Iterator[Robot]:
    """At an open file, signed in; the server is the test's to start."""
    token = make_token(store, "test", scopes=["ingest"], applications=None, days=1)[1]
    secrets = tmp_path / "secrets.env"
    secrets.write_text("")
    state = HospitalState([Account("c.lemoine", "mot-de-passe", "Dr C. LEMOINE")])
    with (
        HospitalServer(state) as hospital,
        running_server(settings),
        open_browser() as surface,
        NavigateClient(settings.base_url, token) as client,
    ):
        session = state.sign_in("c.lemoine", "mot-de-passe")[1]
        cookie = {"name": "melisse_session", "value": session, "url": hospital.url}
        surface._loop.run(surface._page.context.add_cookies([cookie]), 10)
        surface.open(hospital.url + PATIENT)
        yield Robot(surface, client, secrets)


def test_two_seconds_after_the_stop_nothing_is_pressed(
    robot: Robot, browse: Browse, settings: ConsoleSettings, store: Store
) -> None:
    page = browse("anne").page
    page.goto(f"{settings.base_url}/attempts")
    other = page.context.new_page()
    other.goto(f"{settings.base_url}/dashboard")
    assert not other.is_visible(".halt-line")
    walking = threading.Thread(target=robot.walk)
    walking.start()
    while len(robot.pressed_at) < 3:
        assert walking.is_alive()
        time.sleep(0.05)
    page.click(".stop-button")
    page.fill("#panel-reason", "Mise à jour du DPI")
    page.evaluate(NOTE_CLICK)
    page.click("#stop-panel .stop-now")
    page.wait_for_selector(".halt-line")
    assert "/attempts" in page.url
    stopped_at = clicked_at(page)
    walking.join(60)
    assert not walking.is_alive()
    assert max(robot.pressed_at) < stopped_at + WITHIN_S
    assert robot.last is not None
    assert robot.last.answer.reason_code == "stopped"
    newest = store.list_attempts(AttemptFilter(), limit=1).rows[0]
    assert (newest.outcome, newest.reason) == ("needs_human", "stopped")
    other.bring_to_front()
    other.wait_for_selector(".halt-line", timeout=15_000)
    assert "Mise à jour du DPI" in other.inner_text(".halt-line")
    other.wait_for_selector("#inbox-count:not([hidden])", timeout=15_000)
    assert other.inner_text("#inbox-count").split()[-1] == "1"


def test_without_javascript_robots_are_stopped_and_let_go_with_a_reason(
    robot: Robot, browse: Browse, settings: ConsoleSettings, store: Store
) -> None:
    page = browse("anne", java_script=False).page
    page.click(".stop-button")
    page.select_option("#panel-application", "")
    page.fill("#panel-reason", "Panne")
    page.click("#stop-panel .stop-now")
    page.wait_for_selector(".halt-line")
    assert robot.step().was_held_back
    assert robot.pressed_at == []
    page.goto(f"{settings.base_url}/stop")
    page.fill("#release-1", "Réparé")
    page.click("text=Let them go")
    page.wait_for_selector("text=No robot is stopped")
    assert not page.is_visible(".halt-line")
    assert robot.step().was_pressed
    assert len(robot.pressed_at) == 1


def test_a_stop_outlives_the_server(browse: Browse, settings: ConsoleSettings) -> None:
    with running_server(settings):
        page = browse("anne").page
        page.click(".stop-button")
        page.fill("#panel-reason", "Panne")
        page.click("#stop-panel .stop-now")
        page.wait_for_selector(".halt-line")
    with running_server(settings):
        page.goto(f"{settings.base_url}/attempts")
        assert "All robots are stopped" in page.inner_text(".halt-line")
