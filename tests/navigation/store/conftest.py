from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from navigation.store import SqlStore, open_store
from tests.navigation.store import making


@pytest.fixture(scope="session")
def empty_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a new database, made once: each test gets a copy."""
    folder = tmp_path_factory.mktemp("template") / "data"
    open_store(folder / "nav.db").close()
    return folder


@pytest.fixture
def store(tmp_path: Path, empty_data: Path) -> Iterator[SqlStore]:
    shutil.copytree(empty_data, tmp_path / "data")
    opened = open_store(tmp_path / "data" / "nav.db", create=False)
    assert isinstance(opened, SqlStore)
    yield opened
    opened.close()


@pytest.fixture
def run_id(store: SqlStore) -> str:
    return making.seeded(store)
