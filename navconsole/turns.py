"""Who may work now, and who only waits: so many requests at once, and beside them so many held connections.

Each of the server's threads carries one request. Most requests work and must be few at once; a poll that waits does no
work, and lets another request have its turn meanwhile. See docs/decisions/0071.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from flask import Request
from werkzeug.wsgi import ClosingIterator, FileWrapper

from navconsole.admission import BusyError

KEY = "navconsole.turns"
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Turn(Protocol):
    def waiting(self) -> Any:
        """A context in which the request only waits. Raises BusyError when as many connections as may be are held."""


class Turns:
    """A WSGI application around another one: `at_once` requests work, `held` more may wait."""

    def __init__(self, app: Wsgi, *, at_once: int, held: int) -> None:
        self._app = app
        self._working = threading.BoundedSemaphore(at_once)
        self._held = threading.BoundedSemaphore(held)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[KEY] = self
        self._working.acquire()
        try:
            body = self._app(environ, start_response)
        except BaseException:
            self._working.release()
            raise
        if isinstance(body, FileWrapper | environ.get("wsgi.file_wrapper", FileWrapper)):
            self._working.release()  # what the server sends by itself is no work of ours
            return body
        return ClosingIterator(body, self._working.release)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        if not self._held.acquire(blocking=False):
            raise BusyError("As many connections as may wait are held. Ask again in a moment.")
        self._working.release()
        try:
            yield
        finally:
            self._held.release()
            self._working.acquire()


class _Alone:
    """Where no server counts: in tests, and in programs that call the application themselves."""

    @contextmanager
    def waiting(self) -> Iterator[None]:
        yield


def turn_of(request: Request) -> Turn:
    """The turn that a request has."""
    found: Turn = request.environ.get(KEY) or _Alone()
    return found
