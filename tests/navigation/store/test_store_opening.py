"""Opening: rights, identity, schema, the SQLite underneath; and the schema itself."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DatabaseError
from sqlalchemy.schema import CreateTable

from navigation.errors import StoreError
from navigation.records import AttemptFilter
from navigation.settings import CachePolicy
from navigation.store import SqlStore, migrating, open_store, places, schema, sentences, sqlite
from navigation.store.columns import pack
from navigation.store.models import Base
from navigation.store.place_codec import place_to_json, to_png
from navigation.types import Outcome
from tests.navigation.placing import NOW, a_key, a_place, assert_same_place
from tests.navigation.store.making import finished, seeded, sha

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def opened(path: Path, **options: bool) -> Iterator[SqlStore]:
    store = open_store(path, **options)
    assert isinstance(store, SqlStore)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with one attempt, closed."""
    path = tmp_path / "données d'essai" / "nav.db"
    with opened(path) as store:
        finished(store, seeded(store))
    return path


def test_what_was_stored_is_there_after_opening_again(database: Path) -> None:
    with opened(database, create=False) as store:
        assert store.count_attempts(AttemptFilter()).total == 1


def test_files_are_the_owners_only_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with opened(tmp_path / "deep" / "data" / "nav.db") as store:
            seeded(store)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    finally:
        os.umask(old)
    assert modes == {
        "deep": 0o700, "data": 0o700, "screenshots": 0o700, "thumbs": 0o700, "unfinished": 0o700,
        "nav.db": 0o600, "nav.db-wal": 0o600,
        "nav.db-shm": 0o600, "nav.db.instance.json": 0o600,
    }  # fmt: skip


