"""A page is answered from one view of the store, which ends with the request however that ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort, g

from navconsole.services import services
from navigation.errors import StoreBusyError
from navigation.records import AttemptFilter
from navigation.store import SqlStore
from navigation.store.protocol import Store
from tests.navconsole.conftest import LintedClient


def connections(store: Store) -> int:
    assert isinstance(store, SqlStore)
    return store._db._engine.pool.checkedout()  # type: ignore[attr-defined,no-any-return]


def answer() -> Any:
    services().store.list_attempts(AttemptFilter())
    services().store.known_applications(None)
    return str(connections(services().store)), 200, {"Content-Type": "text/plain"}


def refuse() -> Any:
    abort(404)


def break_down() -> Any:
    raise StoreBusyError("of the test")


@pytest.mark.parametrize(("view", "status"), [(answer, 200), (refuse, 404), (break_down, 503)])
def test_the_view_ends_with_the_request(
    app: Flask, store: Store, engineer: LintedClient, view: Callable[[], Any], status: int
) -> None:
    kept: list[object] = []  # what is dropped would be closed by the collector

    def keeping() -> Any:
        kept.append(g._get_current_object())
        return view()

    app.view_functions["attempts.index"] = keeping
    response = engineer.get("/attempts")
    assert response.status_code == status
    assert connections(store) == 0
    if view is answer:
        assert response.text == "1"  # as the session was looked up
