"""Disks that are full, slow or only read, and no more files: small file systems where one may be mounted, the kernel's
own means anywhere, and calls of the system that strace delays."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_DETACH = 2
_READ_ONLY = 1
_REMOUNT = 32
_CAPABILITIES_3 = 0x20080522
_PASSES_RIGHTS_BY = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: capabilities(7)."""


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[bool]:
    """A file system of `size` ("64m") on `folder` while it lasts; False, and a plain folder, where none may be."""
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={size}".encode()) == 0
    try:
        yield done
    finally:
        if done:
            libc.umount2(os.fsencode(folder), _DETACH)


@cache
def may_mount() -> bool:
    """Whether this process may mount: then the same tests also run on a real file system without room."""
    with tempfile.TemporaryDirectory() as folder, mounted(Path(folder), "64k") as done:
        return done


@contextmanager
def slow(pid: int, delay_s: float) -> Iterator[None]:
    """Each flush of a file by the process takes so much longer."""
    calls = "fsync,fdatasync"
    command = ["strace", "-qq", "-f", "-o", os.devnull, "-p", str(pid), "-e", f"trace={calls}"]
    tracer = subprocess.Popen([*command, "-e", f"inject={calls}:delay_enter={int(delay_s * 1e6)}"])
    try:
        while "TracerPid:\t0\n" in Path(f"/proc/{pid}/status").read_text():
            assert tracer.poll() is None, "strace could not be attached"
            time.sleep(0.02)
        yield
    finally:
        tracer.terminate()
        tracer.wait()


@cache
def may_trace() -> bool:
    """Whether a process that is no child may be traced: by root, or where the kernel is not told otherwise."""
    with subprocess.Popen(["sleep", "20"]) as process:
        try:
            traced = subprocess.run(["timeout", "0.5", "strace", "-qq", "-p", str(process.pid)], capture_output=True)
            return b"ptrace" not in traced.stderr
        finally:
            process.kill()


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """No room left on the file system of `folder`."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        left = os.statvfs(folder)
        file.write(bytes(left.f_bavail * left.f_frsize))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The file system mounted on `folder` may only be read. OSError while a file there is open for writing."""
    _remount(folder, _READ_ONLY)
    try:
        yield
    finally:
        _remount(folder, 0)


def _remount(folder: Path, flags: int) -> None:
    _libc("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", _REMOUNT | flags, None)


@contextmanager
def without_right_to_write(folder: Path) -> Iterator[None]:
    """Whatever lies in `folder` may only be read by this thread, be it root's. Files open for writing stay so."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        with _bound_by_rights():
            yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@contextmanager
def _bound_by_rights() -> Iterator[None]:
    """The rights of files hold for this thread as they do for anybody."""
    of_this_thread = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    had = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then the same of capabilities from 32 on
    _libc("capget", of_this_thread, had)
    _libc("capset", of_this_thread, (ctypes.c_uint32 * 6)(had[0] & ~_PASSES_RIGHTS_BY, *had[1:]))
    try:
        yield
    finally:
        _libc("capset", of_this_thread, had)


def _libc(name: str, *given: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*given) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@contextmanager
def no_more_handles(*, pid: int = 0) -> Iterator[None]:
    """The kernel lets the process (0: this one) open nothing more; what is open stays open."""
    if pid:
        used = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
        first_free = next(number for number in range(len(used) + 1) if number not in used)
    else:
        first_free = os.open(os.devnull, os.O_RDONLY)
        os.close(first_free)
    old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (first_free, old[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, old)


@contextmanager
def no_file_over(size: int, *, pid: int = 0) -> Iterator[None]:
    """The kernel refuses to let the process (0: this one) grow any file past `size` bytes."""
    old = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, old)
