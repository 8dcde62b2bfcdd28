"""The description of the API is true: requests made from it get the answers that it names, and never a fault.

`schemathesis.toml` says what is checked and why where less is; `make bench BENCH=api_fuzzing` asks much more.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from navconsole.api.openapi import document
from navconsole.navigator import Navigator
from navconsole.settings import ConsoleSettings
from navigation.store.protocol import Store
from tests.navconsole.api.conftest import AddToken
from tests.navconsole.api.fuzzing import Served, schemathesis, served, write_document
from tests.navconsole.api.streams import PROFILE, WORKFLOW, file

pytestmark = pytest.mark.slow

DONE = {
    ("POST", "/api/v1/runs"): {201},
    ("GET", "/api/v1/runs/<run_id>"): {200},
    ("GET", "/api/v1/runs/<run_id>/instruction"): {200, 204},
    ("POST", "/api/v1/runs/<run_id>/results"): {200},
    ("POST", "/api/v1/attempts"): {200},
    ("POST", "/api/v1/attempts/<attempt_id>/after"): {200},
    ("GET", "/api/v1/attempts/<attempt_id>"): {200},
    ("GET", "/api/v1/openapi.json"): {200},
    ("GET", "/health"): {200},
}
"""What each operation answers when all is well; were it never reached, only refusals would have been tried."""


@pytest.fixture
def server(settings: ConsoleSettings, store: Store, navigator: Navigator) -> Iterator[Served]:
    file(store, PROFILE, WORKFLOW)
    with served(settings, store, navigator) as found:
        yield found


def test_every_answer_to_a_robot_is_a_described_one(server: Served, add_token: AddToken, tmp_path: Path) -> None:
    found = schemathesis(server.base, write_document(tmp_path, document("test")), add_token())
    assert found.status == 0, found.report
    assert f"Tested: {len(DONE)}" in found.report
    for (method, route), expected in DONE.items():
        assert expected <= server.statuses(method, route), (method, route)


def test_without_a_token_every_answer_is_a_refusal(server: Served, tmp_path: Path) -> None:
    found = schemathesis(server.base, write_document(tmp_path, document("test")), "", "--phases", "coverage,fuzzing")
    assert found.status == 0, found.report
    for method, route in DONE:
        assert server.statuses(method, route) == ({200} if route == "/health" else {401}), (method, route)
