"""The demo hospital, a server that knows its places, and the agent in a real Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from navconsole.demo.hospital import Account, HospitalServer, HospitalState
from navigation.agents.agent import Agent
from navigation.agents.browser import BrowserSurface, open_browser
from navigation.agents.secret_source import DotenvSecrets
from navigation.client import NavigateClient
from tests.navconsole.browsing import launched
from tests.navigation.agents.knowing import JEANNE, PASSWORD, SIZE, KnowingServer, Place


@pytest.fixture
def hospital() -> Iterator[HospitalServer]:
    accounts = [Account("c.lemoine", PASSWORD, "Dr C. LEMOINE"), Account("p.arnaud", PASSWORD, "Dr P. ARNAUD", True)]
    with HospitalServer(HospitalState(accounts)) as hospital:
        yield hospital


@pytest.fixture(scope="session")
def places() -> dict[str, Place]:
    """Where the controls are, asked of the pages by the test (the agent never does)."""
    selectors = {
        "connexion": {"Identifiant": "#user", "Mot de passe": "#password", "Se connecter": "button.blue"},
        JEANNE: {"Prescriptions": ".tabs a:nth-of-type(2)", "Hospitaliser": ".button.green"},
        f"{JEANNE}/transmissions": {"Saisir une transmission": ".note-form input"},
    }
    found: dict[str, Place] = {}
    accounts = [Account("c.lemoine", PASSWORD, "Dr C. LEMOINE")]
    with HospitalServer(HospitalState(accounts)) as hospital, launched() as browser:
        page = browser.new_page(viewport={"width": SIZE.width, "height": SIZE.height})
        for path, controls in selectors.items():
            page.goto(hospital.url + path)
            for text, selector in controls.items():
                box = page.locator(selector).first.bounding_box()
                assert box is not None
                found[text] = {
                    "x": round(box["x"]),
                    "y": round(box["y"]),
                    "w": round(box["width"]),
                    "h": round(box["height"]),
                }
            if path == "connexion":
                page.fill("#user", "c.lemoine")
                page.fill("#password", PASSWORD)
                page.click("button.blue")
    return found


@pytest.fixture
def server(places: dict[str, Place]) -> Iterator[KnowingServer]:
    server = KnowingServer(dict(places))
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


@pytest.fixture
def secrets(tmp_path: Path) -> DotenvSecrets:
    path = tmp_path / "secrets.env"
    path.write_text(f'# demo\nDPI_PASSWORD="{PASSWORD}"\nWRONG_PASSWORD=autre\n', encoding="utf-8")
    return DotenvSecrets(path)


@pytest.fixture
def surface() -> Iterator[BrowserSurface]:
    with open_browser(size=SIZE) as surface:
        yield surface


@pytest.fixture
def agent(surface: BrowserSurface, server: KnowingServer, secrets: DotenvSecrets) -> Iterator[Agent]:
    with NavigateClient(server.url, "token") as client:
        yield Agent(surface, client, secrets)
