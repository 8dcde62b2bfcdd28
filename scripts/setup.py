"""Make this checkout ready to run: system packages, Python packages, the project itself, browser libraries.

Run by `make setup`, before every other target. Standard library only, since nothing else is there yet. Each
step leaves a stamp that names what it was done for, so that a second run only compares and takes no time.
"""

from __future__ import annotations

import fcntl
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from bootstrap import browser, packages, python_env
from bootstrap.console import Console, SetupError

ROOT = Path(__file__).resolve().parent.parent
LEAST_PYTHON = (3, 11)


@contextmanager
def only_one(lock_path, console):
    """Hold the set-up's lock; a second set-up of the same checkout waits and then finds its work done.

    Gives the lock's file descriptor, for the children that change the checkout: should this process be killed, the
    lock stays held until they have ended too.
    """
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    with lock_path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say("waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def set_up(root, console):
    """Do the steps that are not done yet, in order. Raises SetupError with a sentence and an exit status."""
    if sys.version_info < LEAST_PYTHON:
        raise SetupError("old_python", found=sys.version.split()[0])
    with only_one(root / "var" / "setup.lock", console) as lock:
        steps = [
            packages.step(),
            python_env.venv_step(root, lock),
            python_env.project_step(root, lock),
            browser.step(root, lock),
        ]
        for number, step in enumerate(steps, start=1):
            if not step.is_done():
                console.begin(number, len(steps), step.title, **step.values)
                step.run(console)
                console.end()


def main():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a terminal without "…" or accents is no reason to stop
    console = Console(log_path=ROOT / "var" / "setup.log")
    # A plain kill ends the running child too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    try:
        set_up(ROOT, console)
    except SetupError as error:
        console.fail(error)
        return error.status
    except KeyboardInterrupt:
        console.say("interrupted")
        return 130
    console.ready(time.monotonic() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main())
