"""How sure counts make us: exact binomial bounds, tests of many settings at once, rates from samples. Pure.

Counts and arrays in, numbers out. Which attempts count, and as what, is `navigation.evidence`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from navigation.late import Late

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy import special

    Counts = NDArray[np.int64]
    Shares = NDArray[np.float64]
else:
    np, special = Late("numpy"), Late("scipy.special")

MOST_FOR_HOLM: Final = 8
STARTS: Final = 3


# --- one rate ---------------------------------------------------------------------------------------


def upper_bound(errors: float, n: float, delta: float) -> float:
    """The highest rate that `errors` of `n` leave believable: the true one is above it with chance `delta` at most.

    Source: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26 (1934), one side of it. 1.0 where nothing was looked at.
    """
    _check(errors, n, delta)
    return 1.0 if errors >= n else float(special.betaincinv(errors + 1, n - errors, 1 - delta))


def lower_bound(errors: float, n: float, delta: float) -> float:
    """The lowest rate that `errors` of `n` leave believable; 0.0 without an error. Source: as `upper_bound`."""
    _check(errors, n, delta)
    return 0.0 if errors <= 0 else float(special.betaincinv(errors, n - errors + 1, delta))


def p_value(errors: int, n: int, alpha: float) -> float:
    """The chance to see so few errors among `n` if the true rate were `alpha`: small means it is surely below.

    A valid p-value of "the rate is above alpha", since the binomial tail falls as the rate rises.
    Source: Angelopoulos et al., "Learn then Test", arXiv 2110.01052, section 2 (the exact tail for 0/1 losses).
    """
    return float(p_values(np.asarray(errors), n, alpha))


def p_values(errors: Counts, n: int, alpha: float) -> Shares:
    """`p_value` of each count of an array, all of the same `n`."""
    if n < 0 or np.any(errors < 0) or np.any(errors > n):
        raise ValueError("errors must be from 0 to n")
    return np.asarray(special.bdtr(errors.astype(np.float64), n, alpha), np.float64)


def labels_needed(errors: int, n: int, alpha: float, level: float) -> int:
    """How many labels more, all without an error, bring `p_value` down to `level`; 0 when it is there already."""
    _check(errors, n, level)
    if not 0 < alpha < 1:
        raise ValueError("alpha must be between 0 and 1")
    if p_value(errors, n, alpha) <= level:
        return 0
    low, high = 0, 1
    while p_value(errors, n + high, alpha) > level:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if p_value(errors, n + middle, alpha) <= level else (middle, high)
    return high


# --- many settings at once --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class GridPoint:
    """One setting that a plan declares, as limits 0..1."""

    score: float
    margin: float


def grid_of(scores: Sequence[float], margins: Sequence[float]) -> tuple[GridPoint, ...]:
    """Every pair, from safest to loosest: by margin, widest first, then by score, highest first."""
    return tuple(GridPoint(s, m) for m in sorted(set(margins), reverse=True) for s in sorted(set(scores), reverse=True))


def starts_of(grid: Sequence[GridPoint], count: int = STARTS) -> tuple[int, ...]:
    """Where walks through a grid begin: evenly spread, each moved to the first point of its margin.

    There the score is highest, so that no walk begins at a setting looser than its neighbour before. The first
    point is always among them; a grid of fewer margins than `count` has fewer starts.
    """
    rows = [0] + [at for at, (a, b) in enumerate(pairwise(grid), start=1) if a.margin != b.margin] if grid else []
    count = min(count, len(rows))
    return tuple(rows[number * len(rows) // count] for number in range(count))


def multi_start(p_values: Sequence[float] | Shares, starts: Sequence[int], delta: float) -> tuple[int, ...]:
    """The points that pass, as numbers from 0: each walk goes on while p is at most its share of `delta`.

    The chance that any point passes whose true rate is above alpha is at most `delta`, whatever depends on what.
    Source: arXiv 2110.01052, algorithm 1 (fixed sequence testing with several starts, each at delta / starts).

    Args:
        p_values: in the order that was declared beforehand, safest first.
        starts: numbers of the points at which walks begin, declared beforehand too.
        delta: the chance of a wrong promise in all.
    """
    passed: set[int] = set()
    for start in starts:
        at = start
        while at < len(p_values) and at not in passed and p_values[at] <= delta / len(starts):
            passed.add(at)
            at += 1
    return tuple(sorted(passed))


def holm(p_values: Sequence[float] | Shares, delta: float) -> tuple[int, ...]:
    """The points that pass, as numbers from 0, for at most MOST_FOR_HOLM points in no order; ValueError for more.

    Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
    (1979): the smallest p is compared with delta / m, the next with delta / (m - 1), and so on to the first failure.
    One point named beforehand is compared with delta.
    """
    if len(p_values) > MOST_FOR_HOLM:
        raise ValueError(f"at most {MOST_FOR_HOLM} points")
    passed = []
    for rank, at in enumerate(sorted(range(len(p_values)), key=lambda at: (p_values[at], at))):
        if p_values[at] > delta / (len(p_values) - rank):
            break
        passed.append(at)
    return tuple(sorted(passed))


def spent(delta: float, look: int) -> float:
    """What of `delta` the look number `look` (from 1) may spend: delta / (k (k + 1)), which sums to delta.

    By the union bound the promise then holds at every look together, however often one looks and whatever makes one
    stop. Looks that pass nothing count too. Source: Robbins, "Statistical methods related to the law of the iterated
    logarithm", Annals of Mathematical Statistics 41 (1970), in its simplest form, a series that sums to one.
    """
    if look < 1:
        raise ValueError("looks are counted from 1")
    return delta / (look * (look + 1))


# --- rates of a whole from samples of it ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share of the whole, with the lower and upper end of a two-sided interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StratumCount:
    """Of `population` cases `n` were looked at, of which `hits` are so."""

    population: int
    n: int
    hits: int


def stratified_rate(strata: Sequence[StratumCount], delta: float) -> Estimate | None:
    """The share of hits in the whole that strata make up, each of them sampled at random; None when one was not.

    Each stratum counts by its size. Interval: the exact one at the size of a simple sample with the same variance
    (see `_interval`). Source: Cochran, "Sampling Techniques" (1977), 5.3 and 5.4, with the correction for drawing
    without replacement.
    """
    strata = [stratum for stratum in strata if stratum.population > 0]
    if not strata or any(stratum.n < 1 for stratum in strata):
        return None
    total = sum(stratum.population for stratum in strata)
    share = sum(s.population * s.hits / s.n for s in strata) / total
    variance = sum(
        (s.population / total) ** 2 * (1 - s.n / s.population) * (s.hits / s.n) * (1 - s.hits / s.n) / max(1, s.n - 1)
        for s in strata
    )
    return _interval(share, variance, sum(s.n for s in strata), delta)


def weighted_rate(hits: Sequence[bool], chances: Sequence[float], delta: float) -> Estimate | None:
    """The share of hits in the whole, when each case looked at had its own chance to be drawn; None without any.

    Each counts for 1 / chance. Source: Horvitz and Thompson, "A generalization of sampling without replacement from
    a finite universe", Journal of the American Statistical Association 47 (1952), as a ratio (Hajek, 1971), which
    needs no size of the whole; variance by linearisation, as if drawn with replacement, which errs upwards.
    """
    weights = _weights(chances)
    if not len(weights):
        return None
    found = np.asarray(hits, np.float64)
    share = float(np.sum(weights * found) / np.sum(weights))
    n = len(weights)
    spread = float(np.sum((weights * (found - share)) ** 2) / np.sum(weights) ** 2)
    return _interval(share, spread * n / max(1, n - 1), n / _design_effect(weights), delta)


def expected_total(hits: Sequence[bool], chances: Sequence[float]) -> float:
    """How many hits the whole has, by Horvitz and Thompson: each one found stands for 1 / chance of them."""
    return float(np.sum(_weights(chances) * np.asarray(hits, np.float64)))


def _weights(chances: Sequence[float]) -> Shares:
    given = np.asarray(chances, np.float64)
    if np.any(given <= 0) or np.any(given > 1):
        raise ValueError("a chance must be above 0 and at most 1")
    return np.asarray(1 / given, np.float64)


def _design_effect(weights: Shares) -> float:
    """By how much unequal weights make a sample count for less. Source: Kish, "Survey Sampling" (1965), 11.7."""
    return float(len(weights) * np.sum(weights**2) / np.sum(weights) ** 2)


def _interval(share: float, variance: float, n: float, delta: float) -> Estimate:
    """The exact interval at the effective size, at most `n`.

    Source: Korn and Graubard, "Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data", Survey Methodology 24 (1998).
    """
    effective = min(n, share * (1 - share) / variance) if variance > 0 else n
    hits = share * effective
    return Estimate(share, lower_bound(hits, effective, delta / 2), upper_bound(hits, effective, delta / 2))


# --- two settings on the same cases -----------------------------------------------------------------


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """The two-sided p-value of "both are right equally often", from the cases that only one of them has right.

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions", Psychometrika 12
    (1947), with the exact binomial at 1/2 instead of its approximation.
    """
    n = only_first + only_second
    return min(1.0, 2 * p_value(min(only_first, only_second), n, 0.5)) if n else 1.0


def _check(errors: float, n: float, level: float) -> None:
    if not 0 <= errors <= n:
        raise ValueError("errors must be from 0 to n")
    if not 0 < level < 1:
        raise ValueError("a level must be between 0 and 1")
