"""Work on much of what is stored, here or side by side: one shape for all executors, `concurrent.futures`'.

What is handed to a worker, and what comes back, is plain: a function of a module, and values that pickle. Workers open
no store. Nothing here knows what the work is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Protocol, TypeVar

from navigation.errors import NavigationError

_AHEAD = 4

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkersError(NavigationError):
    """Workers that cannot be had, or not as they are wanted; says what to do."""


class WorkerLostError(WorkersError):
    """The worker died, or was ended since it took too long, with the work in its hands."""


class Executes(Protocol):
    """What of `concurrent.futures.Executor` is used: any of its kind will do."""

    def submit(self, work: Callable[..., Any], /, *args: Any) -> Future[Any]: ...


class Workers(Executes, Protocol):
    """Workers of one kind: in this process, processes, or a cluster's. Used by one thread."""

    @property
    def width(self) -> int:
        """How many works go on at once, now."""

    def ask(self, question: Callable[..., Result], *args: Any) -> Sequence[tuple[str, Result]]:
        """Every worker's answer, by its name. Raises WorkersError."""

    def close(self) -> None:
        """Let go of the workers; work that has not begun is dropped."""


def each(work: Callable[[Item], Result], items: Iterable[Item], executor: Executes | None) -> Iterator[Result]:
    """What `work` gives for each item, in order.

    An executor's own `map` would take every item at once: here at most a few wait, so that memory does not grow
    with what is stored.
    """
    if executor is None:
        yield from map(work, items)
        return
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(executor.submit(work, item))
        if len(waiting) >= _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def as_done(
    work: Callable[[Item], Result], items: Iterable[Item], workers: Workers, *, tick_s: float
) -> Iterator[tuple[Item, Future[Result]] | None]:
    """Each item with its settled future, as they are done; None each time that nothing was for `tick_s`.

    Twice as many wait as are worked on, so that no worker idles and memory does not grow.
    """
    waiting: dict[Future[Result], Item] = {}
    left = iter(items)
    is_more = True
    while is_more or waiting:
        while is_more and len(waiting) < 2 * workers.width:
            try:
                item = next(left)
            except StopIteration:
                is_more = False
                break
            waiting[workers.submit(work, item)] = item
        done, _ = wait(waiting, timeout=tick_s, return_when=FIRST_COMPLETED)
        if not done and waiting:
            yield None
        for future in done:
            yield waiting.pop(future), future


class Here:
    """No other worker than this thread: work is done when it is handed in."""

    width = 1

    def submit(self, work: Callable[..., Result], /, *args: Any) -> Future[Result]:
        future: Future[Result] = Future()
        try:
            future.set_result(work(*args))
        except Exception as err:  # noqa: BLE001 as an executor does: whoever asks for the result gets it
            future.set_exception(err)
        return future

    def ask(self, question: Callable[..., Result], *args: Any) -> Sequence[tuple[str, Result]]:
        return [("here", question(*args))]

    def close(self) -> None:
        """Nothing is held."""
