"""How far people agree who labelled the same cases without seeing each other's answers. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """`table[(one, other)]` counts pairs of answers; `observed` and `kappa` are None without any pair.

    `kappa` is None too when chance alone would explain full agreement (both always gave the same one answer).
    """

    pairs: int
    table: Mapping[tuple[str, str], int]
    observed: float | None
    kappa: float | None


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """The agreement of two people's answers, each pair about one case.

    Source: Cohen, "A coefficient of agreement for nominal scales", 1960: kappa = (po - pe) / (1 - pe), with po the
    share of equal answers and pe the share expected of two people who answer at random, each with their own habits.
    """
    table = Counter(pairs)
    count = len(pairs)
    if not count:
        return Agreement(0, table, None, None)
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    equal = sum(many for (one, other), many in table.items() if one == other)
    # In whole numbers, so that chance agreement of exactly 1 is seen as such.
    by_chance = sum(many * second[answer] for answer, many in first.items())
    kappa = None if by_chance == count**2 else (count * equal - by_chance) / (count**2 - by_chance)
    return Agreement(count, table, equal / count, kappa)
