"""A backup is whole or has no name; a restore leaves the old data or the new; what is damaged is never put in place."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from navigation.errors import StoreBusyError, StoreError, StoreFullError
from navigation.records import AttemptFilter, AuditEvent
from navigation.retention import Scope
from navigation.store import SqlStore, backups, blobs, holding, open_store, restoring, sqlite, standalone
from navigation.store.backups import MANIFEST, PICTURES, Manifest, back_up
from navigation.store.restoring import restore
from tests import disks
from tests.dying import killed_at_each_step
from tests.navigation.store.making import NOW, a_run, finished, png, seeded, sha, stored_picture

KINDS = ("backup", "backup.tar")


@pytest.fixture(scope="module")
def made_data(tmp_path_factory: pytest.TempPathFactory, empty_data: Path) -> Path:
    folder = shutil.copytree(empty_data, tmp_path_factory.mktemp("made") / "data")
    store = opened(folder)
    run_id = seeded(store)
    for colour in ("teal", "navy", "olive"):
        finished(store, run_id, id=colour, before_id=stored_picture(store, png(colour=colour)))
    forget_picture(store, sha("image"))
    store.close()
    return folder


@pytest.fixture
def data(tmp_path: Path, made_data: Path) -> Path:
    """A data folder, closed, with three attempts on pictures of their own."""
    return shutil.copytree(made_data, tmp_path / "data")


def opened(folder: Path) -> SqlStore:
    store = open_store(folder / "nav.db", create=False)
    assert isinstance(store, SqlStore)
    return store


def forget_picture(store: SqlStore, image_id: str) -> None:
    """The row of a picture that never had a file."""
    with store._db.writing() as session:
        session.execute(text("DELETE FROM screenshot WHERE id = :id"), {"id": image_id})


def backed_up(data: Path, target: Path) -> Manifest:
    return back_up(data / "nav.db", target, now=NOW, product="1")


def attempts_of(folder: Path) -> set[str]:
    store = opened(folder)
    try:
        rows = store.list_attempts(AttemptFilter()).rows
        for row in rows:
            store.blobs.read(row.before_id)
        return {row.id for row in rows}
    finally:
        store.close()


# --- backups --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_backup_holds_every_row_and_every_picture_and_restores_to_the_same(
    data: Path, tmp_path: Path, name: str
) -> None:
    manifest = backed_up(data, tmp_path / name)
    assert (manifest.rows["attempt"], manifest.pictures, manifest.missing) == (3, 3, ())
    done = restore(tmp_path / name, tmp_path / "elsewhere" / "nav.db", now=NOW)
    assert (done.manifest, done.old) == (manifest, None)
    assert attempts_of(tmp_path / "elsewhere") == {"teal", "navy", "olive"}
    again = backed_up(tmp_path / "elsewhere", tmp_path / "again")
    assert (again.rows, again.names_hash, again.instance) == (manifest.rows, manifest.names_hash, manifest.instance)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_written_meanwhile_is_refused_nothing_and_the_copy_is_consistent(
    data: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writes go on between the copy of the database and that of the pictures, one of which is re-encoded."""
    store = opened(data)
    kept = standalone.kept_pictures

    def meanwhile(database: Path) -> list[str]:
        run_id = store.list_attempts(AttemptFilter()).rows[0].run_id
        finished(store, run_id, id="later", before_id=stored_picture(store, png(colour="red")))
        while store.reencode_waiting():
            pass
        return kept(database)

    monkeypatch.setattr(standalone, "kept_pictures", meanwhile)
    manifest = backed_up(data, tmp_path / name)
    monkeypatch.undo()
    assert (manifest.pictures, manifest.missing) == (3, ())
    store.close()
    restore(tmp_path / name, tmp_path / "elsewhere" / "nav.db", now=NOW)
    assert attempts_of(tmp_path / "elsewhere") == {"teal", "navy", "olive"}
    assert "later" in attempts_of(data)


