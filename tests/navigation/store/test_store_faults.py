"""A locked database, a full disk, a killed process: each is said, and nothing acknowledged is lost."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from navigation.case_records import CaseFilter, CaseSet
from navigation.errors import StoreBusyError, StoreError, StoreFullError
from navigation.ids import new_id
from navigation.records import AttemptFilter, AuditEvent, SavedView
from navigation.settings import CachePolicy
from navigation.store import (
    AccountStore,
    AlertStore,
    AttemptStore,
    CaseStore,
    CertificateStore,
    ConfigStore,
    FlowStore,
    LabelStore,
    OversightStore,
    PlaceStore,
    QueueStore,
    ReplayStore,
    RetentionStore,
    ShadowStore,
    SqlStore,
    ViewStore,
    WorkflowStore,
    open_store,
)
from navigation.store import connection as connections
from navigation.store import sqlite as sqlite_module
from navigation.store.models.retention import DoomedPictureRow
from navigation.types import Outcome
from tests import disks
from tests.navigation.placing import a_key, a_place
from tests.navigation.store import killable
from tests.navigation.store.every_method import (
    A_PURGE,
    A_VERDICT,
    IDLE,
    READS,
    WRITES,
    Act,
    a_trial,
    add_replay,
    begin_shadow,
)
from tests.navigation.store.flowing import opened_run
from tests.navigation.store.making import (
    NOW,
    a_certificate,
    a_decision,
    a_finish,
    a_label,
    a_look,
    a_message,
    a_plan,
    a_run,
    a_sample,
    a_start,
    a_stop,
    finished,
    seeded,
    sha,
)
from tests.navigation.store.test_store_cases import a_case, an_export, an_import

ROOT = Path(__file__).resolve().parents[3]

# --- the database is locked -----------------------------------------------------------------------


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another connection's writing transaction, held open. By the same library: file locks are per process."""
    with closing(sqlite_module.driver().connect(str(path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.fixture
def impatient(tmp_path: Path, empty_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlStore]:
    """A store that waits 50 ms for a lock, with one started, one decided and one finished attempt."""
    monkeypatch.setattr(sqlite_module, "BUSY_TIMEOUT_MS", 50)
    shutil.copytree(empty_data, tmp_path, dirs_exist_ok=True)
    store = open_store(tmp_path / "nav.db")
    assert isinstance(store, SqlStore)
    run_id = seeded(store)
    finished(store, run_id, id="finished")
    for name in ("started", "decided"):
        store.start_attempt(a_start(run_id, id=name))
    store.decide_attempt("decided", a_decision(), finish=None)
    store.add_labels([a_label("decided", id="given")])
    store.add_sample(a_sample(id="sample"), AttemptFilter(), by="none", size=1)
    finished(store, run_id, target_text="in no sample")
    store.add_plan(a_plan(id="plan"))
    store.add_look(a_look(id="look"), a_certificate(), known=0)
    store.claim("started", user_id="ann", user_name="Ann", now=NOW, until=NOW + IDLE)
    store.save_view(SavedView("view", "ann", "Ann", "absent", "outcome=absent", False, NOW))
    finished(store, store.create_run(a_run()).id, Outcome.NEEDS_HUMAN, id="waiting")
    store.put_case(a_case("decided", id="case", label_id="given"))
    store.add_case_set(CaseSet("set", "login", "ann", "Ann", NOW))
    store.add_export(an_export(id="export"), event=AuditEvent("ann", "x"))
    store.add_stop(a_stop("elsewhere"))
    store.add_message(a_message(id="message"))
    store.add_message(a_message(id="given up", state="given_up", ended_at=NOW))
    begin_shadow(store)
    store.add_verdict(1, "finished", A_VERDICT)
    user = store.add_user(name="ann", role="admin", password_hash=None)
    store.set_identity(user.id, "issuer", "ann")
    store.put_second_factor(user.id, "sealed", step=0, code_hashes=["c"], now=NOW)
    store.open_session(user.id, "session", NOW, "source")
    store.add_token(name="t", secret="token", scopes=[], applications=None, expires_at=None)
    store.remembered_places(CachePolicy()).put(a_key(), a_place(), NOW)
    opened_run(store)
    store.begin_purge(A_PURGE)
    with store._db.writing() as session:
        session.add(DoomedPictureRow(image_id=sha("doomed")))
    store.blobs.put_received(sha("no row owns it"), b"picture", "png")
    store.start_trial(a_trial(id="trial"), version=1, event=AuditEvent("a", "b"))
    add_replay(store)
    yield store
    store.close()


def test_every_method_takes_part_in_the_lock_test() -> None:
    methods = {
        name
        for kind in (
            AttemptStore,
            ConfigStore,
            ShadowStore,
            LabelStore,
            QueueStore,
            ViewStore,
            OversightStore,
            FlowStore,
            PlaceStore,
            AccountStore,
            CertificateStore,
            CaseStore,
            ReplayStore,
            WorkflowStore,
            RetentionStore,
            AlertStore,
        )
        for name in vars(kind)
        if not name.startswith("_")
    }
    assert WRITES.keys() | READS.keys() == methods


@pytest.mark.parametrize("act", WRITES.values(), ids=WRITES)
def test_a_write_on_a_locked_database_is_busy_and_works_afterwards(
    impatient: SqlStore, tmp_path: Path, act: Act
) -> None:
    with locked(tmp_path / "nav.db"), pytest.raises(StoreBusyError):
        act(impatient)
    act(impatient)


@pytest.mark.parametrize("act", READS.values(), ids=READS)
def test_reading_goes_on_while_the_database_is_locked(impatient: SqlStore, tmp_path: Path, act: Act) -> None:
    with locked(tmp_path / "nav.db"):
        assert act(impatient)


@pytest.mark.slow
def test_with_the_shipped_limits_a_writer_hears_within_ten_seconds(store: SqlStore, tmp_path: Path) -> None:
    began = time.monotonic()
    with locked(tmp_path / "data" / "nav.db"), pytest.raises(StoreBusyError):
        store.audit(AuditEvent("ann", "view"), NOW)
    assert 1 < time.monotonic() - began < 10


def test_a_writer_behind_a_stuck_one_of_its_own_process_is_busy_too(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "WRITE_WAIT_S", 0.05)
    heard: list[BaseException] = []

    def write() -> None:
        try:
            store.audit(AuditEvent("ann", "view"), NOW)
        except StoreBusyError as err:
            heard.append(err)

    with store._db.writing():
        second = threading.Thread(target=write)
        second.start()
        second.join()
    assert len(heard) == 1


@pytest.mark.slow
def test_eight_threads_and_another_process_write_without_an_error(store: SqlStore, run_id: str, tmp_path: Path) -> None:
    child = _start_killable(tmp_path / "data", attempts=20)
    threads = [threading.Thread(target=lambda: [finished(store, run_id) for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    output, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    assert store.count_attempts(AttemptFilter()).total == 80 + output.count("finished ")


# --- the disk is full -----------------------------------------------------------------------------


def test_a_full_database_says_so_keeps_what_it_has_and_recovers(store: SqlStore, run_id: str) -> None:
    kept = [finished(store, run_id) for _ in range(3)]
    _limit_pages(store, extra=4)
    stored, refused = _fill(store, run_id)
    assert isinstance(refused, StoreFullError)
    assert _ids(store) == {*kept, *stored}
    _limit_pages(store, extra=10_000)
    assert finished(store, run_id) in _ids(store)


def _limit_pages(store: SqlStore, extra: int) -> None:
    """Let the database grow by so many pages only: SQLite's own form of a full disk, on any machine."""
    store._db._engine.dispose()
    with store._db.reading() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar()
        session.execute(text(f"PRAGMA max_page_count = {pages + extra}"))


def _fill(store: SqlStore, run_id: str) -> tuple[list[str], Exception | None]:
    stored: list[str] = []
    for _ in range(2000):
        start = a_start(run_id, action={"noise": random.Random(len(stored)).randbytes(2000).hex()})
        try:
            store.start_attempt(start)
        except StoreFullError as err:
            return stored, err
        stored.append(start.id)
    return stored, None


def _ids(store: SqlStore) -> set[str]:
    return {row.id for row in store.list_attempts(AttemptFilter(), limit=500).rows}


Full = Callable[[SqlStore], AbstractContextManager[None]]


@pytest.fixture(params=["limits", *(["file system"] if disks.may_mount() else [])])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Full]]:
    """A folder, and what leaves it room for some attempts but for no large picture.

    By SQLite's and the kernel's own limits on any machine; by a file system of 3 MiB where one may be mounted too.
    """
    disk = tmp_path / "small"
    disk.mkdir()
    if request.param == "limits":
        yield disk, _nearly_at_its_limits
        return
    with disks.mounted(disk, "3m") as done:
        assert done
        yield disk, lambda _store: _nearly_full(disk)


@contextmanager
def _nearly_at_its_limits(store: SqlStore) -> Iterator[None]:
    _limit_pages(store, extra=100)
    with disks.no_file_over(6_000_000):
        yield
    _limit_pages(store, extra=10_000)


@contextmanager
def _nearly_full(disk: Path) -> Iterator[None]:
    room = disk / "room"
    room.write_bytes(bytes(300_000))
    yield
    room.unlink()


def test_a_full_disk_says_so_keeps_what_it_has_and_recovers(small_disk: tuple[Path, Full]) -> None:
    disk, full = small_disk
    store = open_store(disk / "data" / "nav.db")
    assert isinstance(store, SqlStore)
    try:
        run_id = seeded(store)
        image_id = killable.put_picture(store, b"first")
        with full(store):
            stored, refused = _fill(store, run_id)
            assert isinstance(refused, StoreFullError)
            assert len(stored) > 10
            with pytest.raises(StoreFullError):
                store.blobs.put_received(sha("large"), bytes(7_000_000), "png")
            assert _ids(store) == set(stored)
            assert store.blobs.read(image_id) == (b"first", "png")
            assert list(disk.rglob("*.part")) == []
        assert finished(store, run_id) in _ids(store)
        assert store.blobs.read(killable.put_picture(store, b"second"))[0] == b"second"
    finally:
        store.close()


def test_on_a_database_turned_read_only_reading_goes_on(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    store.add_token(name="agent", secret="token", scopes=[], applications=None, expires_at=None)
    _set_read_only(store, True)
    assert store.attempt(attempt_id) is not None
    assert store.token("token", NOW) is not None
    with pytest.raises(StoreError, match="may only be read"):
        store.start_attempt(a_start(run_id))
    _set_read_only(store, False)
    assert finished(store, run_id) in _ids(store)


def _set_read_only(store: SqlStore, is_read_only: bool) -> None:
    store._db._engine.dispose()
    with store._db.reading() as session:
        session.execute(text(f"PRAGMA query_only = {is_read_only:d}"))


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, StoreFullError),
        (errno.EDQUOT, StoreFullError),
        (errno.EROFS, StoreError),
        (errno.EIO, StoreError),
    ],
    ids=["no space", "over quota", "read-only", "input/output"],
)
def test_a_picture_whose_flush_fails_is_not_acknowledged(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr("navigation.store.files.os.fsync", fail)
        with pytest.raises(expected):
            store.blobs.put_received(sha("picture"), b"bytes", "png")
    with pytest.raises(FileNotFoundError):
        store.blobs.read(sha("picture"))


def test_a_picture_that_does_not_fit_leaves_nothing_behind(store: SqlStore, tmp_path: Path) -> None:
    with disks.no_file_over(100_000), pytest.raises(StoreFullError):
        store.blobs.put_received(sha("large"), bytes(200_000), "png")
    assert [path for path in (tmp_path / "data" / "screenshots").rglob("*") if path.is_file()] == []
    store.blobs.put_received(sha("large"), bytes(200_000), "png")
    assert len(store.blobs.read(sha("large"))[0]) == 200_000


# --- the process is killed ------------------------------------------------------------------------


def _start_killable(folder: Path, attempts: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.navigation.store.killable", str(folder), str(attempts)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_killed_at_any_moment_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    chance = random.Random(20260301)
    acknowledged: dict[str, str] = {}
    pictures: set[str] = set()
    for _ in range(5):
        child = _start_killable(tmp_path, attempts=100_000)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.05, 0.9))
        os.kill(child.pid, signal.SIGKILL)
        for line in child.communicate()[0].splitlines():
            step, _, name = line.partition(" ")
            pictures.add(name) if step == "picture" else acknowledged.__setitem__(name, step)
        _check_all_is_there(tmp_path, acknowledged, pictures)
    assert len(acknowledged) > 20
    assert {"started", "decided", "finished"} & set(acknowledged.values()) >= {"finished"}


@pytest.mark.slow
@pytest.mark.parametrize("at", ["15", "commit"])
def test_an_import_killed_on_the_way_leaves_nothing_of_it(tmp_path: Path, at: str) -> None:
    command = [sys.executable, "-m", "tests.navigation.store.killable_import", str(tmp_path), at]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    store = open_store(tmp_path / "nav.db", create=False)
    try:
        assert store.count_attempts(AttemptFilter()).total == store.count_cases(CaseFilter())["new"] == 0
        assert (store.known_pictures([sha("image")]), store.audit_events()) == (frozenset(), [])
        assert store.bring_in(an_import(store, 20), event=AuditEvent("ann", "cases_imported")) == 20
    finally:
        store.close()


def _check_all_is_there(folder: Path, acknowledged: dict[str, str], pictures: set[str]) -> None:
    order = ["started", "decided", "finished"]
    store = open_store(folder / "nav.db", create=False)
    try:
        states = {name: store.attempt(name) for name in acknowledged}
        assert all(found and order.index(found.state) >= order.index(acknowledged[n]) for n, found in states.items())
        store.interrupt_unfinished(NOW, all_undecided=True)
        for row in _every_row(store):
            whole = store.attempt(row.id)
            assert whole is not None
            # Nothing is left started, and a line never says more or less than the evidence.
            assert whole.state == row.state != "started"
            assert (whole.finish.outcome if whole.finish else None) == row.outcome
            assert whole.decision or row.outcome is Outcome.INTERRUPTED
            assert store.blobs.read(row.before_id)
        assert all(store.blobs.read(image_id) for image_id in pictures)
        assert {path.parent.name for path in folder.rglob("*.part")} <= {"unfinished"}
    finally:
        store.close()


def _every_row(store: Any) -> Iterator[Any]:
    cursor = None
    while True:
        page = store.list_attempts(AttemptFilter(), cursor=cursor, limit=500)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def test_a_frozen_worker_that_wakes_cannot_write_over_the_interruption(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id, id=new_id())
    store.start_attempt(start)
    store.interrupt_unfinished(NOW + timedelta(seconds=211), all_undecided=False)
    with pytest.raises(Exception, match="finished already"):
        store.decide_attempt(start.id, a_decision(), finish=a_finish())
    stored = store.attempt(start.id)
    assert stored is not None
    assert stored.decision is None
