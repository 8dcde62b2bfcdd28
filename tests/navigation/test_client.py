"""The client against a real server on loopback that loses answers, is busy, refuses and answers nonsense."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from navigation.actions import parse_action
from navigation.client import (
    InvalidAnswerError,
    NavigateClient,
    PatientIdentity,
    RequestRefusedError,
    RunAnswer,
    ServerBusyError,
    ServerUnreachableError,
    _spread,
    navigate_action,
)
from navigation.errors import NavigationError
from navigation.ids import is_id, new_id
from navigation.oversight import RunState
from navigation.types import Box, NormBox, NormPoint, Outcome, PressKind, Screen, Target

ATTEMPT = new_id()
GOOD = {
    "id": ATTEMPT,
    "state": "decided",
    "outcome": "ok",
    "reason": {"code": "found", "values": {}, "fr": "Lu.", "en": "Read."},
    "point": {"x": 0.5, "y": 0.25},
    "box": {"x": 10, "y": 20, "w": 80, "h": 30},
    "score": 0.97,
    "margin": 0.4,
    "method": "ocr",
    "awaits_after": True,
    "timings": {"ground": 3.5},
}


class Request:
    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.path, self.headers, self.body = method, path, headers, body


class Server:
    """Answers with what `script` holds, in turn; None drops the connection without a word."""

    def __init__(self) -> None:
        self.script: list[tuple[int, dict[str, str], object] | None] = []
        self.seen: list[Request] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.seen.append(Request(self.command, self.path, dict(self.headers), body))
                step = server.script.pop(0) if server.script else (500, {}, {})
                if step is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, headers, content = step
                payload = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = handle_any

            def log_message(self, format: str, *args: object) -> None:
                pass

            def finish(self) -> None:
                with contextlib.suppress(OSError, ValueError):  # the connection that was dropped on purpose
                    super().finish()

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


@pytest.fixture
def client(server: Server) -> Iterator[NavigateClient]:
    with NavigateClient(server.url, "token-of-test", first_wait_s=0.01, max_tries=4) as client:
        yield client


def action() -> dict[str, object]:
    return navigate_action(new_id(), Target("Se connecter"), attempt_id=ATTEMPT)


# --- what is sent ---------------------------------------------------------------------------------


def test_a_run_is_sent_with_its_patient(server: Server, client: NavigateClient) -> None:
    server.script = [(201, {}, {"id": ATTEMPT})]
    patient = PatientIdentity("8004127351", "MARTIN", "Jeanne", date(1958, 3, 12))
    assert client.create_run("melisse", "ouvrir", "browser", patient=patient) == ATTEMPT
    body = json.loads(server.seen[0].body)
    assert is_id(body["id"])
    assert body["patient"] == {
        "ipp": "8004127351",
        "family_name": "MARTIN",
        "given_name": "Jeanne",
        "birth_date": "1958-03-12",
    }
    assert server.seen[0].headers["Authorization"] == "Bearer token-of-test"


def test_a_patient_shows_nothing_in_its_repr() -> None:
    assert "MARTIN" not in repr(PatientIdentity("8004127351", "MARTIN", "Jeanne", date(1958, 3, 12)))


def test_an_action_names_target_and_screens() -> None:
    run = new_id()
    screen = Screen(("IPP {ipp}",), ("Erreur",), "dossier", {"ipp": "8"}, NormBox(0, 0.1, 1, 0.05))
    made = navigate_action(
        run, Target("Ouvrir", near="MARTIN", occurrence=2, region=NormBox(0, 0, 1, 0.5)), before=screen, flow="login"
    )
    assert is_id(made["id"])
    assert made["run_id"] == run
    assert made["target"] == {
        "text": "Ouvrir",
        "kind": "clickable",
        "synonyms": [],
        "region": [0, 0, 1, 0.5],
        "near": "MARTIN",
        "occurrence": 2,
    }
    assert made["verify_before"]["patient_banner"] == [0, 0.1, 1, 0.05]
    assert made["verify_before"]["parameters"] == {"ipp": "8"}
    assert made["verify_after"] is None
    assert made["flow"] == "login"


@pytest.mark.parametrize("press", ["double", "right"])
def test_another_press_than_a_single_one_is_named(press: PressKind) -> None:
    made = navigate_action(new_id(), Target("Ouvrir"), press=press)
    assert made["press"] == press
    parsed = parse_action({key: value for key, value in made.items() if key not in ("id", "run_id")})
    assert parsed.press == press


def test_a_single_press_is_left_out() -> None:
    assert "press" not in navigate_action(new_id(), Target("Ouvrir"))


def test_a_point_nearby_is_sent_as_two_numbers() -> None:
    assert navigate_action(new_id(), Target("A", near=NormPoint(0.1, 0.9)))["target"]["near"] == [0.1, 0.9]


def test_a_screenshot_goes_as_a_part_beside_the_action(server: Server, client: NavigateClient) -> None:
    server.script = [(200, {}, GOOD)]
    client.navigate(action(), b"\x89PNG-bytes")
    assert server.seen[0].path == "/api/v1/attempts"
    assert server.seen[0].headers["Content-Type"].startswith("multipart/form-data")
    assert b'name="action"' in server.seen[0].body
    assert b"\x89PNG-bytes" in server.seen[0].body


@pytest.mark.parametrize(("pressed", "word"), [(True, b"true"), (False, b"false")])
def test_after_says_whether_it_was_pressed(server: Server, client: NavigateClient, pressed: bool, word: bytes) -> None:
    server.script = [(200, {}, {**GOOD, "state": "finished"})]
    client.after(ATTEMPT, b"png", pressed=pressed)
    assert server.seen[0].path == f"/api/v1/attempts/{ATTEMPT}/after"
    assert b'name="pressed"\r\n\r\n' + word in server.seen[0].body


# --- what comes back ------------------------------------------------------------------------------


def test_an_answer_is_read_into_values(server: Server, client: NavigateClient) -> None:
    server.script = [(200, {}, GOOD)]
    answer = client.attempt(ATTEMPT)
    assert answer.may_press
    assert answer.outcome is Outcome.OK
    assert answer.point == NormPoint(0.5, 0.25)
    assert answer.box == Box(10, 20, 80, 30)
    assert (answer.score, answer.margin, answer.method, answer.awaits_after) == (0.97, 0.4, "ocr", True)
    assert answer.sentences["fr"] == "Lu."
    assert "Lu." not in repr(answer)


def test_a_refused_press_may_not_be_pressed(server: Server, client: NavigateClient) -> None:
    server.script = [(200, {}, {**GOOD, "outcome": "ambiguous", "point": None, "box": None, "state": "finished"})]
    assert not client.attempt(ATTEMPT).may_press


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "splendid"},
        {"state": "done"},
        {"point": {"x": 1.5, "y": 0}},
        {"point": {"x": 0.5}},
        {"point": [0.5, 0.5]},
        {"box": {"x": 1, "y": 1, "w": 0, "h": 5}},
        {"score": "0.9"},
        {"timings": [1]},
        {"timings": {"ground": "slow"}},
        {"id": ""},
        {"id": 5},
    ],
    ids=lambda wrong: "-".join(wrong),
)
def test_an_answer_that_makes_no_sense_is_refused(
    server: Server, client: NavigateClient, wrong: dict[str, object]
) -> None:
    server.script = (
        [(200, {}, {**GOOD, **wrong})] if wrong != {"timings": []} else [(200, {}, {**GOOD, "timings": [1]})]
    )
    with pytest.raises(InvalidAnswerError):
        client.attempt(ATTEMPT)


@pytest.mark.parametrize("content", [b"<html>hello</html>", b"[1]", b'{"id": NaN'], ids=["html", "list", "cut"])
def test_something_else_than_our_api_is_named(server: Server, client: NavigateClient, content: bytes) -> None:
    server.script = [(200, {}, content)]
    with pytest.raises(InvalidAnswerError, match="Check that the address"):
        client.attempt(ATTEMPT)
    assert len(server.seen) == 1


def test_a_redirect_is_not_followed(server: Server, client: NavigateClient) -> None:
    server.script = [(302, {"Location": "http://127.0.0.1:1/elsewhere"}, {})]
    with pytest.raises(InvalidAnswerError):
        client.navigate(action(), b"png")
    assert len(server.seen) == 1


# --- again, or not --------------------------------------------------------------------------------


def test_a_lost_answer_is_asked_for_again_with_the_same_id(server: Server, client: NavigateClient) -> None:
    server.script = [None, None, (200, {}, GOOD)]
    assert client.navigate(action(), b"png").may_press
    ids = {request.body.split(b'"id": "')[1][:36] for request in server.seen}
    assert ids == {ATTEMPT.encode()}
    assert len(server.seen) == 3


def test_a_lost_answer_to_the_after_picture_is_asked_for_again(server: Server, client: NavigateClient) -> None:
    server.script = [None, (200, {}, {**GOOD, "state": "finished"})]
    assert client.after(ATTEMPT, b"png").state == "finished"


def test_a_run_whose_answer_was_lost_keeps_its_id(server: Server, client: NavigateClient) -> None:
    server.script = [None, (200, {}, {"id": ATTEMPT})]
    client.create_run("melisse", "ouvrir", "browser")
    first, second = (json.loads(request.body)["id"] for request in server.seen)
    assert first == second


def test_it_gives_up_after_the_stated_number_of_tries(server: Server, client: NavigateClient) -> None:
    server.script = [None] * 9
    with pytest.raises(ServerUnreachableError, match="sent again safely"):
        client.attempt(ATTEMPT)
    assert len(server.seen) == 4


def test_nobody_listening_is_said_in_words() -> None:
    with (
        NavigateClient("http://127.0.0.1:1", "t", first_wait_s=0.01, max_tries=2) as client,
        pytest.raises(ServerUnreachableError, match="Check that it runs") as caught,
    ):
        client.attempt(ATTEMPT)
    assert isinstance(caught.value, NavigationError)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_given_the_time_it_asks_for(server: Server, client: NavigateClient, status: int) -> None:
    server.script = [(status, {"Retry-After": "0.3"}, {}), (200, {}, GOOD)]
    started = time.monotonic()
    assert client.attempt(ATTEMPT).may_press
    assert 0.3 <= time.monotonic() - started < 3


def test_a_busy_server_is_asked_for_longer_than_a_lost_answer(server: Server, client: NavigateClient) -> None:
    busy = (503, {"Retry-After": "0"}, {})
    server.script = [busy, busy, None, busy, busy, busy, None, busy, busy, None, (200, {}, GOOD)]
    assert client.attempt(ATTEMPT).may_press
    assert len(server.seen) == 11
    server.script = [busy, None, busy, None, busy, None, busy, None, (200, {}, GOOD)]
    with pytest.raises(ServerUnreachableError):
        client.attempt(ATTEMPT)
    assert len(server.seen) == 11 + 8


def test_a_server_that_stays_busy_ends_with_the_time(server: Server) -> None:
    server.script = [(503, {"Retry-After": "0.2"}, {})] * 100
    started = time.monotonic()
    with NavigateClient(server.url, "t", total_s=1.5) as client, pytest.raises(ServerBusyError):
        client.attempt(ATTEMPT)
    assert 1 < time.monotonic() - started < 1.6
    assert 3 <= len(server.seen) <= 5


def test_robots_that_were_sent_away_together_come_back_apart() -> None:
    waits = {round(_spread(1.0), 3) for _ in range(50)}
    assert len(waits) > 25
    assert min(waits) >= 1.1
    assert max(waits) <= 1.43


def test_a_wait_given_as_a_date_is_honoured(server: Server, client: NavigateClient) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    server.script = [(503, {"Retry-After": at}, {}), (200, {}, GOOD)]
    started = time.monotonic()
    client.attempt(ATTEMPT)
    assert time.monotonic() - started > 0.5


def test_a_wait_longer_than_the_time_left_ends_at_once(server: Server) -> None:
    server.script = [(503, {"Retry-After": "20"}, {"error": {"code": "busy", "message": "m", "reference": "r-1"}})]
    started = time.monotonic()
    with NavigateClient(server.url, "t", total_s=2) as client, pytest.raises(ServerBusyError) as caught:
        client.attempt(ATTEMPT)
    assert time.monotonic() - started < 2
    assert (caught.value.status, caught.value.reference) == (503, "r-1")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422, 500, 507])
def test_a_refusal_is_never_repeated_and_keeps_its_sentence(
    server: Server, client: NavigateClient, status: int
) -> None:
    error = {"code": "bad_action", "message": "La cible est vide.", "reference": "r-42"}
    server.script = [(status, {}, {"error": error}), (200, {}, GOOD)]
    with pytest.raises(RequestRefusedError, match="La cible est vide") as caught:
        client.navigate(action(), b"png")
    assert len(server.seen) == 1
    assert (caught.value.code, caught.value.status, caught.value.reference) == ("bad_action", status, "r-42")


def test_nothing_sent_or_received_is_logged(
    server: Server, client: NavigateClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = [None, (200, {}, {**GOOD, "reason": {"code": "found", "fr": "CANARI-LU", "en": ""}})]
    client.navigate(navigate_action(new_id(), Target("CANARI-CIBLE"), attempt_id=ATTEMPT), b"CANARI-IMAGE")
    assert server.seen
    assert "CANARI" not in caplog.text
    assert "token-of-test" not in caplog.text


def test_several_threads_may_share_a_client(server: Server, client: NavigateClient) -> None:
    server.script = [(200, {}, GOOD)] * 8
    results: list[bool] = []

    def ask() -> None:
        results.append(client.attempt(ATTEMPT).may_press)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 8


# --- may it go on? --------------------------------------------------------------------------------

GOING = {"id": ATTEMPT, "state": "going", "may_press": True, "stop": None}
STOPPED = {"id": ATTEMPT, "state": "waiting", "may_press": False, "stop": {"application": "", "reason": "Panne"}}


def test_how_a_run_stands_is_asked_once_and_never_from_memory(server: Server, client: NavigateClient) -> None:
    server.script = [(200, {}, STOPPED), (200, {}, GOING), (503, {}, {}), None]
    assert client.run(ATTEMPT) == RunAnswer("waiting", False, "Panne")
    assert client.run(ATTEMPT) == RunAnswer("going", True)
    with pytest.raises(ServerBusyError):
        client.run(ATTEMPT)
    with pytest.raises(ServerUnreachableError):
        client.run(ATTEMPT)
    assert [(one.method, one.path) for one in server.seen] == [("GET", f"/api/v1/runs/{ATTEMPT}")] * 4


@pytest.mark.parametrize(
    "body", [{}, {**GOING, "state": "asleep"}, {**GOING, "may_press": "yes"}, {**GOING, "state": []}]
)
def test_an_unclear_word_about_a_run_is_no_permission(
    server: Server, client: NavigateClient, body: dict[str, object]
) -> None:
    server.script = [(200, {}, body)]
    with pytest.raises(InvalidAnswerError):
        client.run(ATTEMPT)


def test_a_robot_waits_for_the_end_of_a_stop_and_for_a_person(server: Server, client: NavigateClient) -> None:
    taken, resumed = ({**GOING, "state": state} for state in ("taken_over", "resumed"))
    server.script = [(200, {}, STOPPED), None, (503, {}, {}), (200, {}, taken), (200, {}, resumed)]
    assert client.wait_for_person(ATTEMPT, every_s=0.01).state == "resumed"
    assert len(server.seen) == 5


@pytest.mark.parametrize(
    ("state", "stop", "is_held"),
    [
        ("going", None, False),
        ("going", "Panne", True),
        ("waiting", None, True),
        ("taken_over", None, True),
        ("resumed", None, False),
        ("resumed", "", True),
        ("abandoned", None, False),
        ("abandoned", "Panne", False),
    ],
)
def test_what_a_robot_waits_for(state: RunState, stop: str | None, is_held: bool) -> None:
    assert RunAnswer(state, False, stop).is_held is is_held


def test_waiting_ends_with_the_last_answer_when_its_time_is_up(server: Server, client: NavigateClient) -> None:
    server.script = [(200, {}, STOPPED), None]
    assert client.wait_for_person(ATTEMPT, every_s=0.01, timeout_s=0).is_held
    with pytest.raises(ServerUnreachableError):
        client.wait_for_person(ATTEMPT, every_s=0.01, timeout_s=0)
