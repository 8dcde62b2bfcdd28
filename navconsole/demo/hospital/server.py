"""Serves one demo hospital on a loopback port, in a thread of the calling process."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from werkzeug.serving import WSGIRequestHandler, make_server

from navconsole.demo.hospital.app import create_hospital
from navconsole.demo.hospital.state import HospitalState


class _QuietHandler(WSGIRequestHandler):
    """Writes no request line: the addresses hold patient numbers, and the terminal belongs to the progress bar."""

    def log(self, type: str, message: str, *args: object) -> None:
        pass


class HospitalServer:
    """A running hospital on a free port: `with HospitalServer(state) as hospital: … hospital.url …`."""

    def __init__(self, state: HospitalState) -> None:
        self.state = state
        self._server = make_server("127.0.0.1", 0, create_hospital(state), threaded=True, request_handler=_QuietHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="demo-hospital", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()
