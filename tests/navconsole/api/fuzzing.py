"""The API on a real server, and schemathesis against it as a program of its own, for the test and for `make bench`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import Flask
from waitress.server import create_server

from navconsole.app import create_app
from navconsole.navigator import Navigator
from navconsole.serving import AT_ONCE, HELD, server_options
from navconsole.settings import ConsoleSettings
from navconsole.turns import Turns
from navigation.store.protocol import Store

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
SEED = 20260302
Answered = tuple[str, str, int]


@dataclass
class Served:
    """An API at `base`; `answers` counts what it answered by operation (method, route) and status."""

    base: str = ""
    answers: Counter[Answered] = field(default_factory=Counter)

    def statuses(self, method: str, route: str) -> set[int]:
        return {status for (one, other, status) in self.answers if (one, other) == (method, route)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What schemathesis says: its status (0: nothing is wrong) and its report."""

    status: int
    report: str


@contextmanager
def served(settings: ConsoleSettings, store: Store, navigator: Navigator) -> Iterator[Served]:
    """The server as it is shipped, on a free port of this machine."""
    found = Served()
    app = create_app(settings, store=store, navigator=navigator)
    options = server_options(replace(settings, port=0))
    server = create_server(Turns(_counted(app, found.answers), at_once=AT_ONCE, held=HELD), **options)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    found.base = f"http://127.0.0.1:{server.effective_port}"
    try:
        yield found
    finally:
        server.close()
        server.task_dispatcher.shutdown()


def _counted(app: Flask, answers: Counter[Answered]) -> Callable[..., Iterable[bytes]]:
    routes = app.url_map.bind("localhost")

    def counted(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]

        def start(status: str, headers: Any, *more: Any) -> Any:
            if routes.test(environ["PATH_INFO"], method):
                rule, _ = routes.match(environ["PATH_INFO"], method, return_rule=True)
                answers[method, rule.rule, int(status[:3])] += 1
            return start_response(status, headers, *more)

        return app(environ, start)

    return counted


def schemathesis(base: str, document: Path, token: str, *more: str) -> Outcome:
    """Run it over all operations of a description. `token`: of a robot; "" for none."""
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "NAVCONSOLE_TOKEN": token or "none",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(document.parent / "hypothesis"),
    }
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
               str(document), "--url", base, "--seed", str(SEED), *more]  # fmt: skip
    done = subprocess.run(command, cwd=document.parent, env=env, capture_output=True, text=True, timeout=3600)
    return Outcome(done.returncode, done.stdout + done.stderr)


def write_document(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
