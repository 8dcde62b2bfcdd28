"""A damaged database after a crash: found at the start, only read, said in words; an index is made anew."""

from __future__ import annotations

import json
import logging
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from navconsole import maintenance as maintenance_module
from navconsole.cli import main
from navconsole.maintenance import Maintenance
from navconsole.serving import LOCK_FILE, UNDER_WAY, alone_on, found_damage, was_cut_off
from navconsole.settings import DATABASE_FILE, ConsoleSettings
from navigation.errors import StoreDamagedError
from navigation.records import AuditEvent
from navigation.store import open_store, sentences, standalone
from tests.navconsole.conftest import CSRF, Prepared
from tests.navconsole.test_serving import served
from tests.navigation.store.making import NOW

OPEN = {"RPA_AUTH_DISABLED": "true", "OCR_READERS": "tesserocr", "NAVCONSOLE_LANGUAGE": "en"}
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")
    monkeypatch.setenv("OCR_READERS", "tesserocr")


@pytest.fixture
def data(tmp_path: Path, prepared: Prepared) -> Path:
    folder = shutil.copytree(prepared(1)[0], tmp_path / "data")
    folder.chmod(0o700)
    return folder


def cut_off(data: Path) -> None:
    """As a server that was killed leaves the folder."""
    (data / LOCK_FILE).write_text(UNDER_WAY)


def damage_table(data: Path, table: str) -> None:
    """Zero the page on which a table begins."""
    database = data / DATABASE_FILE
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    with database.open("rb+") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))


def damage_index(data: Path, index: str) -> None:
    """A row that stands in no index: written while the schema did not name it."""
    statements = (
        ("DELETE FROM sqlite_master WHERE name = :name",),
        ("INSERT INTO audit_event (at, actor, action, object_kind, object_id, source, result, details) "
         "VALUES ('2026-03-01 08:30:00.000000', 'ann', 'view', '', '', '', 'ok', '{}')",),
        ("INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?)",),
    )  # fmt: skip
    kept: tuple[object, ...] = ()
    for number, (statement,) in enumerate(statements):
        with closing(sqlite3.connect(data / DATABASE_FILE, isolation_level=None)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            if number == 0:
                row = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE name = ?"
                kept = connection.execute(row, (index,)).fetchone()
            connection.execute(statement, ({"name": index}, (), kept)[number])


def run(*args: object, status: int) -> Result:
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == status, result.output
    return result


def test_a_server_that_was_killed_looks_at_its_database_and_goes_on_only_reading_when_it_is_damaged(data: Path) -> None:
    with served(data, **OPEN) as (_base, process):
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    for table in ("attempt_summary",):
        damage_table(data, table)
    with served(data, **OPEN) as (base, process), httpx.Client(base_url=base, headers=ENGLISH) as client:
        page = client.get("/cases")
        assert (page.status_code, page.text.count('id="damaged"'), "navconsole restore" in page.text) == (200, 1, True)
        hit = client.get("/attempts")
        assert (hit.status_code, "Nothing was stored" in hit.text, "Traceback" in hit.text) == (503, True, False)
        found = CSRF.search(page.text)
        assert found
        refused = client.post("/stop", data={"csrf_token": found[1], "reason": "Panne", "application": ""})
        assert (refused.status_code, "Nothing was stored" in refused.text) == (503, True)
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.json()["database"]) == (503, "failed")
        assert "navconsole_damaged 1.0" in client.get("/metrics").text
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        said = process.stdout.read() if process.stdout else ""
    assert "The database file is damaged" in said
    assert "Traceback" not in said
    store = open_store(data / DATABASE_FILE)
    assert store.stop_events() == []
    store.close()


def test_a_clean_end_leaves_nothing_to_look_at(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ConsoleSettings(data=data, secret_key="k" * 40)
    looked: list[Path] = []
    monkeypatch.setattr(standalone, "damage_of", lambda path: looked.append(path) or "")
    with alone_on(data):
        assert was_cut_off(data)
    assert not was_cut_off(data)
    assert (found_damage(settings), looked) == ("", [])
    cut_off(data)
    assert (found_damage(settings), looked) == ("", [settings.database])


def test_a_damaged_index_is_told_from_damaged_records_and_made_anew(data: Path) -> None:
    damage_index(data, "ix_audit_event_actor")
    database = data / DATABASE_FILE
    assert standalone.damage_of(database) == sentences.DAMAGED_INDEX
    assert "navconsole reindex" in run("doctor", "--deep", "--data", data, status=1).output
    with alone_on(data):
        run("reindex", "--data", data, status=1)
    assert "sound" in run("reindex", "--data", data, status=0).output
    assert standalone.damage_of(database) == ""
    damage_table(data, "label")
    assert standalone.damage_of(database) == sentences.DAMAGED
    assert "restore" in run("reindex", "--data", data, status=1).output
    assert (
        "navconsole restore"
        in json.loads(run("doctor", "--deep", "--json", "--data", data, status=1).stdout)["checks"][-1]["says"]
    )


def test_damage_that_is_met_while_serving_stops_all_writing(data: Path) -> None:
    store = open_store(data / DATABASE_FILE)
    store.audit(AuditEvent("ann", "view"), NOW)
    store._db._engine.dispose()  # type: ignore[attr-defined]
    damage_table(data, "purge")
    with pytest.raises(StoreDamagedError):
        store.purges()
    assert store.damage == sentences.DAMAGED
    with pytest.raises(StoreDamagedError):
        store.audit(AuditEvent("ann", "view"), NOW)
    assert len(store.audit_events(limit=1)) == 1
    store.close()


def test_a_log_that_grows_too_large_is_said_once_and_when_it_is_small_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(tmp_path / DATABASE_FILE)
    watched = Maintenance(store, database=tmp_path / DATABASE_FILE)
    monkeypatch.setattr(maintenance_module.standalone, "LARGE_LOG", 1000)
    store.audit(AuditEvent("ann", "view"), NOW)
    with caplog.at_level(logging.INFO):
        watched._watch_log()
        watched._watch_log()
        assert store.empty_log()
        watched._watch_log()
    store.close()
    said = [record.message.partition(" mib")[0] for record in caplog.records if record.message.startswith("log ")]
    assert said == ["log large", "log small again"]


def test_a_read_that_failed_for_a_moment_is_looked_into_and_writing_goes_on(data: Path) -> None:
    store = open_store(data / DATABASE_FILE)
    watched = Maintenance(store, database=data / DATABASE_FILE)
    store.note_damage(sentences.DAMAGED)
    watched._look_at_damage()
    assert store.damage == ""
    damage_table(data, "purge")
    store.note_damage(sentences.DAMAGED)
    watched._look_at_damage()
    assert store.damage == sentences.DAMAGED
    store.close()
