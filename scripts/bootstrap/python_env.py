"""The virtual environment: the locked packages by their hashes, then the project, editable."""

from __future__ import annotations

import shutil
import subprocess
import sys

from . import stamp
from .console import Step


def _pip(root, *arguments):
    return [root / ".venv/bin/python", "-m", "pip", "--disable-pip-version-check", "install", *arguments]


def _is_alive(root):
    """Whether the environment's Python still starts: a system upgrade may have taken its base away."""
    try:
        return subprocess.run([root / ".venv/bin/python", "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def _pins(lock):
    """What the lock asks for: its comments say who needs a package, and may change without any effect."""
    lines = (line.strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if not line.startswith("#"))


def venv_step(root, lock):
    """The step that makes .venv anew from the lock.

    Always from nothing: a half-made environment, or one with packages that the lock no longer names, would hide
    a missing dependency. The path counts too, as the scripts in .venv/bin hold it.
    """
    venv, packages = root / ".venv", root / "requirements-dev.lock"
    mark, wanted = venv / ".packages-stamp", stamp.key(_pins(packages), sys.version, str(root))

    def run(console):
        mark.unlink(missing_ok=True)  # before the rest, so that an interrupted removal is seen as one
        shutil.rmtree(venv, ignore_errors=True)
        # Not sys.executable, which may be the Python of the very environment that was just removed.
        console.run([sys._base_executable, "-m", "venv", venv], keep_open=(lock,))
        locked = ("--require-hashes", "--only-binary", ":all:", "--no-compile", "-r", packages)
        console.run(_pip(root, *locked), cwd=root, keep_open=(lock,))
        stamp.leave(mark, wanted)

    return Step("venv", is_done=lambda: stamp.holds(mark, wanted) and _is_alive(root), run=run)


def project_step(root, lock):
    """The step that installs the project itself, editable, so that .venv/bin/navconsole runs this checkout."""
    mark, description = root / ".venv/.project-stamp", root / "pyproject.toml"

    def run(console):
        mark.unlink(missing_ok=True)
        wanted = stamp.key(description)
        editable = ("--no-deps", "--no-build-isolation", "--no-index", "-e", ".")
        console.run(_pip(root, *editable), cwd=root, keep_open=(lock,))
        stamp.leave(mark, wanted)

    return Step("project", is_done=lambda: stamp.holds(mark, stamp.key(description)), run=run)
