"""Faults of a model: each is named, quick, and tried again only where that helps."""

from __future__ import annotations

import logging
import socket
import threading
import time

import numpy as np
import pytest

from navigation.circuit import Circuit
from navigation.deadline import Deadline
from navigation.errors import VlmError, VlmInvalidError, VlmUnavailableError
from navigation.settings import VlmSettings
from navigation.types import Box, NormBox
from navigation.vlm import HttpVlm
from tests.faults import fake_vlm
from tests.faults.fake_vlm import FakeVlm
from tests.navigation.vlm.asking import CONVENTIONS, SCREEN, SMALL, propose


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
        propose(fake)
    assert time.monotonic() - start < 3
    assert len(fake.requests) == 1


@pytest.mark.parametrize("target", ["/elsewhere", "http://127.0.0.1:1/metadata", "file:///etc/passwd"])
def test_a_redirect_is_not_followed(fake: FakeVlm, target: str) -> None:
    fake.behave = fake_vlm.sending(b"", status=302, headers={"Location": target})
    with pytest.raises(VlmUnavailableError, match="not followed"):
        propose(fake)
    assert fake.paths == ["/v1/chat/completions"]


@pytest.mark.parametrize(
    "behave", [fake_vlm.hanging, fake_vlm.dripping_body, fake_vlm.dripping_headers], ids=["hang", "drip", "headers"]
)
def test_the_deadline_is_of_the_whole_and_not_of_each_read(fake: FakeVlm, behave: fake_vlm.Behaviour) -> None:
    fake.behave = behave
    threads = threading.active_count()
    start = time.monotonic()
    with pytest.raises(VlmUnavailableError, match="longer than allowed"):
        propose(fake, seconds=0.6)
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
    assert propose(fake) == Box(0, 0, 1, 1)
    assert len(fake.requests) == 2


def test_there_are_two_tries_at_most(fake: FakeVlm) -> None:
    fake.behave = fake_vlm.sending(b"", status=500)
    with pytest.raises(VlmUnavailableError, match="answered with an error"):
        propose(fake)
    assert len(fake.requests) == 2


@pytest.mark.parametrize("wait", ["86400", "9"])
def test_a_wait_that_is_too_long_is_not_waited_for(fake: FakeVlm, wait: str) -> None:
    fake.behave = fake_vlm.sending(b"", status=429, headers={"Retry-After": wait})
    start = time.monotonic()
    with pytest.raises(VlmUnavailableError):
        propose(fake, seconds=5)
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
