"""The statistics beside others' implementations, and by simulation that a promise is kept as often as it says."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapie.risk_control import FWERBonferroniHolm, FWERFixedSequenceTesting
from mapie.risk_control.methods import compute_hoeffding_bentkus_p_value
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from navigation.risk import (
    GridPoint,
    StratumCount,
    expected_total,
    grid_of,
    holm,
    labels_needed,
    lower_bound,
    mcnemar_exact,
    multi_start,
    p_value,
    p_values,
    spent,
    starts_of,
    stratified_rate,
    upper_bound,
    weighted_rate,
)

COUNTS = [(0, 1), (0, 80), (1, 80), (3, 40), (40, 40), (17, 1000), (250, 10_000)]
DELTA = 0.05
ALPHA = 0.02
RUNS = 2000
BROKEN_AT_MOST = 0.063  # delta and the error of 2,000 runs: 0.05 + 2.67 standard errors


# --- one rate ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("errors", "n"), COUNTS)
@pytest.mark.parametrize("delta", [0.05, 0.001])
def test_bounds_are_those_of_clopper_and_pearson(errors: int, n: int, delta: float) -> None:
    low, high = proportion_confint(errors, n, alpha=2 * delta, method="beta")
    assert upper_bound(errors, n, delta) == pytest.approx(high, abs=1e-12)
    assert lower_bound(errors, n, delta) == pytest.approx(low, abs=1e-12)


@pytest.mark.parametrize(("errors", "n"), COUNTS)
def test_the_p_value_is_the_exact_one_sided_test(errors: int, n: int) -> None:
    assert p_value(errors, n, ALPHA) == pytest.approx(stats.binomtest(errors, n, ALPHA, alternative="less").pvalue)


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0.001, 0.999), st.floats(0.0001, 0.5))
def test_the_bound_is_under_alpha_when_the_test_says_so(errors: int, more: int, alpha: float, delta: float) -> None:
    n = errors + more
    bound, p = upper_bound(errors, n, delta), p_value(errors, n, alpha)
    if not math.isclose(bound, alpha, rel_tol=1e-6):
        assert (bound < alpha) == (p < delta)


def test_nothing_seen_promises_nothing() -> None:
    assert (upper_bound(0, 0, DELTA), lower_bound(0, 0, DELTA), p_value(0, 0, ALPHA)) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize(("errors", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts_are_refused(errors: int, n: int) -> None:
    for ask in (upper_bound, lower_bound, p_value):
        with pytest.raises(ValueError, match="from 0 to n"):
            ask(errors, n, DELTA)


@pytest.mark.parametrize(
    ("level", "wanted"),
    [(DELTA / 3, (80, 203, 408)), (DELTA / 8, (99, 252, 505)), (DELTA, (59, 149, 299))],
    ids=["three starts", "Holm on eight", "one named beforehand"],
)
def test_labels_that_are_needed_without_an_error(level: float, wanted: tuple[int, ...]) -> None:
    assert tuple(labels_needed(0, 0, alpha, level) for alpha in (0.05, 0.02, 0.01)) == wanted


@given(st.integers(0, 20), st.integers(0, 400), st.floats(0.005, 0.3), st.floats(0.001, 0.2))
def test_needed_labels_are_enough_and_one_less_is_not(errors: int, more: int, alpha: float, level: float) -> None:
    n = errors + more
    needed = labels_needed(errors, n, alpha, level)
    assert p_value(errors, n + needed, alpha) <= level
    assert needed == 0 or p_value(errors, n + needed - 1, alpha) > level


# --- many settings at once --------------------------------------------------------------------------


def test_the_order_is_by_margin_then_by_score_from_safest() -> None:
    grid = grid_of([0.8, 0.9], [0.0, 0.1])
    assert grid == (GridPoint(0.9, 0.1), GridPoint(0.8, 0.1), GridPoint(0.9, 0.0), GridPoint(0.8, 0.0))


@given(st.sets(st.integers(0, 40), min_size=1), st.sets(st.integers(0, 40), min_size=1), st.integers(1, 5))
def test_walks_begin_where_a_margin_does_and_one_at_the_safest(scores: set[int], margins: set[int], count: int) -> None:
    grid = grid_of([s / 40 for s in scores], [m / 40 for m in margins])
    starts = starts_of(grid, count)
    assert starts[0] == 0
    assert len(set(starts)) == len(starts) == min(count, len(margins))
    assert all(grid[at].score == max(scores) / 40 for at in starts)


@given(st.lists(st.floats(0, 0.1), min_size=1, max_size=60), st.integers(1, 4))
def test_multi_start_passes_what_mapie_passes(found: list[float], count: int) -> None:
    count = min(count, len(found))
    starts = [number * (len(found) // count) for number in range(count)]
    theirs = FWERFixedSequenceTesting(count).run(np.array(found), DELTA)
    assert multi_start(found, starts, DELTA) == tuple(theirs)


@given(st.lists(st.floats(0, 0.1), min_size=1, max_size=8))
def test_holm_passes_what_mapie_passes(found: list[float]) -> None:
    assert holm(found, DELTA) == tuple(FWERBonferroniHolm().run(np.array(found), DELTA))


@pytest.mark.parametrize(("errors", "n"), [(0, 100), (2, 300), (9, 500)])
def test_the_exact_p_value_is_no_larger_than_mapies_bound(errors: int, n: int) -> None:
    theirs = compute_hoeffding_bentkus_p_value(np.array([errors / n]), n, np.array([0.05])).item()
    ours = p_value(errors, n, 0.05)
    assert ours <= theirs <= math.e * ours * (1 + 1e-9)


def test_a_failure_ends_a_walk_but_not_the_next_one() -> None:
    assert multi_start([0.001, 0.9, 0.001, 0.001, 0.9], [0, 3], DELTA) == (0, 3)


def test_holm_is_for_eight_points_at_most() -> None:
    with pytest.raises(ValueError, match="8"):
        holm([0.0] * 9, DELTA)


def test_looks_spend_what_there_is_and_no_more() -> None:
    assert spent(DELTA, 1) == DELTA / 2
    assert sum(spent(DELTA, look) for look in range(1, 10_000)) < DELTA
    with pytest.raises(ValueError, match="from 1"):
        spent(DELTA, 0)


# --- the promise, by simulation ---------------------------------------------------------------------

POINTS = 60
STEP = np.linspace(0, 1, POINTS)
WORLDS = {
    "monotone": 0.06 * STEP**2,
    "flat just above alpha": np.where(STEP < 0.15, 0.005, 1.03 * ALPHA),
    "near miss and bump": np.select([STEP < 0.3, STEP < 0.6], [0.98 * ALPHA, 1.05 * ALPHA], 0.7 * ALPHA),
}
STARTS = (0, POINTS // 3, 2 * POINTS // 3)


def wrong_presses(chance: np.random.Generator, rates: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Errors at each point among `n` units: a unit that fails at one point fails at each that is as risky."""
    return np.asarray((chance.random(n)[:, None] < rates).sum(axis=0), np.int64)


