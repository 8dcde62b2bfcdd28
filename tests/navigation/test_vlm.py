from __future__ import annotations

import base64
import json
import logging
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.circuit import Circuit
from navigation.deadline import Deadline
from navigation.errors import SettingsError, VlmError, VlmInvalidError, VlmUnavailableError
from navigation.settings import VlmSettings
from navigation.types import Box, NormBox, NormPoint, Size
from navigation.vlm import HttpVlm
from navigation.vlm_answer import Convention, parse_place, reply_text
from navigation.vlm_question import make_question, sent_size
from tests.faults import fake_vlm
from tests.faults.fake_vlm import FakeVlm

SCREEN = np.full((1080, 1920, 3), 230, np.uint8)
SMALL = np.full((560, 1120, 3), 230, np.uint8)
PIXELS = Convention("pixels")
SENT = Size(1568, 896)


@pytest.fixture
def fake() -> Iterator[FakeVlm]:
    with fake_vlm.running() as fake:
        yield fake


def _propose(fake: FakeVlm, *, seconds: float = 10, settings: VlmSettings | None = None) -> Box | None:
    client = HttpVlm(settings or VlmSettings(base_url=fake.url, model="m", api_key="k-canary"))
    try:
        return client.propose(SCREEN, "le bouton Valider", deadline=Deadline.after(seconds))
    finally:
        client.close()


# --- what is sent ---------------------------------------------------------------------------------


def test_the_picture_travels_inside_the_request_in_the_size_that_is_named(fake: FakeVlm) -> None:
    assert _propose(fake) is None
    (request,) = fake.requests
    assert fake.paths == ["/v1/chat/completions"]
    assert fake.headers[0]["authorization"] == "Bearer k-canary"
    assert request["model"] == "m"
    image, text = request["messages"][0]["content"]
    kind, data = image["image_url"]["url"].split(",")
    assert kind == "data:image/png;base64"
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    assert f"{width} x {height}" in text["text"]
    assert "le bouton Valider" in text["text"]
    assert width % 28 == height % 28 == 0


