"""Since when something succeeds less often: the change point of daily counts. Pure.

The days are split where two constant rates explain them best (likelihood ratio), and the fall is judged by Fisher's
exact test at that split. That the best of many splits was taken is paid for by multiplying p with their number
(Bonferroni), which bounds the chance of a false alarm whatever the counts.

Source: R. A. Fisher, "The logic of inductive inference" (1935), for the test; D. V. Hinkley and E. A. Hinkley,
"Inference about the change-point in a sequence of binomial variables" (1970), for the split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import exp, lgamma, log

LEAST_FALL = 0.05
"""A rate must have fallen by so much to be worth a line: with many sightings the least of falls is significant."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`."""

    hits: int
    of: int

    @property
    def rate(self) -> float:
        return self.hits / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Fall:
    """From the day `since` on the rate is lower. `p` already counts that the best of all splits was taken."""

    since: date
    before: Share
    after: Share
    p: float


def find_fall(days: Sequence[tuple[date, Share]], *, alpha: float) -> Fall | None:
    """The day from which the rate is lower, None when chance explains the counts.

    Args:
        days: counts by day, oldest first; days without counts may be missing.
        alpha: chance of a false alarm that is taken, 0..1.
    """
    counted = [(day, share) for day, share in days if share.of]
    whole = Share(sum(share.hits for _, share in counted), sum(share.of for _, share in counted))
    if len(counted) < 2 or whole.hits == whole.of:
        return None
    best: tuple[float, date, Share] | None = None
    hits = of = 0
    for (_, share), (day, _) in pairwise(counted):
        hits, of = hits + share.hits, of + share.of
        if hits * whole.of > whole.hits * of:  # the rate before is the higher one
            likelihood = _log_likelihood(hits, of) + _log_likelihood(whole.hits - hits, whole.of - of)
            if best is None or likelihood > best[0]:
                best = likelihood, day, Share(hits, of)
    if best is None:
        return None
    _, since, before = best
    after = Share(whole.hits - before.hits, whole.of - before.of)
    if before.rate - after.rate < LEAST_FALL:
        return None
    p = min(1.0, fisher_lower(after, before) * (len(counted) - 1))
    return Fall(since, before, after, p) if p <= alpha else None


def fisher_lower(one: Share, other: Share) -> float:
    """The chance that `one` has so few hits or fewer, were both of one rate (Fisher's exact test, one-sided)."""
    whole = Share(one.hits + other.hits, one.of + other.of)
    misses = whole.of - whole.hits
    log_first = _log_choose(whole.hits, one.hits) + _log_choose(misses, one.of - one.hits)
    term = exp(log_first - _log_choose(whole.of, one.of))
    total, hits = term, one.hits
    # Down the tail, term by term: hypergeometric probabilities are ratios of their neighbours.
    while hits > 0 and one.of - hits < misses and term > total * 1e-16:
        term *= hits * (misses - one.of + hits) / ((whole.hits - hits + 1) * (one.of - hits + 1))
        total += term
        hits -= 1
    return min(1.0, total)


def _log_likelihood(hits: int, of: int) -> float:
    """Of the best constant rate for these counts."""
    return sum(part * log(part / of) for part in (hits, of - hits) if part)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
