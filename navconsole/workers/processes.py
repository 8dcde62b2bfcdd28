"""Worker processes on this machine, each ended and replaced when it hangs, replaced when it dies."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from navconsole.i18n import mark as _
from navconsole.workers import WorkerLostError

Result = TypeVar("Result")

_ONE_THREAD = ("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_END_S = 2.0
DIED = _("A worker process ended in the middle of its work.")
HUNG = _("A worker process took longer than allowed and was ended.")


class Processes:
    """`count` processes, started when they are first needed. One that works longer than `limit_s` is ended.

    Each is fresh (spawned): it inherits no lock, no connection of the database and no thread of this one's.
    """

    def __init__(self, count: int, *, limit_s: float) -> None:
        self.width = count
        self._limit_s = limit_s
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="worker")
        self._own = threading.local()
        self._all: set[_Process] = set()
        self._lock = threading.Lock()
        self._is_closed = False

    def submit(self, work: Callable[..., Result], /, *args: Any) -> Future[Result]:
        """The future raises WorkerLostError when the process died or was ended, else what the work raises."""
        return self._threads.submit(self._in_process, work, args)

    def ask(self, question: Callable[..., Result], *args: Any) -> Sequence[tuple[str, Result]]:
        """Of one: they are all of this machine and this program."""
        return [("process", self.submit(question, *args).result())]

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            known = list(self._all)
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in known:
            process.end()
        self._threads.shutdown()

    def _in_process(self, work: Callable[..., Result], args: tuple[Any, ...]) -> Result:
        process = self._mine()
        try:
            is_good, answer = process.ask(work, args, self._limit_s)
        except TimeoutError as err:  # a kind of OSError
            self._drop(process)
            raise WorkerLostError(HUNG) from err
        except (EOFError, OSError) as err:
            self._drop(process)
            raise WorkerLostError(DIED) from err
        if not is_good:
            raise answer
        result: Result = answer
        return result

    def _mine(self) -> _Process:
        process: _Process | None = getattr(self._own, "process", None)
        if process is not None:
            return process
        with self._lock:
            if self._is_closed:
                raise WorkerLostError(DIED)
            process = self._own.process = _Process()
            self._all.add(process)
        return process

    def _drop(self, process: _Process) -> None:
        self._own.process = None
        with self._lock:
            self._all.discard(process)
        process.end()


class _Process:
    """One process and the pipe to it; used by one thread, ended by any."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True, name="navconsole-worker")
        self._process.start()
        theirs.close()

    def ask(self, work: Callable[..., Any], args: tuple[Any, ...], limit_s: float) -> tuple[bool, Any]:
        """Whether the work was done, and its result or what it raised.

        Raises EOFError or OSError when the process is gone, TimeoutError at the limit.
        """
        self._pipe.send((work, args))
        if not self._pipe.poll(limit_s):
            raise TimeoutError
        answer: tuple[bool, Any] = self._pipe.recv()
        return answer

    def end(self) -> None:
        """At once, whatever it is at; a reader that it started ends with it."""
        self._process.kill()
        self._process.join(_END_S)
        with suppress(OSError):
            self._pipe.close()


def _serve(pipe: Connection) -> None:
    """The process: works until the other end is gone."""
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            work, args = pipe.recv()
            try:
                answer = True, work(*args)
            except Exception as err:  # noqa: BLE001 the process's outer edge: raised again where it was asked for
                answer = False, err
            pipe.send(answer)
