from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from navigation.deadline import Deadline
from navigation.errors import OcrError, OcrFailedError, OcrTimeoutError, OcrUnavailableError
from navigation.ocr.pool import ReaderPool
from navigation.settings import Settings
from navigation.types import Box
from tests.faults import fake_tesseract

GREY = np.full((200, 320), 255, np.uint8)
MakePool = Callable[..., ReaderPool]


@pytest.fixture
def make_pool(tmp_path: Path) -> Iterator[MakePool]:
    """A pool of pytesseract readers whose program is the fake of `fault`; closed at the end."""
    pools = []

    def make(fault: str = "good", *, size: int = 1, **options: str) -> ReaderPool:
        program = fake_tesseract.write(tmp_path, fault, **options)
        pools.append(ReaderPool(Settings(tesseract_cmd=str(program)), size=size, reader="pytesseract"))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def _read(pool: ReaderPool, seconds: float = 20) -> list[str]:
    return [word.text for word in pool.read(GREY, layout="sparse", deadline=Deadline.after(seconds))]


def _processes() -> set[int]:
    """Ids of every process that runs one of ours or is a child of this one, zombies included."""
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == os.getpid() or (b"navigation.ocr.worker" in command and _owner(entry) == os.getpid()):
            found.add(int(entry.name))
    return found - _EARLIER


_EARLIER: set[int] = set()


@pytest.fixture(autouse=True)
def only_processes_of_this_test() -> Iterator[None]:
    """Forget those that were here before: another file's reader may live for the whole session."""
    _EARLIER.clear()
    _EARLIER.update(_processes())
    yield
    _EARLIER.clear()


def _owner(entry: Path) -> int:
    try:
        folder = next((p for p in (entry / "environ").read_bytes().split(b"\0") if p.startswith(b"TMPDIR=")), b"")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return int(folder.partition(b"navconsole-reader-")[2].split(b"-")[0] or 0)


def _alive_in_group(folder: Path) -> list[int]:
    """Processes whose temporary folder is `folder`: a worker and whatever it started."""
    mark = b"TMPDIR=" + os.fsencode(folder)
    alive = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and mark in (entry / "environ").read_bytes().split(b"\0"):
                alive.append(int(entry.name))
        except OSError:
            continue
    return alive


