"""`navconsole backup`, `restore` and `migrate`: at the shell, with a server beside, killed, and back again."""

from __future__ import annotations

import json
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from click.testing import CliRunner, Result

from navconsole.cli import main
from navconsole.operations.backing_up import backups_in, remove_older
from navconsole.operations.migrating import migrate
from navconsole.serving import alone_on
from navconsole.settings import DATABASE_FILE
from navigation.errors import StoreError
from navigation.records import AttemptFilter
from navigation.store import SqlStore, holding, migrating, open_store, schema, standalone
from navigation.store.restoring import read_manifest
from tests.dying import killed_at_each_statement
from tests.navconsole.conftest import Prepared
from tests.navigation.store.making import a_run, finished, png, stored_picture
from tests.navigation.store.test_store_opening import FIRST_ROWS, _make_of_version
from tests.seeding import seed

EARLIER = [script.revision for script in ScriptDirectory.from_config(migrating._config()).walk_revisions()][:0:-1]


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")
    for name in ("SECRET_KEY", "NAVCONSOLE_BACKUPS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(tmp_path: Path, prepared: Prepared) -> Path:
    """A data folder with one attempt of each kind, in use by nobody."""
    folder = shutil.copytree(prepared(1)[0], tmp_path / "data")
    (folder / "secret_key").write_text("k" * 48)
    return folder


def run(*args: object, status: int = 0, **options: Any) -> Result:
    result = CliRunner().invoke(main, [str(arg) for arg in args], **options)
    assert result.exit_code == status, result.output + repr(result.exception)
    assert "Traceback" not in result.output
    return result


def opened(data: Path) -> SqlStore:
    store = open_store(data / DATABASE_FILE, create=False)
    assert isinstance(store, SqlStore)
    return store


def count(data: Path) -> int:
    store = opened(data)
    try:
        return store.count_attempts(AttemptFilter()).total
    finally:
        store.close()


def backed_up(data: Path, where: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("backup", where, "--data", data, "--json").stdout)
    return found


def test_a_backup_is_named_by_its_moment_and_restores_with_everybody_logged_out(data: Path, tmp_path: Path) -> None:
    store = opened(data)
    user = store.add_user(name="anne", role="engineer", password_hash=None)
    store.open_session(user.id, "secret", datetime.now(UTC), "here")
    store.close()
    made = backed_up(data, tmp_path / "backups")
    assert Path(made["backup"]).parent == tmp_path / "backups"
    store = opened(data)
    seed(store)
    store.close()
    restored = json.loads(run("restore", made["backup"], "--data", data, "--json").stdout)
    assert (restored["attempts"], restored["has_key"]) == (made["attempts"], True)
    store = opened(data)
    assert store.count_attempts(AttemptFilter()).total == made["attempts"]
    hour = timedelta(hours=1)
    assert store.session("secret", datetime.now(UTC), idle=hour, absolute=hour) is None
    ((_, event), *_) = store.audit_events()
    assert (event.action, event.details["sessions"]) == ("restored", 1)
    store.close()
    assert count(Path(restored["former"])) == made["attempts"] + 17


def test_what_was_said_is_in_french_and_english(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "pictures, all checked" in run("backup", tmp_path / "a.tar", "--data", data).stdout
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "fr")
    assert "toutes vérifiées" in run("backup", tmp_path / "b.tar", "--data", data).stdout


def test_a_backup_with_damaged_pictures_is_kept_and_its_status_says_so(data: Path, tmp_path: Path) -> None:
    victim = next((data / "screenshots").glob("??/??/*"))
    victim.write_bytes(b"zeroed")
    result = run("backup", tmp_path / "a.tar", "--data", data, status=1)
    assert "1 picture was damaged" in result.stderr
    assert (tmp_path / "a.tar").is_file()
    run("backup", tmp_path / "b.tar", "--data", data, "--accept-damaged")


def test_no_database_no_backup_and_nothing_is_made_of_it(tmp_path: Path) -> None:
    assert "no database" in run("backup", tmp_path / "out", "--data", tmp_path / "none", status=1).output
    assert list(tmp_path.iterdir()) == []


def test_the_moment_of_the_last_backup_is_on_record(data: Path, tmp_path: Path) -> None:
    backed_up(data, tmp_path / "backups")
    store = opened(data)
    assert [event.action for _, event in store.audit_events(limit=1)] == ["backed_up"]
    store.close()


def test_only_whole_backups_that_are_too_old_are_removed_and_never_the_newest(data: Path, tmp_path: Path) -> None:
    where = tmp_path / "backups"
    now = datetime.now(UTC)
    for days in (40, 35, 31):
        shutil.copytree(backed_up(data, tmp_path / "one")["backup"], where / f"navconsole-{days}")
        shutil.rmtree(tmp_path / "one")
        body = json.loads((where / f"navconsole-{days}" / "manifest.json").read_text())
        body["made_at"] = (now - timedelta(days=days)).isoformat()
        (where / f"navconsole-{days}" / "manifest.json").write_text(json.dumps(body))
    (where / "navconsole-of-somebody").mkdir()
    assert remove_older(where, 30, now) == [where / "navconsole-40", where / "navconsole-35"]
    run("backup", where, "--data", data, "--keep-days", 30)
    assert len(backups_in(where)) == 1
    assert (where / "navconsole-of-somebody").is_dir()


def test_what_a_killed_backup_left_is_removed_and_one_that_is_under_way_is_not(data: Path, tmp_path: Path) -> None:
    where = tmp_path / "backups"
    for name in ("navconsole-killed.part", "navconsole-running.part", "of another program.part"):
        (where / name).mkdir(parents=True)
    with holding.held(where / ".navconsole-running.lock"):
        made = backed_up(data, where)
    left = {path.name for path in where.iterdir()} - {Path(made["backup"]).name}
    assert left == {"navconsole-running.part", ".navconsole-running.lock", "of another program.part"}


def test_a_restore_beside_a_running_server_is_refused(data: Path, tmp_path: Path) -> None:
    made = backed_up(data, tmp_path / "backups")
    with alone_on(data):  # as a server does
        result = run("restore", made["backup"], "--data", data, status=1)
    assert "stop it first" in result.output


def test_another_secret_key_is_noticed(data: Path, tmp_path: Path) -> None:
    made = backed_up(data, tmp_path / "backups")
    assert "secret_key" in run("restore", made["backup"], "--data", tmp_path / "new machine").stderr
    assert not (tmp_path / "new machine" / "secret_key").exists()
    (tmp_path / "new machine" / "secret_key").write_text("k" * 48)
    again = run("restore", made["backup"], "--data", tmp_path / "new machine")
    assert "secret_key" not in again.stderr


def test_people_purged_since_the_backup_do_not_come_back(data: Path, tmp_path: Path) -> None:
    store = opened(data)
    finished(store, store.create_run(a_run(agent="poste-9")).id, config_id=1, before_id=_any_picture(store))
    store.close()
    made = backed_up(data, tmp_path / "backups")
    run("purge", "--agent", "poste-9", "--yes", "--data", data)
    (data / DATABASE_FILE).write_bytes(b"lost")  # the list of purges outlives the database
    restored = json.loads(run("restore", made["backup"], "--data", data, "--json").stdout)
    assert restored["purges"] == 1
    assert count(data) == made["attempts"] - 1
    again = json.loads(run("restore", made["backup"], "--data", data, "--json").stdout)
    assert again["purges"] == 1
    newer = backed_up(data, tmp_path / "newer")
    assert json.loads(run("restore", newer["backup"], "--data", data, "--json").stdout)["purges"] == 0


def _any_picture(store: SqlStore) -> str:
    return store.list_attempts(AttemptFilter(), limit=1).rows[0].before_id


def test_twenty_writes_a_second_go_on_while_a_backup_is_made(data: Path, tmp_path: Path) -> None:
    """A small round of `python -m tests.bench.backup`."""
    store = opened(data)
    run_id = store.list_attempts(AttemptFilter(), limit=1).rows[0].run_id
    ids: list[str] = []
    refused: list[BaseException] = []
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            try:
                picture = stored_picture(store, png(colour=f"#{len(ids):06x}"))
                ids.append(finished(store, run_id, before_id=picture))
            except StoreError as err:
                refused.append(err)
            time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(ids) < 3:
            time.sleep(0.01)
        acknowledged: list[str] = []
        while len(acknowledged) in (0, len(ids)):  # none fell into so short a time: another one
            acknowledged = list(ids)
            made = backed_up(data, tmp_path / "backups")
    finally:
        ended.set()
        writer.join()
        store.close()
    assert refused == []
    run("restore", made["backup"], "--data", tmp_path / "copy")
    copy = opened(tmp_path / "copy")
    assert all(copy.attempt(attempt_id) for attempt_id in acknowledged)
    for row in copy.list_attempts(AttemptFilter(), limit=500).rows:
        copy.blobs.read(row.before_id)
    copy.close()


# --- migrate --------------------------------------------------------------------------------------


def of_version(version: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of an earlier schema, with an attempt in it."""
    data.mkdir()
    rows = [(name, row) for name, row in FIRST_ROWS.items() if name != "cache_entry"]
    _make_of_version(version, data / DATABASE_FILE, rows, monkeypatch)
    picture = data / "screenshots"
    shutil.rmtree(picture)  # those rows name a picture that never was
    return data


def test_every_earlier_schema_is_migrated_with_a_backup_of_what_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt of the first schema lives through them all."""
    data = of_version(EARLIER[0], tmp_path / "data", monkeypatch)
    for version in EARLIER:
        with monkeypatch.context() as patch:  # lists are those of today's models
            patch.setattr(migrating, "_rebuild_lists", lambda _connection: None)
            _make_of_version(version, data / DATABASE_FILE, [], patch)
        copy = shutil.copytree(data, tmp_path / version)
        done = migrate(copy, tmp_path / "backups", actor="x", progress=_silent)
        assert (done.was, done.now) == (version, schema.latest_version())
        assert count(copy) == 1
        assert done.backup is not None
        assert standalone.contents(done.backup / "database.db").schema == version
        assert read_manifest(done.backup).rows["attempt"] == 1


def test_the_backup_that_a_migration_makes_goes_back_to_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = of_version("0009", tmp_path / "data", monkeypatch)
    done = json.loads(run("migrate", "--data", data, "--json").stdout)
    run("restore", done["backup"], "--data", data)  # by this version it is brought to its schema at once
    assert count(data) == 1
    again = json.loads(run("migrate", "--data", data, "--json").stdout)
    assert (again["was"], again["backup"]) == (schema.latest_version(), None)


def test_a_migration_killed_at_any_statement_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = of_version("0001", tmp_path / "data", monkeypatch)
    database = data / DATABASE_FILE
    kills = 0
    for _ in killed_at_each_statement(lambda: migrate(data, data / "backups", actor="x", progress=_silent), every=41):
        kills += 1
        assert standalone.schema_of(database) in ("0001", schema.latest_version())
    assert kills > 3
    assert standalone.schema_of(database) == schema.latest_version()
    assert count(data) == 1


def test_a_newer_database_or_a_running_server_is_refused_and_nothing_is_changed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = of_version("0009", tmp_path / "old", monkeypatch)
    with alone_on(old):
        assert "stop it first" in run("migrate", "--data", old, status=1).output
    assert standalone.schema_of(old / DATABASE_FILE) == "0009"
    monkeypatch.setattr("navconsole.operations.migrating.latest_version", lambda: "0008")
    assert "newer version" in run("migrate", "--data", old, status=1).output


def test_nothing_is_made_where_there_is_no_database(tmp_path: Path) -> None:
    assert "no database yet" in run("migrate", "--data", tmp_path / "none").stdout
    assert list(tmp_path.iterdir()) == []


def _silent(_done: int, _all: int) -> None:
    return None
