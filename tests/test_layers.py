"""Who may import whom: the import-linter contracts of pyproject.toml are kept, and a slip breaks them."""

from __future__ import annotations

import pkgutil
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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
    ("navigation/types.py", "import navigation.matching", "imports go down"),
    ("navigation/matching.py", "import navigation.store.protocol", "imports go down"),
    ("navigation/vision.py", "import navigation.reading", "imports go down"),
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


def test_a_module_without_a_place_breaks_the_layers(copy: Path) -> None:
    path = copy / "navigation" / "helpers.py"
    path.touch()
    try:
        result = lint(copy)
    finally:
        path.unlink()
    assert result.returncode == 1
    assert "navigation.helpers" in result.stdout


def test_the_product_imports_only_packages_that_it_declares() -> None:
    """The environment of the tests holds the tools too, and packages that others need; a server's may not."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    declared = {canonicalize_name(Requirement(text).name) for text in wanted}
    graph = grimp.build_graph("navigation", "navconsole", include_external_packages=True, cache_dir=None)
    names = {module.split(".")[0] for module in graph.modules} - {"navigation", "navconsole", *sys.stdlib_module_names}
    providers = packages_distributions()
    used = {canonicalize_name(provider) for name in names for provider in providers[name]}
    assert "flask" in used
    assert used <= declared


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
