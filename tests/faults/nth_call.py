"""A call of the system that fails, the first, the second…: in a child that strace watches, or without more memory."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SET_PTRACER, _ANY = 0x59616D61, ctypes.c_ulong(-1)
Acts = Callable[[], Iterator[Any]]
"""Prepares, gives something (then the fault is set up), and gives what each of its acts came to; JSON values."""


def failing(acts: Acts, calls: str, error: str, number: int) -> tuple[list[Any], bool]:
    """What the acts came to in a child whose `number`-th call of these, once prepared, failed; whether one did."""
    with tempfile.NamedTemporaryFile() as seen, _child(acts) as (pid, go):
        rule = f"inject={calls}:error={error}:when={number}"
        command = ["strace", "-qq", "-f", "-o", seen.name, "-p", str(pid), "-e", f"trace={calls}", "-e", rule]
        tracer = subprocess.Popen(command)
        while "TracerPid:\t0\n" in Path(f"/proc/{pid}/status").read_text():
            assert tracer.poll() is None, "strace could not be attached"
            time.sleep(0.005)
        results = go()
        tracer.wait()
        return results, b"INJECTED" in Path(seen.name).read_bytes()


def without_memory(acts: Acts, more: int) -> list[Any]:
    """What the acts came to in a child that may take so many bytes more than it has after its preparations, while the
    first is under way."""
    with _child(acts, memory=more) as (_pid, go):
        return go()


@contextmanager
def _child(acts: Acts, *, memory: int | None = None) -> Iterator[tuple[int, Callable[[], list[Any]]]]:
    """A child that has prepared itself and waits for a word; `go` gives it and waits for the end."""
    (here_read, here_write), (word_read, word_write) = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            ctypes.CDLL(None).prctl(_SET_PTRACER, _ANY, 0, 0, 0)
            steps = acts()
            next(steps)
            os.write(here_write, b"ready\n")
            os.read(word_read, 1)
            os.write(here_write, json.dumps(_done(steps, memory)).encode())
        finally:
            os._exit(0)
    os.close(here_write)
    with os.fdopen(here_read) as told:
        assert told.readline() == "ready\n", "the child could not prepare itself"

        def go() -> list[Any]:
            os.write(word_write, b"1")
            return list(json.loads(told.read()))

        try:
            yield pid, go
        finally:
            for handle in (word_read, word_write):
                os.close(handle)
            os.waitpid(pid, 0)


def _done(steps: Iterator[Any], memory: int | None) -> list[Any]:
    if memory is None:
        return list(steps)
    old = resource.getrlimit(resource.RLIMIT_AS)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + memory, old[1]))
    try:
        first = next(steps)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, old)
    return [first, *steps]
