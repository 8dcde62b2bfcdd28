"""Who may import whom: the import-linter contracts of pyproject.toml are kept, and a slip breaks them."""

from __future__ import annotations

import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import navigation

ROOT = Path(__file__).resolve().parent.parent
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [LINT, "--no-logo", "--no-cache", "--config", ROOT / "pyproject.toml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_import_rules_are_kept() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slip")
    for package in ("navigation", "navconsole"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


SLIPS = [
    ("navigation/grounding.py", "import flask", "no web framework"),
    ("navigation/ids.py", "import navconsole.resources", "no console"),
    ("navigation/types.py", "import navigation.matching", "values, then pure functions"),
    ("navigation/matching.py", "import navigation.store.protocol", "knows no adapter"),
    ("navigation/textfold.py", "import time", "no clock"),
    ("navigation/geometry.py", "import navigation.deadline", "no clock"),
    ("navconsole/resources.py", "import sqlalchemy", "SQL in one place"),
    ("navigation/grounding.py", "import sqlite3", "SQL in one place"),
    ("navigation/imaging.py", "import subprocess", "started by adapters only"),
]


@pytest.mark.parametrize(("module", "slip", "rule"), SLIPS, ids=[f"{slip} in {module}" for module, slip, _ in SLIPS])
def test_a_slip_breaks_its_rule(copy: Path, module: str, slip: str, rule: str) -> None:
    path = copy / module
    sound = path.read_text(encoding="utf-8")
    path.write_text(f"{sound}\n{slip}\n", encoding="utf-8")
    try:
        result = lint(copy)
    finally:
        path.write_text(sound, encoding="utf-8")
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert result.returncode == 1
    assert any(rule in line for line in broken), result.stdout


def test_importing_the_whole_engine_loads_no_web_framework() -> None:
    names = [module.name for module in pkgutil.walk_packages(navigation.__path__, "navigation.")]
    # Migrations run inside alembic's environment only, and are the store's own.
    modules = [name for name in names if ".migrations" not in name]
    program = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split("'")[1::2])
    assert "navigation" in loaded
    assert not loaded & {"flask", "werkzeug", "jinja2", "navconsole", "waitress"}
