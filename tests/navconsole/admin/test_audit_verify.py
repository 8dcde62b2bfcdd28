"""`navconsole audit verify`: intact or from which entry not, by its status, in words and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from navconsole.cli import main
from navconsole.settings import DATABASE_FILE
from navigation.records import AuditEvent
from navigation.store import SqlStore, open_store


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(tmp_path / DATABASE_FILE)
    assert isinstance(opened, SqlStore)
    for number in range(5):
        opened.audit(AuditEvent("ann", "picture_viewed", "attempt", str(number)), datetime.now(UTC))
    yield opened
    opened.close()


def verify(data: Path, *args: str, status: int) -> Result:
    result = CliRunner().invoke(main, ["audit", "verify", "--data", str(data), *args])
    assert result.exit_code == status, result.output
    return result


def test_an_intact_log_gives_its_head_and_a_line_that_was_deleted_is_named(store: SqlStore, tmp_path: Path) -> None:
    said = verify(tmp_path, status=0).stdout
    assert "Intact: 5 entries" in said
    head = said.splitlines()[-1]
    assert json.loads(verify(tmp_path, "--json", "--kept", head, status=0).stdout)["intact"] is True
    with store._db.writing() as session:
        session.execute(text("DELETE FROM audit_event WHERE id = 3"))
    broken = verify(tmp_path, status=1)
    assert "Entry 3 was removed, and no purge took it" in broken.stderr
    found = json.loads(verify(tmp_path, "--json", status=1).stdout)
    assert (found["intact"], found["broken_at"], found["fault"]) == (False, 3, "missing")


def test_another_head_than_was_kept_is_told(store: SqlStore, tmp_path: Path) -> None:
    assert "written anew" in verify(tmp_path, "--kept", f"3:{'0' * 64}", status=1).stderr
    assert "no head" in verify(tmp_path, "--kept", "3:abc", status=2).stderr


def test_that_the_log_was_checked_is_in_the_log(store: SqlStore, tmp_path: Path) -> None:
    verify(tmp_path, status=0)
    ((_, event), *_) = store.audit_events(limit=1)
    assert (event.action, event.result, event.actor.partition(":")[0]) == ("audit_verified", "ok", "shell")
