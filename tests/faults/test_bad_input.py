"""Bad input and broken parts, against the real server over real HTTP: the stated error, and nothing lost."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from navconsole.settings import ConsoleSettings
from navigation.ids import new_id
from navigation.ocr.pytesseract_reader import PytesseractReader
from tests import disks
from tests.faults import fake_tesseract, fake_vlm, hostile_images
from tests.faults.fake_vlm import FakeVlm
from tests.faults.server import Server

WORKS = "ambiguous"
"""What the good fake leads to: it reads the same word in every part of every picture."""


class Robot:
    """Sends attempts to a server whose reader and model are fakes that fail as they are told."""

    def __init__(self, server: Server, programs: Path, vlm: FakeVlm) -> None:
        self.server = server
        self.programs = programs
        self.vlm = vlm
        self.client = server.client()
        self.run_id = new_id()
        body = {"id": self.run_id, "application": "dpi", "workflow": "w", "agent": "a", "patient": None}
        assert self.client.post("/api/v1/runs", json=body).status_code == 201

    def action(self, text: str = "Valider") -> dict[str, Any]:
        return {"id": new_id(), "run_id": self.run_id, "type": "navigate", "target": {"text": text}}

    def send(self, action: dict[str, Any] | bytes, picture: bytes | None = None, **headers: str) -> httpx.Response:
        content = action if isinstance(action, bytes) else json.dumps(action).encode()
        files = {"action": ("a.json", content), "screenshot": ("s.png", fresh() if picture is None else picture)}
        return self.client.post("/api/v1/attempts", files=files, headers=headers)

    def outcome(self, text: str = "Valider") -> str:
        response = self.send(self.action(text))
        assert response.status_code == 200, response.text
        outcome: str = response.json()["outcome"]
        return outcome

    def reader(self, fault: str, **options: str) -> None:
        fake_tesseract.write(self.programs, fault, **options)


Full = Callable[[bytes, Robot, Path], AbstractContextManager[None]]

_number = iter(range(10**6))


def fresh() -> bytes:
    """A screenshot no one has seen, so that it must be read."""
    return hostile_images.saved(_unseen(), "PNG")


def uncompressed() -> bytes:
    """The same as a file of some 400 kB: large, but not so large that the web server puts it on the disk first."""
    return hostile_images.saved(_unseen().resize((420, 320)), "BMP")


def _unseen() -> Image.Image:
    picture = hostile_images.drawn()
    ImageDraw.Draw(picture).text((70, 120), f"n° {next(_number)}", fill=(20, 20, 20))
    return picture


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of 64 MB that can be filled; a plain folder where nothing may be mounted."""
    folder = tmp_path_factory.mktemp("disk")
    with disks.mounted(folder, "64m"):
        yield folder


