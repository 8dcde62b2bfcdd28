"""A vision model's server on loopback that answers, or goes wrong, as it is told; it counts what it was asked."""

from __future__ import annotations

import base64
import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np

from navigation.settings import VlmSettings
from navigation.types import NormBox
from navigation.vlm_proof import MARK_COLOUR

Behaviour = Callable[["Handler"], None]


@dataclass
class FakeVlm:
    """`requests` are the bodies received; `paths` and `headers` belong to them by index.

    It speaks the convention `unit`, `y_first`. Shown the mark of a proof it says where it is, when `sees_mark`;
    else it behaves as told.
    """

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    behave: Behaviour = lambda handler: handler.say("null")
    unit: str = "pixels"
    y_first: bool = False
    sees_mark: bool = True
    stopping: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    fake: FakeVlm
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.fake.requests.append(json.loads(body))
        self.fake.paths.append(self.path)
        self.fake.headers.append({name.lower(): value for name, value in self.headers.items()})
        mark = mark_on(self.picture) if self.fake.sees_mark else None
        try:
            if mark is not None:
                self.say(json.dumps({"box": self.numbers(mark)}))
            else:
                self.fake.behave(self)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    @property
    def picture(self) -> np.ndarray:
        """What the last request shows, (h, w, 3) RGB."""
        (image, _text) = self.fake.requests[-1]["messages"][0]["content"]
        data = base64.b64decode(image["image_url"]["url"].partition(",")[2])
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)

    def numbers(self, place: NormBox) -> list[float]:
        """A place in the convention that this model speaks, of the picture as it was received."""
        height, width = self.picture.shape[:2]
        full_x, full_y = {"pixels": (width, height), "per_mille": (1000, 1000), "unit": (1, 1)}[self.fake.unit]
        sides = [place.x * full_x, place.y * full_y, (place.x + place.w) * full_x, (place.y + place.h) * full_y]
        if self.fake.unit != "unit":
            sides = [round(side) for side in sides]
        return [sides[index ^ 1] for index in range(4)] if self.fake.y_first else sides

    def do_GET(self) -> None:
        self.fake.paths.append(self.path)
        self.say("null")

    def log_message(self, *args: object) -> None:
        pass

    def say(self, text: str) -> None:
        """A chat completion whose message is `text`."""
        self.send(json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode())

    def send(self, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def saying(text: str) -> Behaviour:
    return lambda handler: handler.say(text)


def pointing(place: NormBox) -> Behaviour:
    """Names a place (0..1 of the picture) in the convention of the fake."""
    return lambda handler: handler.say(json.dumps({"box": handler.numbers(place)}))


def mark_on(picture: np.ndarray) -> NormBox | None:
    """Where the red rectangle on the white picture of a proof is; resizing blurs its edges."""
    if (picture == 255).all(axis=2).mean() < 0.98:
        return None
    is_red = (np.abs(picture.astype(int) - MARK_COLOUR) < 40).all(axis=2)
    if not is_red.any():
        return None
    rows, columns = np.flatnonzero(is_red.any(axis=1)), np.flatnonzero(is_red.any(axis=0))
    height, width = is_red.shape
    left, top = columns[0] / width, rows[0] / height
    return NormBox(left, top, (columns[-1] + 1) / width - left, (rows[-1] + 1) / height - top)


def speaking(fake: FakeVlm, unit: str, y_first: bool) -> VlmSettings:
    """Make the fake speak a convention; the settings of a client that knows it."""
    fake.unit, fake.y_first = unit, y_first
    return VlmSettings(base_url=fake.url, model="m", convention=unit, y_first=y_first)


def sending(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> Behaviour:
    return lambda handler: handler.send(body, status=status, headers=headers)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The first for the first request, and so on; the last one stays."""
    left = list(behaviours)

    def behave(handler: Handler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return behave


def hanging(handler: Handler) -> None:
    handler.fake.stopping.wait(60)
    handler.close_connection = True


def dripping_body(handler: Handler) -> None:
    """One byte every 50 ms: each read is quick, the whole would take minutes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.fake.stopping.wait(0.05):
        handler.wfile.write(b" ")


def dripping_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.fake.stopping.wait(0.05):
        handler.wfile.write(b"x")


def huge(handler: Handler) -> None:
    """500 MB, as fast as it is taken."""
    size = 500 * 1024 * 1024
    handler.send_response(200)
    handler.send_header("Content-Length", str(size))
    handler.end_headers()
    block = b" " * (1024 * 1024)
    for _ in range(500):
        handler.wfile.write(block)


def gzip_bomb(handler: Handler) -> None:
    handler.send(gzip.compress(bytes(100 * 1024 * 1024)), headers={"Content-Encoding": "gzip"})


def many_headers(handler: Handler) -> None:
    handler.send(b"{}", headers={f"X-{index}": "x" * 50 for index in range(10_000)})


def hanging_up(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # clients that hang up are what these tests are about


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[FakeVlm]:
    """The server for the time of the block; with `tls` over https."""
    fake = FakeVlm()
    server = Server(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"fake": fake}))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    fake.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        fake.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
