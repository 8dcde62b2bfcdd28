"""`/health/ready`, `/metrics` and the log: what machines are told, who may read it, and that it names nobody."""

from __future__ import annotations

import ipaddress
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from navconsole import logs
from navconsole.app import create_app
from navconsole.operation_settings import OperationSettings
from navconsole.settings import ConsoleSettings
from navigation.records import AuditEvent
from navigation.store import sqlite
from navigation.store.protocol import Store
from tests.navconsole.conftest import LintedClient, Login
from tests.navigation.store.making import a_message

MIB = 1 << 20


class Working:
    """A navigator as far as its state goes."""

    def __init__(self, reader: str = "ready", model: str = "off") -> None:
        self._state = {"reader": reader, "model": model}

    def state(self) -> dict[str, str]:
        return self._state


@pytest.fixture
def settings(settings: ConsoleSettings) -> ConsoleSettings:
    return replace(settings, operations=OperationSettings(floor_bytes=0))


@pytest.fixture
def made(settings: ConsoleSettings, store: Store) -> Callable[..., Flask]:
    def make(navigator: Any = None, **changes: Any) -> Flask:
        return create_app(replace(settings, **changes), store=store, navigator=navigator)

    return make


def figures(text: str) -> dict[str, float]:
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("navigator", "status", "parts"),
    [
        (Working(), 200, {"reader": "ok", "model": "off"}),
        (Working(model="unavailable"), 200, {"reader": "ok", "model": "unavailable"}),
        (Working(reader="unavailable"), 503, {"reader": "failed", "model": "off"}),
        (None, 200, {"reader": "off", "model": "off"}),
    ],
    ids=["all well", "a model is optional", "no reader", "a console that only shows"],
)
def test_ready_says_whether_work_may_be_sent_here(
    made: Callable[..., Flask], navigator: Any, status: int, parts: dict[str, str]
) -> None:
    answer = made(navigator).test_client().get("/health/ready")
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json.items() >= ({"database": "ok", "disk": "ok"} | parts).items()


def test_a_disk_below_its_floor_is_not_ready(
    made: Callable[..., Flask], settings: ConsoleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navigation.store.files.FLOOR_SHARE", 2.0)  # twice the disk
    client = made(Working(), operations=OperationSettings(floor_bytes=1 << 60)).test_client()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json and answer.json["disk"]) == (503, "failed")
    assert client.get("/health").status_code == 200  # it lives, and people may still read and label


def test_a_damaged_database_is_not_ready(made: Callable[..., Flask], settings: ConsoleSettings, store: Store) -> None:
    client = made(Working()).test_client()
    store.close()
    settings.database.write_bytes(b"damaged" * 4096)
    settings.database.with_name(f"{settings.database.name}-wal").unlink(missing_ok=True)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json and answer.json["database"]) == (503, "failed")


# --- metrics --------------------------------------------------------------------------------------


def test_figures_are_those_of_the_store_and_of_what_was_asked(
    made: Callable[..., Flask], store: Store, attempts: list[str]
) -> None:
    store.audit(AuditEvent("shell:op", "backed_up", "backup"), datetime(2026, 3, 1, tzinfo=UTC))
    store.add_message(a_message(state="given_up", problem="login", ended_at=datetime(2026, 3, 1, tzinfo=UTC)))
    client = made(Working()).test_client()
    client.get("/health")
    client.get("/nowhere/8012345")
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=")
    found = figures(answer.text)
    assert found["navconsole_attempts ok"] == 6
    assert found["navconsole_requests_total GET /health 200"] == 1
    assert found["navconsole_requests_total GET - 404"] == 1
    assert found["navconsole_reader_up"] == 1
    assert found["navconsole_last_backup_seconds"] == datetime(2026, 3, 1, tzinfo=UTC).timestamp()
    assert found["navconsole_alerts_given_up"] == 1
    assert found["navconsole_purge_held"] == 0
    assert found["navconsole_database_bytes"] > 0
    assert "process_resident_memory_bytes" in found


