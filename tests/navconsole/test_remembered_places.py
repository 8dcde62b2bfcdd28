"""Remembered places in the real server: learned from a verified press, there after a kill, put aside when they fail."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from navconsole.settings import ConsoleSettings
from navigation.cache import CacheKey
from navigation.ids import new_id
from navigation.settings import CachePolicy
from navigation.store import open_store
from navigation.types import Size
from tests import screens
from tests.faults.server import Server

pytestmark = pytest.mark.slow

ON_LOGIN = {"name": "login", "present": ["Identifiant"], "absent": ["Session expirée"]}
ON_BOARD = {"name": "board", "present": ["MARTIN Jeannine"]}


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


LOGIN, BOARD = png(screens.login().image), png(screens.board().image)
REFUSED = png(screens.login(notice="Identifiant ou mot de passe incorrect").image)
LOGIN_KEY = CacheKey(
    "dpi", "login", "Se connecter", "clickable", Size(*screens.SIZE), anchors=("Identifiant", "", "Session expirée")
)
Press = Callable[..., dict[str, Any]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", tmp_path / "server.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def press(server: Server) -> Press:
    """Presses "Se connecter" in a run of its own; what the server decided, before the picture after is judged."""

    def press(after: bytes, **more: Any) -> dict[str, Any]:
        with server.client() as client:
            run = {"id": new_id(), "application": "dpi", "workflow": "login", "agent": "test"}
            assert client.post("/api/v1/runs", json=run).status_code == 201
            action = {"id": new_id(), "run_id": run["id"], "type": "navigate", "target": {"text": "Se connecter"}}
            action |= {"verify_before": ON_LOGIN, "verify_after": ON_BOARD, **more}
            decided = sent(client, "/api/v1/attempts", LOGIN, action=json.dumps(action))
            decided["after"] = sent(client, f"/api/v1/attempts/{decided['id']}/after", after)["outcome"]
        return decided

    return press


def sent(client: httpx.Client, path: str, picture: bytes, **fields: str) -> dict[str, Any]:
    answer = client.post(path, data=fields, files={"screenshot": ("screen.png", picture)})
    assert answer.status_code in (200, 201), answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_place_outlives_a_killed_server_and_is_put_aside_when_it_fails(server: Server, press: Press) -> None:
    learned = press(BOARD)
    assert (learned["outcome"], learned["method"]) == ("ok", "ocr")
    server.kill()
    server.start()
    remembered = press(LOGIN)  # nothing happens after this press
    assert (remembered["outcome"], remembered["method"]) == ("ok", "cache")
    assert remembered["point"] == learned["point"]
    assert remembered["box"] == learned["box"]
    server.kill()
    server.start()
    assert press(BOARD)["method"] == "ocr"
    assert press(BOARD)["method"] == "cache"


def test_a_refused_log_in_says_nothing_against_the_place_that_was_pressed(press: Press) -> None:
    press(BOARD)
    refused = press(REFUSED, flow="login")
    assert (refused["method"], refused["after"]) == ("cache", "login_refused")
    assert press(BOARD)["method"] == "cache"


def test_what_was_counted_is_written_when_the_server_ends(server: Server, press: Press) -> None:
    assert [press(BOARD)["method"] for _ in range(3)] == ["ocr", "cache", "cache"]
    assert server.stop() == 0
    store = open_store(ConsoleSettings.from_env(data=server.data).database, create=False)
    entry = store.remembered_places(CachePolicy()).get(LOGIN_KEY)
    store.close()
    assert entry is not None
    assert (entry.hits, entry.contradictions) == (2, 0)
    server.start()
