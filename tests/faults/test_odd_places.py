"""Locale C, no HOME, umask 000, a clock far from here, a folder's name with spaces, accents and a line's end."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.faults.server import Server
from tests.navconsole.conftest import CSRF

ODD: Mapping[str, str] = {
    "LC_ALL": "C", "LANG": "C", "TZ": "Pacific/Kiritimati", "RPA_AUTH_DISABLED": "true", "OCR_READERS": "tesserocr",
}  # fmt: skip


def test_a_server_works_in_an_odd_place_and_a_command_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "données de l'hôpital\n— 2ᵉ étage ? 100 % #1" / "data"
    monkeypatch.delenv("HOME", raising=False)
    old = os.umask(0)
    try:
        server = Server(data, tmp_path / "server.log", **ODD)
        server.start()
        try:
            with httpx.Client(base_url=server.url, headers={"Accept-Language": "fr"}) as client:
                page = client.get("/stop")
                found = CSRF.search(page.text)
                assert found
                form = {"csrf_token": found[1], "reason": "Écran figé — arrêt", "application": ""}
                assert client.post("/stop", data=form).status_code == 303
                assert "Écran figé — arrêt" in client.get("/stop").text
        finally:
            assert server.stop() == 0
        assert "Traceback" not in server.log.read_text(encoding="utf-8", errors="replace")
        environment = {k: v for k, v in os.environ.items() if k != "HOME"} | ODD
        command = [sys.executable, "-m", "navconsole.cli"]
        for arguments in (["backup", str(tmp_path / "où ?\n")],):
            done = subprocess.run([*command, *arguments, "--data", str(data)], env=environment, capture_output=True)
            assert done.returncode == 0, done.stderr
            assert b"Traceback" not in done.stderr + done.stdout, (arguments, done.stderr)
    finally:
        os.umask(old)
    open_to_others = [
        path for path in data.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077 and path.name != "server.lock"
    ]
    assert open_to_others == []
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    shutil.rmtree(data)
