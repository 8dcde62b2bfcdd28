"""Since when something succeeds less often: the exact test against sums, false alarms and power by simulation."""

from __future__ import annotations

import random
from datetime import date, timedelta
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navconsole.dashboard.drift import LEAST_FALL, Share, find_fall, fisher_lower

FIRST = date(2026, 3, 1)


def on_days(*counts: tuple[int, int]) -> list[tuple[date, Share]]:
    return [(FIRST + timedelta(days=n), Share(hits, of)) for n, (hits, of) in enumerate(counts)]


def together(shares: list[Share]) -> Share:
    return Share(sum(share.hits for share in shares), sum(share.of for share in shares))


@st.composite
def shares(draw: st.DrawFn, most: int = 40) -> Share:
    of = draw(st.integers(0, most))
    return Share(draw(st.integers(0, of)), of)


@given(shares(), shares())
def test_the_exact_test_is_the_sum_of_hypergeometric_chances(one: Share, other: Share) -> None:
    whole = together([one, other])
    ways = sum(
        comb(whole.hits, hits) * comb(whole.of - whole.hits, one.of - hits)
        for hits in range(one.hits + 1)
        if one.of - hits <= whole.of - whole.hits
    )
    assert fisher_lower(one, other) == pytest.approx(ways / comb(whole.of, one.of), rel=1e-9)


def test_large_counts_are_no_trouble() -> None:
    assert fisher_lower(Share(0, 500_000), Share(500_000, 500_000)) == pytest.approx(0.0, abs=1e-300)
    assert fisher_lower(Share(250_000, 500_000), Share(250_000, 500_000)) == pytest.approx(0.5, abs=0.01)


def test_a_text_that_is_gone_is_dated_to_the_day() -> None:
    fall = find_fall(on_days(*[(10, 10)] * 6, *[(0, 10)] * 3), alpha=0.001)
    assert fall is not None
    assert fall.since == FIRST + timedelta(days=6)
    assert (fall.before, fall.after) == (Share(60, 60), Share(0, 30))


def test_a_day_without_counts_is_passed_over() -> None:
    fall = find_fall(on_days((10, 10), (10, 10), (0, 0), (0, 10), (0, 0), (0, 10)), alpha=0.01)
    assert fall is not None
    assert fall.since == FIRST + timedelta(days=3)


@pytest.mark.parametrize(
    "counts",
    [
        [],
        [(5, 10)],
        [(10, 10)] * 8,
        [(0, 10)] * 8,
        [(0, 10)] * 4 + [(10, 10)] * 4,
        [(3, 3), (2, 3)],
    ],
    ids=["nothing", "one day", "always found", "never found", "found more often", "too few to tell"],
)
def test_without_a_fall_there_is_none(counts: list[tuple[int, int]]) -> None:
    assert find_fall(on_days(*counts), alpha=0.01) is None


def test_a_fall_too_small_to_matter_is_passed_over_however_sure() -> None:
    assert find_fall(on_days(*[(100_000, 100_000)] * 5, *[(96_000, 100_000)] * 5), alpha=0.01) is None
    fall = find_fall(on_days(*[(100_000, 100_000)] * 5, *[(94_000, 100_000)] * 5), alpha=0.01)
    assert fall is not None
    assert fall.before.rate - fall.after.rate >= LEAST_FALL


@given(st.lists(shares(12), max_size=20), st.floats(1e-6, 0.5))
def test_what_is_found_is_a_fall_and_splits_the_counts(days: list[Share], alpha: float) -> None:
    dated = [(FIRST + timedelta(days=n), share) for n, share in enumerate(days)]
    fall = find_fall(dated, alpha=alpha)
    if fall is None:
        return
    assert fall.before.rate - fall.after.rate >= LEAST_FALL
    assert 0 <= fall.p <= alpha
    assert fall.before == together([share for day, share in dated if day < fall.since])
    assert fall.after == together([share for day, share in dated if day >= fall.since])


def simulated(chance: random.Random, rates: list[float], each: int) -> list[tuple[date, Share]]:
    return on_days(*[(sum(chance.random() < rate for _ in range(each)), each) for rate in rates])


@pytest.mark.parametrize("rate", [0.5, 0.8, 0.97])
def test_false_alarms_are_no_more_than_said(rate: float) -> None:
    chance = random.Random(20260301)
    rounds = 400
    alarms = sum(find_fall(simulated(chance, [rate] * 30, 12), alpha=0.05) is not None for _ in range(rounds))
    assert alarms <= 0.05 * rounds + 3 * (0.05 * 0.95 * rounds) ** 0.5


def test_a_clear_fall_is_nearly_always_seen_and_dated_within_a_day() -> None:
    chance = random.Random(20260301)
    falls = [find_fall(simulated(chance, [0.98] * 20 + [0.4] * 10, 12), alpha=0.001) for _ in range(200)]
    right = FIRST + timedelta(days=20)
    near = sum(fall is not None and abs((fall.since - right).days) <= 1 for fall in falls)
    assert near >= 195
