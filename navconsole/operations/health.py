"""`/health/ready`: may work be sent here. `/metrics`: figures for Prometheus, to those who may read them.

Neither names an attempt, a person or a patient.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from navconsole import problems
from navconsole.operations.clock import last_mark, now_marked
from navconsole.services import services
from navconsole.settings import ConsoleSettings
from navconsole.versions import product_version
from navigation.errors import StoreError
from navigation.outgoing import is_loopback
from navigation.records import AttemptFilter, AuditFilter
from navigation.retention import has_jumped
from navigation.store import files, standalone
from navigation.store.protocol import Store

METRICS_SCOPE = "metrics"
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
WAITING_SINCE = timedelta(days=2)
MAX_SECRET = 200


def init_app(app: Flask, *, navigator: object | None) -> None:
    registry = CollectorRegistry()
    requests = Counter("navconsole_requests", "Requests answered.", ("method", "route", "status"), registry=registry)
    seconds = Histogram(
        "navconsole_request_seconds", "Time to answer.", ("route",), buckets=BUCKETS, registry=registry
    )  # fmt: skip
    ProcessCollector(registry=registry)

    @app.after_request
    def count(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else "-"
        method = request.method if request.method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH") else "-"
        requests.labels(method, rule, str(response.status_code)).inc()
        if "started" in g:
            seconds.labels(rule).observe(time.perf_counter() - g.started)
        return response

    @app.get("/health/ready")
    def ready() -> tuple[Response, int]:
        parts = parts_of(services().store, services().settings, navigator)
        is_ready = all(state != "failed" for state in parts.values())
        return jsonify(status="ready" if is_ready else "not_ready", version=product_version(), **parts), (
            200 if is_ready else 503
        )

    @app.get("/metrics")
    def metrics() -> Any:
        if not may_read_metrics(services().store, services().settings):
            return problems.answer(401)
        figures = CollectorRegistry()
        figures.register(Figures(services().store, services().settings, navigator))
        return Response(generate_latest(registry) + generate_latest(figures), content_type=METRICS_TYPE)


def parts_of(store: Store, settings: ConsoleSettings, navigator: object | None) -> Mapping[str, str]:
    """How each part is: ok, failed, or off for what is not asked for here. A model that fails fails nothing else."""
    states: Mapping[str, str] = getattr(navigator, "state", dict)()
    model = states.get("model", "off")
    return {
        "database": "ok" if _answers(store) else "failed",
        "disk": "ok" if _has_room(settings) else "failed",
        "reader": "off" if navigator is None else "ok" if states.get("reader") == "ready" else "failed",
        "model": {"ready": "ok", "off": "off"}.get(model, "unavailable"),
    }


def _answers(store: Store) -> bool:
    if store.damage:
        return False
    try:
        store.stops_in_force()
    except StoreError:
        return False
    return True


def _has_room(settings: ConsoleSettings) -> bool:
    free, floor = files.floor_of(settings.data, settings.operations.floor_bytes)
    return free >= floor


def may_read_metrics(store: Store, settings: ConsoleSettings) -> bool:
    """Whether the request comes from this machine, a network of the settings, or bears a token of the scope.

    Behind a proxy that is not named in the settings every request seems to come from this machine: then only a token
    counts.
    """
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        token = store.token(secret, datetime.now(UTC)) if 0 < len(secret) <= MAX_SECRET else None
        return token is not None and METRICS_SCOPE in token.scopes
    if settings.has_tls and not settings.proxy:
        return False
    source = request.remote_addr or ""
    if is_loopback(source):
        return True
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return False
    return any(address in network for network in settings.operations.metrics_from)


class Figures(Collector):
    """What the store and the disk say at the moment of asking."""

    def __init__(self, store: Store, settings: ConsoleSettings, navigator: object | None) -> None:
        self._store = store
        self._settings = settings
        self._navigator = navigator

    def collect(self) -> Iterator[Metric]:
        for name, state in parts_of(self._store, self._settings, self._navigator).items():
            if state != "off":
                yield _gauge(f"navconsole_{name}_up", f"Whether the part {name} works.", float(state == "ok"))
        data, database = self._settings.data, self._settings.database
        free, floor = files.floor_of(data, self._settings.operations.floor_bytes)
        yield _gauge("navconsole_disk_free_bytes", "Free room under the data folder.", free)
        yield _gauge("navconsole_disk_floor_bytes", "Below this screenshots are refused.", floor)
        for name, path in (("database", database), ("log", database.with_name(f"{database.name}-wal"))):
            with suppress(FileNotFoundError):
                yield _gauge(f"navconsole_{name}_bytes", f"Size of the {name}'s file.", path.stat().st_size)
        is_large = standalone.log_bytes(database) > standalone.LARGE_LOG
        yield _gauge("navconsole_log_large", "Whether the log grew past 64 MiB: a long reader, a slow disk.", is_large)
        yield _gauge("navconsole_damaged", "Whether the database was found to be damaged.", bool(self._store.damage))
        jumped = has_jumped(last_mark(data), now_marked())
        yield _gauge("navconsole_purge_held", "Whether the clock holds purges by age.", float(jumped))
        with suppress(StoreError):  # a busy store: then these are left out this time
            yield from self._of_store()

    def _of_store(self) -> Iterator[Metric]:
        attempts = GaugeMetricFamily("navconsole_attempts", "Attempts that are kept.", labels=("outcome",))
        for outcome, count in sorted(self._store.count_attempts(AttemptFilter()).by_outcome.items()):
            attempts.add_metric((outcome,), count)
        yield attempts
        stops = self._store.stops_in_force()
        yield _gauge("navconsole_stops", "Stops that are in force.", len(stops))
        since = datetime.now(UTC) - WAITING_SINCE
        waiting = self._store.count_waiting(since=since, applications=None)
        yield _gauge("navconsole_runs_waiting", "Runs that wait for a person (at most 100 are counted).", waiting)
        given_up = self._store.count_given_up()
        yield _gauge("navconsole_alerts_given_up", "Alerts that could not be sent and are tried no more.", given_up)
        for action, name in (("backed_up", "backup"), ("purged", "purge")):
            for entry in self._store.audit_entries(AuditFilter(action=action), limit=1):
                text = f"When the last {name} ended, in seconds since 1970."
                yield _gauge(f"navconsole_last_{name}_seconds", text, entry.at.timestamp())


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
