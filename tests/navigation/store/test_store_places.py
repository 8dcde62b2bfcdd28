"""Remembered places in the database: across restarts and processes, and when the database fails."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from navigation.settings import CachePolicy
from navigation.store import SqlStore, open_store, sqlite
from tests.navigation.placing import NOW, a_key, a_place, assert_same_place

ROOT = Path(__file__).resolve().parents[3]
LATER = NOW + timedelta(hours=1)
POLICY = CachePolicy()


def changes_seen(connection: Any) -> int:
    """A number that is another one after each commit of another connection."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def test_places_and_counts_are_there_after_opening_again(tmp_path: Path) -> None:
    store = open_store(tmp_path / "nav.db")
    places = store.remembered_places(POLICY)
    places.put(a_key(), a_place(), NOW)
    places.count(a_key(), hit=True)
    places.confirm(a_key(), LATER)
    places.close()
    store.close()
    again = open_store(tmp_path / "nav.db", create=False)
    entry = again.remembered_places(POLICY).get(a_key())
    again.close()
    assert entry is not None
    assert_same_place(entry.place, a_place())
    assert (entry.hits, entry.last_verified_at) == (1, LATER)


def test_another_process_quarantine_is_seen_by_the_next_use(store: SqlStore) -> None:
    ours, theirs = store.remembered_places(POLICY), store.remembered_places(POLICY)
    ours.put(a_key(), a_place(), NOW)
    assert ours.get(a_key()) is not None  # decoded and kept in memory from here on
    theirs.contradict(a_key(), LATER)
    entry = ours.get(a_key())
    assert entry is not None
    assert entry.quarantined_at == LATER


def test_another_process_place_is_seen_by_the_next_use(store: SqlStore) -> None:
    ours, theirs = store.remembered_places(POLICY), store.remembered_places(POLICY)
    ours.put(a_key(), a_place(1), NOW)
    ours.get(a_key())
    theirs.put(a_key(), a_place(2), LATER)
    entry = ours.get(a_key())
    assert entry is not None
    assert_same_place(entry.place, a_place(2))


def test_a_use_is_counted_without_a_commit(store: SqlStore, tmp_path: Path) -> None:
    places = store.remembered_places(POLICY)
    places.put(a_key(), a_place(), NOW)
    with closing(sqlite.driver().connect(str(tmp_path / "data" / "nav.db"))) as other:
        before = changes_seen(other)
        assert places.get(a_key()) is not None
        places.count(a_key(), hit=True)
        places.confirm(a_key(), LATER)
        assert changes_seen(other) == before
        places.close()
        assert changes_seen(other) != before


PROCESS = """
import sys
from pathlib import Path
from navigation.settings import CachePolicy
from navigation.store import open_store
from tests.navigation.placing import NOW, a_key, a_place
store = open_store(Path(sys.argv[1]), create=False)
places = store.remembered_places(CachePolicy())
for number in range(40):
    assert places.get(a_key()) is not None
    places.count(a_key(), hit=True)
    places.count(a_key(), hit=False)
    if number % 8 == 0:
        places.contradict(a_key(), NOW)
    if number % 8 == 4:
        places.put(a_key(), a_place(number), NOW)
places.close()
store.close()
"""


def test_many_processes_lose_no_count_and_leave_one_whole_entry(store: SqlStore, tmp_path: Path) -> None:
    store.remembered_places(POLICY).put(a_key(), a_place(), NOW)
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "data" / "nav.db")]
    children = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    errors = [child.communicate(timeout=120)[1] for child in children]
    assert [child.returncode for child in children] == [0] * 4, errors
    entry = store.remembered_places(POLICY).get(a_key())
    assert entry is not None
    assert (entry.hits, entry.misses, entry.contradictions) == (160, 160, 20)
    assert_same_place(entry.place, a_place(36))


def test_a_quarantine_that_cannot_be_written_holds_here_and_is_written_later(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = store.remembered_places(POLICY)
    places.put(a_key(), a_place(), NOW)
    with monkeypatch.context() as patch:
        patch.setattr(store._db, "writing", _busy)
        places.contradict(a_key(), LATER)
        entry = places.get(a_key())
        assert entry is not None
        assert entry.quarantined_at == LATER
    places.close()
    entry = store.remembered_places(POLICY).get(a_key())
    assert entry is not None
    assert (entry.contradictions, entry.quarantined_at) == (1, LATER)


def _busy() -> None:
    from navigation.errors import StoreBusyError
    from navigation.store import sentences

    raise StoreBusyError(sentences.BUSY)


@pytest.mark.parametrize("damage", ["patch = x'00'", "place = x'00'"], ids=["patch", "place"])
def test_an_entry_that_cannot_be_decoded_is_none(store: SqlStore, tmp_path: Path, damage: str) -> None:
    store.remembered_places(POLICY).put(a_key(), a_place(), NOW)
    with closing(sqlite.driver().connect(str(tmp_path / "data" / "nav.db"))) as other:
        other.execute(f"UPDATE cache_entry SET {damage}")
        other.commit()
    assert store.remembered_places(POLICY).get(a_key()) is None


def test_a_database_that_fails_costs_remembered_places_only(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    places = store.remembered_places(POLICY)
    places.put(a_key(), a_place(), NOW)
    monkeypatch.setattr(store._db, "reading", _busy)
    monkeypatch.setattr(store._db, "writing", _busy)
    assert places.get(a_key()) is None
    places.put(a_key(), a_place(2), LATER)
    places.confirm(a_key(), LATER)
    places.close()
