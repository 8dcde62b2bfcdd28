from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from navigation.store import SqlStore, open_store
from tests.navigation.store import making


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(tmp_path / "data" / "nav.db")
    assert isinstance(opened, SqlStore)
    yield opened
    opened.close()


@pytest.fixture
def run_id(store: SqlStore) -> str:
    return making.seeded(store)
