"""`navconsole purge` and the purge by night: counted first, gone on a word, held by a clock that jumped."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from navconsole.cli import main
from navconsole.operation_settings import OperationSettings
from navconsole.operations import purging
from navconsole.operations.clock import keep_mark, last_mark, now_marked
from navconsole.operations.nightly import Nightly
from navconsole.settings import DATABASE_FILE, ConsoleSettings
from navigation.patient import patient_keys
from navigation.records import AttemptFilter, AuditEvent
from navigation.retention import ClockMark, Purge, Retention, Scope
from navigation.store import SqlStore, holding, open_store
from tests.navconsole.conftest import Prepared
from tests.navigation.store.making import a_run, finished

DAY = timedelta(days=1)
KEY = "k" * 48


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")
    monkeypatch.setenv("NAVCONSOLE_TIMEZONE", "Europe/Paris")
    monkeypatch.setenv("SECRET_KEY", KEY)


@pytest.fixture
def data(tmp_path: Path, prepared: Prepared) -> Path:
    return shutil.copytree(prepared(1)[0], tmp_path / "data")


@pytest.fixture
def settings(data: Path) -> ConsoleSettings:
    return ConsoleSettings(data=data, secret_key=KEY, timezone="Europe/Paris")


@pytest.fixture
def store(data: Path) -> Iterator[SqlStore]:
    opened = open_store(data / DATABASE_FILE, create=False)
    assert isinstance(opened, SqlStore)
    yield opened
    opened.close()


def run(data: Path, *args: object, status: int = 0, **options: Any) -> Result:
    result = CliRunner().invoke(main, ["purge", "--data", str(data), *map(str, args)], **options)
    assert result.exit_code == status, result.output + repr(result.exception)
    assert "Traceback" not in result.output
    return result


def body(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def total(store: SqlStore) -> int:
    return store.count_attempts(AttemptFilter()).total


def picture_of(store: SqlStore) -> str:
    return store.list_attempts(AttemptFilter(), limit=1).rows[0].before_id


def test_nothing_goes_without_a_word(data: Path, store: SqlStore) -> None:
    before = total(store)
    said = run(data, "--application", "dpi-urgences").stdout
    assert "nothing has gone yet" in said
    assert "attempts" in said
    assert total(store) == before
    assert store.purges() == []


def test_a_patient_is_found_by_a_number_that_stands_in_no_file_and_goes_in_one_command(
    data: Path, store: SqlStore, settings: ConsoleSettings
) -> None:
    keys = patient_keys("8 012 345", "Dupont", "Jeanne", "1950-02-01", key=settings.subkey("patient"))
    run_id = store.create_run(a_run(patient_keys=keys)).id
    wanted = finished(store, run_id, before_id=picture_of(store))
    before = total(store)
    found = body(run(data, "--patient", "--json", input="8012345\n"))
    assert (found["attempts"], found["covered"]["attempts"]) == ([wanted], 1)
    gone = body(run(data, "--patient", "--yes", "--json", input="8012345\n"))["gone"]
    assert (gone["attempts"], gone["runs"]) == (1, 1)
    assert total(store) == before - 1
    ((_, event), *_) = store.audit_events()
    assert (event.action, event.details["attempts"]) == ("purged", 1)
    assert body(run(data, "--patient", "--json", input="8012345\n"))["covered"] == {}
    assert all(b"8012345" not in path.read_bytes() for path in data.rglob("*") if path.is_file())


def test_a_time_is_in_the_consoles_zone_and_in_order(data: Path, store: SqlStore) -> None:
    run_id = store.create_run(a_run(agent="x")).id
    at = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)  # half past nine in Paris
    finished(store, run_id, id="then", before_id=picture_of(store), started_at=at, expires_at=at + DAY)
    span = ("--between", "2026-03-01T09:00", "2026-03-01T10:00")
    assert body(run(data, *span, "--agent", "x", "--json"))["attempts"] == ["then"]
    earlier = ("--between", "2026-03-01T08:00", "2026-03-01T09:00")
    assert body(run(data, *earlier, "--agent", "x", "--json"))["attempts"] == []
    assert "earlier moment first" in run(data, "--between", "2026-03-02", "2026-03-01", status=2).output
    assert "no moment" in run(data, "--between", "spring", "2026-03-01", status=2).output


def test_what_is_no_number_or_no_database_is_said(data: Path, tmp_path: Path) -> None:
    assert "has digits" in run(data, "--patient", status=2, input="Dupont\n").output
    assert "no database" in run(tmp_path / "none", status=1).output
    assert not (tmp_path / "none").exists()


def test_what_other_places_still_hold_is_said(data: Path, store: SqlStore, tmp_path: Path) -> None:
    backup = CliRunner().invoke(main, ["backup", str(data / "backups"), "--data", str(data)])
    assert backup.exit_code == 0, backup.output
    (data / "before-restore-20260101T000000.000000").mkdir()
    said = run(data, "--application", "dpi-urgences", "--yes", "--vacuum").stdout
    assert "1 backup in" in said
    assert "left by a restore" in said


def test_a_purge_keeps_off_while_a_backup_is_made(data: Path) -> None:
    with holding.held(data / holding.PURGE_LOCK, is_shared=True):
        assert "under way" in run(data, "--application", "dpi-urgences", "--yes", status=1).output


def test_a_purge_that_was_cut_off_is_ended_by_the_next(data: Path, store: SqlStore) -> None:
    store.begin_purge(Purge("cut", Scope(application="dpi-urgences").to_json(), "shell:ann", datetime.now(UTC)))
    store.purge_some(Scope(application="dpi-urgences"), datetime.now(UTC), limit=1)
    run(data, "--agent", "nobody's", "--yes")
    assert store.count_attempts(AttemptFilter(application="dpi-urgences")).total == 0
    assert all(one.ended_at for one in store.purges())


def test_a_list_of_purges_that_was_cut_in_its_last_line_is_read_and_goes_on(data: Path, store: SqlStore) -> None:
    run(data, "--agent", "a", "--yes")
    (data / purging.LIST).write_text((data / purging.LIST).read_text() + '{"id": "half')
    run(data, "--agent", "b", "--yes")
    assert [one.asked["scope"]["agent"] for one in purging.listed(data)] == ["a", "b"]
    assert (data / purging.LIST).stat().st_mode & 0o777 == 0o600


# --- by age, by night -----------------------------------------------------------------------------


def aged(settings: ConsoleSettings, **days: int) -> ConsoleSettings:
    operations = OperationSettings(retention=replace(Retention(), **days), purge_at=time(2, 30))
    return replace(settings, operations=operations)


class Clock:
    """A clock that a test moves; the machine has been up as long as it says."""

    def __init__(self) -> None:
        self.at, self.up_s = datetime.now(UTC), 1000.0

    def __call__(self) -> ClockMark:
        return ClockMark(self.at, "boot", self.up_s)

    def passes(self, span: timedelta) -> None:
        self.at, self.up_s = self.at + span, self.up_s + span.total_seconds()


def test_the_purge_by_night_runs_once_a_day_at_its_time(settings: ConsoleSettings, store: SqlStore) -> None:
    clock = Clock()
    clock.at = clock.at.astimezone(UTC).replace(hour=0, minute=0) + DAY  # one or two in the night, in Paris
    nightly = Nightly(store, aged(settings, attempts=1, pictures=1, readings=1), mark=clock)
    nightly.step()
    assert store.purges() == []
    for _ in range(36):  # three days, two hours at a time
        clock.passes(timedelta(hours=2))
        nightly.step()
    assert total(store) == 0
    assert [one.author for one in store.purges()] == ["server"]


def test_without_a_time_the_server_purges_nothing(settings: ConsoleSettings, store: SqlStore) -> None:
    clock = Clock()
    nightly = Nightly(store, replace(aged(settings, attempts=1), operations=OperationSettings()), mark=clock)
    for _ in range(9):
        clock.passes(DAY / 2)
        nightly.step()
    assert store.purges() == []


@pytest.mark.parametrize("days", [2, -2, 400])
def test_a_clock_that_jumps_by_more_than_a_day_holds_the_purge_and_says_so_once(
    settings: ConsoleSettings, store: SqlStore, caplog: pytest.LogCaptureFixture, days: int
) -> None:
    clock = Clock()
    nightly = Nightly(store, aged(settings, attempts=1), mark=clock)
    nightly.step()
    clock.at += days * DAY
    with caplog.at_level(logging.ERROR):
        for _ in range(30):
            clock.passes(timedelta(hours=1))
            nightly.step()
    assert nightly.is_held
    assert caplog.text.count("purge held") == 1
    assert store.purges() == []
    clock.at -= days * DAY
    nightly.step()
    assert not nightly.is_held


def test_a_hand_must_say_that_the_clock_is_right(data: Path, store: SqlStore) -> None:
    now = now_marked()
    keep_mark(data, replace(now, at=now.at - 10 * DAY))
    assert "240 hours" in run(data, "--yes", status=1).output
    run(data, "--yes", "--clock-is-right")
    mark = last_mark(data)
    assert mark is not None
    assert abs(mark.at - datetime.now(UTC)) < timedelta(minutes=1)
    run(data, "--yes")


def test_a_mark_that_cannot_be_read_is_none(data: Path) -> None:
    (data / "clock.json").write_text("{")
    assert last_mark(data) is None


def test_the_audit_log_outlives_a_purge_and_nothing_young_is_purgeable(
    data: Path, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.audit(AuditEvent("ann", "old"), datetime.now(UTC) - 400 * DAY)
    store.audit(AuditEvent("ann", "young"), datetime.now(UTC) - 180 * DAY)
    monkeypatch.setenv("NAVCONSOLE_KEEP_AUDIT_DAYS", "182")
    assert "183" in run(data, "--yes", status=2).output
    monkeypatch.setenv("NAVCONSOLE_KEEP_AUDIT_DAYS", "183")
    run(data, "--yes")
    kept = {event.action for _, event in store.audit_events()}
    assert "young" in kept
    assert "old" not in kept
