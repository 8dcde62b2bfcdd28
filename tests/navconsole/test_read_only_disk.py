"""The disk of the data is remounted read-only under the console, and later writable again: nothing is restarted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from navconsole.app import create_app
from navconsole.settings import ConsoleSettings
from navigation.errors import StoreReadOnlyError
from navigation.store import open_store
from tests import disks
from tests.navconsole.conftest import CSRF

BANNER = 'id="read-only"'
LEAVE_A_LOG = """
import os, sys
from navigation.store.sqlite import driver
connection = driver().connect(sys.argv[1], isolation_level=None)
connection.execute("CREATE TABLE left_behind (x)")
connection.execute("DROP TABLE left_behind")
os._exit(0)
"""
"""As a running server has it, a log lies beside the database; without one SQLite reads nothing on such a disk."""


@contextmanager
def refused_by_rights(folder: Path) -> Iterator[None]:
    """As a read-only mount does it, on any machine: the kernel refuses each write, and the mount's flag is told."""
    flags, told = 8, os.statvfs

    def flagged(path: Path) -> os.statvfs_result:
        values = list(told(path))
        values[flags] |= os.ST_RDONLY
        return os.statvfs_result(values)

    with disks.without_right_to_write(folder), pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "statvfs", flagged)
        yield


READ_ONLY_BY = {"rights": refused_by_rights, **({"mount": disks.read_only} if disks.may_mount() else {})}


@pytest.mark.parametrize("by", READ_ONLY_BY)
def test_on_a_disk_turned_read_only_pages_say_so_writes_are_503_and_it_recovers(tmp_path: Path, by: str) -> None:
    with disks.mounted(tmp_path, "32m"):
        settings = ConsoleSettings(data=tmp_path, secret_key="k" * 40, is_auth_disabled=True)
        store = open_store(settings.database)
        try:
            client = create_app(settings, store=store, navigator=None).test_client()
            page = client.get("/stop", headers={"Accept-Language": "en"}).text
            assert BANNER not in page
            found = CSRF.search(page)
            assert found
            form = {"csrf_token": found[1], "reason": "Panne", "application": ""}
            # The kernel refuses to remount while anything is open for writing, so the server's own files are closed.
            store.close()
            subprocess.run([sys.executable, "-c", LEAVE_A_LOG, str(settings.database)], check=True)
            with READ_ONLY_BY[by](tmp_path):
                for path in ("/attempts", "/dashboard", "/cases", "/stop"):
                    answer = client.get(path)
                    assert (answer.status_code, answer.text.count(BANNER)) == (200, 1), path
                refused = client.post("/stop", data=form, headers={"Accept-Language": "en"})
                assert (refused.status_code, "Nothing was stored" in refused.text) == (503, True)
                with pytest.raises(StoreReadOnlyError):
                    store.blobs.put_received("0" * 64, b"bytes", "png")
            assert store.stop_events() == []
            assert client.post("/stop", data=form).status_code == 303
            assert len(store.stop_events()) == 1
            assert BANNER not in client.get("/attempts").text
        finally:
            store.close()