def test_environment_proxies_are_not_used(fake: FakeVlm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert _propose(fake) is None


@given(st.integers(8, 16_000), st.integers(8, 16_000), st.integers(100, 4000))
def test_the_sent_size_is_a_multiple_of_28_within_the_limit(width: int, height: int, most: int) -> None:
    sent = sent_size(Size(width, height), most)
    assert sent.width % 28 == sent.height % 28 == 0
    assert 28 <= sent.width <= max(most, 28)
    assert 28 <= sent.height <= max(most, 28)


def test_a_full_hd_screen_keeps_its_shape() -> None:
    assert sent_size(Size(1920, 1080), 1568) == Size(1568, 896)


# --- what comes back ------------------------------------------------------------------------------

PLACE = {"pixels": [784, 448, 1176, 672], "per_mille": [500, 500, 750, 750], "unit": [0.5, 0.5, 0.75, 0.75]}


@pytest.mark.parametrize("y_first", [False, True], ids=["x first", "y first"])
@pytest.mark.parametrize("unit", PLACE)
@pytest.mark.parametrize("fence", ["{}", "```json\n{}\n```", "```\n{}\n```", " \n{}\n"], ids=range(4))
def test_every_convention_gives_the_same_box(fake: FakeVlm, unit: str, y_first: bool, fence: str) -> None:
    numbers = PLACE[unit]
    if y_first:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    fake.behave = fake_vlm.saying(fence.replace("{}", json.dumps({"box": numbers})))
    settings = VlmSettings(base_url=fake.url, model="m", convention=unit, y_first=y_first)
    assert _propose(fake, settings=settings) == Box(960, 540, 480, 270)


def test_a_point_is_a_box_of_one_pixel(fake: FakeVlm) -> None:
    fake.behave = fake_vlm.saying('{"point": [784, 448]}')
    assert _propose(fake) == Box(960, 540, 1, 1)


def test_a_point_on_the_far_edge_stays_inside(fake: FakeVlm) -> None:
    fake.behave = fake_vlm.saying('{"point": [1568, 896]}')
    assert _propose(fake) == Box(1919, 1079, 1, 1)


@pytest.mark.parametrize("text", ["null", "[]", '{"box": null}', "```json\nnull\n```", '{"point_2d": null}'])
def test_not_there_is_none(text: str) -> None:
    assert parse_place(text, PIXELS, SENT) is None


@pytest.mark.parametrize(
    "text",
    ['{"bbox_2d": [0, 0, 784, 448]}', '[{"bbox_2d": [0, 0, 784, 448], "label": "x"}]', '{"box": [0, 0, 784, 448.0]}'],
)
def test_names_that_known_models_use_are_taken(text: str) -> None:
    assert parse_place(text, PIXELS, SENT) == NormBox(0, 0, 0.5, 0.5)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("It is at the top left.", id="prose"),
        pytest.param('Here you are: {"box": [1, 2, 3, 4]}', id="prose around"),
        pytest.param("<html></html>", id="html"),
        pytest.param("true", id="true"),
        pytest.param("42", id="number"),
        pytest.param("[1, 2, 3, 4]", id="bare numbers"),
        pytest.param('{"box": [1, 2, 3]}', id="three numbers"),
        pytest.param('{"box": ["1", "2", "3", "4"]}', id="strings"),
        pytest.param('{"box": [true, 0, 3, 4]}', id="booleans"),
        pytest.param('{"box": [NaN, 2, 3, 4]}', id="NaN"),
        pytest.param('{"box": [1, 2, Infinity, 4]}', id="Infinity"),
        pytest.param('{"box": [1, 2, 1e400, 4]}', id="overflow"),
        pytest.param('{"box": [1, 2, 1569, 4]}', id="off the right"),
        pytest.param('{"box": [-1, 2, 3, 4]}', id="off the left"),
        pytest.param('{"box": [3, 2, 3, 4]}', id="no width"),
        pytest.param('{"box": [5, 2, 3, 4]}', id="turned round"),
        pytest.param('{"point": [99999, 5]}', id="point off the screen"),
        pytest.param('[{"point": [1, 2]}, {"point": [3, 4]}]', id="two places"),
        pytest.param('{"box": [1, 2, 3, 4], "point": [1, 2]}', id="box and point"),
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_what_is_not_one_place_on_the_picture_is_invalid(text: str) -> None:
    with pytest.raises(VlmInvalidError):
        parse_place(text, PIXELS, SENT)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"<html>", b"\xff\xfe", b'{"choices": []}', b'{"choices": [{"message": {}}]}',
     b'{"choices": [{"message": {"content": null}}]}', b'{"choices": [{"message": {"content": 7}}]}'],
    ids=range(10),
)  # fmt: skip
def test_what_is_not_a_chat_completion_is_invalid(body: bytes) -> None:
    with pytest.raises(VlmInvalidError):
        reply_text(body)


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_any_answer_is_a_place_inside_none_or_invalid(text: str) -> None:
    try:
        place = parse_place(text, PIXELS, SENT)
    except VlmInvalidError:
        return
    assert place is None or (0 <= place.x <= 1 and 0 <= place.y <= 1)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_a_unit_point_comes_back_as_it_is(point: list[float]) -> None:
    assert parse_place(json.dumps({"point": point}), Convention("unit"), SENT) == NormPoint(*point)


