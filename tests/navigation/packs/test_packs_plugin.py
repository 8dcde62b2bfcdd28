"""`pytest --navcases`, as a team without this repository runs it: a fresh folder, a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from navigation.packs.bringing import opened_any
from navigation.packs.results import RunResults
from navigation.packs.writing import write_folder
from navigation.types import Box
from tests import screens
from tests.navigation.packs.casemaking import MANIFEST, a_case, a_pack, pictures_of, three_cases

WRONG = [*three_cases(), a_case("moved", text="Se connecter", boxes=[Box(10, 10, 40, 20)], screen="Ailleurs")]


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=240)


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return tmp_path


def lines(done: subprocess.CompletedProcess[str], word: str) -> Sequence[str]:
    return [line for line in done.stdout.splitlines() if word in line]


def test_each_case_of_a_pack_is_one_test_with_a_readable_name(fresh: Path) -> None:
    (fresh / "test_other.py").write_text("def test_not_asked_for(): pass\n")
    done = run(fresh, "--navcases", str(a_pack(fresh / "login.zip")), "--navcases-reader", "tesserocr", "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    passed = lines(done, "PASSED")
    assert [line.split("::")[1].split()[0] for line in passed] == [
        "dpi-connexion-cloturer_le_passage",
        "dpi-connexion-identifiant",
        "dpi-connexion-se_connecter",
    ]
    assert not lines(done, "not_asked_for")


def test_a_failing_case_says_what_was_expected_and_draws_it(fresh: Path) -> None:
    a_pack(fresh / "p.zip", WRONG)
    done = run(fresh, "--navcases", "p.zip", "--navcases-reader", "tesserocr", "--navcases-results", "r.json")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "expected ok in (10, 10, 40 x 20), got ok at (" in done.stdout
    assert "Traceback" not in done.stdout
    picture = fresh / "navcases-failures" / "dpi-ailleurs-se_connecter.png"
    assert str(picture) in done.stdout
    from PIL import Image

    with Image.open(picture) as drawn:
        assert drawn.size == (screens.SIZE[0], screens.SIZE[1] + 52)
        colours = {drawn.getpixel((9, 60)), drawn.getpixel((8, 62))}
    assert (24, 140, 78) in colours  # the frame of the expected box, below the strip of 52 px


def test_results_are_written_for_the_console(fresh: Path) -> None:
    a_pack(fresh / "p.zip", WRONG)
    run(fresh, "--navcases", "p.zip", "--navcases-reader", "tesserocr", "--navcases-results", "r.json")
    with opened_any(fresh / "r.json") as found:
        assert isinstance(found, RunResults)
        assert {r.case_id: r.is_right for r in found.results} == {
            "login-submit": True, "login-user": True, "login-none": True, "moved": False,
        }  # fmt: skip
        assert [r.picture is not None for r in found.results if not r.is_right] == [True]
        assert found.pack == "p.zip"
        assert found.reading.startswith("tesserocr/")


def test_tests_that_are_named_run_beside_the_pack(fresh: Path) -> None:
    (fresh / "test_other.py").write_text("def test_asked_for(): pass\n")
    a_pack(fresh / "p.zip", three_cases()[:1])
    done = run(fresh, "test_other.py", "--navcases", "p.zip", "-v", "--navcases-reader", "tesserocr")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(lines(done, "PASSED")) == 2


@pytest.mark.parametrize("way", ["--navcases", "its own module"])
def test_a_folder_runs_by_the_option_and_by_its_own_module(fresh: Path, way: str) -> None:
    write_folder(fresh / "pack", MANIFEST, three_cases(), pictures_of(screens.login))
    asked = ["--navcases", "pack"] if way == "--navcases" else ["pack"]
    done = run(fresh, *asked, "-v", "--navcases-reader", "tesserocr")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(lines(done, "PASSED")) == 3
    assert lines(done, "dpi-connexion-se_connecter")


def test_the_module_of_a_folder_fails_for_a_wrong_case(fresh: Path) -> None:
    write_folder(fresh / "pack", MANIFEST, WRONG[3:], pictures_of(screens.login))
    done = run(fresh, "pack")
    assert done.returncode == 1
    assert "expected ok in (10, 10, 40 x 20)" in done.stdout


def test_cases_run_side_by_side_and_the_results_are_all_there(fresh: Path) -> None:
    a_pack(fresh / "p.zip", WRONG)
    done = run(
        fresh, "--navcases", "p.zip", "-n", "2", "--navcases-results", "r.json", "--navcases-reader", "tesserocr"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(json.loads((fresh / "r.json").read_text())["results"]) == 4


@pytest.mark.parametrize(("content", "says"), [(b"no zip", "is not a whole zip archive"), (None, "no file or folder")])
def test_what_is_no_pack_is_an_error_in_one_sentence(fresh: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        (fresh / "p.zip").write_bytes(content)
    done = run(fresh, "--navcases", "p.zip")
    assert done.returncode in (2, 4)
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


PROBE = """
import sys

def pytest_sessionfinish():
    for name in ("flask", "sqlalchemy", "sqlite3", "pysqlite3", "navconsole", "navigation.store", "cv2", "numpy"):
        print(f"\\nprobe {name} {name in sys.modules}")
"""


def test_a_pack_runs_without_database_and_without_flask(fresh: Path) -> None:
    (fresh / "conftest.py").write_text(PROBE)
    a_pack(fresh / "p.zip", three_cases()[:1])
    done = run(fresh, "--navcases", "p.zip", "-s", "--navcases-reader", "tesserocr")
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = {line.split()[1]: line.endswith("True") for line in lines(done, "probe ")}
    assert loaded["cv2"]
    assert not any(loaded[name] for name in ("flask", "sqlalchemy", "sqlite3", "pysqlite3", "navconsole"))
    assert not loaded["navigation.store"]


def test_a_run_without_a_pack_loads_nothing_of_the_engine(fresh: Path) -> None:
    (fresh / "conftest.py").write_text(PROBE)
    (fresh / "test_other.py").write_text("def test_it(): pass\n")
    done = run(fresh, "-s")
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = {line.split()[1]: line.endswith("True") for line in lines(done, "probe ")}
    assert not any(loaded[name] for name in ("flask", "sqlalchemy", "navconsole", "navigation.store", "cv2", "numpy"))
