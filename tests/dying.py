"""A process that is killed at each of its steps on files, or at each statement, in turn."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator

from sqlalchemy import Engine, event

STEPS = {"os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "sqlite3.connect"}
DONE = 0
FAILED = 70


def killed_at_each_step(act: Callable[[], object], *, every: int = 1, most: int = 10_000) -> Iterator[int]:
    """Runs `act` in a child that kills itself before its first step on files, its second…; ends when one gets through.

    Gives the number of the step after each kill. Steps are what Python tells of: names that come and go, files opened
    to be written.
    """
    for failing in range(1, most, every):
        if _child(failing, act, _count_files) == DONE:
            return
        yield failing
    raise AssertionError("it never got through")


def killed_at_each_statement(act: Callable[[], object], *, every: int = 1, most: int = 10_000) -> Iterator[int]:
    """The same before each statement that SQLAlchemy sends to a database."""
    for failing in range(1, most, every):
        if _child(failing, act, _count_statements) == DONE:
            return
        yield failing
    raise AssertionError("it never got through")


def _child(failing: int, act: Callable[[], object], count: Callable[[Callable[[], None]], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            count(_killer(failing))
            act()
        except BaseException as err:  # noqa: BLE001 the child's outer edge
            os.write(2, f"{type(err).__name__}: {err}\n".encode())
            os._exit(FAILED)
        os._exit(DONE)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return -signal.SIGKILL
    assert os.WEXITSTATUS(status) == DONE, "it failed instead of being killed"
    return DONE


def _killer(failing: int) -> Callable[[], None]:
    seen = 0

    def step() -> None:
        nonlocal seen
        seen += 1
        if seen == failing:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def _count_files(step: Callable[[], None]) -> None:
    def hook(name: str, args: tuple[object, ...]) -> None:
        is_write = name == "open" and isinstance(args[2], int) and bool(args[2] & (os.O_WRONLY | os.O_RDWR))
        if name in STEPS or is_write:
            step()

    sys.addaudithook(hook)


def _count_statements(step: Callable[[], None]) -> None:
    event.listen(Engine, "before_cursor_execute", lambda *_args: step())
