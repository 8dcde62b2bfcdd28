"""`navconsole stop` and `navconsole release`, beside an open store as beside a server."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from navconsole.cli import main
from navigation.store.protocol import Store


@pytest.fixture
def run(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("SECRET_KEY", "k" * 40)
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, [arguments[0], "--data", str(tmp_path), *arguments[1:]])

    return invoke


def test_the_shell_stops_and_lets_go(run, store: Store) -> None:  # type: ignore[no-untyped-def]
    done = run("stop", "--reason", " Panne ")
    assert done.exit_code == 0
    assert "All robots are stopped" in done.output
    run("stop", "--application", "dpi", "--reason", "Mise à jour")
    assert [(e.application, e.reason, e.author) for e in store.stops_in_force()] == [
        ("", "Panne", getpass.getuser()),
        ("dpi", "Mise à jour", getpass.getuser()),
    ]
    done = run("release", "--reason", "Réparé")
    assert done.exit_code == 0
    assert "Still stopped: dpi (Mise à jour)" in done.output
    assert [e.application for e in store.stops_in_force()] == ["dpi"]
    events = [(event.actor, event.action, event.object_id) for _, event in store.audit_events()]
    assert events == [
        (f"shell:{getpass.getuser()}", "robots_released", "*"),
        (f"shell:{getpass.getuser()}", "robots_stopped", "dpi"),
        (f"shell:{getpass.getuser()}", "robots_stopped", "*"),
    ]


def test_letting_go_what_is_not_stopped_fails(run) -> None:  # type: ignore[no-untyped-def]
    done = run("release", "--reason", "Réparé")
    assert done.exit_code == 1
    assert "not stopped" in done.output


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_a_reason_is_needed(run, store: Store, reason: str) -> None:  # type: ignore[no-untyped-def]
    assert run("stop", "--reason", reason).exit_code == 2
    assert run("stop").exit_code == 2
    assert store.stop_events() == []
