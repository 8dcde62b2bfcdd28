"""A desk that outlives its agent: screens drawn here, served to an agent in another process, and every press noted.

As on a remote desktop, the screen stays what it is when the agent is killed, so that a second press would really be
made. Each press names the instruction that it was made for.
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from navigation.agents.journal import Journal
from navigation.agents.surface import AgentError
from navigation.keyboards import Keystroke
from navigation.types import NormPoint, PressKind
from tests import screens

SHOWN = ("board", "record")
PROFILE = """\
profile: desk
screens:
  board: {present: Patients présents, without_patient: true}
  record: {present: "Motif : Douleur thoracique"}
targets:
  open: {text: Ouvrir}
  back: {text: Transmissions}
"""
TURNS = 2
STEPS = "".join(
    "  - {navigate: open, before: board, near: MARTIN Jeanne, after: record}\n"
    "  - {navigate: back, before: record, after: board}\n"
    for _ in range(TURNS)
)
WORKFLOW = f"workflow: turns\napplication: desk\nsteps:\n{STEPS}"


class Desk:
    """Two screens that follow one another, whatever is pressed; `presses` are the instructions that pressed."""

    def __init__(self) -> None:
        self.presses: list[str] = []
        self._lock = threading.Lock()
        self._pictures = [_png(screens.board()), _png(screens.record(0))]
        self._at = 0

    def clear(self) -> None:
        """The first screen again, as for a new run."""
        with self._lock:
            self._at = 0

    def picture(self) -> bytes:
        return self._pictures[self._at % 2]

    def press(self, instruction: str) -> None:
        with self._lock:
            self.presses.append(instruction)
            self._at += 1

    @property
    def pressed_twice(self) -> int:
        return len(self.presses) - len(set(self.presses))


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(desk.picture())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            desk.press(body["instruction"])
            self._answer(b"")

        def _answer(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class NamingJournal(Journal):
    """Remembers which instruction was begun last, so that the desk can be told."""

    begun = ""

    def note_begun(self, instruction_id: str) -> None:
        super().note_begun(instruction_id)
        self.begun = instruction_id


class DeskSurface:
    """The desk as an agent's screen."""

    def __init__(self, url: str, journal: NamingJournal) -> None:
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self._journal = journal

    def screenshot(self) -> bytes:
        return self._http.get("/").content

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self._http.post("/", json={"instruction": self._journal.begun})
        time.sleep(0.05)  # a kill between the press and its note, now and then

    def drag(self, start: NormPoint, end: NormPoint) -> None:
        raise AgentError("There is nothing to drag here")

    def scroll(self, point: NormPoint, steps: int) -> None:
        raise AgentError("There is nothing to scroll here")

    def type_text(self, text: str) -> None:
        raise AgentError("There is nothing to type into here")

    def type_keys(self, strokes: Sequence[Keystroke]) -> None:
        raise AgentError("There is nothing to type into here")


def _png(screen: screens.Screen) -> bytes:
    out = io.BytesIO()
    screen.image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def folder_of(base: Path) -> Path:
    return base / "agent"
