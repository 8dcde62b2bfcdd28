"""What `make setup` promises: half-made work is made anew, two at once do not collide, refusals say what to do."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from scripts.bootstrap import packages, python_env
from scripts.bootstrap.console import MESSAGES, Console, SetupError

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with an empty lock, so that an environment is made in a second or two."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "requirements-dev.lock").write_text("# nothing\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def console(tmp_path: Path) -> Console:
    found = Console(tmp_path / "var" / "setup.log", out=io.StringIO(), env={"LANG": "C"})
    found.begin(1, 1, "venv")
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


# --- system packages ------------------------------------------------------------------------------


def absent() -> bool:
    return False


@pytest.mark.parametrize(
    ("system", "privilege"),
    [('NAME="Fedora Linux"\nID=fedora\n', []), ("ID=ubuntu\nID_LIKE=debian\n", []), ("ID=debian\n", None)],
    ids=["another system", "a relative of Debian", "Debian without root or sudo"],
)
def test_where_it_may_not_install_it_names_the_packages_in_one_line(
    tmp_path: Path, console: Console, capsys: pytest.CaptureFixture[str], system: str, privilege: list[str] | None
) -> None:
    os_release = tmp_path / "os-release"
    os_release.write_text(system, encoding="utf-8")
    probes = {"tesseract-ocr": absent, "npm": lambda: True, "chromium": absent}
    step = packages.step(probes, os_release, lambda: privilege)
    assert not step.is_done()
    with pytest.raises(SetupError) as raised:
        step.run(console)
    console.fail(raised.value)
    assert raised.value.status == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("Install: tesseract-ocr chromium")


def test_nothing_is_asked_for_when_nothing_is_missing(tmp_path: Path) -> None:
    step = packages.step({"npm": lambda: True}, tmp_path / "no-such-file", lambda: None)
    assert step.is_done()


def test_this_machine_has_every_system_package_that_the_tests_need() -> None:
    assert packages.missing() == []


# --- the environment ------------------------------------------------------------------------------


def lock_fd(folder: Path) -> int:
    return os.open(folder / "lock", os.O_CREAT | os.O_RDWR)


def test_a_half_made_environment_is_made_anew(checkout: Path, console: Console) -> None:
    half = checkout / ".venv" / "lib"
    half.mkdir(parents=True)
    (half / "rest").touch()
    step = python_env.venv_step(checkout, lock_fd(checkout))
    assert not step.is_done()
    step.run(console)
    assert step.is_done()
    assert not (half / "rest").exists()


def test_another_lock_another_place_or_a_dead_python_ask_for_a_new_environment(
    checkout: Path, console: Console
) -> None:
    lock, locked = lock_fd(checkout), checkout / "requirements-dev.lock"
    python_env.venv_step(checkout, lock).run(console)
    assert python_env.venv_step(checkout, lock).is_done()

    locked.write_text("# nothing, with another comment\n", encoding="utf-8")
    assert python_env.venv_step(checkout, lock).is_done()

    locked.write_text("click==8.2\n", encoding="utf-8")
    assert not python_env.venv_step(checkout, lock).is_done()

    locked.write_text("# nothing\n", encoding="utf-8")
    moved = checkout.rename(checkout.with_name("moved"))
    assert not python_env.venv_step(moved, lock).is_done()
    moved.rename(checkout)
    assert python_env.venv_step(checkout, lock).is_done()

    (checkout / ".venv/bin/python").unlink()
    assert not python_env.venv_step(checkout, lock).is_done()


# --- interruption and company ---------------------------------------------------------------------


def start(checkout: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    # A shell that started the tests in the background has them ignore SIGINT, which is inherited.
    return subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, checkout / "scripts/setup.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )


def running_commands() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            yield path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_set_up_says_so_ends_its_children_and_leaves_no_stamp(
    checkout: Path, which: signal.Signals
) -> None:
    with start(checkout) as process:
        wait_until((checkout / ".venv/bin/python").exists)
        process.send_signal(which)
        said = process.communicate(timeout=30)[0]
    assert process.returncode == 130, said
    assert "run the same command again" in said
    assert not (checkout / ".venv/.packages-stamp").exists()
    wait_until(lambda: not any(str(checkout / ".venv") in command for command in running_commands()), seconds=5)


def test_a_second_set_up_waits_for_the_first(checkout: Path) -> None:
    program = (
        "import sys, time; sys.path.insert(0, 'scripts')\n"
        "import setup, bootstrap.console, pathlib\n"
        "console = bootstrap.console.Console(pathlib.Path('var/setup.log'), env={})\n"
        "with setup.only_one(pathlib.Path('var/setup.lock'), console), open('order', 'a') as order:\n"
        "    for word in ('in', 'out'): print(word, file=order, flush=True); time.sleep(0.3)\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program], cwd=checkout, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=30)[0] for process in both]
    assert (checkout / "order").read_text().split() == ["in", "out"] * 2
    assert sorted(said)[0] == ""
    assert "Another set-up" in sorted(said)[1]


# --- what it says ---------------------------------------------------------------------------------


def test_every_message_exists_in_both_languages_with_the_same_values() -> None:
    for code, (english, french) in MESSAGES.items():
        values = [sorted(re.findall(r"{(\w+)", text)) for text in (english, french)]
        assert values[0] == values[1], code
        assert english != french, code


@pytest.mark.parametrize(
    ("env", "expected"),
    [({"LANG": "fr_FR.UTF-8"}, "fait"), ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "done"), ({}, "done")],
)
def test_the_locale_chooses_the_language(tmp_path: Path, env: dict[str, str], expected: str) -> None:
    assert Console(tmp_path / "log", env=env).text("done", seconds=1.0).startswith(expected)


def test_a_failed_command_shows_its_end_and_the_log_keeps_all(tmp_path: Path, console: Console) -> None:
    with pytest.raises(SetupError) as raised:
        console.run([sys.executable, "-c", "print(*range(40), sep='\\n'); raise SystemExit(7)"])
    shown = console._out.getvalue()
    assert raised.value.status == 1
    assert raised.value.values["result"] == 7
    assert "| 39" in shown
    assert "| 3\n" not in shown
    assert (tmp_path / "var/setup.log").read_text().split() == [str(n) for n in range(40)]
