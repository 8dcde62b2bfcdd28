"""The files for a live machine: nginx and systemd take them as they are, and nginx shields the server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from navconsole.serving import MAX_BODY_BYTES
from tests.proxying import NAME, Proxy, configured, console, free_port, half_open, nginx, proxied

OPERATIONS = Path(__file__).resolve().parents[3] / "docs" / "operations"
INSTALLED = "/opt/navconsole/.venv/bin/navconsole"
UNITS = ("navconsole.service", "navconsole-backup.service", "navconsole-backup.timer")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    with console(tmp_path_factory.mktemp("data")) as port, proxied(folder, port) as found:
        yield found


def test_nginx_takes_the_configuration_as_it_is(tmp_path: Path) -> None:
    main, _, _ = configured(tmp_path, free_port())
    done = subprocess.run([nginx(), "-t", "-p", tmp_path, "-c", main], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_the_console_is_reached_over_tls_by_its_name_only(proxy: Proxy) -> None:
    with proxy.client() as client:
        page = client.get("/login")
        assert page.status_code == 200
        assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert "__Host-" in page.headers["Set-Cookie"]
        assert client.get("/login", headers={"Host": "evil.example"}).status_code == 400


def test_figures_are_not_to_be_had_through_the_proxy_nor_by_a_forwarded_address(proxy: Proxy) -> None:
    with proxy.client() as client:
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics/", headers={"X-Forwarded-For": "127.0.0.1"}).status_code in (401, 404)
        assert client.get("/health").json()["status"] == "ok"


def test_half_open_connections_keep_no_request_waiting(proxy: Proxy) -> None:
    """A small round of `python -m tests.bench.half_open`, which has two hundred."""
    with proxy.client() as client, half_open(proxy, 60) as held:
        assert len(held) == 60
        began = time.perf_counter()
        assert client.get("/login").status_code == 200
        assert time.perf_counter() - began < 1


def test_what_is_too_large_is_refused_before_it_reaches_the_server(proxy: Proxy) -> None:
    with proxy.client() as client:
        assert client.get("/login", headers={"X-Long": "x" * 20_000}).status_code == 400
    with proxy.connected(is_tls=True) as begun:
        begun.sendall(f"POST /login HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {33 << 20}\r\n\r\n".encode())
        assert begun.recv(100).startswith(b"HTTP/1.1 413")
    taken = re.search(r"client_max_body_size (\d+)m;", (OPERATIONS / "nginx.conf").read_text())
    assert taken is not None
    assert int(taken[1]) << 20 == MAX_BODY_BYTES


def test_nothing_of_a_request_is_written_to_the_disk_by_the_proxy(proxy: Proxy) -> None:
    with proxy.client() as client:
        client.get("/link/a-secret-that-logs-in")
        client.post("/login", content=b"canary" * 1000)
    written = [path for path in proxy.folder.rglob("*") if path.is_file()]
    assert all(b"a-secret" not in path.read_bytes() and b"canary" not in path.read_bytes() for path in written)


def test_systemd_takes_the_units_as_they_are(tmp_path: Path) -> None:
    program = shutil.which("navconsole", path=Path(sys.executable).parent)
    assert program
    for name in UNITS:
        text = (OPERATIONS / name).read_text(encoding="utf-8")
        assert text.count("/opt/navconsole/.venv/bin/navconsole") == (
            0 if name.endswith("timer") else text.count("\nExec")
        )
        (tmp_path / name).write_text(text.replace("/opt/navconsole/.venv/bin/navconsole", program), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "navconsole" in line]
    assert (done.returncode, ours) == (0, []), done.stderr
