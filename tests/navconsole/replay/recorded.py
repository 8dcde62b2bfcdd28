"""A store that a server filled with a real reader: attempts on drawn screens, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from navconsole.replay.bulk import carry_out
from navconsole.settings import ConsoleSettings
from navconsole.workers import Here, Workers
from navigation.engine import Engine
from navigation.ids import new_id
from navigation.records import AttemptFilter, AuditEvent
from navigation.replays import Choice, Replayed, ReplayRun, ReplaySetting
from navigation.settings import CachePolicy, Settings
from navigation.store import open_store
from navigation.store.protocol import Store
from tests import screens
from tests.navconsole.test_replay import Robot

KEY = "k" * 40
ANEW = ReplaySetting(readers=("tesserocr",), language="fra")
LOOSE = ReplaySetting({"score": 0.6, "margin": 0.0})
STRICT = ReplaySetting({"margin": 0.5})
ON_LOGIN = {"name": "login", "present": ["Identifiant", "Mot de passe"], "is_without_patient": True}
NEAR_LOGIN = {"name": "near", "present": ["Identifiant DPI"], "is_without_patient": True}
TOLD = AuditEvent("ann", "replay_asked")

ASKED: Sequence[tuple[Callable[[], screens.Screen], dict[str, Any]]] = (
    (screens.login, {"target": {"text": "Se connecter"}, "verify_before": ON_LOGIN}),
    (screens.login, {"target": {"text": "Se connecter"}, "verify_before": NEAR_LOGIN}),
    (screens.login, {"target": {"text": "Mot de passe", "kind": "field"}}),
    (screens.board, {"target": {"text": "Ouvrir"}}),
    (screens.board, {"target": {"text": "Clôturer le passage"}}),
    (screens.board, {"target": {"text": "Se connecter"}, "verify_before": ON_LOGIN}),
    (screens.record, {"target": {"text": "Nouvelle inscription"}}),
    (screens.record, {"target": {"text": "Prescriptions"}}),
)
ENDED = ["ok", "wrong_screen", "ok", "ambiguous", "absent", "wrong_screen", "absent", "ok"]
"""How these end: found, a screen nearly as it should be, found, twice there, not there, another screen, nearly there,
found beside a text that is a
little like it."""


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], tuple[Path, list[str]]]:
    @cache
    def make() -> tuple[Path, list[str]]:
        console = ConsoleSettings(data=tmp_path_factory.mktemp("recorded"), secret_key=KEY)
        store = open_store(console.database)
        engine = Engine(Settings(readers=("tesserocr",)), cache=store.remembered_places(CachePolicy()))
        robot = Robot(store, engine, console.subkey("patient"))
        ids = [robot.send(picture().image, {"type": "navigate", **body}).start.id for picture, body in ASKED]
        store.close()
        return console.data, ids

    return make


@pytest.fixture
def recorded(filled: Callable[[], tuple[Path, list[str]]]) -> list[str]:
    """Ids of the attempts that the store then holds."""
    return filled()[1]


@pytest.fixture
def store(
    settings: ConsoleSettings, filled: Callable[[], tuple[Path, list[str]]], request: pytest.FixtureRequest
) -> Iterator[Store]:
    """A store of its own; with the recorded attempts where a test asks for them."""
    if "recorded" in request.fixturenames:
        shutil.copytree(filled()[0], settings.data, dirs_exist_ok=True)
    opened = open_store(settings.database)
    yield opened
    opened.close()


def a_run(setting: ReplaySetting | None = None, **given: Any) -> ReplayRun:
    values: dict[str, Any] = {"id": new_id(), "asked": {}, "setting": setting or ReplaySetting(), "applications": None}
    values |= {"state": "running", "total": 0, "left_out": 0, "done": 0, "counts": {}, "fence": 0}
    values |= {"leased_until": None, "taken_at": None, "taken_done": 0, "noted_at": None, "ended_at": None}
    return ReplayRun(**values | {"author_id": "ann", "author": "Ann", "created_at": datetime.now(UTC)} | given)


def asked(store: Store, setting: ReplaySetting | None = None, choice: Choice | None = None) -> ReplayRun:
    return store.add_replay(a_run(setting), AttemptFilter(), choice, event=TOLD)


def replayed(store: Store, setting: ReplaySetting | None = None, workers: Workers | None = None) -> ReplayRun:
    return carry_out(store, asked(store, setting).id, workers or Here())


def results(store: Store, run: ReplayRun, ids: Sequence[str]) -> list[Replayed]:
    found = [store.replayed_attempt(run.id, attempt_id) for attempt_id in ids]
    assert all(found)
    return [one[1] for one in found if one is not None]


def outcomes(store: Store, run: ReplayRun, ids: Sequence[str]) -> list[str]:
    """The new outcome of each attempt, or why there is none."""
    return [one.verdict.outcome.value if one.verdict else str(one.failure) for one in results(store, run, ids)]


def other_pictures(count: int) -> list[Image.Image]:
    """So many screens, each with a text of its own."""
    return [screens.board(popup=f"Message numéro {number} du service").image for number in range(count)]
