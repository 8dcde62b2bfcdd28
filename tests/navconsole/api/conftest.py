"""The API over a real store and a real reader, with a token that may send attempts."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from werkzeug.test import Client, TestResponse

from navconsole.app import create_app
from navconsole.asked import Patient, RunAsked
from navconsole.navigator import Navigator
from navconsole.settings import ConsoleSettings
from navigation.cache import MemoryCache
from navigation.engine import Engine
from navigation.ids import new_id
from navigation.ocr.pool import ReaderPool
from navigation.settings import Settings
from navigation.store import open_store
from navigation.store.protocol import Store
from tests import screens

JEANNE = Patient("8012345", "Martin", "Jeanne", date(1958, 3, 12))


def png(screen: screens.Screen) -> bytes:
    return encoded(screen.image)


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


LOGIN = png(screens.login())
BOARD = png(screens.board())
RECORD = png(screens.record(0))


class Api:
    """Posts as a robot would; `run_id` is a run that exists."""

    def __init__(self, client: Client, secret: str, run_id: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {secret}", "Accept-Language": "en"}
        self.run_id = run_id

    def action(self, text: str = "Se connecter", **more: Any) -> dict[str, Any]:
        target = {"text": text, **more.pop("target", {})}
        return {"id": new_id(), "run_id": self.run_id, "type": "navigate", "target": target, **more}

    def send(self, action: Mapping[str, Any] | str | bytes, picture: bytes = LOGIN, **headers: str) -> TestResponse:
        text = json.dumps(action) if isinstance(action, Mapping) else action
        part = (io.BytesIO(text), "action.json") if isinstance(text, bytes) else text
        parts = {"action": part, "screenshot": (io.BytesIO(picture), "screen.png")}
        return self.client.post(
            "/api/v1/attempts", data=parts, content_type="multipart/form-data", headers={**self.headers, **headers}
        )

    def after(self, attempt_id: str, picture: bytes, **fields: str) -> TestResponse:
        parts = {"screenshot": (io.BytesIO(picture), "screen.png"), **fields}
        path = f"/api/v1/attempts/{attempt_id}/after"
        return self.client.post(path, data=parts, content_type="multipart/form-data", headers=self.headers)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.headers)

    def post_run(self, body: Any, **headers: str) -> TestResponse:
        return self.client.post("/api/v1/runs", json=body, headers={**self.headers, **headers})


@pytest.fixture(scope="session")
def reader() -> Iterator[ReaderPool]:
    pool = ReaderPool(Settings(), size=2, reader="tesserocr")
    yield pool
    pool.close()


@pytest.fixture
def settings(tmp_path: Path) -> ConsoleSettings:
    return ConsoleSettings(data=tmp_path, secret_key="k" * 40, timezone="UTC")


@pytest.fixture
def store(settings: ConsoleSettings, prepared: Callable[[int], tuple[Path, list[str]]]) -> Iterator[Store]:
    shutil.copytree(prepared(0)[0], settings.data, dirs_exist_ok=True)
    opened = open_store(settings.database)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared_engine(reader: ReaderPool) -> Engine:
    return Engine(Settings(), reader=reader)


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """With the pages it read for earlier tests, so that each screen is read once, and no remembered places."""
    shared_engine.cache = MemoryCache()
    return shared_engine


@pytest.fixture
def navigator(store: Store, settings: ConsoleSettings, engine: Engine) -> Navigator:
    return Navigator(store, engine, key=settings.subkey("patient"))


@pytest.fixture
def app(settings: ConsoleSettings, store: Store, navigator: Navigator) -> Flask:
    return create_app(settings, store=store, navigator=navigator)


AddToken = Callable[..., str]


@pytest.fixture
def add_token(store: Store) -> AddToken:
    def add(scopes: tuple[str, ...] = ("ingest",), **more: Any) -> str:
        secret = f"secret-{new_id()}"
        store.add_token(
            name="robot",
            secret=secret,
            scopes=scopes,
            applications=more.get("applications"),
            expires_at=more.get("until"),
        )
        return secret

    return add


@pytest.fixture
def api(app: Flask, navigator: Navigator, add_token: AddToken) -> Api:
    run_id = new_id()
    navigator.create_run(RunAsked(run_id, "dpi", "login", "test", None), may_use=lambda _: True)
    return Api(app.test_client(), add_token(), run_id)


def long_ago() -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC)
