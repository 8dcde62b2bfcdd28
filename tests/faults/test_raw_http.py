"""Requests that no client library would send, and a server that is asked to end: over a bare socket."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from navconsole.settings import ConsoleSettings
from navigation.ids import new_id
from navigation.ocr.process import folder_root
from navigation.store import open_store
from navigation.types import Outcome
from tests.faults import fake_tesseract, hostile_images
from tests.faults.server import SECRET, Server

POST = b"POST /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + SECRET.encode() + b"\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("raw")
    program = fake_tesseract.write(folder, "hang")
    server = Server(folder / "data", folder / "server.log", OCR_READERS="pytesseract", TESSERACT_CMD=str(program))
    server.start()
    yield server
    server.kill()


def _status(server: Server, request: bytes) -> int:
    """The status of the answer; 0 when the connection was closed without one. Fails after two seconds."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=2) as raw:
        try:
            raw.sendall(request)
            answer = raw.recv(200)
        except ConnectionError:
            return 0
    return int(answer.split()[1]) if answer else 0


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(POST + b"Content-Length: -5\r\n\r\n", id="negative length"),
        pytest.param(POST + b"Content-Length: many\r\n\r\n", id="length in words"),
        pytest.param(POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", id="two lengths"),
        pytest.param(POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="smuggling"),
        pytest.param(POST + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", id="unknown coding"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", id="chunk that is no number"),
        pytest.param(POST + b"Content-Length: 99999999999\r\n\r\n", id="100 GB announced"),
        pytest.param(POST + b"X: " + b"x" * 100_000 + b"\r\n\r\n", id="100 KB of header"),
        pytest.param(POST + b"".join(b"X%d: x\r\n" % n for n in range(10_000)) + b"\r\n", id="10,000 headers"),
        pytest.param(POST + b" folded: x\r\n\r\n", id="folded header"),
        pytest.param(POST + b"Bad Name: x\r\n\r\n", id="space in a name"),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", id="unknown version"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", id="TLS on a plain port"),
        pytest.param(b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", id="TRACE"),
        pytest.param(b"GET /%00%ff%2e%2e/etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", id="odd path"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", id="another host"),
    ],
)
def test_a_malformed_request_is_refused_quickly_and_never_a_fault(server: Server, request_bytes: bytes) -> None:
    status = _status(server, request_bytes)
    assert status == 0 or 300 <= status < 500 or status == 501
    assert httpx.get(f"{server.url}/health", timeout=5).status_code == 200


def test_a_server_told_to_end_does_so_and_what_was_under_way_is_interrupted(server: Server) -> None:
    run_id, attempt_id = new_id(), new_id()
    action = {"id": attempt_id, "run_id": run_id, "type": "navigate", "target": {"text": "Valider"}}
    with server.client() as client:
        body = {"id": run_id, "application": "dpi", "workflow": "w", "agent": "a", "patient": None}
        assert client.post("/api/v1/runs", json=body).status_code == 201
        files = {"action": (None, json.dumps(action)), "screenshot": ("s.png", hostile_images.png())}
        sending = threading.Thread(target=_ignoring_a_cut, args=(client, files))
        sending.start()
        _wait_until_read(server)
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 15
        sending.join()
    assert server.readers_of(server.pid) == []
    server.start()
    store = open_store(ConsoleSettings.from_env(data=server.data).database)
    detail = store.attempt(attempt_id)
    store.close()
    assert detail is not None
    assert detail.finish is not None
    assert detail.finish.outcome is Outcome.INTERRUPTED


def _ignoring_a_cut(client: httpx.Client, files: dict[str, object]) -> None:
    try:
        client.post("/api/v1/attempts", files=files)
    except httpx.TransportError:
        return


def _wait_until_read(server: Server) -> None:
    """Until tesseract's stand-in hangs, so that the attempt is surely under way."""
    end = time.monotonic() + 20
    while not any(folder_root().glob(f"navconsole-reader-{server.pid}-*/hanging")):
        assert time.monotonic() < end
        time.sleep(0.05)
