"""The demo's workflow for real: a server that reads, the demo hospital, and an agent in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from navconsole.demo.hospital import Account, HospitalServer, HospitalState
from navconsole.settings import ConsoleSettings
from navigation.agents.browser import BrowserSurface
from navigation.agents.journal import Journal
from navigation.agents.secret_source import DotenvSecrets
from navigation.agents.walking import Ended, run_workflow
from navigation.client import PatientIdentity
from navigation.oversight import RunStep
from navigation.records import AttemptFilter, AuditEvent
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.types import Outcome
from navigation.workflow_client import WorkflowAsked, WorkflowClient
from navigation.workflow_records import NewFile
from tests.faults.server import SECRET, Server
from tests.navigation.agents.knowing import PASSWORD

pytestmark = pytest.mark.browser

DEMO = Path(__file__).parents[3] / "navconsole" / "demo" / "workflows"
PATIENT = PatientIdentity("8004127351", "MARTIN", "Jeanne", date(1958, 3, 12))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("walking")
    server = Server(folder / "data", folder / "server.log", OCR_READERS="tesserocr")
    server.start()
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def store(server: Server) -> Iterator[Store]:
    """The server's own store, with the demo's files in it."""
    store = open_store(ConsoleSettings.from_env(data=server.data).database)
    profile, workflow = (path.read_text(encoding="utf-8") for path in sorted(DEMO.iterdir()))
    files = [
        NewFile("profile", "melisse-dpi", "", profile),
        NewFile("workflow", "melisse-dpi", "ouvrir-un-dossier", workflow),
    ]
    store.add_files(files, author="Ann", at=datetime.now(UTC), event=AuditEvent("ann", "workflow_added"))
    yield store
    store.close()


@pytest.fixture
def client(server: Server) -> Iterator[WorkflowClient]:
    with WorkflowClient(server.url, SECRET, language="en") as client:
        yield client


@pytest.fixture
def hospital() -> Iterator[HospitalServer]:
    accounts = [Account("c.lemoine", PASSWORD, "Dr C. LEMOINE"), Account("p.arnaud", PASSWORD, "Dr P. ARNAUD", True)]
    with HospitalServer(HospitalState(accounts)) as hospital:
        yield hospital


@pytest.fixture
def secrets(tmp_path: Path) -> DotenvSecrets:
    path = tmp_path / ".env.local"
    path.write_text(f"DPI_LEMOINE={PASSWORD}\n", encoding="utf-8")
    return DotenvSecrets(path)


def asked(journal: Journal, **given: Any) -> WorkflowAsked:
    values: dict[str, Any] = {
        "application": "melisse-dpi", "workflow": "ouvrir-un-dossier", "agent": "test", "machine": "poste-12",
        "client": journal.client, "patient": PATIENT,
        "parameters": {"user": "c.lemoine", "ipp": "8004127351", "patient": "MARTIN Jeanne"},
    }  # fmt: skip
    return WorkflowAsked(**values | given)


def test_the_record_is_opened(
    client: WorkflowClient, surface: BrowserSurface, secrets: DotenvSecrets, hospital: HospitalServer, store: Store,
    tmp_path: Path, server: Server,
) -> None:  # fmt: skip
    surface.open(hospital.url)
    journal, done = Journal(tmp_path / "agent"), []
    run = asked(journal)
    ended = run_workflow(
        client,
        surface,
        secrets,
        run,
        journal,
        on_step=lambda told, taken: done.append((told.step, taken.outcome.value)),
    )
    assert (ended, journal.open_run) == (Ended(run.run_id, "done", Outcome.OK), None), done
    steps = [step for step, _ in done]
    assert steps[:2] == ["where", "user"]
    assert steps[-3:] == ["open", "open", "keep"]
    attempts = store.list_attempts(AttemptFilter(run_id=run.run_id, order="oldest")).rows
    assert [(row.target_text, row.outcome) for row in attempts] == [
        ("Identifiant", Outcome.OK),
        ("Mot de passe", Outcome.OK),
        ("Se connecter", Outcome.OK),
        ("Ouvrir", Outcome.OK),
    ]
    assert [flow.terms.profile_version for flow in store.login_flows(None) if flow.terms] == [1]
    for path in (*server.data.rglob("*"), server.log, *(tmp_path / "agent").iterdir()):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path
    assert "8004127351" not in server.log.read_text()
    assert "8004127351" not in (tmp_path / "agent" / "journal.jsonl").read_text()


def test_a_refused_log_in_is_tried_once(
    client: WorkflowClient, surface: BrowserSurface, hospital: HospitalServer, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / ".env.local"
    path.write_text("DPI_LEMOINE=autre\n", encoding="utf-8")
    surface.open(hospital.url)
    journal = Journal(tmp_path / "agent")
    ended = run_workflow(client, surface, DotenvSecrets(path), asked(journal), journal)
    assert (ended.state, ended.outcome) == ("stopped", Outcome.LOGIN_REFUSED)
    attempts = store.list_attempts(AttemptFilter(run_id=ended.run_id)).rows
    assert [row.target_text for row in attempts].count("Se connecter") == 1


def test_a_second_factor_is_a_persons_and_the_run_goes_on_once_it_is_given_back(
    client: WorkflowClient, surface: BrowserSurface, secrets: DotenvSecrets, hospital: HospitalServer, store: Store,
    tmp_path: Path,
) -> None:  # fmt: skip
    surface.open(hospital.url)
    journal = Journal(tmp_path / "agent")
    run = asked(journal, parameters={"user": "p.arnaud", "ipp": "8004127351", "patient": "MARTIN Jeanne"})
    seen: list[str] = []

    def help_out(told: Any, taken: Any) -> None:
        """The person, who comes when the page asks for a code."""
        seen.append(taken.outcome.value)
        if taken.outcome is not Outcome.NEEDS_HUMAN:
            return
        (session,) = [key for key, value in hospital.state._sessions.items() if value.state == "second_factor"]
        assert hospital.state.give_code(session, hospital.state.code_sent_to("p.arnaud"))
        surface.open(hospital.url)
        standing = store.run_standing(run.run_id)
        assert standing is not None
        assert standing.state == "waiting"
        assert standing.attempt_id is not None
        store.add_run_step(RunStep(run.run_id, standing.attempt_id, "resumed", "ann", "Ann", "", datetime.now(UTC)))

    ended = run_workflow(client, surface, secrets, run, journal, on_step=help_out)
    assert "needs_human" in seen
    assert (ended.state, ended.outcome) == ("done", Outcome.OK)