# --- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behave", "kind"),
    [
        pytest.param(fake_vlm.sending(b"<html>oops</html>"), VlmInvalidError, id="html"),
        pytest.param(fake_vlm.sending(b""), VlmInvalidError, id="empty"),
        pytest.param(fake_vlm.huge, VlmInvalidError, id="500 MB"),
        pytest.param(fake_vlm.gzip_bomb, VlmInvalidError, id="gzip bomb"),
        pytest.param(fake_vlm.many_headers, VlmError, id="10,000 headers"),
        pytest.param(fake_vlm.hanging_up, VlmUnavailableError, id="hangs up"),
        pytest.param(fake_vlm.sending(b"", status=400), VlmUnavailableError, id="400"),
        pytest.param(fake_vlm.sending(b"", status=401), VlmUnavailableError, id="401"),
    ],
)
def test_a_fault_is_named_quickly_and_asked_once(fake: FakeVlm, behave: fake_vlm.Behaviour, kind: type) -> None:
    fake.behave = behave
    start = time.monotonic()
    with pytest.raises(kind):
        _propose(fake)
    assert time.monotonic() - start < 3
    assert len(fake.requests) == 1


@pytest.mark.parametrize("target", ["/elsewhere", "http://127.0.0.1:1/metadata", "file:///etc/passwd"])
def test_a_redirect_is_not_followed(fake: FakeVlm, target: str) -> None:
    fake.behave = fake_vlm.sending(b"", status=302, headers={"Location": target})
    with pytest.raises(VlmUnavailableError, match="not followed"):
        _propose(fake)
    assert fake.paths == ["/v1/chat/completions"]


@pytest.mark.parametrize(
    "behave", [fake_vlm.hanging, fake_vlm.dripping_body, fake_vlm.dripping_headers], ids=["hang", "drip", "headers"]
)
def test_the_deadline_is_of_the_whole_and_not_of_each_read(fake: FakeVlm, behave: fake_vlm.Behaviour) -> None:
    fake.behave = behave
    threads = threading.active_count()
    start = time.monotonic()
    with pytest.raises(VlmUnavailableError, match="longer than allowed"):
        _propose(fake, seconds=0.6)
    assert 0.5 < time.monotonic() - start < 1.2
    fake.stopping.set()
    end = time.monotonic() + 2
    while threading.active_count() > threads and time.monotonic() < end:
        time.sleep(0.02)
    assert threading.active_count() <= threads


def test_a_name_server_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_args: object, **_more: object) -> list[object]:
        released.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "slow")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    client = HttpVlm(VlmSettings(base_url="http://model.example", model="m", allow_http=True))
    start = time.monotonic()
    with pytest.raises(VlmUnavailableError, match="longer than allowed"):
        client.propose(SCREEN, "x", deadline=Deadline.after(0.5))
    assert time.monotonic() - start < 1.5
    released.set()
    client.close()


def test_a_name_server_that_never_answers_costs_a_few_threads_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_args: object, **_more: object) -> list[object]:
        released.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "slow")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    settings = VlmSettings(base_url="https://model.example", model="m")
    client = HttpVlm(settings, circuit=Circuit(limit=1000, rest_s=1))
    for _ in range(7):
        with pytest.raises(VlmUnavailableError):
            client.propose(SCREEN, "x", deadline=Deadline.after(0.3))
    assert len([thread for thread in threading.enumerate() if thread.name == "vlm"]) == 4
    released.set()
    client.close()


def test_nobody_listening_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(VlmUnavailableError, match="cannot be reached"):
            HttpVlm(VlmSettings(base_url=url, model="m")).propose(SCREEN, "x", deadline=Deadline.after(5))
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_once_more(fake: FakeVlm, status: int) -> None:
    once = fake_vlm.sending(b"", status=status, headers={"Retry-After": "0"})
    fake.behave = fake_vlm.in_turn(once, fake_vlm.saying('{"point": [0, 0]}'))
    assert _propose(fake) == Box(0, 0, 1, 1)
    assert len(fake.requests) == 2


def test_there_are_two_tries_at_most(fake: FakeVlm) -> None:
    fake.behave = fake_vlm.sending(b"", status=500)
    with pytest.raises(VlmUnavailableError, match="answered with an error"):
        _propose(fake)
    assert len(fake.requests) == 2