def test_figures_name_no_patient_target_person_or_attempt(
    made: Callable[..., Flask], attempts: list[str], login: Login
) -> None:
    login("engineer", name="Anne Roy").get(f"/attempts/{attempts[0]}")
    text = made(Working()).test_client().get("/metrics").text
    for secret in ("MARTIN", "Se connecter", "Anne", attempts[0], "dpi-urgences"):
        assert secret not in text


@pytest.mark.parametrize(
    ("source", "changes", "status"),
    [
        ("127.0.0.1", {}, 200), ("10.1.2.3", {}, 401),
        ("10.1.2.3", {"operations": OperationSettings(metrics_from=(ipaddress.ip_network("10.1.0.0/16"),))}, 200),
        ("10.2.2.3", {"operations": OperationSettings(metrics_from=(ipaddress.ip_network("10.1.0.0/16"),))}, 401),
        ("127.0.0.1", {"public_url": "https://nav.example"}, 401),
        ("127.0.0.1", {"public_url": "https://nav.example", "proxy": "127.0.0.1"}, 200),
    ],
    ids=["this machine", "another", "a listed network", "another network", "behind a proxy that is not named",
         "behind one that is"],
)  # fmt: skip
def test_figures_are_for_this_machine_and_listed_addresses(
    made: Callable[..., Flask], source: str, changes: dict[str, Any], status: int
) -> None:
    client = made(**changes).test_client()
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": source}, base_url="http://localhost")
    assert answer.status_code == status
    assert ("navconsole_" in answer.text) is (status == 200)


@pytest.mark.parametrize(("scopes", "status"), [(["metrics"], 200), (["ingest"], 401), ([], 401)])
def test_figures_are_for_a_token_of_their_scope_and_no_other(
    made: Callable[..., Flask], store: Store, scopes: list[str], status: int
) -> None:
    store.add_token(name="prometheus", secret="s" * 40, scopes=scopes, applications=None, expires_at=None)
    client = made().test_client()
    for source in ("10.1.2.3", "127.0.0.1"):
        headers = {"Authorization": f"Bearer {'s' * 40}"}
        assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": source}).status_code == status
    wrong = {"Authorization": "Bearer wrong"}
    assert client.get("/metrics", headers=wrong).status_code == 401


def test_a_session_opens_no_figures(made: Callable[..., Flask], login: Login) -> None:
    client: LintedClient = login("admin")
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "10.1.2.3"}).status_code == 401


# --- the log --------------------------------------------------------------------------------------


def line_of(message: str, *values: object, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord("navconsole.x", logging.WARNING, "x.py", 1, message, values, more.get("exc_info"))
    found: dict[str, Any] = json.loads(logs.JsonFormatter().format(record))
    return found


def test_a_json_line_has_its_phrase_and_its_keys_as_members() -> None:
    found = line_of("attempt %s run=%s attempt=%s score=%s ms=%.0f", "finished", "r", "a", "0.910", 640.123456)
    assert (found["event"], found["level"], found["logger"]) == ("attempt", "warning", "navconsole.x")
    assert found.items() >= {"run": "r", "attempt": "a", "score": "0.910", "ms": 640.123}.items()
    assert found["message"] == "attempt finished run=r attempt=a score=0.910 ms=640"
    assert datetime.fromisoformat(found["at"]).tzinfo is not None
    assert line_of("server ends")["event"] == "server ends"


def test_a_line_is_one_line_whatever_is_in_it_and_no_key_hides_its_own() -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "seen text=%s level=%s", ("a\nb\x1b[31m\r\n{}", "fake"), None)
    text = logs.JsonFormatter().format(record)
    assert "\n" not in text
    assert "\x1b" not in text
    assert json.loads(text)["level"] == "info"


def test_a_fault_is_its_kind_and_places_never_its_text() -> None:
    try:
        raise ValueError("MARTIN Jeanne")
    except ValueError:
        found = line_of("failed", exc_info=sys.exc_info())
    assert found["error"] == "ValueError"
    assert "test_health.py" in found["where"][0]
    assert "MARTIN" not in json.dumps(found)


def test_the_database_is_asked_by_the_library_that_the_store_uses() -> None:
    """Two SQLite libraries in one process would be blind to each other's locks."""
    from navigation.store import standalone

    assert standalone.sqlite.driver() is sqlite.driver()
