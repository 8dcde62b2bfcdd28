"""Labelled evidence as pictures and lists: what settings press rightly and wrongly, and what two differ in. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from navigation.evidence import REFUSED, RIGHT, WRONG, Case, Side, table_of
from navigation.risk import GridPoint, grid_of, lower_bound, mcnemar_exact, upper_bound

SCORES: Final = tuple(n / 100 for n in range(99, 69, -1))
MARGINS: Final = (0.3, 0.25, 0.2, 0.16, 0.12, 0.1, 0.08, 0.06, 0.04, 0.02, 0.0)
"""The settings that the pictures show."""
SURE: Final = 0.05
"""Each end of a band lies where 5 of 100 samples would put the rate beyond it (Clopper-Pearson)."""
ALWAYS_REFUSES: Final = {"present": REFUSED, "absent": RIGHT}
"""What refusing a target comes to: a loss where it is there, right where it is not."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One setting of the picture; shares 0..1 of the targets that are there (`wrong`, `right`) or not (`found`)."""

    point: GridPoint
    wrong: float
    right: float
    found: float


@dataclass(frozen=True, slots=True)
class Totals:
    """Units by what they come to at one setting: of targets that are there, and presses on those that are not."""

    right: int
    wrong: int
    refused: int
    absent: int
    found: int

    @property
    def present(self) -> int:
        return self.right + self.wrong + self.refused


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Of one score limit at a margin: the share pressed rightly, the share pressed wrongly, and its band."""

    score: float
    coverage: float
    risk: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Flip:
    """A unit that two settings treat differently; outcomes are of `evidence` (right, refused, wrong)."""

    case: Case
    side: Side
    before: int
    after: int

    @property
    def kind(self) -> str:
        """ "new_wrong", "mended" (wrong before), "lost" (right before), "gained"."""
        if self.after == WRONG:
            return "new_wrong"
        if self.before == WRONG:
            return "mended"
        return "lost" if self.before == RIGHT else "gained"


@dataclass(frozen=True, slots=True)
class Compared:
    """Two settings on the same units: what each comes to, where they differ (worst first), and how surely they do.

    `p` is the exact McNemar test of "both are right equally often".
    """

    before: Totals
    after: Totals
    flips: tuple[Flip, ...]
    p: float

    @property
    def new_wrong(self) -> int:
        return sum(flip.kind == "new_wrong" for flip in self.flips)

    @property
    def has_no_new_wrong_press(self) -> bool:
        return self.new_wrong == 0


def cells_of(cases: Sequence[Case], scores: Sequence[float] = SCORES, margins: Sequence[float] = MARGINS) -> list[Cell]:
    """Every setting of the picture, by margin from the widest, then by score from the highest."""
    grid = grid_of(scores, margins)
    present, absent = table_of(cases, "present", grid), table_of(cases, "absent", grid)
    wrong, right, found = present.count(WRONG), present.count(RIGHT), absent.count(WRONG)
    there, not_there = max(1, len(present.units)), max(1, len(absent.units))
    return [
        Cell(point, int(wrong[at]) / there, int(right[at]) / there, int(found[at]) / not_there)
        for at, point in enumerate(grid)
    ]


def totals_at(cases: Sequence[Case], point: GridPoint) -> Totals:
    """What the units come to at one setting."""
    present, absent = table_of(cases, "present", [point]), table_of(cases, "absent", [point])
    right, wrong, refused = (int(present.count(outcome)[0]) for outcome in (RIGHT, WRONG, REFUSED))
    return Totals(right, wrong, refused, absent=len(absent.units), found=int(absent.count(WRONG)[0]))


def curve_of(cases: Sequence[Case], margin: float, scores: Sequence[float] = SCORES) -> list[CurvePoint]:
    """Risk against coverage along the scores at one margin, strictest first; empty without a target that is there."""
    grid = grid_of(scores, [margin])
    table = table_of(cases, "present", grid)
    count = len(table.units)
    if not count:
        return []
    wrong, right = table.count(WRONG), table.count(RIGHT)
    return [
        CurvePoint(
            point.score,
            int(right[at]) / count,
            int(wrong[at]) / count,
            lower_bound(int(wrong[at]), count, SURE),
            upper_bound(int(wrong[at]), count, SURE),
        )
        for at, point in enumerate(grid)
    ]


def compare(cases: Sequence[Case], before: GridPoint, after: GridPoint) -> Compared:
    """What becomes of the same units when one setting takes the place of another."""
    flips: list[Flip] = []
    only_before = only_after = 0
    for side in ("present", "absent"):
        chosen = [case for case in cases if side in case.truth.sides]
        first, second = table_of(chosen, side, [before]), table_of(chosen, side, [after])
        was, becomes = first.outcomes[:, 0], second.outcomes[:, 0]
        only_before += int(np.count_nonzero((was == RIGHT) & (becomes != RIGHT)))
        only_after += int(np.count_nonzero((was != RIGHT) & (becomes == RIGHT)))
        by_unit = defaultdict(list)
        for case in chosen:
            by_unit[case.unit.key].append(case)
        for at in np.flatnonzero(was != becomes):
            of_unit = by_unit[first.units[at].key]
            shown = _that_shows(of_unit, side, before, after, int(was[at]), int(becomes[at]))
            flips.append(Flip(shown, side, int(was[at]), int(becomes[at])))
    order = {"new_wrong": 0, "lost": 1, "mended": 2, "gained": 3}
    flips.sort(key=lambda flip: (order[flip.kind], flip.case.unit.target_text))
    p = mcnemar_exact(only_before, only_after)
    return Compared(totals_at(cases, before), totals_at(cases, after), tuple(flips), p)


def _that_shows(cases: Sequence[Case], side: Side, before: GridPoint, after: GridPoint, was: int, becomes: int) -> Case:
    """The case of a unit that shows best what becomes of it."""

    def likeness(case: Case) -> int:
        here = [int(table_of([case], side, [point]).outcomes[0, 0]) for point in (before, after)]
        return (here[1] == becomes) * 2 + (here[0] == was)

    return max(cases, key=likeness)