@pytest.fixture(scope="module")
def robot(disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    programs = tmp_path_factory.mktemp("programs")
    program = fake_tesseract.write(programs, "good")
    with fake_vlm.running() as vlm:
        server = Server(
            disk / "data",
            programs / "server.log",
            OCR_READERS="pytesseract",
            TESSERACT_CMD=str(program),
            NAV_BUDGET_S="6",
            RPA_VLM_BASE_URL=vlm.url,
            RPA_VLM_MODEL="m",
            RPA_VLM_TIMEOUT_S="1.5",
        )
        server.start()
        robot = Robot(server, programs, vlm)
        yield robot
        robot.client.close()
        assert server.stop() == 0
        log = server.log.read_text()
    assert "Traceback" not in log
    assert "Valider" not in log


@pytest.fixture(autouse=True)
def repaired(robot: Robot) -> Iterator[None]:
    """Before and after each fault the server works, and nothing had to be restarted."""
    _repair(robot)
    pid = robot.server.pid
    yield
    _repair(robot)
    assert robot.server.pid == pid
    health = robot.client.get("/health").json()
    assert (health["status"], health["reader"]) == ("ok", "ready")


def _repair(robot: Robot) -> None:
    robot.reader("good")
    robot.vlm.behave = fake_vlm.saying("null")
    end = time.monotonic() + 40
    while robot.outcome() != WORKS:
        assert time.monotonic() < end


# --- what is sent ---------------------------------------------------------------------------------

LARGE = [case for case in hostile_images.REFUSED if case.name in ("more than 20 MiB", "png of a million chunks")]
SOME = [case for case in hostile_images.REFUSED if case.name in ("png 20000 x 20000", "png text bomb", "svg named png")]


@pytest.mark.parametrize("case", [*LARGE, *SOME], ids=lambda case: case.name)
def test_a_hostile_picture_is_refused_in_the_caller_s_language(robot: Robot, case: hostile_images.Hostile) -> None:
    picture = case.make()
    french = robot.send(robot.action(), picture, **{"Accept-Language": "fr"})
    english = robot.send(robot.action(), picture, **{"Accept-Language": "en"})
    assert french.status_code == english.status_code == (413 if len(picture) > 20.1 * 2**20 else 422)
    assert english.json()["error"]["code"] in (f"bad_screenshot_{case.code}", "too_large")
    assert "capture d’écran" in french.json()["error"]["message"]
    assert "screenshot" in english.json()["error"]["message"]


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [
        pytest.param(b"not json", 400, "not_json", id="not json"),
        pytest.param(b"[" * 60_000, 400, "too_deep", id="deep"),
        pytest.param(b'{"a": "' + b"x" * 1_000_000 + b'"}', 413, "too_large", id="huge"),
        pytest.param(b'{"a": NaN}', 400, "not_a_number", id="NaN"),
        pytest.param(None, 400, "bad_action", id="10,000-character target"),
    ],
)
def test_a_bad_action_is_refused_by_name(robot: Robot, action: bytes | None, status: int, code: str) -> None:
    response = robot.send(action if action is not None else robot.action("x" * 10_000))
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def files_of(robot: Robot) -> set[str]:
    """Files of the data folder, and those without a name that the server has open."""
    unnamed = set()
    for handle in Path(f"/proc/{robot.server.pid}/fd").iterdir():
        with suppress(OSError):
            target = os.readlink(handle)
            if target.startswith("/") and target.endswith(" (deleted)"):
                unnamed.add(target)
    logs = (".db-wal", ".db-shm", "clock.json")
    return unnamed | {str(path) for path in robot.server.data.rglob("*") if not path.name.endswith(logs)}


def test_a_client_that_leaves_in_mid_upload_costs_nothing(robot: Robot) -> None:
    import socket

    kept = files_of(robot)
    head = b"POST /api/v1/attempts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n"
    large = 8 << 20  # more than what is held in memory: it lies on the disk while it comes
    for sent in (head % 1000, head % 1_000_000 + b"\r\nhalf", head % large + b"\r\n" + bytes(large - 1)):
        for _ in range(7):
            with socket.create_connection(("127.0.0.1", robot.server.port)) as raw:
                raw.sendall(sent)
    end = time.monotonic() + 20
    while files_of(robot) != kept:
        assert time.monotonic() < end, "temporary files stay"
        time.sleep(0.1)


# --- the reader -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["crash", "exit 1", "garbage", "html", "NaN box", "200 MB", "64 MB of stderr"])
def test_a_failing_reader_is_an_outcome(robot: Robot, fault: str) -> None:
    robot.reader(fault)
    assert robot.outcome() == "ocr_failed"


def test_a_hanging_reader_is_ended_within_the_budget(robot: Robot) -> None:
    robot.reader("hang")
    start = time.monotonic()
    assert robot.outcome() in ("ocr_timeout", "timeout")
    assert time.monotonic() - start < 6 + 2
    end = time.monotonic() + 5
    while any("tesseract" in _command(pid) for pid in robot.server.readers_of(robot.server.pid)):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_removed_reader_is_unavailable_and_named_with_its_package(robot: Robot) -> None:
    (robot.programs / "tesseract").unlink()
    answer = robot.send(robot.action()).json()
    assert answer["outcome"] == "ocr_unavailable"
    assert "installez tesseract-ocr" in answer["reason"]["fr"]
    assert robot.client.get("/health").json()["reader"] == "unavailable"