def promises_broken(rates: NDArray[np.float64], certify: Callable[[np.random.Generator], Sequence[int]]) -> float:
    """In how many of the runs any certified setting, whichever may be recommended, is truly over alpha."""
    chance = np.random.default_rng(20260301)
    certified = [certify(chance) for _ in range(RUNS)]
    return sum(any(rates[at] > ALPHA for at in passed) for passed in certified) / RUNS


@pytest.mark.parametrize("rates", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("n", [250, 1000])
def test_the_promise_is_kept_over_a_grid(rates: NDArray[np.float64], n: int) -> None:
    def certify(chance: np.random.Generator) -> Sequence[int]:
        return multi_start(p_values(wrong_presses(chance, rates, n), n, ALPHA), STARTS, DELTA)

    assert promises_broken(rates, certify) <= BROKEN_AT_MOST


@pytest.mark.parametrize("rates", WORLDS.values(), ids=WORLDS)
def test_the_promise_is_kept_on_eight_points(rates: NDArray[np.float64]) -> None:
    rates = rates[:: POINTS // 7][:8]

    def certify(chance: np.random.Generator) -> Sequence[int]:
        return holm(p_values(wrong_presses(chance, rates, 600), 600, ALPHA), DELTA)

    assert promises_broken(rates, certify) <= BROKEN_AT_MOST


def test_a_walk_without_its_share_of_delta_would_break_the_promise() -> None:
    """What the others are kept from: thirty starts at the whole of delta each, on a world that is over alpha."""
    rates = np.full(POINTS, 1.03 * ALPHA)

    def certify(chance: np.random.Generator) -> Sequence[int]:
        errors = np.array([wrong_presses(chance, rates[:1], 250)[0] for _ in range(30)])
        return tuple(np.flatnonzero(p_values(errors, 250, ALPHA) <= DELTA))

    assert promises_broken(rates, certify) > BROKEN_AT_MOST


@pytest.mark.parametrize("pays", [True, False], ids=["each look pays", "looks are free"])
def test_the_promise_is_kept_however_often_one_looks_only_if_each_look_pays(pays: bool) -> None:
    rates, steps = np.array([1.03 * ALPHA]), range(150, 1600, 50)

    def certify(chance: np.random.Generator) -> Sequence[int]:
        wrong = np.cumsum(chance.random(max(steps)) < rates[0])
        levels = (spent(DELTA, look) if pays else DELTA for look in range(1, 100))
        looks = (p_value(int(wrong[n - 1]), n, ALPHA) <= level for n, level in zip(steps, levels, strict=False))
        return [0] if any(looks) else []

    assert (promises_broken(rates, certify) <= BROKEN_AT_MOST) == pays


# --- rates ------------------------------------------------------------------------------------------


def test_strata_count_by_their_size() -> None:
    found = stratified_rate([StratumCount(900, 90, 9), StratumCount(100, 50, 25)], DELTA)
    assert found is not None
    assert found.share == pytest.approx(0.9 * 0.1 + 0.1 * 0.5)
    assert found.low < found.share < found.high


def test_one_stratum_of_a_large_whole_is_a_plain_sample() -> None:
    found = stratified_rate([StratumCount(10**9, 200, 10)], DELTA)
    low, high = proportion_confint(10, 200, alpha=DELTA, method="beta")
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, rel=0.02), pytest.approx(high, rel=0.02))


