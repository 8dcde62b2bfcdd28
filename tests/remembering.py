"""Fills a store's coordinate cache from its seeded attempts, and tries a policy on them, as the product does."""

from __future__ import annotations

from navconsole.tuning.recorded import recorded_of
from navigation.imaging import open_screenshot
from navigation.place_records import PlaceFilter, RememberedPlace
from navigation.records import AttemptFilter
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
