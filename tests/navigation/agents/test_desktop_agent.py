"""The agent on real desktops: a program of Debian's under Xvfb, and one behind VNC's lossy compression, as Citrix is.

The server is the real one, with tesseract; every step is an attempt in its store.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from navigation import Engine, Screen, Target
from navigation.agents.agent import Agent, Instruction
from navigation.agents.desktop import DesktopSurface, open_desktop
from navigation.agents.frames import decode
from navigation.agents.secret_source import DotenvSecrets
from navigation.agents.settle import Timing
from navigation.client import NavigateClient
from navigation.ids import new_id
from navigation.keyboards import named_key
from navigation.types import Outcome
from tests.faults.server import SECRET, Server
from tests.navigation.agents.desktops import screen, shared_screen, view
from tests.navigation.agents.test_desktop_surface import appears, look

STEPS = (
    Instruction(Target("Rechercher"), after=Screen(present=("Rechercher et remplacer",))),
    Instruction(Target("Rechercher et remplacer"), after=Screen(present=("Remplacer par", "Fermer"))),
    Instruction(Target("Remplacer par", kind="field"), before=Screen(present=("Respecter la casse",)), text="lit 42"),
)
NOT_THERE = Instruction(Target("Imprimer l'ordonnance"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    server = Server(folder / "data", folder / "log", OCR_READERS="tesserocr")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def walk(server: Server, surface: DesktopSurface, tmp_path: Path) -> list[Outcome]:
    """How each step of a run ends."""
    (tmp_path / "secrets.env").touch()
    with NavigateClient(server.url, SECRET) as client:
        run_id = new_id()
        client.create_run("éditeur", "remplacer", "poste 12", run_id=run_id)
        agent = Agent(surface, client, DotenvSecrets(tmp_path / "secrets.env"), timing=Timing(budget_s=15))
        return [agent.perform(run_id, step).answer.outcome for step in (*STEPS, NOT_THERE)]


def test_it_works_a_program_on_a_real_desktop(server: Server, engine: Engine, tmp_path: Path) -> None:
    with screen(tmp_path) as display, open_desktop(display.name) as surface:
        display.start("mousepad", "--disable-server")
        appears(surface, engine, "Fichier")
        assert walk(server, surface, tmp_path) == [Outcome.OK, Outcome.OK, Outcome.OK, Outcome.ABSENT]
        assert value_of_field(surface, engine) == "lit 42"


def test_it_works_a_program_behind_a_remote_display(server: Server, engine: Engine, tmp_path: Path) -> None:
    with shared_screen(tmp_path) as (remote, port), screen(tmp_path) as local:
        remote.start("mousepad", "--disable-server")
        view(local, port)
        with open_desktop(local.name) as surface, open_desktop(remote.name) as truth:
            appears(surface, engine, "Fichier")
            assert walk(server, surface, tmp_path) == [Outcome.OK, Outcome.OK, Outcome.OK, Outcome.ABSENT]
            assert value_of_field(truth, engine) == "lit 42"
            seen, real = decode(surface.screenshot()), decode(truth.screenshot())
    assert (np.abs(seen.astype(int) - real).max(axis=2) > 8).sum() > 500  # the compression is a lossy one


def value_of_field(surface: DesktopSurface, engine: Engine) -> str:
    surface.type_keys([named_key("Tab")])  # a caret may be read as a sign
    picture = look(surface)
    box = engine.ground(picture, Target("Remplacer par", kind="field")).box_px
    assert box
    return engine.read_value(picture, box).text