def test_a_stratum_that_nobody_looked_at_leaves_the_rate_open() -> None:
    assert stratified_rate([StratumCount(10, 5, 1), StratumCount(5, 0, 0)], DELTA) is None
    assert stratified_rate([], DELTA) is None
    assert weighted_rate([], [], DELTA) is None


def test_each_case_counts_for_one_over_its_chance() -> None:
    hits, chances = [True, False, False, True], [0.5, 0.5, 0.1, 0.2]
    found = weighted_rate(hits, chances, DELTA)
    theirs = DescrStatsW(np.array(hits, float), weights=1 / np.array(chances))
    assert found is not None
    assert found.share == pytest.approx(theirs.mean)
    assert expected_total(hits, chances) == pytest.approx(7)


def test_equal_chances_give_the_exact_interval() -> None:
    found = weighted_rate([True] * 3 + [False] * 97, [0.01] * 100, DELTA)
    low, high = proportion_confint(3, 100, alpha=DELTA, method="beta")
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, rel=0.03), pytest.approx(high, rel=0.03))


@pytest.mark.parametrize("chance", [0.0, 1.1, -0.5])
def test_an_impossible_chance_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="chance"):
        weighted_rate([True], [chance], DELTA)


@pytest.mark.parametrize("estimate", ["stratified", "weighted"])
def test_intervals_hold_the_truth_as_often_as_they_say(estimate: str) -> None:
    chance = np.random.default_rng(7)
    sizes, drawn, rates = (4000, 400), (80, 80), (0.03, 0.3)
    truth = sum(size * rate for size, rate in zip(sizes, rates, strict=True)) / sum(sizes)
    held = 0
    for _ in range(RUNS):
        hits = [
            chance.hypergeometric(round(s * r), s - round(s * r), n)
            for s, n, r in zip(sizes, drawn, rates, strict=True)
        ]
        if estimate == "stratified":
            strata = [StratumCount(s, n, int(h)) for s, n, h in zip(sizes, drawn, hits, strict=True)]
            found = stratified_rate(strata, DELTA)
        else:
            flags = [at < h for n, h in zip(drawn, hits, strict=True) for at in range(n)]
            found = weighted_rate(flags, [n / s for s, n in zip(sizes, drawn, strict=True) for _ in range(n)], DELTA)
        assert found is not None
        held += found.low <= truth <= found.high
    assert held / RUNS >= 1 - BROKEN_AT_MOST


# --- two settings on the same cases -----------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(0, 0), (5, 5), (1, 9), (12, 3), (0, 30)])
def test_mcnemar_is_the_exact_one(first: int, second: int) -> None:
    theirs = mcnemar([[50, first], [second, 7]], exact=True).pvalue if first + second else 1.0
    assert mcnemar_exact(first, second) == pytest.approx(theirs)
