"""`navconsole replay`: what a server stored is decided again from the store alone, and each difference has a reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from navconsole.asked import AttemptAsked, Patient, RunAsked
from navconsole.cli import main
from navconsole.navigator import Navigator
from navconsole.settings import ConsoleSettings
from navigation.actions import parse_action
from navigation.agents.frames import encode
from navigation.engine import Engine
from navigation.errors import OcrTimeoutError
from navigation.ids import new_id
from navigation.records import AttemptDetail
from navigation.settings import CachePolicy, Settings
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.types import Outcome
from navigation.vlm import HttpVlm
from navigation.vlm_recorded import RecordingVlm
from tests import screens
from tests.faults import fake_vlm
from tests.navconsole.test_recorded_replies import offline as offline
from tests.navigation.test_proposing import ONE, VALIDER, blind

KEY = "k" * 40
ON_LOGIN = {"name": "login", "present": ["Identifiant"], "is_without_patient": True}
ON_BOARD = {"name": "board", "present": ["MARTIN Jeannine"]}
PRESS = {"type": "navigate", "target": {"text": "Se connecter"}, "verify_before": ON_LOGIN, "verify_after": ON_BOARD}
LOGIN, BOARD = screens.login().image, screens.board().image


def png(image: Image.Image) -> bytes:
    return encode(np.asarray(image))


class Robot:
    """Sends attempts to the service of a real store, as a server would."""

    def __init__(self, store: Store, engine: Engine, key: bytes) -> None:
        self.store, self.engine = store, engine
        self.navigator = Navigator(store, engine, key=key)
        self.run_id = self.new_run()

    def new_run(self, application: str = "dpi", patient: Patient | None = None) -> str:
        asked = RunAsked(new_id(), application, "w", "a", patient)
        self.navigator.create_run(asked, may_use=lambda _: True)
        return asked.id

    def send(
        self, image: Image.Image, body: dict[str, Any], *, after: Image.Image | None = None, run_id: str = ""
    ) -> AttemptDetail:
        asked = AttemptAsked(new_id(), run_id or self.run_id, parse_action(body), body, png(image))
        detail = self.navigator.navigate(asked, may_use=lambda _: True)
        if after is None:
            return detail
        return self.navigator.after(detail.start.id, png(after), was_pressed=True, may_use=lambda _: True)


@pytest.fixture
def console(tmp_path: Path) -> ConsoleSettings:
    return ConsoleSettings(data=tmp_path, secret_key=KEY)


@pytest.fixture
def store(console: ConsoleSettings) -> Iterator[Store]:
    opened = open_store(console.database)
    yield opened
    opened.close()


@pytest.fixture
def robot(store: Store, console: ConsoleSettings) -> Robot:
    places = store.remembered_places(CachePolicy())
    return Robot(store, Engine(Settings(readers=("tesserocr",)), cache=places), console.subkey("patient"))


Replay = Callable[..., Result]


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    def act(*args: object, language: str = "en") -> Result:
        env = {"NAVCONSOLE_LANGUAGE": language, "SECRET_KEY": KEY}
        return CliRunner().invoke(main, ["replay", "--data", str(tmp_path), *map(str, args)], env=env)

    return act


def told(result: Result) -> list[dict[str, Any]]:
    attempts: list[dict[str, Any]] = json.loads(result.stdout)["attempts"]
    return attempts


def test_a_read_press_and_its_verification_are_replayed_from_the_store(
    robot: Robot, replay: Replay, request: pytest.FixtureRequest
) -> None:
    landed = robot.send(LOGIN, PRESS, after=BOARD)
    lost = robot.send(LOGIN, PRESS, after=LOGIN, run_id=robot.new_run("other"))
    absent = robot.send(BOARD, {"type": "navigate", "target": {"text": "Clôturer le passage"}})
    request.getfixturevalue("offline")
    result = replay("--latest", 3, "--json")
    assert result.exit_code == 0
    assert [(a["id"], a["verdict"], a["replayed"]["outcome"]) for a in told(result)] == [
        (absent.start.id, "same", "absent"),
        (lost.start.id, "same", "not_landed"),
        (landed.start.id, "same", "ok"),
    ]
    assert all(a["stored"] == a["replayed"] and not a["notes"] for a in told(result))


def test_the_pictures_are_read_again_when_asked(robot: Robot, replay: Replay) -> None:
    asked = {"type": "navigate", "target": {"text": "Valider"}}
    blind(robot.engine, ONE)
    missed = robot.send(ONE, asked)
    assert missed.decision is not None
    assert missed.decision.outcome is Outcome.ABSENT
    assert replay(missed.start.id).exit_code == 0
    result = replay(missed.start.id, "--anew", "--json")
    assert result.exit_code == 1
    assert [(a["verdict"], a["replayed"]["outcome"]) for a in told(result)] == [("differs", "ok")]


def test_a_models_recorded_reply_is_replayed_without_it(
    store: Store, console: ConsoleSettings, replay: Replay, request: pytest.FixtureRequest
) -> None:
    with fake_vlm.running() as fake:
        fake.behave = fake_vlm.pointing(VALIDER)
        vlm = fake_vlm.speaking(fake, "per_mille", False)
        settings = Settings(readers=("tesserocr",), vlm=vlm)
        http = HttpVlm(vlm)
        robot = Robot(store, Engine(settings, vlm=RecordingVlm(vlm, http, store)), console.subkey("patient"))
        blind(robot.engine, ONE)
        attempt = robot.send(ONE, {"type": "navigate", "target": {"text": "Valider"}})
        http.close()
    request.getfixturevalue("offline")
    result = replay(attempt.start.id, "--json")
    assert result.exit_code == 0
    (told_,) = told(result)
    assert told_["stored"] == told_["replayed"]
    assert (told_["replayed"]["outcome"], told_["replayed"]["method"]) == ("ok", "vlm")


def test_a_remembered_place_is_read_and_said_to_be(robot: Robot, replay: Replay) -> None:
    robot.send(LOGIN, PRESS, after=BOARD)
    remembered = robot.send(LOGIN, PRESS, after=BOARD)
    result = replay(remembered.start.id, "--json")
    (told_,) = told(result)
    assert (told_["stored"]["method"], told_["replayed"]["method"], told_["verdict"]) == ("cache", "ocr", "same")
    assert told_["notes"] == [
        "its place was remembered then; what was remembered is not kept, so it was looked for by reading"
    ]


def test_the_patient_is_checked_again(robot: Robot, replay: Replay) -> None:
    other = Patient("80012345", "DURAND", "Paul", date(1950, 1, 2))
    banner = {"name": "record", "present": ["Prescriptions"], "patient_banner": [0, 0, 1, 0.25]}
    asked = {"type": "navigate", "target": {"text": "Prescriptions"}, "verify_before": banner}
    refused = robot.send(screens.record().image, asked, run_id=robot.new_run(patient=other))
    assert refused.decision is not None
    assert refused.decision.outcome is Outcome.WRONG_PATIENT
    assert replay(refused.start.id).exit_code == 0


def test_an_attempt_read_by_other_readers_says_so_where_it_differs(robot: Robot, replay: Replay) -> None:
    robot.engine.pages = replace(robot.engine.pages, reader=_Older(robot.engine.pages.reader))
    missed = robot.send(LOGIN, {"type": "navigate", "target": {"text": "Se connecter"}})
    result = replay(missed.start.id)
    assert result.exit_code == 1
    assert "differs" in result.stdout
    assert "read by tesserocr/0 older" in result.stdout
    assert "1 different" in result.stdout


class _Older:
    """A version of a reader that saw nothing."""

    def __init__(self, reader: Any) -> None:
        self.name, self.version = reader.name, "0 older"

    def read(self, *_args: object, **_named: object) -> list[Any]:
        return []


def test_what_ended_by_its_circumstances_is_not_replayed(
    robot: Robot, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_args: object, **_named: object) -> None:
        raise OcrTimeoutError("tesserocr", "too slow")

    monkeypatch.setattr(robot.engine, "read", slow)
    attempt = robot.send(LOGIN, PRESS)
    result = replay(attempt.start.id, "--json")
    assert result.exit_code == 0
    assert [(a["verdict"], a["replayed"]) for a in told(result)] == [("skipped", None)]


def test_of_a_press_that_the_robot_held_back_the_decision_is_replayed(robot: Robot, replay: Replay) -> None:
    decided = robot.send(LOGIN, PRESS)
    robot.navigator.after(decided.start.id, png(BOARD), was_pressed=False, may_use=lambda _: True)
    result = replay(decided.start.id, "--json")
    (told_,) = told(result)
    assert (told_["verdict"], told_["replayed"]["outcome"]) == ("same", "ok")
    assert told_["notes"] == ["what came after the decision is not replayed"]


def test_a_picture_that_is_gone_is_said_and_the_others_are_replayed(
    robot: Robot, replay: Replay, tmp_path: Path
) -> None:
    robot.send(LOGIN, {"type": "navigate", "target": {"text": "Se connecter"}})
    lost = robot.send(BOARD, {"type": "navigate", "target": {"text": "Clôturer le passage"}})
    for file in (tmp_path / "screenshots").rglob(f"{lost.start.before_id}*"):
        file.unlink()
    result = replay("--latest", 5)
    assert result.exit_code == 1
    assert "its screenshot is gone or damaged" in result.stdout
    assert "1 the same, 0 different, 0 not replayed, 1 without their picture" in result.stdout


def test_a_run_an_application_and_the_latest_are_chosen(robot: Robot, replay: Replay) -> None:
    asked = {"type": "navigate", "target": {"text": "Se connecter"}}
    first, second = robot.send(LOGIN, asked), robot.send(LOGIN, asked)
    elsewhere = robot.send(LOGIN, asked, run_id=robot.new_run("other"))
    ids = {
        way: [a["id"] for a in told(replay(*way, "--json"))]
        for way in ((robot.run_id,), ("--application", "other"), ("--latest", 2))
    }
    assert list(ids.values()) == [
        [second.start.id, first.start.id],
        [elsewhere.start.id],
        [elsewhere.start.id, second.start.id],
    ]


@pytest.mark.parametrize(
    ("args", "language", "said"),
    [
        (["0193f000-0000-7000-8000-000000000000"], "en", "No attempt or run here has the id"),
        (["0193f000-0000-7000-8000-000000000000"], "fr", "Aucune tentative ni aucun parcours"),
        ([], "en", "Name attempts or runs"),
        (["x", "--latest", "3"], "en", "Name attempts or runs"),
    ],
    ids=["unknown", "unknown in French", "nothing named", "named twice"],
)
def test_a_wrong_choice_is_a_wrong_use(store: Store, replay: Replay, args: list[str], language: str, said: str) -> None:
    result = replay(*args, language=language)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_folder_without_a_database_gets_none(replay: Replay, tmp_path: Path) -> None:
    result = replay("--latest", 1)
    assert result.exit_code == 1
    assert "There is no database here" in result.stderr
    assert not list(tmp_path.glob("*.db"))
