"""The real server process and the command line."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from navconsole import allocator
from navconsole.cli import main
from navconsole.maintenance import Maintenance
from navconsole.settings import ConsoleSettings
from navigation.records import AttemptFilter
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navconsole.conftest import CSRF
from tests.seeding import add_running, seed


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(data: Path, **env: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = free_port()
    command = [sys.executable, "-m", "navconsole.cli", "serve", "--data", str(data), "--port", str(port)]
    clean = {k: v for k, v in os.environ.items() if k not in ("SECRET_KEY", "DASHBOARD_PASSWORD", "RPA_AUTH_DISABLED")}
    process = subprocess.Popen(
        command, env={**clean, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        base = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                if httpx.get(f"{base}/health", timeout=2).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        else:
            pytest.fail("the server did not answer")
        yield base, process
    finally:
        process.kill()
        process.communicate()


def test_a_first_start_prints_a_link_that_lets_the_admin_in(tmp_path: Path) -> None:
    with served(tmp_path / "données neuves") as (base, process):
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"{base}/link/" in output
    assert "Traceback" not in output


def test_the_printed_link_lets_the_admin_in_to_set_up_a_second_factor(tmp_path: Path) -> None:
    with served(tmp_path) as (base, _), httpx.Client(base_url=base) as browser:
        link = run("users", "link", "--data", tmp_path, "--name", "admin", "--quiet", "--base-url", base).strip()
        found = CSRF.search(browser.get(link).text)
        assert found
        assert browser.post(link, data={"csrf_token": found[1]}).headers["Location"] == "/"
        assert browser.get("/attempts").headers["Location"] == "/account/second-factor"
        assert "server" not in browser.get("/account/second-factor").headers


def test_an_installation_may_let_its_admin_in_without_a_second_factor(tmp_path: Path) -> None:
    with served(tmp_path, NAVCONSOLE_SECOND_FACTOR_ROLES="") as (base, _), httpx.Client(base_url=base) as browser:
        link = run("users", "link", "--data", tmp_path, "--name", "admin", "--quiet", "--base-url", base).strip()
        found = CSRF.search(browser.get(link).text)
        assert found
        browser.post(link, data={"csrf_token": found[1]})
        assert browser.get("/attempts").status_code == 200


def test_a_second_server_on_the_same_port_says_so(tmp_path: Path) -> None:
    with served(tmp_path / "a") as (base, _):
        port = base.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "navconsole.cli", "serve", "--data", tmp_path / "b", "--port", port]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "is another server there already?" in second.stderr
    assert "Traceback" not in second.stderr


def test_login_may_not_be_switched_off_for_others(tmp_path: Path) -> None:
    env = {"RPA_AUTH_DISABLED": "true", "NAVCONSOLE_PUBLIC_URL": "https://a.example"}
    result = CliRunner().invoke(main, ["serve", "--data", str(tmp_path), "--host", "0.0.0.0"], env=env)
    assert result.exit_code == 2
    assert "RPA_AUTH_DISABLED" in result.output


def test_a_start_closes_what_a_crash_left_and_reencodes_pictures(store: Store, settings: ConsoleSettings) -> None:
    running = add_running(store)
    seed(store)
    maintenance = Maintenance(store, every_s=0.05)
    maintenance.start()
    detail = store.attempt(running)
    assert detail
    assert detail.finish
    assert detail.finish.outcome == Outcome.INTERRUPTED
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and list(settings.data.rglob("*.png")):
        time.sleep(0.1)
    maintenance.close()
    shot = store.screenshot(detail.start.before_id)
    assert shot
    assert shot.stored_format == "webp"
    assert store.blobs.read(shot.id)[1] == "webp"
    assert store.count_attempts(AttemptFilter(outcomes=[Outcome.INTERRUPTED])).total == 1


# --- the command line -----------------------------------------------------------------------------


def run(*args: object) -> str:
    result = CliRunner().invoke(main, [str(a) for a in args], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_token_is_shown_once_and_works_until_revoked(tmp_path: Path) -> None:
    secret = run("tokens", "add", "--data", tmp_path, "--name", "ward-3", "--quiet").strip()
    assert secret.startswith("nav_")
    listed = json.loads(run("tokens", "list", "--data", tmp_path, "--json"))
    assert [(t["name"], t["scopes"], t["revoked"]) for t in listed] == [("ward-3", ["ingest"], False)]
    assert secret not in run("tokens", "list", "--data", tmp_path)
    assert _is_known(tmp_path, secret)
    run("tokens", "revoke", "--data", tmp_path, "ward-3")
    assert not _is_known(tmp_path, secret)


def test_people_are_added_and_listed(tmp_path: Path) -> None:
    added = run("users", "add", "--data", tmp_path, "--name", "Anne Roy", "--role", "engineer", "--application", "dpi")
    assert "/link/" in added
    (line,) = json.loads(run("users", "list", "--data", tmp_path, "--json"))
    assert (line["name"], line["role"], line["applications"]) == ("Anne Roy", "engineer", ["dpi"])


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (["users", "link", "--name", "nobody"], 1),
        (["users", "add", "--name", "anne"], 1),
        (["users", "add", "--name", " "], 1),
        (["tokens", "revoke", "zzz"], 1),
        (["users", "add"], 2),
        (["serve", "--port", "0"], 2),
    ],
)
def test_what_cannot_be_done_is_one_sentence(tmp_path: Path, args: list[str], status: int) -> None:
    run("users", "add", "--data", tmp_path, "--name", "anne")
    result = CliRunner().invoke(main, [*args, "--data", str(tmp_path)])
    assert result.exit_code == status
    assert "Traceback" not in result.output
    assert result.output.strip()


def _is_known(data: Path, secret: str) -> bool:
    from datetime import UTC, datetime

    store = open_store(data / "navconsole.db")
    try:
        return store.token(secret, datetime.now(UTC)) is not None
    finally:
        store.close()


def test_an_address_forwarded_by_a_stranger_counts_for_nothing(tmp_path: Path) -> None:
    with served(tmp_path) as (base, _), httpx.Client(base_url=base, headers={"X-Forwarded-For": "10.9.9.9"}) as browser:
        link = run("users", "link", "--data", tmp_path, "--name", "admin", "--quiet", "--base-url", base).strip()
        found = CSRF.search(browser.get(link).text)
        assert found
        browser.post(link, data={"csrf_token": found[1]})
    store = open_store(tmp_path / "navconsole.db")
    sources = {event.source for _, event in store.audit_events() if event.action == "link"}
    store.close()
    assert sources == {"127.0.0.1"}


def test_a_second_server_on_the_same_data_says_so(tmp_path: Path) -> None:
    with served(tmp_path) as (_, process):
        command = [sys.executable, "-m", "navconsole.cli", "serve", "--data", tmp_path, "--port", str(free_port())]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 1
        assert "Another server uses the data folder" in second.stderr
        assert process.poll() is None


def test_large_blocks_are_returned_to_the_system_where_the_c_library_can() -> None:
    assert allocator.return_memory() == hasattr(ctypes.CDLL(None), "mallopt")
