"""The wheel: it carries the pages and the browser libraries, and works from a folder that is not the checkout."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = "navconsole/_shipped"


def build(folder: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, folder]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def clean_environment() -> dict[str, str]:
    """The environment without what would lead Python, or the console, back to this checkout or its settings."""
    ours = ("PYTHON", "VIRTUAL_ENV", "NAV", "OCR_", "RPA_", "SECRET_KEY", "DASHBOARD_PASSWORD")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, env=clean_environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    built = build(ROOT, out)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = out.glob("navconsole-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment elsewhere with the wheel in it; its bin folder.

    The dependencies are those of the environment that runs the tests, by a path file: they are the locked ones already.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv/bin/python"
    install = ("--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", *install, cwd=folder)
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python.parent


def names_under(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["templates", "static"])
def test_the_wheel_carries_every_page_and_static_file(wheel: Path, kind: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {
            name.removeprefix(f"{SHIPPED}/{kind}/")
            for name in archive.namelist()
            if name.startswith(f"{SHIPPED}/{kind}/")
        }
    assert shipped
    assert shipped == names_under(ROOT / kind)


def test_the_wheel_carries_htmx_and_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        script = archive.read(f"{SHIPPED}/static/vendor/htmx.min.js")
        licence = archive.read(f"{SHIPPED}/static/vendor/htmx.LICENSE.txt")
    brought = (ROOT / "node_modules/htmx.org/dist/htmx.min.js").read_bytes()
    assert hashlib.sha256(script).digest() == hashlib.sha256(brought).digest()
    assert b"Permission to use, copy, modify" in licence


def test_the_wheel_carries_nothing_that_only_the_tests_use(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if Path(name).name.startswith("axe")] == []


def test_the_wheel_carries_both_packages_whole_and_nothing_else(wheel: Path) -> None:
    tracked = run("git", "-c", "safe.directory=*", "ls-files", "-z", "navigation", "navconsole", cwd=ROOT).split("\0")
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if not name.startswith(SHIPPED)}
    assert {name for name in tracked if name and (ROOT / name).is_file()} <= inside
    assert {name.split("/")[0].split("-")[0] for name in inside} == {"navigation", "navconsole"}
    assert not [name for name in inside if name.endswith((".pyc", ".db"))]


def test_the_installed_wheel_finds_its_own_pages(installed: Path, tmp_path: Path) -> None:
    program = (
        "import navconsole, navigation\n"
        "from navconsole.resources import resource_dir\n"
        "print(navconsole.__file__, navigation.__file__, resource_dir('templates'), resource_dir('static'), sep='\\n')"
    )
    found = run(installed / "python", "-c", program, cwd=tmp_path).split()
    assert len(found) == 4
    assert all(Path(path).is_relative_to(installed.parent) for path in found)


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[str]:
    """Address of a console that the installed wheel serves from an empty folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [installed / "navconsole", "serve", "--data", tmp_path / "data", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=clean_environment(), stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for_health(address, server, tmp_path / "log")
            yield address
        finally:
            server.terminate()
            status = server.wait(timeout=30)
    assert status == 0, (tmp_path / "log").read_text()


def wait_for_health(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            if httpx.get(f"{address}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the console did not answer in time:\n" + log.read_text())


def test_the_installed_wheel_serves_the_console_with_all_that_its_first_page_asks_for(served: str) -> None:
    page = httpx.get(f"{served}/", headers={"Accept-Language": "fr"}, follow_redirects=True)
    assert page.status_code == 200
    assert '<html lang="fr"' in page.text
    needed = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    assert any("htmx.min" in path for path in needed)
    assert any(".css" in path for path in needed)
    assert {path: httpx.get(served + path).status_code for path in needed} == dict.fromkeys(needed, 200)


def test_an_editable_installation_uses_the_checkout(tmp_path: Path) -> None:
    program = "from navconsole.resources import resource_dir; print(resource_dir('static'))"
    assert Path(run(sys.executable, "-c", program, cwd=tmp_path).strip()) == ROOT / "static"
    assert not (Path(sysconfig.get_path("purelib")) / "navconsole").exists()


def test_a_wheel_without_browser_libraries_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    for package in ("navigation", "navconsole", "templates", "static"):
        (tmp_path / package).mkdir()
    built = build(tmp_path, tmp_path / "dist")
    assert built.returncode != 0
    assert "static/vendor/htmx.min.js is missing" in built.stdout + built.stderr
    assert "make setup" in built.stdout + built.stderr