@pytest.mark.parametrize("wait", ["86400", "9"])
def test_a_wait_that_is_too_long_is_not_waited_for(fake: FakeVlm, wait: str) -> None:
    fake.behave = fake_vlm.sending(b"", status=429, headers={"Retry-After": wait})
    start = time.monotonic()
    with pytest.raises(VlmUnavailableError):
        _propose(fake, seconds=5)
    assert time.monotonic() - start < 1
    assert len(fake.requests) == 1


def test_a_refused_key_is_said_once_and_never_shown(fake: FakeVlm, caplog: pytest.LogCaptureFixture) -> None:
    fake.behave = fake_vlm.sending(b"", status=401)
    client = HttpVlm(VlmSettings(base_url=fake.url, model="m", api_key="k-canary"))
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):
            with pytest.raises(VlmUnavailableError):
                client.propose(SCREEN, "Valider-canary", deadline=Deadline.after(5))
    assert [record.levelname for record in caplog.records if "refuses our key" in record.message] == ["ERROR"]
    assert "canary" not in caplog.text
    client.close()


def test_after_three_failures_it_is_left_alone_then_probed_once(fake: FakeVlm) -> None:
    now = [0.0]
    client = HttpVlm(
        VlmSettings(base_url=fake.url, model="m"), circuit=Circuit(limit=3, rest_s=30, clock=lambda: now[0])
    )
    fake.behave = fake_vlm.sending(b"", status=404)

    def ask() -> Box | None:
        return client.propose(SCREEN, "x", deadline=Deadline.after(5))

    for _ in range(6):
        with pytest.raises(VlmUnavailableError):
            ask()
    assert len(fake.requests) == 3
    start = time.monotonic()
    with pytest.raises(VlmUnavailableError, match="left alone"):
        ask()
    assert time.monotonic() - start < 0.1
    now[0] = 31
    with pytest.raises(VlmUnavailableError, match="answered with an error"):
        ask()
    with pytest.raises(VlmUnavailableError, match="left alone"):
        ask()
    assert len(fake.requests) == 4
    now[0] = 62
    fake.behave = fake_vlm.saying("null")
    assert ask() is None
    assert ask() is None
    client.close()


def test_a_nonsense_answer_does_not_open_the_circuit(fake: FakeVlm) -> None:
    fake.behave = fake_vlm.saying("nonsense")
    client = HttpVlm(VlmSettings(base_url=fake.url, model="m"))
    for _ in range(5):
        with pytest.raises(VlmInvalidError):
            client.propose(SCREEN, "x", deadline=Deadline.after(5))
    assert len(fake.requests) == 5
    client.close()


def test_only_one_of_many_callers_is_the_probe() -> None:
    now = [0.0]
    circuit = Circuit(limit=1, rest_s=30, clock=lambda: now[0])
    assert circuit.try_enter() == 0
    assert circuit.failed()
    now[0] = 31
    assert [circuit.try_enter() == 0 for _ in range(5)] == [True, False, False, False, False]


# --- the address ----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "ftp://x/v1", "file:///etc/passwd", "http://user:pw@host/v1", "host:8000"])
def test_an_address_that_is_none_is_refused_by_name(url: str) -> None:
    with pytest.raises(SettingsError, match="RPA_VLM_BASE_URL"):
        HttpVlm(VlmSettings(base_url=url, model="m"))


def test_a_missing_model_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="RPA_VLM_MODEL"):
        HttpVlm(VlmSettings(base_url="http://127.0.0.1:1", model=""))


@pytest.mark.parametrize("host", ["model.example", "10.0.0.7", "192.168.1.9", "[fd00::1]", "localhost.example"])
def test_a_picture_travels_in_clear_only_within_this_machine(host: str) -> None:
    with pytest.raises(SettingsError, match="RPA_VLM_ALLOW_HTTP"):
        HttpVlm(VlmSettings(base_url=f"http://{host}:8000/v1", model="m"))


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1", "http://127.9.9.9:1", "http://[::1]:1", "http://localhost:1",
                                      "https://model.example"])  # fmt: skip
