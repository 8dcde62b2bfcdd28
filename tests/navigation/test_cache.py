"""What every CoordinateCache does: in memory and in the database alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from navigation.cache import CoordinateCache, MemoryCache
from navigation.settings import CachePolicy
from navigation.store import open_store
from navigation.types import Box, Size
from tests.navigation.placing import NOW, a_key, a_place, assert_same_place

Make = Callable[..., CoordinateCache]
HOUR = timedelta(hours=1)


@pytest.fixture(params=["memory", "stored"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    if request.param == "memory":
        yield lambda **policy: MemoryCache(CachePolicy(**policy))
        return
    store = open_store(tmp_path / "nav.db")
    yield lambda **policy: store.remembered_places(CachePolicy(**policy))
    store.close()


@pytest.fixture
def cache(make: Make) -> CoordinateCache:
    return make()


def test_what_was_never_remembered_is_not_there(cache: CoordinateCache) -> None:
    assert cache.get(a_key()) is None


@pytest.mark.parametrize("hollow", [None, Box(24, 24, 52, 12)], ids=["a button", "an input"])
def test_a_place_comes_back_as_it_was_put(cache: CoordinateCache, hollow: Box | None) -> None:
    place = a_place(hollow=hollow)
    cache.put(a_key(), place, NOW)
    entry = cache.get(a_key())
    assert entry is not None
    assert_same_place(entry.place, place)
    assert (entry.created_at, entry.last_verified_at, entry.quarantined_at) == (NOW, NOW, None)
    assert (entry.hits, entry.misses, entry.contradictions) == (0, 0, 0)


OTHERS: dict[str, Any] = {
    "application": "other", "screen": "board", "anchors": ("Identifiant",), "target": "Annuler", "kind": "field",
    "synonyms": (), "instruction": "the left one", "size": Size(1920, 1080), "scale": 1.25, "profile_version": 2,
}  # fmt: skip


@pytest.mark.parametrize("part", OTHERS)
def test_each_part_of_the_key_tells_entries_apart(cache: CoordinateCache, part: str) -> None:
    cache.put(a_key(), a_place(1), NOW)
    other = a_key(**{part: OTHERS[part]})
    assert cache.get(other) is None
    cache.put(other, a_place(2), NOW)
    first, second = cache.get(a_key()), cache.get(other)
    assert first is not None
    assert second is not None
    assert (first.place.point.x, second.place.point.x) == (51, 52)


def test_uses_are_counted(cache: CoordinateCache) -> None:
    cache.put(a_key(), a_place(), NOW)
    for hit in (True, True, False):
        cache.count(a_key(), hit=hit)
    entry = cache.get(a_key())
    assert entry is not None
    assert (entry.hits, entry.misses) == (2, 1)


def test_no_count_is_lost_between_threads(cache: CoordinateCache) -> None:
    cache.put(a_key(), a_place(), NOW)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: cache.count(a_key(), hit=number % 4 > 0), range(400)))
    entry = cache.get(a_key())
    assert entry is not None
    assert (entry.hits, entry.misses) == (300, 100)


def test_counting_what_is_not_there_makes_no_entry(cache: CoordinateCache) -> None:
    cache.count(a_key(), hit=True)
    cache.confirm(a_key(), NOW)
    cache.contradict(a_key(), NOW)
    assert cache.get(a_key()) is None


def test_a_confirmed_place_was_verified_then(cache: CoordinateCache) -> None:
    cache.put(a_key(), a_place(), NOW)
    cache.confirm(a_key(), NOW + HOUR)
    entry = cache.get(a_key())
    assert entry is not None
    assert (entry.created_at, entry.last_verified_at) == (NOW, NOW + HOUR)


def test_a_contradiction_puts_the_entry_aside_and_a_confirmation_does_not_bring_it_back(cache: CoordinateCache) -> None:
    cache.put(a_key(), a_place(), NOW)
    cache.contradict(a_key(), NOW + HOUR)
    cache.confirm(a_key(), NOW + 2 * HOUR)
    entry = cache.get(a_key())
    assert entry is not None
    assert (entry.contradictions, entry.quarantined_at) == (1, NOW + HOUR)


def test_a_newly_verified_place_takes_the_old_ones_stead_and_record(cache: CoordinateCache) -> None:
    cache.put(a_key(), a_place(1), NOW)
    cache.count(a_key(), hit=True)
    cache.contradict(a_key(), NOW + HOUR)
    cache.put(a_key(), a_place(2), NOW + 2 * HOUR)
    entry = cache.get(a_key())
    assert entry is not None
    assert_same_place(entry.place, a_place(2))
    assert (entry.created_at, entry.last_verified_at, entry.quarantined_at) == (NOW, NOW + 2 * HOUR, None)
    assert (entry.hits, entry.contradictions) == (1, 1)


def test_beyond_the_limit_the_place_verified_longest_ago_is_forgotten(make: Make) -> None:
    cache = make(max_entries=2)
    keys = [a_key(target=name) for name in "abc"]
    cache.put(keys[0], a_place(), NOW)
    cache.put(keys[1], a_place(), NOW + HOUR)
    cache.confirm(keys[0], NOW + 2 * HOUR)
    cache.put(keys[2], a_place(), NOW + 3 * HOUR)
    assert [cache.get(key) is not None for key in keys] == [True, False, True]


def test_what_is_too_old_is_forgotten_when_something_is_learned(make: Make) -> None:
    cache = make(max_age_days=1.0)
    cache.put(a_key(target="a"), a_place(), NOW)
    cache.put(a_key(target="b"), a_place(), NOW + 25 * HOUR)
    assert cache.get(a_key(target="a")) is None
    assert cache.get(a_key(target="b")) is not None
