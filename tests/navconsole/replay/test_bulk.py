"""Replay in bulk: on stored readings and on pictures, gone on with after a stop, the same however it is worked on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from navconsole.replay import bulk, bulk_worker, units
from navconsole.replay.bulk import carry_out
from navconsole.settings import ConsoleSettings
from navconsole.workers import Here, WorkerLostError, WorkersError
from navconsole.workers.processes import Processes
from navigation.actions import NavigateAction
from navigation.engine import Engine
from navigation.errors import ConflictError
from navigation.replays import LEASE, Choice, Progress, ReplayRun, ReplaySetting, progress_of
from navigation.settings import Settings
from navigation.store.protocol import Store
from navigation.types import Box, Page
from tests.navconsole.replay.recorded import (
    ANEW,
    ENDED,
    LOOSE,
    STRICT,
    TOLD,
    a_run,
    asked,
    other_pictures,
    outcomes,
    replayed,
    results,
)
from tests.navconsole.test_replay import Robot
from tests.navigation.store.making import a_label


@pytest.fixture
def processes() -> Iterator[Processes]:
    workers = Processes(2, limit_s=60)
    yield workers
    workers.close()


def test_under_its_own_limits_every_attempt_ends_as_it_did(recorded: list[str], store: Store) -> None:
    run = replayed(store)
    assert (run.state, run.done, run.total) == ("done", 8, 8)
    assert outcomes(store, run, recorded) == ENDED
    assert run.counts["differences"] == {"same": 8}
    assert store.replayed(run.id, None) == []


def test_other_limits_change_what_they_should(recorded: list[str], store: Store) -> None:
    loose = replayed(store, replace(LOOSE, limits={**LOOSE.limits, "anchor": 0.8}))
    assert outcomes(store, loose, recorded) == ["ok", "ok", "ok", "ok", "absent", "wrong_screen", "ok", "ok"]
    assert loose.counts["changes"]["wrong_screen>ok"] == 1
    assert loose.counts["differences"] == {"same": 5, "presses": 3}
    strict = replayed(store, STRICT)
    assert outcomes(store, strict, recorded) == [*ENDED[:7], "ambiguous"]
    assert [line.id for line, _ in store.replayed(strict.id, None, kind="refuses")] == [recorded[7]]


def test_a_label_says_which_changes_are_right(recorded: list[str], store: Store) -> None:
    own = results(store, replayed(store), recorded)
    store.add_labels(
        [
            a_label(recorded[0], answer="wrong", place="box", box=Box(1, 1, 20, 20)),
            a_label(recorded[6], answer="wrong", place="absent"),
            a_label(recorded[7], answer="right"),
        ]
    )
    assert all(one.was_right is None for one in own), "nobody had said anything"
    strict = replayed(store, STRICT)
    loose = replayed(store, LOOSE)

    def said(run: ReplayRun) -> list[tuple[bool | None, bool | None]]:
        return [(one.was_right, one.is_right) for one in results(store, run, recorded)]

    unsaid = [(None, None)] * 5
    assert said(strict) == [(False, False), *unsaid, (True, True), (True, False)]
    assert said(loose) == [(False, False), *unsaid, (True, False), (True, True)]
    assert loose.counts["labels"] == {"right>right": 1, "right>wrong": 1, "wrong>wrong": 1}
    assert [line.id for line, _ in store.replayed(loose.id, None, kind="newly_wrong")] == [recorded[6]]


def test_pictures_are_read_anew_once_and_their_pages_kept(
    recorded: list[str], store: Store, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = replace(ANEW, language="eng")
    first = replayed(store, english, processes)
    assert (first.state, first.done) == ("done", 8)
    assert "failures" not in first.counts
    picture = store.attempt(recorded[0]).start.before_id  # type: ignore[union-attr]
    keys = store.readings_of(picture)
    assert len(keys) == 2
    assert any("eng" in key for key in keys)
    reads: list[str] = []
    monkeypatch.setattr(store, "put_page", lambda page: reads.append(page.image_id))
    again = replayed(store, english, processes)
    assert reads == []
    assert results(store, again, recorded) == results(store, first, recorded)


def test_processes_give_what_this_one_gives(recorded: list[str], store: Store, processes: Processes) -> None:
    for setting in (LOOSE, STRICT, ANEW):
        here, there = replayed(store, setting), replayed(store, setting, processes)
        assert results(store, there, recorded) == results(store, here, recorded)
        assert there.counts == here.counts


def test_a_picture_that_is_gone_fails_its_attempts_and_no_other(
    recorded: list[str], store: Store, settings: ConsoleSettings
) -> None:
    picture = store.attempt(recorded[0]).start.before_id  # type: ignore[union-attr]
    (path,) = settings.data.rglob(f"*{picture}*")
    path.unlink()
    run = replayed(store, ANEW)
    assert (run.state, run.counts["failures"]) == ("done", {"no_picture": 3})
    assert outcomes(store, run, recorded) == [*["no_picture"] * 3, *ENDED[3:]]
    assert len(store.replayed(run.id, None, kind="failed")) == 3
    assert "failures" not in replayed(store).counts, "stored readings need no picture"


def test_an_attempt_whose_picture_was_never_read_is_said(store: Store, settings: ConsoleSettings) -> None:
    robot = Robot(store, Engine(Settings(readers=("tesserocr",))), settings.subkey("patient"))
    sent = robot.send(other_pictures(1)[0], {"type": "navigate", "target": {"text": "Ouvrir"}})
    with store._db.writing() as session:  # type: ignore[attr-defined]
        session.connection().exec_driver_sql("DELETE FROM ocr_page")
    assert outcomes(store, replayed(store), [sent.start.id]) == ["no_reading"]


def test_a_record_that_does_not_decode_fails_alone(
    recorded: list[str], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_replay = type(store).to_replay

    def broken(self: Store, *args: Any, **given: Any) -> Any:
        found = to_replay(self, *args, **given)
        return [replace(one, grounding=b"broken") if one.id == recorded[3] else one for one in found]

    monkeypatch.setattr(type(store), "to_replay", broken)
    run = replayed(store)
    assert outcomes(store, run, recorded) == [*ENDED[:3], "record", *ENDED[4:]]


def test_a_fault_of_ours_fails_its_attempt_and_says_where(
    recorded: list[str], store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    decide = units.decide_on_record

    def broken(page: Page, action: NavigateAction, *args: Any) -> Any:
        if action.target.text == "Ouvrir":
            raise AssertionError("MARTIN Jeanne")
        return decide(page, action, *args)

    monkeypatch.setattr(units, "decide_on_record", broken)
    assert outcomes(store, replayed(store), recorded) == [*ENDED[:3], "fault", *ENDED[4:]]
    assert "kind=AssertionError at=broken" in caplog.text
    assert "MARTIN" not in caplog.text


def test_a_reader_that_hangs_fails_its_picture_at_the_deadline(
    recorded: list[str], store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    some = Choice(ids=[recorded[0]])
    hanging = tmp_path / "tesseract"
    hanging.write_text('#!/bin/sh\ncase "$1" in --version|--list-langs) exec tesseract "$@";; esac\nexec sleep 60\n')
    hanging.chmod(0o755)
    monkeypatch.setenv("TESSERACT_CMD", str(hanging))
    monkeypatch.setattr(bulk, "PICTURE_S", 1.5)
    with_other = ReplaySetting(readers=("pytesseract",), language="fra")
    run = carry_out(store, asked(store, with_other, some).id, Here())
    assert (run.state, run.done, run.counts) == ("done", 1, {"failures": {"timeout": 1}})


class Counting(Here):
    """Counts what is handed in, and stops the run after so many."""

    def __init__(self, stop: Callable[[int], object] = lambda count: None) -> None:
        self.handed: list[int] = []
        self._stop = stop

    def submit(self, work: Callable[..., Any], /, *args: Any) -> Future[Any]:
        self.handed += [item.seq for unit in args[0] for item in unit.items]
        self._stop(len(self.handed))
        return super().submit(work, *args)


def test_a_run_that_was_paused_goes_on_where_it_was(
    recorded: list[str], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "_CHUNK", 1)
    monkeypatch.setattr(bulk, "KEPT_EVERY_S", 0)
    whole = replayed(store, LOOSE)
    run = asked(store, LOOSE)
    first = Counting(lambda count: count == 3 and store.change_replay(run.id, "paused", now(), event=TOLD))
    paused = carry_out(store, run.id, first)
    assert (paused.state, paused.is_worked_on(now())) == ("paused", False)
    assert 0 < paused.done < 8
    told: list[int] = []
    second = Counting()
    done = carry_out(store, run.id, second, on_progress=lambda found: told.append(found.done))
    assert (done.state, done.done, told[-1]) == ("done", 8, 8)
    assert len(second.handed) == 8 - paused.done, "what was kept is not computed again"
    assert results(store, done, recorded) == results(store, whole, recorded)
    assert done.counts == whole.counts
    with pytest.raises(ConflictError):
        carry_out(store, run.id, Here())


def test_a_cancelled_run_ends(recorded: list[str], store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "_CHUNK", 1)
    monkeypatch.setattr(bulk, "KEPT_EVERY_S", 0)
    run = asked(store)
    cancel = Counting(lambda count: count == 2 and store.change_replay(run.id, "cancelled", now(), event=TOLD))
    done = carry_out(store, run.id, cancel)
    assert (done.state, done.done < 8) == ("cancelled", True)
    assert done.ended_at is not None


def test_who_is_overtaken_stops_and_writes_nothing_more(
    recorded: list[str], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "_CHUNK", 1)
    monkeypatch.setattr(bulk, "KEPT_EVERY_S", 0)
    run = asked(store)
    later = now() + LEASE + timedelta(minutes=1)
    overtaken = Counting(lambda count: count == 4 and store.take_replay(run.id, later))
    with pytest.raises(ConflictError, match="Another worker"):
        carry_out(store, run.id, overtaken)
    found = store.replay(run.id)
    assert found is not None
    assert (found.fence, found.state) == (2, "running")
    assert 0 < found.done < 4


class Deadly(Here):
    """Its worker dies on pictures of so many attempts, every time or as often as is said."""

    def __init__(self, items: int, times: int) -> None:
        self.left, self._items = times, items

    def submit(self, work: Callable[..., Any], /, *args: Any) -> Future[Any]:
        given = args[0] if isinstance(args[0], list) else [args[0]]
        if self.left and any(len(unit.items) == self._items for unit in given):
            self.left -= 1
            future: Future[Any] = Future()
            future.set_exception(WorkerLostError("died"))
            return future
        return super().submit(work, *args)


def test_work_whose_worker_died_is_tried_again_and_fails_at_last(recorded: list[str], store: Store) -> None:
    assert outcomes(store, replayed(store, None, Deadly(2, 2)), recorded) == ENDED
    deadly = replayed(store, None, Deadly(2, 99))
    assert (deadly.state, deadly.counts["failures"]) == ("done", {"worker": 2})
    assert outcomes(store, deadly, recorded) == [*ENDED[:6], "worker", "worker"]


def test_no_worker_of_another_version_or_without_the_reader_works(
    recorded: list[str], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WorkersError, match="Install that reader") as caught:
        replayed(store, replace(ANEW, language="xyz"))
    assert "xyz" in caught.value.detail
    unit = units.Unit("0.0 another", "", (), {})
    with pytest.raises(WorkersError, match=r"another version .*0\.0 another"):
        units.answer(unit)

    class Other(Here):
        def ask(self, question: Callable[..., Any], *args: Any) -> Any:
            return [("w1", question(*args)), ("w2", ("0.0 another", ""))]

    with pytest.raises(WorkersError, match="another version"):
        replayed(store, None, Other())
    (run, *_) = store.replays()
    assert (run.state, run.done, run.is_worked_on(now())) == ("paused", 0, False)


def test_nothing_of_an_attempt_is_in_what_a_worker_might_log(recorded: list[str], store: Store) -> None:
    (one, *_) = store.to_replay(asked(store).id)
    item = bulk.item_of(one, LOOSE)
    unit = units.Unit("v", one.image_id, (item,), {}, picture=b"pixels")
    for shown in (repr(item), repr(unit), repr(units.answer(replace(unit, version=units.program_version())))):
        assert "connecter" not in shown
        assert "pixels" not in shown
        assert "grounding" not in shown


def test_progress_says_how_fast_and_how_long() -> None:
    run = a_run(total=300, done=150, taken_done=50, taken_at=now() - timedelta(seconds=20), noted_at=now())
    run = replace(run, noted_at=run.taken_at + timedelta(seconds=20))  # type: ignore[operator]
    assert progress_of(run) == Progress(0.5, 5.0, 30.0)
    assert progress_of(a_run(total=3)).left_s is None
    assert progress_of(a_run()).share == 1.0


# --- the process beside the server --------------------------------------------------------------------


def worker(database: Path, run_id: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "navconsole.replay.bulk_worker", str(database), run_id, str(os.getpid())]
    return subprocess.Popen(command, start_new_session=True)


def test_a_killed_process_leaves_a_run_that_goes_on(store: Store, settings: ConsoleSettings) -> None:
    robot = Robot(store, Engine(Settings(readers=("tesserocr",))), settings.subkey("patient"))
    ids = [
        robot.send(picture, {"type": "navigate", "target": {"text": "Fermer"}}).start.id
        for picture in other_pictures(14)
    ]
    english = replace(ANEW, language="eng")
    run = asked(store, english)
    child = worker(settings.database, run.id)
    until = time.monotonic() + 60
    while (found := store.replay(run.id)) is not None and not found.done and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    killed = store.replay(run.id)
    assert killed is not None
    assert 0 < killed.done < 14
    assert killed.state == "running"
    kept = {attempt_id for attempt_id in ids if store.replayed_attempt(run.id, attempt_id)}
    with pytest.raises(ConflictError):
        carry_out(store, run.id, Here())  # until the lease is over
    with store._db.writing() as session:  # type: ignore[attr-defined]
        session.connection().exec_driver_sql("UPDATE replay_run SET leased_until = noted_at")
    rest = Counting()
    done = carry_out(store, run.id, rest)
    assert (done.state, done.done) == ("done", 14)
    assert len(rest.handed) == 14 - len(kept), "what was kept is not computed again"
    assert done.counts["differences"] == replayed(store, english).counts["differences"]


def test_the_process_takes_the_runs_that_wait_one_after_the_other(
    recorded: list[str], store: Store, settings: ConsoleSettings
) -> None:
    first, second = asked(store, LOOSE), asked(store, STRICT)
    paused = asked(store)
    store.change_replay(paused.id, "paused", now(), event=TOLD)
    assert bulk_worker.main(settings.database, second.id, os.getppid()) == 0
    assert [run.state for run in store.replays()] == ["paused", "done", "done"]
    assert first.id != second.id


def now() -> datetime:
    return datetime.now(UTC)
