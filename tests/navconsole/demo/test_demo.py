"""`navconsole demo`: its parts one by one, and the whole walk in real processes and a real browser."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from navconsole.demo.command import (
    accounts,
    demo_environment,
    ensure_secrets,
    last_lines,
    lines_of_others,
    running_server,
    table_of,
    what_is_missing,
)
from navconsole.demo.hospital import HospitalState
from navconsole.demo.hospital.data import PATIENTS
from navconsole.demo.scenarios import DOCTOR, DOCTOR_SECRET, SCENARIOS, banner_of
from navconsole.demo.walk import Walked, count_steps, identity_of
from navconsole.settings import ConsoleSettings
from navigation.errors import NavigationError
from navigation.records import AttemptFilter
from navigation.store import open_store
from navigation.types import Outcome


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- the story --------------------------------------------------------------------------------------


def test_the_story_is_about_sixty_attempts_long() -> None:
    assert 55 <= count_steps(SCENARIOS) <= 75


def test_scenarios_have_names_of_their_own() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_failure_comes_last_in_its_scenario(scenario) -> None:
    assert all(step.expected is Outcome.OK for step in scenario.steps[:-1])


def test_the_story_means_to_show_ten_outcomes_and_the_wrong_patient() -> None:
    told = {step.expected for scenario in SCENARIOS for step in scenario.steps}
    assert len(told) >= 10
    assert Outcome.WRONG_PATIENT in told


def test_every_press_in_a_file_is_checked_against_the_banner() -> None:
    in_files = [
        step.instruction.before
        for scenario in SCENARIOS
        for step in scenario.steps
        if step.instruction.before and step.instruction.before.name in ("file", "prescriptions", "notes")
    ]
    assert len(in_files) > 20
    assert all(screen.patient_banner is not None for screen in in_files)


def test_every_press_of_a_run_about_a_patient_says_where_the_patient_is() -> None:
    screens = [step.instruction.before for scenario in SCENARIOS if scenario.patient for step in scenario.steps]
    assert len(screens) > 40
    assert all(screen and (screen.patient_banner or screen.is_without_patient) for screen in screens)


def test_no_scenario_holds_a_password() -> None:
    typed = {step.instruction.text for scenario in SCENARIOS for step in scenario.steps if step.instruction.secret}
    assert typed == {None}


@pytest.mark.parametrize("scale", [100, 125, 150])
def test_the_banner_lies_on_the_screen(scale: int) -> None:
    box = banner_of(scale)
    assert 0 < box.y < box.y + box.h < 0.25


def test_a_run_names_its_patient() -> None:
    identity = identity_of(PATIENTS[0])
    assert identity is not None
    assert (identity.ipp, identity.given_name) == (PATIENTS[0].ipp, "Jeanne")
    assert identity_of(None) is None


# --- the command's parts ----------------------------------------------------------------------------


def test_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "demo" / "secrets.env"
    first = ensure_secrets(path)
    assert ensure_secrets(path) == first
    assert len(set(first.values())) == 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_demo_passwords_open_the_demo_hospital(tmp_path: Path) -> None:
    keys = ensure_secrets(tmp_path / "secrets.env")
    assert HospitalState(accounts(keys)).sign_in(DOCTOR, keys[DOCTOR_SECRET])[0] == "signed_in"


def test_a_real_installations_settings_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_PASSWORD", "real")
    monkeypatch.setenv("NAVCONSOLE_PUBLIC_URL", "https://navconsole.hospital.example")
    monkeypatch.setenv("TESSDATA_PREFIX", "somewhere")
    left = demo_environment()
    assert "DASHBOARD_PASSWORD" not in left
    assert "NAVCONSOLE_PUBLIC_URL" not in left
    assert left["TESSDATA_PREFIX"] == "somewhere"
    assert left["NAVCONSOLE_LANGUAGE"] == "en"  # the person stays the same


def attempts(*outcomes: Outcome, expected: Outcome | None = None) -> list[Walked]:
    return [Walked("s", 1, "Ouvrir", expected or outcome, outcome, was_pressed=False) for outcome in outcomes]


SIX = (Outcome.OK, Outcome.ABSENT, Outcome.AMBIGUOUS, Outcome.NOT_LANDED, Outcome.WRONG_SCREEN, Outcome.WRONG_PATIENT)


def test_six_outcomes_with_a_wrong_patient_are_enough() -> None:
    assert what_is_missing(attempts(*SIX)) == ""


def test_five_outcomes_are_too_few() -> None:
    assert "too few outcomes (5," in what_is_missing(attempts(*SIX[1:]))


def test_a_missing_wrong_patient_is_said() -> None:
    assert "no wrong patient" in what_is_missing(attempts(*SIX[:5], Outcome.LOGIN_REFUSED))


def test_an_attempt_under_way_is_no_outcome() -> None:
    unfinished = replace(attempts(Outcome.OK)[0], outcome=None)
    assert "too few outcomes (5," in what_is_missing([*attempts(*SIX[1:]), unfinished])


def test_the_table_counts_and_says_what_came_otherwise() -> None:
    walked = [*attempts(Outcome.OK, Outcome.OK), *attempts(Outcome.ABSENT, expected=Outcome.OK)]
    console = Console(width=100)
    with console.capture() as captured:
        console.print(table_of(walked))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in captured.get().splitlines() if "│" in line]
    assert ["Succeeded", "2", "2"] in rows
    assert ["Not on the screen", "1", "0"] in rows
    assert ["2 outcomes", "3", "2"] in rows
    assert lines_of_others(walked)[1] == "  s, step 1 “Ouvrir”: Not on the screen, the story tells Succeeded"
    assert lines_of_others(walked[:2]) == []


def test_the_table_is_in_french_for_a_french_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "fr")
    console = Console(width=100)
    with console.capture() as captured:
        console.print(table_of(attempts(Outcome.OK, Outcome.WRONG_PATIENT)))
    shown = captured.get()
    assert all(word in shown for word in ("2 tentatives", "résultat", "comme prévu au récit", "Mauvais patient"))
    assert "outcome" not in shown


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_address_and_the_link_are_last_and_alone_on_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", language)
    settings = ConsoleSettings.from_env({}, data=tmp_path, port=5123)
    said, address, link = last_lines(settings)
    assert ("une seule fois" if language == "fr" else "logs you in once") in said
    assert address == "http://127.0.0.1:5123"
    assert link.startswith(f"{address}/link/")
    assert link.split() == [link]


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = ConsoleSettings.from_env({}, data=tmp_path, port=taken.getsockname()[1])
        with pytest.raises(NavigationError, match="--port"), running_server(settings):
            pass


def test_a_server_that_does_not_start_says_why(tmp_path: Path, port: int) -> None:
    settings = ConsoleSettings.from_env({}, data=tmp_path, port=port)
    settings.database.mkdir()  # no database can be opened there
    with pytest.raises(NavigationError, match=r"did not start: \w"), running_server(settings):
        pass


# --- the whole --------------------------------------------------------------------------------------


def whole(test: Callable[..., None]) -> Callable[..., None]:
    """A test of the whole demo: under three minutes on two free cores, more on busy ones."""
    return pytest.mark.slow(pytest.mark.browser(pytest.mark.timeout(900)(test)))


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The data folder and the output of one whole demo that ended by itself with status 0."""
    data = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    command = [sys.executable, "-m", "navconsole.cli", "demo", "--exit", "--data", str(data), "--port", str(free)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800)
    assert done.returncode == 0, done.stdout + done.stderr
    return data, done.stdout + done.stderr


