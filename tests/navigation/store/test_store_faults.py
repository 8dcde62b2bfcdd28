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

from navigation.errors import StoreBusyError, StoreError, StoreFullError
from navigation.ids import new_id
from navigation.place_records import PlaceChange, PlaceFilter, TrialAsked
from navigation.records import AttemptFilter, AuditEvent, AuditFilter, SavedView, VlmReply
from navigation.settings import CachePolicy
from navigation.shadow import ShadowVerdict
from navigation.store import (
    AccountStore,
    AttemptStore,
    CertificateStore,
    ConfigStore,
    FlowStore,
    LabelStore,
    OversightStore,
    PlaceStore,
    QueueStore,
    ShadowStore,
    SqlStore,
    ViewStore,
    open_store,
)
from navigation.store import connection as connections
from navigation.store import sqlite as sqlite_module
from navigation.types import Outcome
from tests import disks
from tests.navigation.placing import a_key, a_place
from tests.navigation.store import killable
from tests.navigation.store.making import (
    NOW,
    a_certificate,
    a_decision,
    a_finish,
    a_label,
    a_look,
    a_meta,
    a_page,
    a_plan,
    a_run,
    a_sample,
    a_signoff,
    a_start,
    a_step,
    a_stop,
    finished,
    seeded,
    sha,
)

ROOT = Path(__file__).resolve().parents[3]
IDLE = timedelta(minutes=30)
AN_EVENT = AuditEvent("ann", "trial")
A_VERDICT = ShadowVerdict("refuses", Outcome.AMBIGUOUS, 0.9, 0.0, None)