def _eventually(check: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("reader", ["tesserocr", "pytesseract"])
def test_a_real_reader_answers_the_same_through_the_pool(reader: str) -> None:
    from navigation.ocr.pytesseract_reader import PytesseractReader
    from navigation.ocr.tesserocr_reader import TesserocrReader
    from tests.faults.hostile_images import drawn

    grey = np.asarray(drawn().convert("L").resize((960, 600)))
    direct = {"tesserocr": TesserocrReader, "pytesseract": PytesseractReader}[reader]()
    pool = ReaderPool(Settings(), size=1, reader=reader)
    try:
        through = pool.read(grey, layout="sparse", deadline=Deadline.after(30))
        expected = direct.read(grey, layout="sparse", deadline=Deadline.after(30))
        assert [(w.text, w.box, w.line) for w in through] == [(w.text, w.box, w.line) for w in expected]
        assert through
        assert pool.version == direct.version
    finally:
        pool.close()


def test_words_come_back_with_their_values(make_pool: MakePool) -> None:
    (word,) = make_pool().read(GREY, layout="sparse", deadline=Deadline.after(20))
    assert (word.text, word.box, word.confidence) == ("Valider", Box(10, 12, 40, 9), 0.915)


@pytest.mark.parametrize(
    "fault",
    ["crash", "exit 1", "exit 0 without an answer", "garbage", "html", "NaN box", "200 MB", "64 MB of stderr"],
)
def test_a_failing_program_is_a_failure_and_the_next_request_is_served(
    make_pool: MakePool, tmp_path: Path, fault: str
) -> None:
    pool = make_pool(fault)
    with pytest.raises(OcrFailedError):
        _read(pool)
    fake_tesseract.write(tmp_path, "good")
    assert _read(pool) == ["Valider"]


def test_a_hanging_program_is_killed_at_the_deadline_with_all_it_started(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool("hang")
    assert pool.version
    folder = next(worker._folder for worker in pool._idle if worker)
    start = time.monotonic()
    with pytest.raises(OcrTimeoutError):
        _read(pool, 1.0)
    assert time.monotonic() - start < 2.0
    assert _eventually(lambda: not _alive_in_group(folder))
    assert not folder.exists()
    fake_tesseract.write(tmp_path, "good")
    assert _read(pool) == ["Valider"]


def test_a_missing_program_is_unavailable_until_it_is_installed(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool()
    (tmp_path / "tesseract").unlink()
    for _ in range(2):
        with pytest.raises(OcrUnavailableError, match="install tesseract-ocr"):
            _read(pool)
    fake_tesseract.write(tmp_path, "good")
    assert _read(pool) == ["Valider"]


def test_missing_language_data_is_named(make_pool: MakePool) -> None:
    pool = make_pool(languages="eng")
    with pytest.raises(OcrUnavailableError, match="tesseract-ocr-fra"):
        _read(pool)
    with pytest.raises(OcrUnavailableError, match="tesseract-ocr-fra"):
        _ = pool.version


def test_an_unknown_reader_is_unavailable() -> None:
    pool = ReaderPool(Settings(), size=1, reader="abbyy")
    try:
        with pytest.raises(OcrUnavailableError):
            _read(pool)
    finally:
        pool.close()


def test_a_worker_killed_from_outside_is_a_failure_and_is_replaced(make_pool: MakePool) -> None:
    pool = make_pool()
    assert _read(pool) == ["Valider"]
    os.kill(next(worker.pid for worker in pool._idle if worker), 9)
    with pytest.raises(OcrFailedError):
        _read(pool)
    assert _read(pool) == ["Valider"]


def test_when_every_worker_is_busy_the_wait_ends_at_the_deadline(make_pool: MakePool) -> None:
    pool = make_pool("hang")
    assert pool.version
    errors: list[OcrError] = []

    def hang() -> None:
        try:
            _read(pool, 3)
        except OcrError as err:
            errors.append(err)

    thread = threading.Thread(target=hang)
    thread.start()
    assert _eventually(lambda: bool(pool._busy))
    start = time.monotonic()
    with pytest.raises(OcrTimeoutError, match="busy"):
        _read(pool, 0.5)
    assert time.monotonic() - start < 1.0
    thread.join()
    assert isinstance(errors[0], OcrTimeoutError)


def test_several_threads_share_the_workers(make_pool: MakePool) -> None:
    pool = make_pool(size=2)
    results: list[list[str]] = []
    threads = [threading.Thread(target=lambda: results.append(_read(pool, 60))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [["Valider"]] * 8


def test_close_ends_every_worker_and_whoever_waits(make_pool: MakePool) -> None:
    pool = make_pool("hang")
    assert pool.version
    errors: list[OcrError] = []

    def hang() -> None:
        try:
            _read(pool, 60)
        except OcrError as err:
            errors.append(err)

    threads = [threading.Thread(target=hang) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert _eventually(lambda: bool(pool._busy))
    pool.close()
    for thread in threads:
        thread.join(5)
    assert [type(err) for err in errors] == [OcrFailedError, OcrFailedError]
    assert _eventually(lambda: not _processes())
    with pytest.raises(OcrFailedError):
        _read(pool)


def test_a_hundred_faults_leave_no_zombie_no_thread_and_no_file(make_pool: MakePool) -> None:
    pool = make_pool("hang", size=2)
    assert pool.version
    before = (threading.active_count(), len(os.listdir("/proc/self/fd")))

    def fault() -> None:
        for turn in range(50):  # some are cut while the worker starts, some while its program hangs
            with pytest.raises(OcrError):
                _read(pool, 0.1 if turn % 2 else 0.4)

    threads = [threading.Thread(target=fault) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _eventually(lambda: len(_processes()) <= 2)  # the replacements
    pool.close()
    assert _eventually(lambda: not _processes())
    assert threading.active_count() == before[0]
    assert len(os.listdir("/proc/self/fd")) <= before[1]


SERVER = """
import sys, time
import numpy as np
from navigation.deadline import Deadline
from navigation.ocr.pool import ReaderPool
from navigation.settings import Settings
pool = ReaderPool(Settings(tesseract_cmd=sys.argv[1]), size=1, reader="pytesseract")
pool.version
print(next(worker._folder for worker in pool._idle if worker), flush=True)
pool.read(np.zeros((50, 50), np.uint8), layout="sparse", deadline=Deadline.after(100))
"""


def test_readers_die_with_a_server_that_is_killed(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """kill -9 in the middle of a reading: the worker, the program and its child go, and the next start sweeps."""
    program = fake_tesseract.write(tmp_path, "hang")
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(program)], stdout=subprocess.PIPE, text=True, cwd=pytestconfig.rootpath
    )
    assert server.stdout is not None
    folder = Path(server.stdout.readline().strip())
    assert _eventually((folder / "hanging").exists)
    assert len(_alive_in_group(folder)) >= 3
    server.kill()
    server.wait()
    server.stdout.close()
    assert _eventually(lambda: not _alive_in_group(folder))
    assert folder.exists()
    ReaderPool(Settings(), size=0, reader="pytesseract").close()
    assert not folder.exists()


def test_a_worker_is_bounded_and_sees_no_secret(make_pool: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_PASSWORD", "canary-7391")
    pool = make_pool()
    assert pool.version
    proc = Path("/proc", str(next(worker.pid for worker in pool._idle if worker)))
    limits = (proc / "limits").read_text()
    assert f"{4 * 1024**3}" in limits.partition("Max address space")[2].splitlines()[0]
    assert limits.partition("Max core file size")[2].split()[0] == "0"
    assert (proc / "oom_score_adj").read_text().strip() == "800"
    assert b"canary-7391" not in (proc / "environ").read_bytes()
    assert b"OMP_THREAD_LIMIT=1" in (proc / "environ").read_bytes()
