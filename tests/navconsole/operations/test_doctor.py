"""`navconsole doctor`: each thing that is wrong is named, with what to do; and nothing is named that is right."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from navconsole.cli import main
from navconsole.operations import checks, machine
from navconsole.operations.clock import keep_mark, now_marked
from navconsole.operations.findings import Finding
from navconsole.operations.machine import Mount
from navconsole.operations.nightly import Nightly
from navconsole.serving import warn_of_network
from navconsole.settings import DATABASE_FILE, ConsoleSettings
from navigation.records import AttemptFilter
from navigation.settings import Settings
from navigation.store import open_store, sqlite
from navigation.store.blobs import FileBlobStore
from tests import disks
from tests.navconsole.conftest import Prepared
from tests.navigation.store.making import a_run, finished, sha


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")
    monkeypatch.setenv("OCR_READERS", "tesserocr")
    monkeypatch.setenv("NAVCONSOLE_FLOOR_MIB", "1")


@pytest.fixture
def data(tmp_path: Path, prepared: Prepared) -> Path:
    folder = shutil.copytree(prepared(1)[0], tmp_path / "data")
    folder.chmod(0o700)
    return folder


def looked_over(data: Path, *args: str, status: int) -> dict[str, dict[str, Any]]:
    """What doctor says by check, the worst of each."""
    result = CliRunner().invoke(main, ["doctor", "--data", str(data), "--json", *args])
    assert result.exit_code == status, result.output
    order = ["ok", "note", "warning", "failure"]
    found = sorted(json.loads(result.stdout)["checks"], key=lambda one: order.index(one["level"]))
    return {one["check"]: one for one in found}


def levels(findings: list[Finding]) -> dict[str, str]:
    return {one.code: one.level for one in findings}


def test_an_installation_in_order_has_no_failure(data: Path) -> None:
    found = looked_over(data, "--deep", status=0)
    for check in ("versions", "reader", "schema", "disk", "rights", "pages", "pictures"):
        assert found[check]["level"] == "ok", found[check]


def test_it_speaks_french_to_people(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "fr")
    result = CliRunner().invoke(main, ["doctor", "--data", str(data)])
    assert "schéma" in result.output


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_a_picture_that_is_not_whole_is_found_by_its_hash(data: Path, fault: str) -> None:
    victim = next((data / "screenshots").glob("??/??/*"))
    if fault == "missing":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    found = looked_over(data, "--deep", status=1)["pictures"]
    assert (found["level"], found[fault], found["ids"]) == ("failure", 1, [victim.name[:64]])


def test_a_damaged_page_is_found(data: Path) -> None:
    with (data / DATABASE_FILE).open("r+b") as file:
        file.seek(4096 * 40)
        file.write(b"\xff" * 4096 * 20)
    assert looked_over(data, "--deep", status=1)["pages"]["level"] == "failure"


def test_files_that_others_may_read_are_named_with_the_command(data: Path) -> None:
    (data / DATABASE_FILE).chmod(0o644)
    found = looked_over(data, status=1)["rights"]
    assert found["says"].endswith(f"chmod 600 {data / DATABASE_FILE}")


def test_a_missing_reader_or_language_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCR_LANG", "xyz")
    found = looked_over(data, status=1)
    assert found["reader"]["level"] == "warning"
    assert "xyz" in found["reader"]["says"]
    assert found["readers"]["level"] == "failure"


def test_a_hot_copy_without_its_log_is_found_by_the_servers_counter(data: Path) -> None:
    """The server noted how far it had come; a database that ends before that has lost its log."""
    store = open_store(data / DATABASE_FILE, create=False)
    settings = ConsoleSettings(data=data, secret_key="k" * 40)
    before = store.list_attempts(AttemptFilter(), limit=1).rows[0].before_id
    shutil.copy(data / DATABASE_FILE, data / "hot copy")
    finished(store, store.create_run(a_run()).id, config_id=1, before_id=before)
    Nightly(store, settings).step()
    assert "lost" not in looked_over(data, status=0)
    shutil.copy(data / "hot copy", data.parent / DATABASE_FILE)
    store.close()
    for name in ("", "-wal", "-shm"):
        (data / f"{DATABASE_FILE}{name}").unlink(missing_ok=True)
    shutil.copy(data.parent / DATABASE_FILE, data / DATABASE_FILE)
    (data / DATABASE_FILE).chmod(0o600)
    assert looked_over(data, status=1)["lost"]["level"] == "failure"


def test_a_database_that_is_gone_or_anothers_is_named(data: Path, tmp_path: Path) -> None:
    open_store(tmp_path / "other" / DATABASE_FILE).close()
    shutil.copy(tmp_path / "other" / DATABASE_FILE, data / DATABASE_FILE)
    assert looked_over(data, status=1)["instance"]["level"] == "failure"
    (data / DATABASE_FILE).unlink()
    assert "missing" in looked_over(data, status=1)["database"]["says"]


@pytest.mark.parametrize(("schema", "level"), [("0003", "warning"), ("9999", "failure")])
def test_another_schema_is_told_from_a_newer_one(data: Path, schema: str, level: str) -> None:
    with sqlite.driver().connect(str(data / DATABASE_FILE)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (schema,))
    assert looked_over(data, status=int(level == "failure"))["schema"]["level"] == level


def test_a_clock_that_jumped_is_named(data: Path) -> None:
    now = now_marked()
    keep_mark(data, type(now)(now.at - timedelta(days=3), now.boot, now.up_s))
    assert "72 hours" in looked_over(data, status=0)["clock"]["says"]


def test_what_a_restore_left_and_an_old_backup_are_named(data: Path) -> None:
    (data / "before-restore-20260101T000000.000000").mkdir(mode=0o700)
    assert CliRunner().invoke(main, ["backup", str(data / "backups"), "--data", str(data)]).exit_code == 0
    (data / "restoring").mkdir(mode=0o700)
    found = looked_over(data, status=0)
    assert [found[check]["level"] for check in ("former", "staging", "backup")] == ["warning", "warning", "ok"]
    later = datetime.now(UTC) + timedelta(hours=30)
    assert levels(list(checks.backups(data / "backups", later))) == {"backup": "failure"}


def test_an_unfixed_sqlite_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "is_fixed", lambda version: False)
    assert levels(list(checks.versions()))["sqlite"] == "failure"


def test_a_reader_that_is_only_an_extra_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(checks.readers(Settings(readers=("tesserocr", "pytesseract"), tesseract_cmd="no-such-program")))
    assert [one.level for one in found] == ["ok", "warning"]


# --- the machine ----------------------------------------------------------------------------------

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:44 / /srv rw - nfs4 server:/export rw
31 30 254:3 / /srv/local\\040disk rw - xfs /dev/mapper/data rw
40 22 0:50 / /srv rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "kind"), [("/etc", "ext4"), ("/srv/local disk/data", "xfs"), ("/srv/x", "tmpfs"), ("/srvx", "ext4")]
)
def test_the_file_system_of_a_path_is_the_deepest_and_last_mounted(path: str, kind: str) -> None:
    mount = machine.mount_of(Path(path), MOUNTS)
    assert mount is not None
    assert mount.kind == kind


def test_a_network_file_system_is_told_from_a_disk() -> None:
    mount = machine.mount_of(Path("/srv/x"), MOUNTS.replace("40 22 0:50 / /srv rw - tmpfs tmpfs rw\n", ""))
    assert mount is not None
    assert mount.is_networked
    assert not Mount(Path("/"), "ext4", "254:0").is_networked


def test_a_database_on_a_network_file_system_fails(data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text(f"22 1 0:44 / {data} rw - cifs //server/share rw\n")
    monkeypatch.setattr(machine, "MOUNTS", tmp_path / "mounts")
    assert looked_over(data, status=1)["file_system"]["level"] == "failure"


def test_a_start_on_a_network_file_system_is_warned_of(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    warn_of_network(data)
    assert caplog.text == ""
    (tmp_path / "mounts").write_text(f"22 1 0:44 / {data} rw - nfs4 server:/export rw\n")
    monkeypatch.setattr(machine, "MOUNTS", tmp_path / "mounts")
    warn_of_network(data)
    assert "network file system kind=nfs4" in caplog.text


def test_an_encrypted_disk_is_seen_through_what_it_is_made_of(tmp_path: Path) -> None:
    volume, luks, plain = (tmp_path / name for name in ("254:3", "luks", "plain"))
    for device in (volume, luks, plain):
        (device / "dm").mkdir(parents=True)
        (device / "slaves").mkdir()
    (volume / "dm" / "uuid").write_text("LVM-abc")
    (luks / "dm" / "uuid").write_text("CRYPT-LUKS2-abc")
    (plain / "dm" / "uuid").write_text("LVM-def")
    mount = Mount(Path("/srv"), "xfs", "254:3")
    assert machine.is_encrypted(mount, tmp_path) is False
    (volume / "slaves" / "dm-1").symlink_to(plain)
    assert machine.is_encrypted(mount, tmp_path) is False
    (volume / "slaves" / "dm-2").symlink_to(luks)
    assert machine.is_encrypted(mount, tmp_path) is True
    assert machine.is_encrypted(Mount(Path("/"), "overlay", "0:9"), tmp_path) is None


def test_below_its_floor_a_disk_takes_no_picture_and_keeps_room_for_the_rest(data: Path, tmp_path: Path) -> None:
    from navigation.errors import StoreFullError

    free = shutil.disk_usage(data).free
    store = FileBlobStore(tmp_path / "pictures", floor_bytes=free * 1000)  # then it is a twentieth of the disk
    is_low = free < shutil.disk_usage(data).total * 0.05
    assert not is_low, "this machine's own disk is nearly full"
    store.put_received(sha("a"), b"picture", "png")
    folder = tmp_path / "small"
    folder.mkdir()
    with disks.mounted(folder, "8m") as is_small:
        if is_small:
            small = FileBlobStore(folder / "pictures", floor_bytes=1 << 30)
            small.put_received(sha("a"), b"picture", "png")
            (folder / "filler").write_bytes(bytes(shutil.disk_usage(folder).free - 300 * 1024))
            with pytest.raises(StoreFullError):
                small.put_received(sha("b"), b"picture", "png")
            (folder / "a label").write_bytes(b"still fits")
            assert levels(list(checks.disk(folder, 1 << 30)))["disk"] == "failure"
            (folder / "filler").unlink()
            small.put_received(sha("b"), b"picture", "png")