# --- the database is locked -----------------------------------------------------------------------


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another connection's writing transaction, held open. By the same library: file locks are per process."""
    with closing(sqlite_module.driver().connect(str(path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def _begin_shadow(store: SqlStore) -> None:
    store.begin_shadow(1, author_id="ann", author="Ann", reason="see", event=AN_EVENT)


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
    store.add_stop(a_stop("elsewhere"))
    _begin_shadow(store)
    store.add_verdict(1, "finished", A_VERDICT)
    user = store.add_user(name="ann", role="admin", password_hash=None)
    store.set_identity(user.id, "issuer", "ann")
    store.put_second_factor(user.id, "sealed", step=0, code_hashes=["c"], now=NOW)
    store.open_session(user.id, "session", NOW, "source")
    store.add_token(name="t", secret="token", scopes=[], applications=None, expires_at=None)
    store.remembered_places(CachePolicy()).put(a_key(), a_place(), NOW)
    store.start_trial(a_trial(id="trial"), version=1, event=AuditEvent("a", "b"))
    yield store
    store.close()


def a_trial(**given: Any) -> TrialAsked:
    values: dict[str, Any] = {"id": new_id(), "application": "dpi", "wanted": 1, "at": NOW}
    policies = {"policy": CachePolicy(), "in_use": CachePolicy()}
    return TrialAsked(**values | policies | {"author_id": "ann", "author": "Ann"} | given)


A_CHANGE = PlaceChange("pin", "ann", "Ann", "why", NOW)
Act = Callable[[SqlStore], Any]

WRITES: dict[str, Act] = {
    "create_run": lambda s: s.create_run(a_run()),
    "add_screenshot": lambda s: s.add_screenshot(a_meta(sha("new"))),
    "note_reencoded": lambda s: s.note_reencoded(sha("image"), "webp", 1),
    "start_attempt": lambda s: s.start_attempt(a_start(s.attempt("started").start.run_id)),  # type: ignore[union-attr]
    "decide_attempt": lambda s: s.decide_attempt("started", a_decision(), finish=None),
    "finish_attempt": lambda s: s.finish_attempt("decided", a_finish()),
    "interrupt_unfinished": lambda s: s.interrupt_unfinished(NOW, all_undecided=True),
    "put_page": lambda s: s.put_page(a_page()),
    "put_vlm_reply": lambda s: s.put_vlm_reply(VlmReply(sha("image"), "key", "model", "{}", NOW)),
    "add_labels": lambda s: s.add_labels([a_label("started")]),
    "undo_last": lambda s: s.undo_last(author_id="ann", author="Ann", now=NOW),
    "claim": lambda s: s.claim("decided", user_id="bob", user_name="Bob", now=NOW, until=NOW + IDLE),
    "add_sample": lambda s: s.add_sample(a_sample(), AttemptFilter(), by="outcome", size=1),
    "add_unit_sample": lambda s: s.add_unit_sample(a_sample(), application="", screen="", size=1),
    "add_plan": lambda s: s.add_plan(a_plan()),
    "add_look": lambda s: s.add_look(a_look(), None, known=1),
    "set_preference": lambda s: s.set_preference(s.users()[0].id, "keys", {}),
    "save_view": lambda s: s.save_view(SavedView(new_id(), "ann", "Ann", "new", "", False, NOW)),
    "delete_view": lambda s: s.delete_view("view", "ann"),
    "add_stop": lambda s: s.add_stop(a_stop("dpi")),
    "add_run_step": lambda s: s.add_run_step(a_step(s.attempt("waiting").start.run_id, "waiting")),  # type: ignore[union-attr]
    "add_run_steps": lambda s: s.add_run_steps(
        [a_step(s.attempt("waiting").start.run_id, "waiting", "resumed")]  # type: ignore[union-attr]
    ),
    "add_signoff": lambda s: s.add_signoff(a_signoff(s.attempt("started").start.run_id)),  # type: ignore[union-attr]
    "ensure_config": lambda s: s.ensure_config({"score": 0.1}, "a", "b"),
    "add_config": lambda s: s.add_config({"score": 0.2}, "a", "b"),
    "activate_config": lambda s: s.activate_config(1, seen=s.active_config().id, author="a", reason="b"),
    "begin_shadow": lambda s: (s.end_shadow(1, event=AN_EVENT), _begin_shadow(s)),
    "end_shadow": lambda s: s.end_shadow(1, event=AN_EVENT),
    "add_verdict": lambda s: s.add_verdict(1, "started", A_VERDICT),
    "change_place": lambda s: s.change_place(1, A_CHANGE, seen=s.place(1).seen, event=AuditEvent("a", "b")),  # type: ignore[union-attr]
    "rebuild_place": lambda s: s.rebuild_place(
        1,
        a_place(2),
        A_CHANGE,
        verified_at=NOW,
        seen=s.place(1).seen,
        event=AuditEvent("a", "b"),  # type: ignore[union-attr]
    ),
    "start_trial": lambda s: s.start_trial(a_trial(at=NOW + IDLE), version=1, event=AuditEvent("a", "b")),
    "note_trial": lambda s: s.note_trial("trial", 1, 2, NOW),
    "end_trial": lambda s: s.end_trial("trial", "done", NOW, counts={}),
    "add_user": lambda s: s.add_user(name="bob", role="admin", password_hash=None),
    "set_password": lambda s: s.set_password(s.users()[0].id, "hash"),
    "clear_password": lambda s: s.clear_password(s.users()[0].id),
    "set_rights": lambda s: s.set_rights(s.users()[0].id, "admin", None),
    "set_active": lambda s: s.set_active(s.users()[0].id, True),
    "set_language": lambda s: s.set_language(s.users()[0].id, "fr"),
    "end_sessions": lambda s: s.end_sessions(s.users()[0].id),
    "put_second_factor": lambda s: s.put_second_factor(s.users()[0].id, "k", step=1, code_hashes=["c"], now=NOW),
    "remove_second_factor": lambda s: s.remove_second_factor(s.users()[0].id),
    "set_identity": lambda s: s.set_identity(s.users()[0].id, "issuer", "other"),
    "use_step": lambda s: s.use_step(s.users()[0].id, 2),
    "put_recovery_codes": lambda s: s.put_recovery_codes(s.users()[0].id, ["d"]),
    "use_recovery_code": lambda s: s.use_recovery_code(s.users()[0].id, "c", NOW),
    "add_one_time_link": lambda s: s.add_one_time_link(s.users()[0].id, "link", NOW),
    "use_one_time_link": lambda s: s.use_one_time_link("link", NOW),
    "open_session": lambda s: s.open_session(s.users()[0].id, "new", NOW, "source"),
    "close_session": lambda s: s.close_session("session"),
    "end_provided": lambda s: s.end_provided(
        "issuer", subject="ann", session="", token_id="1", expires_at=NOW, now=NOW
    ),
    "note_login_failure": lambda s: s.note_login_failure("ann", "source", NOW),
    "clear_login_failures": lambda s: s.clear_login_failures("ann"),
    "add_token": lambda s: s.add_token(name="n", secret="x", scopes=[], applications=None, expires_at=None),
    "revoke_token": lambda s: s.revoke_token(s.tokens()[0].id, NOW),
    "audit": lambda s: s.audit(AuditEvent("ann", "view"), NOW),
}
READS: dict[str, Act] = {
    "run": lambda s: s.run(s.attempt("started").start.run_id),  # type: ignore[union-attr]
    "screenshot": lambda s: s.screenshot(sha("image")),
    "screenshots_to_reencode": lambda s: s.screenshots_to_reencode(),
    "attempt": lambda s: s.attempt("finished"),
    "list_attempts": lambda s: s.list_attempts(AttemptFilter()).rows,
    "count_attempts": lambda s: s.count_attempts(AttemptFilter()).total,
    "facet_values": lambda s: s.facet_values(AttemptFilter())["application"],
    "following": lambda s: s.following("started", AttemptFilter()),
    "neighbours": lambda s: s.neighbours("started", AttemptFilter())[0],
    "page": lambda s: s.page(sha("image"), "none") is None,
    "pages_of": lambda s: s.pages_of(sha("image")) == [],
    "readings_of": lambda s: s.readings_of(sha("image")) == [],
    "run_attempts": lambda s: s.run_attempts(s.attempt("started").start.run_id),  # type: ignore[union-attr]
    "run_around": lambda s: s.run_around(s.attempt("started").start.run_id, 1),  # type: ignore[union-attr]
    "earlier": lambda s: s.earlier(s.attempt("started").seq),  # type: ignore[union-attr]
    "vlm_reply": lambda s: s.vlm_reply(sha("image"), "none") is None,
    "vlm_replies_of": lambda s: s.vlm_replies_of(sha("image")) == [],
    "groups": lambda s: s.groups(AttemptFilter()),
    "group": lambda s: s.group(1),
    "group_of": lambda s: s.group_of("finished"),
    "group_days": lambda s: s.group_days([1], since=NOW)[1],
    "facets": lambda s: s.facets(AttemptFilter(), ["label"])["label"].values,
    "saved_views": lambda s: s.saved_views("ann"),
    "labels_of": lambda s: s.labels_of("decided"),
    "settled": lambda s: s.settled("decided").answer,
    "last_label_of": lambda s: s.last_label_of("ann"),
    "claim_on": lambda s: s.claim_on("started", NOW),
    "next_unlabelled": lambda s: s.next_unlabelled(1, user_id="ann", now=NOW),
    "samples": lambda s: s.samples(),
    "sample": lambda s: s.sample("sample"),
    "sample_progress": lambda s: s.sample_progress("sample", None).cases,
    "next_in_sample": lambda s: s.next_in_sample("sample", user_id="ann", applications=None, now=NOW),
    "due_in_samples": lambda s: s.due_in_samples("finished", "ann"),
    "kept_from": lambda s: s.kept_from("ann", ["finished"]),
    "blind_pairs": lambda s: s.blind_pairs(None) == [],
    "plans": lambda s: s.plans(),
    "plan": lambda s: s.plan("plan"),
    "looks": lambda s: s.looks(),
    "certificates": lambda s: s.certificates(),
    "searches": lambda s: s.searches(""),
    "searched_pictures": lambda s: s.searched_pictures("dpi"),
    "packed_pages": lambda s: s.packed_pages(sha("image")) == {},
    "audited": lambda s: s.audited("sample"),
    "seen_since": lambda s: s.seen_since("", "", NOW)[1],
    "preferences": lambda s: s.preferences("nobody") == {},
    "stops_in_force": lambda s: s.stops_in_force(),
    "stop_events": lambda s: s.stop_events(),
    "run_standing": lambda s: s.run_standing(s.attempt("waiting").start.run_id),  # type: ignore[union-attr]
    "run_steps_at": lambda s: s.run_steps_at("ann", NOW) == [],
    "run_steps": lambda s: s.run_steps("none") == [],
    "waiting_runs": lambda s: s.waiting_runs(since=NOW, applications=None),
    "count_waiting": lambda s: s.count_waiting(since=NOW, applications=None),
    "known_applications": lambda s: s.known_applications(None),
    "day_counts": lambda s: s.day_counts(since=NOW.date(), applications=None),
    "anchor_counts": lambda s: s.anchor_counts(since=NOW.date(), applications=None) == [],
    "activations": lambda s: s.activations(since=NOW),
    "stage_timings": lambda s: s.stage_timings(applications=None),
    "open_work": lambda s: s.open_work(user_id="ann", now=NOW, applications=None),
    "login_flows": lambda s: s.login_flows(None) == [],
    "login_flow": lambda s: s.login_flow("none") is None,
    "flow_steps": lambda s: s.flow_steps("none") == [],
    "flow_answers": lambda s: s.flow_answers("none") == [],
    "objections": lambda s: s.objections("dpi", "tour") == [],
    "last_signoff": lambda s: s.last_signoff("dpi", "tour") is None,
    "signoff_of": lambda s: s.signoff_of("none") is None,
    "profile_version": lambda s: s.profile_version("dpi") == 0,
    "active_config": lambda s: s.active_config(),
    "config": lambda s: s.config(1),
    "configs": lambda s: s.configs(),
    "chosen_config": lambda s: s.chosen_config(),
    "running_shadow": lambda s: s.running_shadow(),
    "shadows": lambda s: s.shadows(),
    "verdict_counts": lambda s: s.verdict_counts(1, None).judged,
    "verdicts_that_differ": lambda s: s.verdicts_that_differ(1, None),
    "places": lambda s: s.places(PlaceFilter(NOW)).rows,
    "place_tally": lambda s: s.place_tally(PlaceFilter(NOW)).total,
    "place": lambda s: s.place(1),
    "place_patch": lambda s: s.place_patch(1),
    "place_changes": lambda s: s.place_changes(s.place(1)) == [],  # type: ignore[arg-type]
    "trial": lambda s: s.trial("trial"),
    "trials": lambda s: s.trials("dpi"),
    "user": lambda s: s.user(s.users()[0].id),
    "sessions_of": lambda s: s.sessions_of(s.users()[0].id, NOW, idle=IDLE, absolute=IDLE),
    "second_factor": lambda s: s.second_factor(s.users()[0].id),
    "user_by_identity": lambda s: s.user_by_identity("issuer", "ann"),
    "identity_of": lambda s: s.identity_of(s.users()[0].id, "issuer"),
    "second_factor_owners": lambda s: s.second_factor_owners(),
    "user_by_name": lambda s: s.user_by_name("ann"),
    "count_users": lambda s: s.count_users(),
    "users": lambda s: s.users(),
    "one_time_link": lambda s: s.one_time_link("link", NOW) is None,
    # These two also note when they were last used; that is put off while the database is locked.
    "session": lambda s: s.session("session", NOW + IDLE / 2, idle=IDLE, absolute=IDLE),
    "token": lambda s: s.token("token", NOW),
    "login_failures": lambda s: s.login_failures("ann", "source", NOW) == (0, 0),
    "tokens": lambda s: s.tokens(),
    "audit_events": lambda s: s.audit_events(),
    "audit_entries": lambda s: s.audit_entries(AuditFilter()),
}


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

    By SQLite's and the kernel's own limits on any machine; by a file system of 2.3 MiB where one may be mounted too.
    """
    disk = tmp_path / "small"
    disk.mkdir()
    if request.param == "limits":
        yield disk, _nearly_at_its_limits
        return
    with disks.mounted(disk, "2300k") as done:
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