@whole
def test_the_demo_leaves_real_attempts_of_many_outcomes(walked: tuple[Path, str]) -> None:
    data, output = walked
    assert f"navconsole serve --data {data}" in output.replace("\n", " ")
    store = open_store(data / "navconsole.db")
    try:
        counts = store.count_attempts(AttemptFilter())
        wrong_patient = store.list_attempts(AttemptFilter(outcomes=[Outcome.WRONG_PATIENT])).rows
    finally:
        store.close()
    assert counts.total >= 45
    assert len(set(counts.by_outcome) - {"running"}) >= 6
    assert counts.by_outcome.get("running", 0) == 0
    assert wrong_patient
    assert all(row.after_id is None for row in wrong_patient)  # nothing was pressed


@whole
def test_no_password_of_the_demo_is_anywhere_but_in_its_file(walked: tuple[Path, str]) -> None:
    data, output = walked
    keys = ensure_secrets(data / "secrets.env").values()
    assert not any(key in output for key in keys)
    files = [path for path in data.rglob("*") if path.is_file() and path.name != "secrets.env"]
    assert len(files) > 50
    for path in files:
        content = path.read_bytes()
        assert not any(key.encode() in content for key in keys), path.name


@whole
def test_no_patient_is_named_in_the_servers_log(walked: tuple[Path, str]) -> None:
    log = (walked[0] / "server.log").read_text(encoding="utf-8")
    assert "attempt finished" in log
    assert not any(patient.ipp in log or patient.family_name in log for patient in PATIENTS)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 1)], ids=["TERM", "Ctrl-C"])
@whole
def test_an_interrupted_demo_ends_what_it_started(
    tmp_path: Path, port: int, number: signal.Signals, status: int
) -> None:
    command = [sys.executable, "-m", "navconsole.cli", "demo", "--data", str(tmp_path), "--port", str(port)]
    # A shell's background job ignores Ctrl-C; ours is to obey it, however the tests were started.
    listen = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: E731
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=listen)
    try:
        _until(lambda: _answers(port), 60)
        time.sleep(2)
        process.send_signal(number)
        assert process.wait(60) == status
    finally:
        process.kill()
        process.wait()
    _until(lambda: not _answers(port), 10)
    assert not [pid for pid in os.listdir("/proc") if pid.isdigit() and str(tmp_path) in _command_of(pid)]


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def _command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""