def test_missing_french_data_is_unavailable_and_named(robot: Robot) -> None:
    robot.reader("data removed")
    answer = robot.send(robot.action()).json()
    assert answer["outcome"] == "ocr_unavailable"
    assert "il manque les données de langue fra" in answer["reason"]["fr"]
    assert "tesseract-ocr-fra" in answer["reason"]["fr"]


def _command(pid: int) -> str:
    try:
        return Path("/proc", str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def test_the_fakes_are_taken_for_tesseract(robot: Robot) -> None:
    assert PytesseractReader(command=str(robot.programs / "tesseract")).version == "5.3.0/fra"


# --- the model ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behave", "outcome"),
    [
        pytest.param(fake_vlm.hanging_up, "vlm_unavailable", id="down"),
        pytest.param(fake_vlm.hanging, "vlm_unavailable", id="slow"),
        pytest.param(fake_vlm.dripping_body, "vlm_unavailable", id="drip"),
        pytest.param(fake_vlm.saying("It is over there."), "vlm_invalid", id="nonsense"),
        pytest.param(fake_vlm.saying('{"box": [9999, 1, 99999, 2]}'), "vlm_invalid", id="off the screen"),
        pytest.param(fake_vlm.huge, "vlm_invalid", id="500 MB"),
    ],
)
def test_a_failing_model_is_an_outcome_and_never_a_press(
    robot: Robot, behave: fake_vlm.Behaviour, outcome: str
) -> None:
    robot.vlm.behave = behave
    answer = robot.send(robot.action("Introuvable")).json()
    assert (answer["outcome"], answer["point"]) == (outcome, None)
    robot.vlm.behave = fake_vlm.saying("null")
    assert robot.outcome("Introuvable") == "absent"


def test_a_model_that_finds_the_known_mark_is_proven_at_start(robot: Robot) -> None:
    assert "vision model proven" in robot.server.log.read_text()
    assert robot.client.get("/health").json()["model"] == "ready"


def test_a_model_that_misplaces_the_known_mark_is_said_at_start_and_never_asked(tmp_path: Path) -> None:
    """It does not hold up the start, and attempts end as `vlm_invalid` without their screen being sent."""
    program = fake_tesseract.write(tmp_path, "good")
    with fake_vlm.running() as vlm:
        vlm.sees_mark = False
        server = Server(
            tmp_path / "data", tmp_path / "server.log", OCR_READERS="pytesseract", TESSERACT_CMD=str(program),
            RPA_VLM_BASE_URL=vlm.url, RPA_VLM_MODEL="m",
        )  # fmt: skip
        server.start()
        end = time.monotonic() + 30
        while "vision model not proven" not in server.log.read_text():
            assert time.monotonic() < end
            time.sleep(0.05)
        robot = Robot(server, tmp_path, vlm)
        assert robot.outcome("Introuvable") == "vlm_invalid"
        assert robot.client.get("/health").json()["model"] == "unavailable"
        assert len(vlm.requests) == 1
        robot.client.close()
        assert server.stop() == 0
    assert "detail=it puts a known mark elsewhere" in server.log.read_text()


def test_a_model_that_proposes_another_control_is_not_believed(robot: Robot) -> None:
    robot.vlm.behave = fake_vlm.saying('{"box": [10, 10, 110, 50]}')
    answer = robot.send(robot.action("Introuvable")).json()
    assert (answer["outcome"], answer["point"]) == ("absent", None)


# --- disk and database ----------------------------------------------------------------------------


