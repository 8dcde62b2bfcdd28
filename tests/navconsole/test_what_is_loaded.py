"""A console that only shows loads neither the engine nor picture libraries nor Alembic: they are half its memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from navconsole.settings import ConsoleSettings
from navigation.store import open_store
from tests.seeding import seed

HEAVY = ("cv2", "numpy", "alembic", "distributed", "navigation.engine", "navigation.handler")
SHOW = """
import pathlib, sys
import navconsole.serving
from navconsole.app import create_app
from navconsole.settings import ConsoleSettings
from navigation.store import open_store
settings = ConsoleSettings(data=pathlib.Path(sys.argv[1]), secret_key="k" * 40, is_auth_disabled=True)
store = open_store(settings.database)
client = create_app(settings, store=store, navigator=None).test_client()
for path in ("/attempts", "/attempts?view=groups", "/dashboard", "/review/triage", "/inbox", "/tuning/configurations",
             "/tuning/shadow", "/tuning/replays", "/workflows",
             "/workflows/profiles/dpi-urgences/edit?try=1",
             f"/attempts/{sys.argv[2]}", f"/attempts/{sys.argv[2]}/thumb"):
    assert client.get(path).status_code == 200, path
print(*(name for name in sys.argv[3:] if name in sys.modules))
"""


def test_a_console_that_only_shows_loads_no_engine(tmp_path: Path) -> None:
    store = open_store(ConsoleSettings(data=tmp_path, secret_key="k" * 40).database)
    try:
        attempts = seed(store)
        while store.reencode_waiting():
            pass
    finally:
        store.close()
    command = [sys.executable, "-c", SHOW, str(tmp_path), attempts[0], *HEAVY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stderr


def test_what_is_loaded_late_is_there_when_asked_for() -> None:
    asked = "import navigation; print(navigation.Engine.__name__, hasattr(navigation, 'Unheard'))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["Engine", "False"]
