"""Fills a store's coordinate cache from its seeded attempts, and tries a policy on them, as the product does."""

from __future__ import annotations

from datetime import UTC, datetime

from navconsole.tuning.recorded import recorded_of
from navconsole.tuning.trying import answer_trial
from navigation.cache_trial import VERSION
from navigation.ids import new_id
from navigation.imaging import open_screenshot
from navigation.place_records import PlaceFilter, RememberedPlace, TrialAsked
from navigation.records import AttemptFilter, AuditEvent
from navigation.remembered import learn
from navigation.settings import CachePolicy
from navigation.store.protocol import Store
from tests.navigation.placing import NOW


def remember_attempts(store: Store) -> list[RememberedPlace]:
    """Learn from each attempt that found its target, as if it had landed; what is remembered then."""
    places = store.remembered_places(CachePolicy())
    for row in store.list_attempts(AttemptFilter(order="oldest"), limit=500).rows:
        detail = store.attempt(row.id)
        recorded = recorded_of(store, detail) if detail else None
        if detail is not None and recorded is not None:
            shot = open_screenshot(store.blobs.read(detail.start.before_id)[0])
            learn(places, shot.rgb, recorded.target, recorded.grounding, recorded.scope, now=recorded.verified_at)
    places.close()
    return list(store.places(PlaceFilter(NOW), limit=100).rows)


def try_policy(store: Store, application: str = "dpi-urgences") -> str:
    """Answer what a stricter policy would have done; the trial's id."""
    policies = (CachePolicy(agreement=0.97), CachePolicy())
    asked = TrialAsked(new_id(), application, *policies, 100, "ann", "Ann", datetime.now(UTC))
    trial, _ = store.start_trial(asked, version=VERSION, event=AuditEvent("ann", "policy_tried"))
    answer_trial(store, trial)
    return asked.id
