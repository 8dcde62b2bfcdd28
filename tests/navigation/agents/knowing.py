"""A server of the API's shape that knows where to press, and what the tests of the agent in a browser share."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

from navconsole.demo.hospital import HospitalServer
from navigation.agents.agent import Agent, Instruction, Performed
from navigation.agents.browser import BrowserSurface
from navigation.protocols import RgbImage
from navigation.types import NormBox, Screen, Size, Target

SIZE = Size(1366, 768)
PASSWORD = "Canari-9-mot-de-passe"
RUN = "01980000-0000-7000-8000-000000000001"
JEANNE = "patients/8004127351"
JEANNINE = "patients/8004127352"
BANNER = NormBox(0.0, 0.05, 1.0, 0.08)

USER = Target("Identifiant", kind="field")
PASS = Target("Mot de passe", kind="field")
SIGN_IN = Target("Se connecter")
LANDED = Screen(("Tableau des urgences",))

GOING: dict[str, object] = {"state": "going", "may_press": True, "stop": None}
STOPPED: dict[str, object] = {"state": "going", "may_press": False, "stop": {"application": "", "reason": "Panne"}}
TAKEN: dict[str, object] = {"state": "taken_over", "may_press": False, "stop": None}

Place = dict[str, float]


class Told:
    """One request as the server received it."""

    def __init__(self, path: str, parts: dict[str, bytes]) -> None:
        self.path, self.parts = path, parts

    @property
    def picture(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.parts["screenshot"])).convert("RGB"))


class KnowingServer:
    """Speaks the API and answers each target's text with a place it was given; other targets are absent."""

    def __init__(self, places: dict[str, Place]) -> None:
        self.places = places
        self.told: list[Told] = []
        self.before_answering: Callable[[], None] = lambda: None
        self.standing: dict[str, object] = GOING
        self.asked: list[str] = []
        self.on_asking: Callable[[int], None] = lambda _number: None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.on_asking(len(server.asked))
                self.reply(server.standing)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told = Told(self.path, _parts(self.headers["Content-Type"], body))
                server.told.append(told)
                self.reply(server.answer(told))

            def reply(self, answer: dict[str, object]) -> None:
                content = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, told: Told) -> dict[str, object]:
        if told.path.endswith("/after"):
            pressed = told.parts["pressed"] == b"true"
            return an_answer(told.path.split("/")[-2], "finished", "ok" if pressed else "not_landed", None)
        self.before_answering()
        action = json.loads(told.parts["action"])
        place = self.places.get(action["target"]["text"])
        if place is None:
            return an_answer(action["id"], "finished", "absent", None)
        return an_answer(action["id"], "decided", "ok", place)

    @property
    def afters(self) -> list[Told]:
        return [told for told in self.told if told.path.endswith("/after")]


def _parts(content_type: str, body: bytes) -> dict[str, bytes]:
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=HTTP)
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
        for part in message.iter_parts()
    }


def an_answer(attempt_id: str, state: str, outcome: str, place: Place | None) -> dict[str, object]:
    return {
        "id": attempt_id,
        "state": state,
        "outcome": outcome,
        "reason": {"code": outcome, "values": {}, "fr": "", "en": ""},
        "point": place
        and {"x": (place["x"] + place["w"] / 2) / SIZE.width, "y": (place["y"] + place["h"] / 2) / SIZE.height},
        "box": place,
        "score": 1.0,
        "margin": 1.0,
        "method": "ocr",
        "awaits_after": state == "decided",
        "timings": {},
    }


def sign_in(agent: Agent, *, secret: str = "DPI_PASSWORD", user: str = "c.lemoine") -> list[Performed]:
    steps = [
        Instruction(USER, text=user),
        Instruction(PASS, secret=secret),
        Instruction(SIGN_IN, after=LANDED, flow="login"),
    ]
    return [agent.perform(RUN, step) for step in steps]


def enter(surface: BrowserSurface, hospital: HospitalServer) -> None:
    """As somebody who signed in before: the session's cookie is put into the browser by the test."""
    _outcome, session = hospital.state.sign_in("c.lemoine", PASSWORD)
    cookie = {"name": "melisse_session", "value": session, "url": hospital.url}
    surface._loop.run(surface._page.context.add_cookies([cookie]), 10)


def people_inside(hospital: HospitalServer) -> int:
    return sum(session.state == "signed_in" for session in hospital.state._sessions.values())


def part(picture: np.ndarray, place: Place) -> np.ndarray:
    x, y, w, h = (int(place[name]) for name in "xywh")
    return picture[y : y + h, x : x + w]


def seen(surface: BrowserSurface) -> RgbImage:
    return np.asarray(Image.open(io.BytesIO(surface.screenshot())).convert("RGB"))