def test_a_picture_that_is_re_encoded_at_that_very_moment_is_found_under_its_new_name(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(data)
    real = backups.link_or_copy

    def beaten(source: Path, place: Path) -> None:
        while store.reencode_waiting():
            pass
        real(source, place)

    monkeypatch.setattr(backups, "link_or_copy", beaten)
    assert backed_up(data, tmp_path / "backup").missing == ()
    store.close()


@pytest.mark.parametrize("name", KINDS)
def test_a_backup_killed_at_any_step_has_no_name_and_is_made_anew(data: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "backups" / name
    for step in killed_at_each_step(lambda: backed_up(data, target)):
        if target.exists():  # it was killed after it had its name, which comes last
            break
        assert step < 100
    assert step > 5
    restore(target, tmp_path / "elsewhere" / "nav.db", now=NOW)
    assert attempts_of(tmp_path / "elsewhere") == {"teal", "navy", "olive"}
    assert [path.name for path in target.parent.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize("fault", ["gone", "cut", "altered"])
def test_a_picture_that_was_damaged_before_is_named_and_the_rest_is_backed_up(
    data: Path, tmp_path: Path, fault: str
) -> None:
    (victim, *_) = picture_files(data)
    spoil(victim, fault)
    manifest = backed_up(data, tmp_path / "backup")
    assert (manifest.pictures, manifest.missing) == (2, (victim.name[:64],))
    assert restore(tmp_path / "backup", tmp_path / "elsewhere" / "nav.db", now=NOW).manifest == manifest


def picture_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / PICTURES).glob("??/??/*") if blobs.is_picture_name(path.name))


def spoil(path: Path, fault: str) -> None:
    data = path.read_bytes()
    path.unlink()  # the backup may have the same file under another name
    if fault != "gone":
        path.write_bytes(data[:-5] if fault == "cut" else bytes([data[0] ^ 1]) + data[1:])


def test_purged_bytes_and_secrets_of_the_folder_are_not_in_a_backup(data: Path, tmp_path: Path) -> None:
    (data / "secret_key").write_text("canary-of-the-key")
    store = opened(data)
    run_id = store.create_run(a_run(agent="poste-9")).id
    finished(store, run_id, target_text="CANARY-DUPONT", before_id=picture_files(data)[0].name[:64])
    assert store.purge_some(Scope(agent="poste-9"), NOW)["attempts"] == 1
    backed_up(data, tmp_path / "backup.tar")
    store.close()
    written = (tmp_path / "backup.tar").read_bytes()
    assert b"Se connecter" in written
    assert b"CANARY" not in written
    assert b"canary-of-the-key" not in written


def test_files_of_a_backup_are_the_owners_only_whatever_the_umask(data: Path, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        for name in KINDS:
            backed_up(data, tmp_path / "out" / name)
    finally:
        os.umask(old)
    found = list((tmp_path / "out").rglob("*"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600, 0o700}


def test_a_name_that_is_taken_is_left_alone(data: Path, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    with pytest.raises(StoreError, match="already"):
        backed_up(data, tmp_path / "backup")
    assert list((tmp_path / "backup").iterdir()) == []


def test_a_disk_without_room_leaves_nothing_and_says_so(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with disks.no_file_over(50_000), pytest.raises(StoreError):
        backed_up(data, out / "backup.tar")
    assert list(out.iterdir()) == []
    with disks.mounted(out, "64k") as is_small:  # where one may be mounted, also a real disk without room
        if is_small:
            with pytest.raises(StoreFullError):
                backed_up(data, out / "backup.tar")
            assert list(out.iterdir()) == []
    backed_up(data, out / "backup.tar")


def test_a_damaged_database_gives_no_backup(data: Path, tmp_path: Path) -> None:
    with (data / "nav.db").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 20)
    with pytest.raises(StoreError):
        backed_up(data, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_purge_waits_for_a_backup_and_two_purges_do_not_meet(data: Path) -> None:
    lock = data / holding.PURGE_LOCK
    backup = holding.held(lock, is_shared=True)
    with (
        backup,
        holding.held(lock, is_shared=True),
        pytest.raises(StoreBusyError, match="under way"),
        holding.held(lock),
    ):
        pass
    with holding.held(lock), pytest.raises(StoreBusyError), holding.held(lock, is_shared=True, wait_s=0.1):
        pass


# --- restoring ------------------------------------------------------------------------------------


@pytest.fixture
def older(data: Path, tmp_path: Path) -> Path:
    """A backup of three attempts; the data in use has had a fourth since."""
    backed_up(data, tmp_path / "backup")
    add_fourth(data)
    return tmp_path / "backup"


def add_fourth(data: Path) -> None:
    store = opened(data)
    run_id = store.list_attempts(AttemptFilter()).rows[0].run_id
    finished(store, run_id, id="fourth", before_id=stored_picture(store, png(colour="red")))
    store.close()


def test_the_former_data_is_kept_beside_with_its_log(data: Path, older: Path, tmp_path: Path) -> None:
    done = restore(older, data / "nav.db", now=NOW)
    assert attempts_of(data) == {"teal", "navy", "olive"}
    assert done.old == data / "before-restore-20260301T083000.000000"
    assert restoring.left_by_restores(data) == [done.old]
    assert attempts_of(done.old) == {"teal", "navy", "olive", "fourth"}


def test_a_restore_killed_at_any_step_leaves_the_old_or_the_new(data: Path, older: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    for step in killed_at_each_step(lambda: restore(older, data / "nav.db", now=datetime.now(UTC))):
        was_switched = (data / restoring.JOURNAL).exists()
        found = attempts_of(data)  # opening finishes a switch that was begun
        assert found in ({"teal", "navy", "olive"}, {"teal", "navy", "olive", "fourth"}), step
        assert len(found) == (3 if was_switched else 4), step
        seen.append(len(found))
        if len(found) == 3:
            add_fourth(data)
    assert set(seen) == {3, 4}
    assert not (data / restoring.STAGING).exists()


def test_a_switch_that_is_cut_off_again_and_again_is_finished(data: Path, older: Path) -> None:
    """Killed as soon as it was written down, and then in each start that goes on with it."""
    for _ in killed_at_each_step(lambda: restore(older, data / "nav.db", now=NOW)):
        if (data / restoring.JOURNAL).exists():
            break
    assert len(list(killed_at_each_step(lambda: restoring.finish(data / "nav.db")))) > 3
    assert attempts_of(data) == {"teal", "navy", "olive"}


def alter_database(backup: Path) -> None:
    with sqlite.driver().connect(str(backup / "database.db")) as connection:
        connection.execute("DELETE FROM label")
        connection.execute("DELETE FROM claim")
        connection.execute("CREATE TABLE more (a)")


def lose_picture(backup: Path) -> None:
    picture_files(backup)[0].unlink()


def alter_picture(backup: Path) -> None:
    spoil(picture_files(backup)[0], "altered")


def cut_database(backup: Path) -> None:
    data = (backup / "database.db").read_bytes()
    (backup / "database.db").write_bytes(data[: len(data) // 2])


def change_manifest(**values: object) -> Callable[[Path], None]:
    def change(backup: Path) -> None:
        found = json.loads((backup / MANIFEST).read_text())
        (backup / MANIFEST).write_text(json.dumps(found | values))

    return change


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (alter_database, "not whole"), (lose_picture, "not whole"), (alter_picture, "not whole"),
        (cut_database, "not whole"), (lambda b: (b / "database.db").unlink(), "not whole"),
        (lambda b: (b / MANIFEST).unlink(), "no backup here"), (lambda b: (b / MANIFEST).write_text("{"), "not whole"),
        (change_manifest(pictures="x", names_hash="0"), "not whole"), (change_manifest(format="navbackup/9"), "newer"),
        (change_manifest(surprise=1), "not whole"), (change_manifest(schema="0001"), "not whole"),
    ],
    ids=["other rows", "a picture less", "an altered picture", "half a database", "no database", "no manifest",
         "half a manifest", "other names", "another format", "an unknown part", "another schema"],
)  # fmt: skip
def test_a_backup_that_is_not_what_was_written_is_refused_and_nothing_is_touched(
    data: Path, older: Path, spoiled: Callable[[Path], None], said: str
) -> None:
    spoiled(older)
    before = sorted(path.name for path in data.iterdir())
    with pytest.raises(StoreError, match=said):
        restore(older, data / "nav.db", now=NOW)
    assert attempts_of(data) == {"teal", "navy", "olive", "fourth"}
    assert sorted(path.name for path in data.iterdir() if path.name != "purge.lock") == [
        name for name in before if name != "purge.lock"
    ]


def archive_with(path: Path, name: str) -> None:
    with tarfile.open(path, "a") as archive:
        member = tarfile.TarInfo(name)
        archive.addfile(member)


@pytest.mark.parametrize(
    "name", ["../out", "/tmp/out", "screenshots/aa/bb/x.sh", f"screenshots/aa/bb/{'0' * 64}.{'0' * 64}.webp"]
)
def test_an_archive_writes_nowhere_but_where_pictures_lie(data: Path, tmp_path: Path, name: str) -> None:
    backed_up(data, tmp_path / "backup.tar")
    archive_with(tmp_path / "backup.tar", name)
    with pytest.raises(StoreError, match="not whole"):
        restore(tmp_path / "backup.tar", tmp_path / "elsewhere" / "nav.db", now=NOW)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "elsewhere" / "nav.db").exists()


def test_an_archive_that_was_cut_is_refused(data: Path, tmp_path: Path) -> None:
    backed_up(data, tmp_path / "backup.tar")
    whole = (tmp_path / "backup.tar").read_bytes()
    (tmp_path / "backup.tar").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError):
        restore(tmp_path / "backup.tar", tmp_path / "elsewhere" / "nav.db", now=NOW)


def test_the_backup_of_another_installation_needs_a_word(data: Path, older: Path, tmp_path: Path) -> None:
    open_store(tmp_path / "other" / "nav.db").close()
    with pytest.raises(StoreError, match="another installation"):
        restore(older, tmp_path / "other" / "nav.db", now=NOW)
    restore(older, tmp_path / "other" / "nav.db", now=NOW, may_be_another=True)
    assert attempts_of(tmp_path / "other") == {"teal", "navy", "olive"}


def test_a_backup_by_a_newer_version_is_refused(data: Path, tmp_path: Path) -> None:
    with sqlite.driver().connect(str(data / "nav.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    backed_up(data, tmp_path / "newer")
    with pytest.raises(StoreError, match="newer version"):
        restore(tmp_path / "newer", tmp_path / "elsewhere" / "nav.db", now=NOW)


def test_a_missing_or_damaged_database_is_restored_too(data: Path, older: Path) -> None:
    (data / "nav.db").write_bytes(b"no database" * 1000)
    restore(older, data / "nav.db", now=NOW)
    assert attempts_of(data) == {"teal", "navy", "olive"}
    (data / "nav.db").unlink()
    restore(older, data / "nav.db", now=NOW.replace(hour=9))
    assert attempts_of(data) == {"teal", "navy", "olive"}


def test_work_on_the_restored_data_never_changes_the_backup(data: Path, older: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in older.rglob("*") if path.is_file()}
    restore(older, data / "nav.db", now=NOW)
    store = opened(data)
    store.audit(AuditEvent("ann", "view"), NOW)
    while store.reencode_waiting():
        pass
    store.close()
    assert {path: path.read_bytes() for path in older.rglob("*") if path.is_file()} == before


def test_a_picture_is_copied_where_it_cannot_be_linked(data: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:  # memory: another file system on any machine
        manifest = backed_up(data, Path(folder) / "backup")
        assert manifest.pictures == 3
        assert all(path.stat().st_nlink == 1 for path in picture_files(Path(folder) / "backup"))