def test_within_this_machine_and_over_tls_nothing_more_is_asked(base_url: str) -> None:
    HttpVlm(VlmSettings(base_url=base_url, model="m")).close()


def test_a_site_may_allow_http_in_its_protected_network() -> None:
    HttpVlm(VlmSettings(base_url="http://10.0.0.7:8000/v1", model="m", allow_http=True)).close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_host_is_never_contacted(fake: FakeVlm, status: int) -> None:
    """By a redirect, or by an address in the reply that a naive client would load."""
    with fake_vlm.running() as other:
        fake.behave = fake_vlm.sending(b"", status=status, headers={"Location": other.url + "/chat/completions"})
        with pytest.raises(VlmUnavailableError, match="not followed"):
            _propose(fake)
        fake.behave = fake_vlm.saying(json.dumps({"box": None, "image_url": other.url}))
        assert _propose(fake) is None
        assert other.paths == []
    assert set(fake.paths) == {"/v1/chat/completions"}


def test_one_host_is_connected_to_whatever_happens(fake: FakeVlm, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    connect = socket.create_connection

    def watched(address: tuple[str, int], *more: object, **named: object) -> socket.socket:
        asked.append(address)
        return connect(address, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_connection", watched)
    for behave in (fake_vlm.saying("null"), fake_vlm.sending(b"", status=307, headers={"Location": "http://[::1]:9/"})):
        fake.behave = behave
        with suppress(VlmError):
            _propose(fake)
    port = int(fake.url.rpartition(":")[2].partition("/")[0])
    assert asked == [("127.0.0.1", port)] * 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that no authority has signed, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=model",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "certificate"]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both"
    both.write_bytes((folder / "key").read_bytes() + (folder / "certificate").read_bytes())
    return both


@pytest.fixture
def secured(certificate: Path) -> Iterator[FakeVlm]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with fake_vlm.running(context) as fake:
        yield fake


def test_a_certificate_that_nobody_signed_is_not_believed(secured: FakeVlm) -> None:
    with pytest.raises(VlmUnavailableError, match="cannot be reached"):
        _propose(secured)
    assert secured.requests == []


def test_a_certificate_of_the_house_is_believed_when_it_is_named(secured: FakeVlm, certificate: Path) -> None:
    assert _propose(secured, settings=VlmSettings(base_url=secured.url, model="m", ca_file=certificate)) is None
    assert len(secured.requests) == 1


def test_a_certificate_for_another_name_is_not_believed(secured: FakeVlm, certificate: Path) -> None:
    url = secured.url.replace("127.0.0.1", "localhost")
    with pytest.raises(VlmUnavailableError):
        _propose(secured, settings=VlmSettings(base_url=url, model="m", ca_file=certificate))
    assert secured.requests == []


def test_a_deadline_holds_over_tls_too(secured: FakeVlm, certificate: Path) -> None:
    secured.behave = fake_vlm.dripping_body
    settings = VlmSettings(base_url=secured.url, model="m", ca_file=certificate)
    with pytest.raises(VlmUnavailableError, match="longer than allowed"):
        _propose(secured, settings=settings, seconds=1.5)


@pytest.mark.parametrize("content", [None, b"", b"nothing of the kind"], ids=["missing", "empty", "other"])
def test_certificates_that_cannot_be_read_stop_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match="RPA_VLM_CA_FILE"):
        HttpVlm(VlmSettings(base_url="https://model.example", model="m", ca_file=path))


# --- each convention with each fault --------------------------------------------------------------

CONVENTIONS = [(unit, y_first) for unit in ("pixels", "per_mille", "unit") for y_first in (False, True)]
FAULTS: dict[str, tuple[fake_vlm.Behaviour, type[VlmError]]] = {
    "html": (fake_vlm.sending(b"<html>oops</html>"), VlmInvalidError),
    "prose": (fake_vlm.saying("It is over there."), VlmInvalidError),
    "two places": (fake_vlm.saying('[{"point": [0, 0]}, {"point": [1, 1]}]'), VlmInvalidError),
    "off the picture": (fake_vlm.saying('{"box": [0, 0, 5000, 5000]}'), VlmInvalidError),
    "turned round": (fake_vlm.saying('{"box": [1, 1, 0, 0]}'), VlmInvalidError),
    "500 MB": (fake_vlm.huge, VlmInvalidError),
    "gzip bomb": (fake_vlm.gzip_bomb, VlmInvalidError),
    "hangs": (fake_vlm.hanging, VlmUnavailableError),
    "drips": (fake_vlm.dripping_body, VlmUnavailableError),
    "drips headers": (fake_vlm.dripping_headers, VlmUnavailableError),
    "hangs up": (fake_vlm.hanging_up, VlmUnavailableError),
    "redirects": (fake_vlm.sending(b"", status=302, headers={"Location": "/elsewhere"}), VlmUnavailableError),
    "refuses": (fake_vlm.sending(b"", status=401), VlmUnavailableError),
}


_ENDLESS = ("hangs", "drips", "drips headers")


@pytest.mark.parametrize(("unit", "y_first"), CONVENTIONS)
def test_each_convention_names_the_same_place_through_each_fault(fake: FakeVlm, unit: str, y_first: bool) -> None:
    """One client, in one convention, meets every fault in turn and then understands the next good answer."""
    settings = fake_vlm.speaking(fake, unit, y_first)
    client = HttpVlm(settings, circuit=Circuit(limit=100, rest_s=30))
    for name, (behave, kind) in FAULTS.items():
        fake.behave = behave
        with pytest.raises(kind):
            client.propose(SMALL, name, deadline=Deadline.after(0.4 if name in _ENDLESS else 10))
        fake.behave = fake_vlm.pointing(NormBox(0.5, 0.25, 0.125, 0.25))
        found = client.propose(SMALL, name, deadline=Deadline.after(5))
        assert found is not None, name
        assert np.allclose([found.x, found.y, found.w, found.h], [560, 140, 140, 140], atol=2), name
    client.close()


@given(
    st.sampled_from(CONVENTIONS), st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.02, 0.1), st.floats(0.02, 0.1),
    st.integers(200, 4000), st.integers(200, 4000),
)  # fmt: skip
def test_a_place_written_in_any_convention_comes_back(
    convention: tuple[str, bool], x: float, y: float, w: float, h: float, width: int, height: int
) -> None:
    unit, y_first = convention
    question = make_question(VlmSettings(model="m", convention=unit, y_first=y_first), Size(width, height), "x")
    full = Convention(unit).scale(question.sent)
    sides = [side * full[index % 2] for index, side in enumerate((x, y, x + w, y + h))]
    written = [sides[index ^ 1] for index in range(4)] if y_first else sides
    found = question.place(json.dumps({"box": written}))
    assert found is not None
    assert abs(found.x - x * width) <= 1
    assert abs(found.y - y * height) <= 1
    assert abs(found.w - w * width) <= 2
    assert abs(found.h - h * height) <= 2


def test_a_question_s_key_tells_apart_all_that_the_answer_depends_on() -> None:
    settings = VlmSettings(model="m")
    variants = [
        make_question(settings, Size(1920, 1080), "Valider"),
        make_question(settings, Size(1920, 1080), "Annuler"),
        make_question(settings, Size(1366, 768), "Valider"),
        make_question(replace(settings, model="n"), Size(1920, 1080), "Valider"),
        make_question(replace(settings, convention="unit"), Size(1920, 1080), "Valider"),
        make_question(replace(settings, y_first=True), Size(1920, 1080), "Valider"),
        make_question(replace(settings, max_side=1024), Size(1920, 1080), "Valider"),
    ]
    assert len({question.key for question in variants}) == len(variants)
    assert make_question(settings, Size(1920, 1080), "Valider").key == variants[0].key