@contextmanager
def no_room_for(picture: bytes, robot: Robot, _disk: Path) -> Iterator[None]:
    """The kernel keeps the server from writing a file of the picture's size: on any machine."""
    limit = len(picture) - 100_000
    assert robot.server.log.stat().st_size < limit / 2
    with disks.no_file_over(limit, pid=robot.server.pid):
        yield


@contextmanager
def no_room_at_all(_picture: bytes, _robot: Robot, disk: Path) -> Iterator[None]:
    with disks.filled(disk):
        yield


@pytest.mark.parametrize("full", [no_room_for, *([no_room_at_all] if disks.may_mount() else [])])
def test_a_full_disk_is_507_reads_go_on_and_room_brings_it_back(robot: Robot, disk: Path, full: Full) -> None:
    before = robot.send(robot.action()).json()
    refused = robot.action()
    picture = uncompressed()
    with full(picture, robot, disk):
        response = robot.send(refused, picture)
        assert (response.status_code, response.json()["error"]["code"]) == (507, "disk_full")
        assert robot.client.get(f"/api/v1/attempts/{before['id']}").json() == before
        assert robot.client.get("/health").status_code == 200
    assert robot.send(refused, picture).json()["outcome"] == WORKS


def test_without_file_handles_it_is_503_and_it_recovers_without_a_restart(robot: Robot) -> None:
    before = robot.send(robot.action()).json()
    refused = robot.action()
    with disks.no_more_handles(pid=robot.server.pid):
        for picture in (fresh(), uncompressed()):  # the second is put on the disk while it is received
            response = robot.send(refused, picture)
            assert (response.status_code, response.json()["error"]["code"]) == (503, "busy")
            assert int(response.headers["Retry-After"]) >= 1
        assert robot.client.get("/health").status_code == 200
        assert robot.client.get(f"/api/v1/attempts/{before['id']}").status_code in (200, 503)
        with pytest.raises(httpx.TransportError):  # nobody new can be let in; they wait
            httpx.get(f"{robot.server.url}/health", timeout=0.5)
    assert httpx.get(f"{robot.server.url}/health", timeout=10).status_code == 200
    assert robot.client.get(f"/api/v1/attempts/{before['id']}").json() == before
    assert robot.send(refused, fresh()).json()["outcome"] == WORKS


@pytest.mark.parametrize("delay_s", [0.3] if disks.may_trace() else [])
def test_a_slow_disk_holds_robots_back_and_not_the_answers_to_others(robot: Robot, delay_s: float) -> None:
    known = robot.send(robot.action()).json()
    wanted = [(robot.action(), fresh()) for _ in range(12)]
    with disks.slow(robot.server.pid, delay_s), ThreadPoolExecutor(12) as robots:
        sent = [robots.submit(robot.send, *one) for one in wanted]
        waits = []
        while not all(one.done() for one in sent):
            began = time.monotonic()
            assert robot.client.get(f"/api/v1/attempts/{known['id']}").json() == known
            waits.append(time.monotonic() - began)
        answers = [one.result() for one in sent]
    assert {answer.status_code for answer in answers} == {200, 503}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status_code == 503)
    assert max(waits) < 2
    for (action, picture), answer in zip(wanted, answers, strict=True):
        again = robot.send(action, picture)
        assert again.json()["outcome"] == WORKS
        assert answer.status_code == 503 or answer.json() == again.json()


def test_a_locked_database_is_503_and_the_same_attempt_then_succeeds(robot: Robot) -> None:
    before = robot.send(robot.action()).json()
    database = ConsoleSettings.from_env(data=robot.server.data).database
    action, picture = robot.action(), fresh()
    other = sqlite3.connect(database, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        response = robot.send(action, picture)
        assert time.monotonic() - start < 10
        assert (response.status_code, response.json()["error"]["code"]) == (503, "busy")
        assert int(response.headers["Retry-After"]) >= 1
        assert robot.client.get(f"/api/v1/attempts/{before['id']}").json() == before
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert robot.send(action, picture).json()["outcome"] == WORKS
