"""Drawing attempts at random for an audit, with the chance that each had to be drawn. Pure: the seed is given."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from navigation.records import Json
from navigation.risk import weighted_rate
from navigation.types import Outcome

Stratify = Literal["none", "outcome", "screen", "application"]

STRATIFIED_BY: Final = ("none", "outcome", "screen", "application")
MAX_SIZE: Final = 2000
BY_UNIT: Final = "unit"
"""How a sample says that it drew targets of screens, each with the same chance, and one attempt of each."""
NEVER_SOUGHT: Final = frozenset(
    {
        Outcome.WRONG_SCREEN,
        Outcome.ACCOUNT_LOCKED,
        Outcome.SESSION_EXPIRED,
        Outcome.NEEDS_HUMAN,
        Outcome.OCR_UNAVAILABLE,
        Outcome.OCR_TIMEOUT,
        Outcome.OCR_FAILED,
        Outcome.TIMEOUT,
        Outcome.INTERRUPTED,
        Outcome.ERROR,
    }
)
"""Outcomes of attempts that ended before their target was looked for: they tell nothing about finding it."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """`population` attempts, of which `drawn`; each had the same chance."""

    name: str
    population: int
    drawn: int

    @property
    def probability(self) -> float:
        return self.drawn / self.population


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as it was asked for. `asked` holds the filter and the way of drawing, as they stood in the form."""

    id: str
    name: str
    asked: Json
    strata: Sequence[Stratum]
    seed: int
    double_share: float
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """Of a sample: how many answers are wanted in all and given, and how many of its cases people disagree on.

    `right` is the weighted share of cases whose answer is "right" among those answered "right" or "wrong" (None:
    nobody has said either), an estimate for the whole population.
    """

    cases: int
    wanted: int
    given: int
    disputed: int
    right: float | None


def allocate(population: Mapping[str, int], size: int) -> list[Stratum]:
    """How many to draw of each stratum: in proportion, but one at least of each while that fits the size.

    The drawn add up to `size`, or to the whole population where that is less; strata without any are left out.
    Remainders go to the largest fractions (Hamilton's method), ties by name.
    """
    counted = {name: count for name, count in sorted(population.items()) if count > 0}
    total = sum(counted.values())
    size = min(size, total)
    least = 1 if size >= len(counted) else 0
    drawn = dict.fromkeys(counted, least)
    rest = size - sum(drawn.values())
    room = {name: count - least for name, count in counted.items()}
    spare = sum(room.values())
    for name in counted if spare else ():
        drawn[name] += rest * room[name] // spare
    left = size - sum(drawn.values())
    by_fraction = sorted(counted, key=lambda name: (-(rest * room[name] % spare if spare else 0), name))
    for name in by_fraction[:left]:
        drawn[name] += 1
    return [Stratum(name, count, drawn[name]) for name, count in counted.items() if drawn[name]]


def draw(strata: Sequence[Stratum], seed: int) -> dict[str, list[int]]:
    """For each stratum the places (from 0) of its attempts that are drawn, without repeats, in order."""
    chance = random.Random(seed)
    return {stratum.name: sorted(chance.sample(range(stratum.population), stratum.drawn)) for stratum in strata}


def double_places(count: int, share: float, seed: int) -> frozenset[int]:
    """Which of `count` drawn cases two people are to label."""
    return frozenset(random.Random(f"{seed}/double").sample(range(count), round(share * count)))


def shuffled(count: int, seed: int) -> list[int]:
    """The order in which `count` drawn cases are gone through, so that an unfinished sample is a random one too."""
    order = list(range(count))
    random.Random(f"{seed}/order").shuffle(order)
    return order


def weighted_share(answers: Sequence[tuple[str, float]]) -> float | None:
    """The share of "right" among (answer, chance to be drawn) that say "right" or "wrong"; None without any."""
    judged = [(answer == "right", chance) for answer, chance in answers if answer in ("right", "wrong")]
    found = weighted_rate([hit for hit, _ in judged], [chance for _, chance in judged], 0.05)
    return found.share if found else None
