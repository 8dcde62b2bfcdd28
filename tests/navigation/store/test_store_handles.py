"""No file handle, no name of a file left: said as what it is, nothing by half, and all is well once there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from navigation.errors import StoreBusyError, StoreFullError
from navigation.records import AuditEvent
from navigation.store import SqlStore, open_store
from navigation.store.protocol import Store
from tests import disks
from tests.navigation.store.making import NOW, sha


def test_without_file_handles_the_store_is_busy_and_works_again(store: SqlStore) -> None:
    store._db._engine.dispose()  # a connection has to be opened
    with disks.no_more_handles():
        with pytest.raises(StoreBusyError, match="LimitNOFILE"):
            store.blobs.put_received(sha("a"), b"bytes", "png")
        with pytest.raises(StoreBusyError, match="LimitNOFILE"):
            store.audit_events()
    store.blobs.put_received(sha("a"), b"bytes", "png")
    store.audit(AuditEvent("ann", "view"), NOW)


def fill(store: Store, stored: list[str]) -> None:
    for number in range(100):
        store.blobs.put_received(sha(str(number)), b"bytes", "png")
        stored.append(sha(str(number)))


# Names of files run out on a disk that has room: only a real file system shows it.
@pytest.mark.parametrize("size", ["8m,nr_inodes=60"] if disks.may_mount() else [])
def test_a_disk_without_names_left_is_full_and_works_again(tmp_path: Path, size: str) -> None:
    with disks.mounted(tmp_path, size):
        store = open_store(tmp_path / "nav.db")
        stored: list[str] = []
        with pytest.raises(StoreFullError):
            fill(store, stored)
        assert stored
        assert list(tmp_path.rglob("*.part")) == []
        assert store.audit_events() == []
        store.audit(AuditEvent("ann", "view"), NOW)
        store.blobs.discard(stored[0])
        store.blobs.discard(stored[1])
        store.blobs.put_received(stored[0], b"bytes", "png")
        store.close()
