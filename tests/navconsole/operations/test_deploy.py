"""A deploy on a real checkout, with the trap of a tracked database: refused, deployed, proven, and taken back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from navconsole.cli import main
from navconsole.operation_settings import OperationSettings
from navconsole.operations import smoke
from navconsole.operations.backing_up import make_backup
from navconsole.operations.deploying import note_commit, noted, unsafe_settings
from navconsole.operations.git import checkout_of
from navconsole.operations.smoke import run as run_smoke
from navconsole.operations.way_back import steps
from navconsole.settings import ConsoleSettings
from navigation.store import open_store, schema, standalone
from tests.proxying import console

ROOT = Path(__file__).resolve().parents[3]
SETS = "navigation/replay_engine.py"


class Checkout:
    """A git checkout of the two packages, and a live data folder in it, as it would stand on a server."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.data = top / "var" / "data"
        for name in ("navigation", "navconsole"):
            shutil.copytree(ROOT / name, top / name, ignore=shutil.ignore_patterns("__pycache__", "_shipped"))
        (top / ".gitignore").write_text("__pycache__/\n.env.local\nvar/\n*.db\n")
        (top / ".env.local").write_text("DASHBOARD_PASSWORD=kept\n")
        self.git("init", "-q", "-b", "main")
        self.commit("The version that runs")
        open_store(self.data / "navconsole.db").close()
        self.data.parent.chmod(0o700)

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=Op", "-c", "user.email=op@hospital.example", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.top, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.strip()

    def commit(self, message: str, *, force: str = "") -> str:
        self.git("add", "-A")
        if force:
            self.git("add", "-f", force)
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def run(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        """A command of the version under test, on this checkout and its data."""
        if arguments[0] == "deploy-check":
            arguments = (*arguments, "--repository", str(self.top))
        gone = {name: None for name in os.environ if name not in self.environment()}
        done = CliRunner().invoke(
            main, [*arguments, "--data", str(self.data), "--json"], env={**gone, **self.environment()}
        )
        assert done.exit_code == status, done.output + repr(done.exception)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def smoke(self, *, status: int = 0) -> dict[str, Any]:
        """The checks of the version that the checkout holds now, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "navconsole.operations.smoke", "--no-service", "--data", str(self.data), "--json"],
            cwd=self.top, env=self.environment(), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("NAV", "RPA_", "SECRET"))}
        return clean | {
            "PYTHONPATH": str(self.top), "NAVCONSOLE_LANGUAGE": "en", "NAVCONSOLE_PUBLIC_URL": "https://nav.example",
            "NAVCONSOLE_PROXY": "127.0.0.1", "NAVCONSOLE_PURGE_AT": "02:30", "OCR_READERS": "tesserocr",
            "NAVCONSOLE_FLOOR_MIB": "0", "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Op",
            "GIT_CONFIG_KEY_1": "user.email", "GIT_CONFIG_VALUE_1": "op@hospital.example",
            "GIT_CONFIG_KEY_2": "commit.gpgsign", "GIT_CONFIG_VALUE_2": "false",
        }  # fmt: skip


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "opt navconsole")


def levels(found: dict[str, Any]) -> dict[str, str]:
    return {one["check"]: one["level"] for one in found["checks"]}


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")


def test_a_deploy_is_refused_proven_and_taken_back_without_touching_data_or_secrets(checkout: Checkout) -> None:
    # the trap: somebody tracked the runtime database
    before = checkout.commit("Keep the database safe", force="var/data/navconsole.db")
    refused = checkout.run("deploy-check", status=1)
    says = {one["check"]: one["says"] for one in refused["checks"] if one["level"] == "failure"}
    assert set(says) == {"tracked", "backup"}
    assert says["tracked"].endswith("git rm --cached var/data/navconsole.db")
    assert refused["commit"] is None
    assert noted(checkout.data) is None

    # what it says to do
    checkout.git("rm", "-q", "--cached", "var/data/navconsole.db")
    known = checkout.commit("Let the database go from git")
    checkout.run("backup")
    passed = checkout.run("deploy-check")
    assert passed["commit"] == known
    assert levels(passed)["local"] == "ok"
    assert ".env.local" in next(one["says"] for one in passed["checks"] if one["check"] == "local")

    # the deploy: one plain commit and one merge, the second of which takes `navigate` away
    (checkout.top / "CHANGES").write_text("1\n")
    checkout.commit("Say what changed")
    checkout.git("checkout", "-q", "-b", "feature")
    sets = (checkout.top / SETS).read_text()
    (checkout.top / SETS).write_text(sets.replace('"navigate"', '"navigat"'))
    checkout.commit("Tidy the sets")
    checkout.git("checkout", "-q", "main")
    checkout.git("merge", "-q", "--no-ff", "--no-edit", "feature")
    data_before = (checkout.data / "navconsole.db").read_bytes()

    failed = checkout.smoke(status=1)
    assert {one["check"]: one["passed"] for one in failed["checks"]}["actions"] is False
    reverts = [step for step in failed["way_back"] if step.startswith("git ")]
    assert len(reverts) == 2
    assert "revert --no-edit -m 1" in reverts[0]
    assert not any("reset" in step for step in failed["way_back"])
    for command in reverts:  # as printed
        subprocess.run(command, shell=True, check=True, cwd="/", env=checkout.environment(), capture_output=True)  # noqa: S602

    assert (checkout.top / SETS).read_text() == sets
    assert not (checkout.top / "CHANGES").exists()
    assert checkout.git("diff", "--stat", known) == ""
    assert checkout.smoke()["ok"]
    assert (checkout.data / "navconsole.db").read_bytes() == data_before
    assert (checkout.top / ".env.local").read_text() == "DASHBOARD_PASSWORD=kept\n"
    assert checkout.git("rev-list", "--count", f"{before}..HEAD") == "6"  # nothing was taken out of the history


def test_a_version_that_cannot_even_be_imported_says_so_and_the_way_back(checkout: Checkout) -> None:
    broken = checkout.top / "navconsole/serving.py"
    broken.write_text(broken.read_text().replace("import fcntl\n", "import fcntl\nimport no_such_module\n", 1))
    found = checkout.smoke(status=1)
    assert {one["check"]: one["passed"] for one in found["checks"]}["import"] is False
    assert found["way_back"]


def test_a_handler_or_a_reader_that_does_not_work_fails_its_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCR_READERS", "tesserocr")
    monkeypatch.setenv("OCR_LANG", "xyz")
    monkeypatch.setattr("navigation._handle_navigate_action", lambda action: None, raising=False)
    found = {one.name: one for one in run_smoke(url="", unit="", has_service=False)}
    assert {name for name, one in found.items() if not one.passed} == {"handler", "reading"}
    assert "xyz" in found["reading"].says


def test_uncommitted_changes_and_a_local_file_that_git_would_take_are_refused(checkout: Checkout) -> None:
    (checkout.top / SETS).write_text("")
    (checkout.top / ".gitignore").write_text("__pycache__/\nvar/\n")
    found = levels(checkout.run("deploy-check", status=1))
    assert (found["changed"], found["local"]) == ("failure", "failure")


def test_without_a_checkout_the_way_back_is_the_former_version(tmp_path: Path) -> None:
    assert checkout_of(tmp_path) is None
    (first, *rest) = steps(tmp_path, ["import"])
    assert "ran before the deploy" in first
    assert "systemctl restart navconsole" in rest


def test_after_a_migration_the_way_back_names_the_backup_to_restore(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_backup(checkout.data, checkout.data / "backups", actor="x", progress=lambda _done, _all: None)
    note_commit(checkout.data, checkout.top, schema.latest_version())
    monkeypatch.setattr(standalone, "schema_of", lambda _database: "0099")
    found = steps(checkout.data, ["service"])
    assert found[found.index("systemctl stop navconsole") + 1] == f"navconsole restore {made.path}"


def test_the_service_is_asked_and_one_of_another_version_was_not_restarted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with console(tmp_path) as port:
        base = f"http://127.0.0.1:{port}"
        assert smoke.check_service(base, "")
        monkeypatch.setattr("navconsole.versions.product_version", lambda: "99")
        with pytest.raises(AssertionError, match="was not restarted"):
            smoke.check_service(base, "")
    monkeypatch.setattr(smoke, "WAIT_S", 0.0)
    with pytest.raises(AssertionError, match="no good answer"):
        smoke.check_service(base, "")


# --- settings -------------------------------------------------------------------------------------

SAFE = ConsoleSettings(
    data=Path("/nowhere"), secret_key="0123456789abcdefghijklmnopqrstuvwxyz", public_url="https://nav.example",
    proxy="127.0.0.1", operations=OperationSettings(purge_at=time(2, 30)),
)  # fmt: skip


def judged(settings: ConsoleSettings) -> dict[str, str]:
    return {one.code: one.level for one in unsafe_settings(settings, {})}


def test_safe_settings_have_nothing_to_say() -> None:
    assert judged(SAFE) == {"key": "ok"}


@pytest.mark.parametrize(
    ("change", "check", "level"),
    [
        ({"is_auth_disabled": True}, "auth", "failure"), ({"public_url": ""}, "tls", "failure"),
        ({"proxy": ""}, "proxy", "warning"), ({"dashboard_password": "x"}, "password", "warning"),
        ({"hosts": ("*.example",)}, "hosts", "failure"), ({"secret_key": "k" * 40}, "key", "failure"),
        ({"operations": OperationSettings()}, "retention", "warning"),
    ],
    ids=["auth", "tls", "proxy", "password", "hosts", "key", "retention"],
)  # fmt: skip
def test_each_unsafe_setting_is_named(change: dict[str, Any], check: str, level: str) -> None:
    assert judged(replace(SAFE, **change))[check] == level
