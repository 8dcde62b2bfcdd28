"""Worker processes: they answer, raise, die, hang and are replaced; and items are handed out a few at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from navconsole.workers import Here, WorkerLostError, as_done
from navconsole.workers.processes import DIED, HUNG, Processes


@pytest.fixture
def one() -> Iterator[Processes]:
    workers = Processes(1, limit_s=1.5)
    yield workers
    workers.close()


def test_a_worker_answers_and_raises_as_it_would_here(one: Processes) -> None:
    assert one.submit(pow, 2, 5).result() == 32
    assert isinstance(one.submit(int, "no number").exception(), ValueError)
    assert one.submit(os.getpid).result() not in (os.getpid(), None)
    assert one.submit(os.getenv, "OMP_THREAD_LIMIT").result() == "1"
    assert [answer for _, answer in one.ask(pow, 3, 2)] == [9]


def test_a_worker_that_dies_or_hangs_is_replaced(one: Processes) -> None:
    first = one.submit(os.getpid).result()
    for work, value, why in ((os._exit, 1, DIED), (time.sleep, 60, HUNG)):
        lost = one.submit(work, value).exception()
        assert isinstance(lost, WorkerLostError)
        assert lost.template == why
    assert one.submit(os.getpid).result() != first
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_closing_ends_what_is_under_way() -> None:
    workers = Processes(2, limit_s=60)
    pid = workers.submit(os.getpid).result()
    under_way, waiting = workers.submit(time.sleep, 60), [workers.submit(time.sleep, 60) for _ in range(3)]
    time.sleep(0.2)
    began = time.monotonic()
    workers.close()
    assert time.monotonic() - began < 10
    assert isinstance(under_way.exception(), WorkerLostError)
    assert any(future.cancelled() for future in waiting)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


class Slow:
    """Two workers that settle nothing by themselves."""

    width = 2

    def __init__(self) -> None:
        self.waiting: list[Future[int]] = []

    def submit(self, work: object, /, *args: int) -> Future[int]:
        self.waiting.append(Future())
        return self.waiting[-1]

    def ask(self, question: object, *args: object) -> list[tuple[str, object]]:
        return []

    def close(self) -> None:
        """Nothing is held."""


def test_few_wait_at_a_time_and_silence_is_told() -> None:
    workers = Slow()
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(9):
            taken.append(number)
            yield number

    settled = as_done(abs, items(), workers, tick_s=0.01)  # type: ignore[type-var]
    assert next(settled) is None
    assert taken == [0, 1, 2, 3], "twice as many as are worked on"
    workers.waiting[2].set_result(7)
    found = next(settled)
    assert found is not None
    assert (found[0], found[1].result()) == (2, 7)
    assert next(settled) is None
    assert taken == [0, 1, 2, 3, 4]


def test_nothing_is_lost_of_what_is_done_here() -> None:
    done = [found for found in as_done(abs, range(-7, 0), Here(), tick_s=1) if found]
    assert sorted(future.result() for _, future in done) == list(range(1, 8))
