"""What lasts and is looked for now and then: texts that are found less often, certificates that hold no more."""

from __future__ import annotations

import hashlib
import importlib
from datetime import datetime, timedelta

from navconsole.dashboard.charts import last_days
from navconsole.dashboard.context import Drift, find_drifts
from navigation.alerts import Alert, Kind
from navigation.store.protocol import Store

DAYS = 30
"""Days of the dashboard's counts that drift is looked for in."""


def conditions(store: Store, heard: frozenset[Kind], now: datetime) -> list[Alert]:
    """What holds now of the kinds that somebody hears of."""
    found: list[Alert] = []
    if "drift" in heard:
        found += drifts(store, now)
    if "certificate" in heard and store.certificates():
        found += ended_certificates(store, now)
    return found


def drifts(store: Store, now: datetime) -> list[Alert]:
    """Expected texts that drift, as the dashboard finds them for all applications."""
    today = now.date()
    counts = store.anchor_counts(since=today - timedelta(days=DAYS - 1), applications=None)
    return [_drift(one, now) for one in find_drifts(counts, last_days(today, DAYS))]


def ended_certificates(store: Store, now: datetime) -> list[Alert]:
    """Certificates that hold no more; the newest of each plan only, since it stands for the older ones."""
    looking = importlib.import_module("navconsole.tuning.looking")  # counts labels: loaded where there is one
    newest = {standing.plan.id: standing for standing in reversed(looking.standings(store))}
    return [
        Alert("certificate_ended", one.plan.application, now, one.plan.screen, f"certificate:{one.certificate.id}")
        for one in newest.values()
        if one.ended
    ]


def _drift(found: Drift, now: datetime) -> Alert:
    """The screen is told and the text is not: it is a robot's word of what it expects to see there."""
    names = "\0".join((found.application, found.screen, found.text))
    key = f"{found.kind}:{hashlib.sha256(names.encode()).hexdigest()[:32]}"
    return Alert(found.kind, found.application, now, found.screen, key)
