"""Whichever read, write or flush of the database fails: a typed error, all or nothing, and the next act succeeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from navconsole.app import create_app
from navconsole.settings import DATABASE_FILE, ConsoleSettings
from navigation.errors import StoreError
from navigation.oversight import StopEvent
from navigation.records import AuditEvent
from navigation.store import SqlStore, open_store, standalone
from tests.faults import nth_call
from tests.navconsole.conftest import CSRF
from tests.navigation.store.making import NOW, a_label, finished, seeded

CALLS = [("pwrite64", "EIO"), ("fdatasync,fsync", "EIO"), ("pread64", "EIO"), ("pwrite64", "ENOSPC")]
EVENT = AuditEvent("ann", "labelled")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = open_store(tmp_path / DATABASE_FILE)
    assert isinstance(store, SqlStore)
    finished(store, seeded(store), id="attempt")
    store.close()
    return tmp_path


def labelling(data: Path, name: str) -> Iterator[Any]:
    """Gives a label, as one transaction with its history and the audit log, twice; "done" or the error's name."""
    store = open_store(data / DATABASE_FILE)
    yield "prepared"
    for label_id in (f"{name}-1", f"{name}-2"):
        label = replace(a_label("attempt"), id=label_id, created_at=NOW)
        try:
            store.add_labels([label], seen=None, event=replace(EVENT, object_id=label_id))
        except StoreError as err:
            yield type(err).__name__
            if store.damage:  # what cannot be read may only be what was not read: maintenance looks
                store.note_damage(standalone.damage_of(data / DATABASE_FILE))
        except Exception as err:  # noqa: BLE001 the child's outer edge
            yield type(err).__name__
        else:
            yield "done"


FEW = (1, 2, 5, 13, 34, 55)
"""`python -m tests.bench.nth_call` takes every number."""
TYPED = {"StoreDamagedError", "StoreDiskError", "StoreFullError", "StoreBusyError", "MemoryError"}


def judge(data: Path, name: str, results: list[str]) -> None:
    assert set(results) <= TYPED | {"done"}, results
    assert "done" in results, results
    store = open_store(data / DATABASE_FILE)
    labels = {label.id for label in store.labels_of("attempt")}
    logged = {event.object_id for _, event in store.audit_events(limit=1000)}
    for number, result in enumerate(results, 1):
        label_id = f"{name}-{number}"
        assert (label_id in labels) == (label_id in logged), (label_id, result)
        assert label_id in labels or result != "done", label_id
    assert store.verify_audit().fault is None
    store.close()


def tried(data: Path, calls: str, error: str, numbers: Iterable[int]) -> int:
    """How many of the numbers there was a call for; each was made to fail, and judged."""
    hit = 0
    for number in numbers:
        name = f"label-{number}"
        results, is_hit = nth_call.failing(partial(labelling, data, name), calls, error, number)
        judge(data, name, results)
        if not is_hit:
            break
        hit += 1
    return hit


@pytest.mark.parametrize(("calls", "error"), CALLS, ids=[f"{calls} {error}" for calls, error in CALLS])
def test_whichever_call_of_the_system_fails_a_label_is_there_whole_or_not_at_all(
    data: Path, calls: str, error: str
) -> None:
    assert tried(data, calls, error, FEW) >= 1
    assert standalone.damage_of(data / DATABASE_FILE) == ""


def test_however_little_memory_is_left_a_label_is_there_whole_or_not_at_all(data: Path) -> None:
    seen = set()
    for number, more in enumerate((0, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 64 << 20)):
        name = f"label-{number}"
        results = nth_call.without_memory(partial(labelling, data, name), more)
        judge(data, name, results)
        seen.add(results[0])
    assert "done" in seen
    assert standalone.damage_of(data / DATABASE_FILE) == ""


def stopping(data: Path, application: str) -> Iterator[Any]:
    """Stops robots by the page's form, twice; the statuses."""
    settings = ConsoleSettings(data=data, secret_key="k" * 40, is_auth_disabled=True)
    store = open_store(settings.database)
    client = create_app(settings, store=store, navigator=None).test_client()
    found = CSRF.search(client.get("/stop").text)
    assert found
    yield "prepared"
    for name in (f"{application}-1", f"{application}-2"):
        answer = client.post("/stop", data={"csrf_token": found[1], "reason": "Panne", "application": name})
        yield [answer.status_code, "Traceback" in answer.text]


def test_a_disk_that_fails_is_said_to_people_as_a_5xx_and_the_next_try_succeeds(data: Path) -> None:
    store = open_store(data / DATABASE_FILE)
    store.add_stop(StopEvent("dpi-0-1", True, "ann", "Ann", "Panne", NOW))
    store.close()
    statuses = set()
    for number in (1, 2, 4):
        results, is_hit = nth_call.failing(partial(stopping, data, f"dpi-{number}"), "pwrite64", "EIO", number)
        assert is_hit
        statuses.add(results[0][0])
        assert results[1] == [303, False], results
        assert results[0][1] is False
    assert statuses <= {303, 503, 507}
    assert 503 in statuses