def test_opening_needs_no_lock_when_there_is_nothing_to_migrate(database: Path) -> None:
    with closing(sqlite.driver().connect(str(database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with opened(database) as store:
            assert store.count_attempts(AttemptFilter()).total == 1


def test_two_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.navigation.store.killable", str(tmp_path / "new"), "1"]
    children = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert all("finished" in output for output in outputs)
    with opened(tmp_path / "new" / "nav.db", create=False) as store:
        assert store.count_attempts(AttemptFilter()).total == 3


# --- identity -------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["missing", "empty"])
def test_no_empty_database_takes_the_place_of_a_lost_one(database: Path, loss: str) -> None:
    database.unlink()
    if loss == "empty":
        database.touch()
    with pytest.raises(StoreError, match="restore the last"):
        open_store(database)
    assert not database.exists() or database.stat().st_size == 0


def test_another_databases_file_is_refused(database: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "nav.db"
    with opened(other):
        pass
    other.rename(database)
    with pytest.raises(StoreError, match="not the one"):
        open_store(database)


def test_a_lost_marker_is_written_again(database: Path) -> None:
    marker = database.with_name("nav.db.instance.json")
    before = marker.read_bytes()
    marker.unlink()
    with opened(database):
        assert marker.read_bytes() == before


def test_an_unreadable_marker_stops_the_start(database: Path) -> None:
    database.with_name("nav.db.instance.json").write_text("{}")
    with pytest.raises(StoreError, match="marker"):
        open_store(database)


def test_a_server_may_insist_on_a_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        open_store(tmp_path / "unmounted" / "nav.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named_as_damaged(tmp_path: Path) -> None:
    (tmp_path / "nav.db").write_bytes(b"certainly not a database " * 400)
    with pytest.raises(StoreError, match="damaged"):
        open_store(tmp_path / "nav.db")


# --- schema ---------------------------------------------------------------------------------------


def test_a_database_of_a_newer_version_is_refused_and_untouched(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = database.read_bytes()
    with pytest.raises(StoreError, match="newer version"):
        open_store(database)
    assert database.read_bytes() == before


def test_the_migrations_make_the_schema_of_the_models(tmp_path: Path) -> None:
    with opened(tmp_path / "nav.db") as store, store._db.reading() as session:
        migrated = _schema(session.connection())
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        wanted = _schema(connection)
    engine.dispose()
    assert migrated.keys() - wanted.keys() == {"alembic_version"}
    assert {name: migrated[name] for name in wanted} == wanted


def _schema(connection: Connection) -> dict[str, list[str]]:
    """Tables and indexes as the sorted lines of what made them."""
    found = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql != ''")
    )
    return {name: _lines(sql.replace('"', "")) for name, sql in found if "sqlite_" not in name}


def _lines(sql: str) -> list[str]:
    """The parts of a definition, cut at commas outside brackets: SQLite puts an added column on the last one's line."""
    return sorted(part.strip() for part in re.split(r",(?![^(]*\))|\n", sql) if part.strip())


class Breaker:
    """Counts statements that write, and raises at one of them."""

    def __init__(self, patch: pytest.MonkeyPatch, failing: int = 0) -> None:
        self.seen, self.failing = 0, failing
        real = sqlite.make_engine

        def make(path: str, module: ModuleType | None = None) -> Engine:
            engine = real(path, module)
            event.listen(engine, "before_cursor_execute", self._look)
            return engine

        patch.setattr(sqlite, "make_engine", make)

    def _look(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("CREATE", "INSERT", "UPDATE", "ALTER", "DROP")):
            self.seen += 1
            if self.seen == self.failing:
                raise RuntimeError("broken here")


def test_a_migration_broken_at_any_statement_leaves_nothing_and_succeeds_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        counter = Breaker(patch)
        with opened(tmp_path / "whole" / "nav.db"):
            total = counter.seen
    path = tmp_path / "nav.db"
    for failing in sorted({1, 2, *range(5, total, 9), total - 1, total}):
        with monkeypatch.context() as patch:
            Breaker(patch, failing)
            with pytest.raises(RuntimeError, match="broken here"):
                open_store(path)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    with opened(path) as store:
        seeded(store)


FIRST_TIME = "2026-03-01 08:30:00.000000"
FIRST_ROWS = {
    "config": {"id": 1, "body": "{}", "body_hash": sha("c"), "author": "a", "note": "", "created_at": FIRST_TIME},
    "screenshot": {
        "id": sha("image"), "width": 40, "height": 30, "received_format": "png", "received_bytes": 5,
        "stored_format": "png", "stored_bytes": 5, "is_reencoded": 0, "created_at": FIRST_TIME,
    },
    "run": {
        "id": "run", "application": "dpi", "workflow": "w", "agent": "a", "body_hash": sha("r"),
        "created_at": FIRST_TIME,
    },
    "attempt": {
        "seq": 1, "id": "old", "run_id": "run", "application": "dpi", "screen": "login", "target_text": "Se connecter",
        "target_kind": "clickable", "action": pack({"target": {"text": "Se connecter"}}), "body_hash": sha("b"),
        "before_id": sha("image"), "wants_after": 0, "config_id": 1, "versions": "{}", "started_at": FIRST_TIME,
        "expires_at": FIRST_TIME,
    },
    "attempt_decision": {
        "attempt_seq": 1, "outcome": "ok", "reason": '{"code":"ok","values":{}}', "score": 0.9, "timings": "{}",
        "decided_at": FIRST_TIME,
    },
    "attempt_finish": {
        "attempt_seq": 1, "outcome": "ok", "reason": '{"code":"landed","values":{}}', "timings": "{}",
        "finished_at": FIRST_TIME,
    },
    "cache_entry": {
        "application": "dpi", "profile_version": 0, "screen_signature": "login", "target_key": "t", "width": 1366,
        "height": 768, "scale": 1.0, "x_norm": 0.5, "y_norm": 0.5, "patch": b"", "hits": 3, "misses": 1,
        "contradictions": 0, "created_at": FIRST_TIME,
    },
}  # fmt: skip


LABEL = {
    "attempt_seq": 1, "author_id": "ann", "author": "Ann", "source": "pointed", "answer": "wrong", "note": "",
    "folded_note": "", "created_at": FIRST_TIME,
}  # fmt: skip
FOURTH_ROWS = [
    *((table, row) for table, row in FIRST_ROWS.items() if table != "cache_entry"),
    ("label", LABEL | {"id": "first"}),
    ("label", LABEL | {"id": "second", "answer": "right", "replaces": "first"}),
]


def _make_of_version(
    version: str, path: Path, rows: Iterable[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database with the schema of an earlier version and these rows of tables."""
    with monkeypatch.context() as patch:
        upgrade = migrating.command.upgrade
        patch.setattr(migrating.command, "upgrade", lambda config, _revision: upgrade(config, version))
        patch.setattr(migrating, "latest_version", lambda: version)
        with opened(path) as store, store._db.writing() as session:
            for table, row in rows:
                marks = ", ".join(f":{name}" for name in row)
                session.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"), row)


def test_labels_of_the_fourth_schema_are_kept_and_still_never_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nav.db"
    _make_of_version("0004", path, FOURTH_ROWS, monkeypatch)
    with opened(path, create=False) as store:
        assert [(label.id, label.replaces) for label in store.labels_of("old")] == [
            ("first", None),
            ("second", "first"),
        ]
        with pytest.raises(DatabaseError, match="never edited"), store._db.writing() as session:
            session.execute(text("UPDATE label SET answer = 'unsure'"))


def test_places_of_the_eighth_schema_are_kept_and_none_is_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, place = tmp_path / "nav.db", a_place()
    row = {
        **places._columns(a_key()), "screen": "login", "target_text": "Se connecter", "target_kind": "clickable",
        "x_norm": 0.5, "y_norm": 0.5, "patch": to_png(place.patch), "place": pack(place_to_json(place)),
        "revision": "r", "hits": 3, "misses": 1, "contradictions": 0, "created_at": FIRST_TIME,
        "last_verified_at": FIRST_TIME,
    }  # fmt: skip
    _make_of_version("0008", path, [("cache_entry", row)], monkeypatch)
    with opened(path, create=False) as store:
        entry = store.remembered_places(CachePolicy()).get(a_key())
        assert entry is not None
        assert_same_place(entry.place, place)
        assert (entry.hits, entry.misses, entry.is_pinned) == (3, 1, False)


def test_a_database_of_the_first_schema_is_migrated_with_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nav.db"
    _make_of_version("0001", path, FIRST_ROWS.items(), monkeypatch)
    with opened(path, create=False) as store:
        with store._db.reading() as session:
            assert schema.schema_version(session.connection()) == "0022"
        assert store.attempt("old") is not None
        with pytest.raises(DatabaseError, match="never edited"), store._db.writing() as session:
            session.execute(text("UPDATE attempt_decision SET outcome = 'disabled'"))
        off = finished(store, "run", outcome=Outcome.DISABLED)
        listed = {row.id: (row.outcome, row.reason) for row in store.list_attempts(AttemptFilter()).rows}
        assert listed == {"old": (Outcome.OK, "landed"), off: (Outcome.DISABLED, "landed")}
        assert store.count_attempts(AttemptFilter()).by_outcome == {"ok": 1, "disabled": 1}
        places = store.remembered_places(CachePolicy())
        places.put(a_key(), a_place(), NOW)
        with store._db.reading() as session:  # those of before could not be verified before use: they are let go
            assert session.execute(text("SELECT target_text FROM cache_entry")).scalars().all() == ["Se connecter"]


def test_the_schema_can_be_said_to_postgresql_too() -> None:
    dialect = postgresql.dialect()
    for table in Base.metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect)).startswith("\nCREATE TABLE")
        named = [*table.constraints, *table.indexes, *table.columns, table]
        # PostgreSQL cuts longer names off, silently.
        assert [item.name for item in named if len(str(item.name)) > 63] == []


def test_migrating_twice_changes_nothing(database: Path) -> None:
    with opened(database) as store, store._db.changing_schema() as connection:
        assert schema.schema_version(connection) == schema.latest_version()
        assert migrating.migrate(connection) is False


def test_the_latest_schema_is_the_one_that_the_last_migration_leads_to() -> None:
    assert schema.latest_version() == ScriptDirectory.from_config(migrating._config()).get_current_head()


# --- the SQLite underneath ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 6), False),
        ((3, 50, 7), True), ((3, 51, 0), False), ((3, 51, 2), False), ((3, 51, 3), True), ((3, 53, 4), True),
    ],
)  # fmt: skip
def test_fixed_versions_are_told_from_unfixed(version: tuple[int, ...], expected: bool) -> None:
    assert sqlite.is_fixed(version) is expected


def test_the_installed_driver_carries_a_fixed_sqlite() -> None:
    assert sqlite.is_fixed(sqlite.driver().sqlite_version_info)


def test_an_unfixed_sqlite_works_and_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import sqlite3.dbapi2 as builtin

    monkeypatch.setattr(sqlite, "driver", lambda: builtin)
    monkeypatch.setattr(sqlite, "is_fixed", lambda version: False)
    with caplog.at_level(logging.WARNING), opened(tmp_path / "nav.db") as store:
        finished(store, seeded(store))
        assert store.count_attempts(AttemptFilter()).total == 1
    assert "can lose committed writes" in caplog.text


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000), ("trusted_schema", 0)],
)
def test_every_connection_has_the_settings_that_keep_what_is_acknowledged(
    store: SqlStore, pragma: str, value: object
) -> None:
    for transaction in (store._db.reading, store._db.writing):
        with transaction() as session:
            assert session.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_what_is_written_while_reading_is_not_kept(store: SqlStore, run_id: str) -> None:
    with store._db.reading() as session:
        session.execute(text("DELETE FROM run"))
    assert store.run(run_id) is not None


@pytest.mark.parametrize("sentence", sentences.ALL)
def test_what_the_store_says_is_whole_and_holds_no_value(sentence: str) -> None:
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert not set(sentence) & set("{}%")
