"""The labelled evidence part by part: what answered (a rung), and each screen; a whole may hide a part that is worse.

Pure. Bounds are exact (Clopper-Pearson), each for itself at `delta`; they are for looking, a certificate has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from navigation.certificates import Plan
from navigation.evidence import WRONG, Case, Unit, table_of
from navigation.risk import GridPoint, lower_bound, upper_bound

USUAL: Final = (0.05, 0.05)
"""Alpha and delta where no plan names any: those that the form for a plan begins with."""
RUNGS: Final = ("ocr", "cache", "vlm")

PartKind = Literal["whole", "rung", "screen"]
State = Literal["under", "open", "over"]


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part at the chosen setting: of `n` targets that are there `wrong` are pressed wrongly; rates from `low` to
    `high` are not excluded. `key` names it in an address, "" for the whole."""

    kind: PartKind
    name: str
    n: int
    wrong: int
    low: float
    high: float
    alpha: float

    @property
    def key(self) -> str:
        return "" if self.kind == "whole" else f"{self.kind}:{self.name}"

    @property
    def state(self) -> State:
        """Surely under alpha, surely over it, or neither: then more labels would tell."""
        return "over" if self.low > self.alpha else "under" if self.high <= self.alpha else "open"


@dataclass(frozen=True, slots=True)
class Parts:
    """The whole, and its rungs and screens, the worst first; `most` is where the bars end."""

    rows: Sequence[PartRow]
    delta: float
    most: float

    @property
    def hidden(self) -> Sequence[PartRow]:
        """The parts that may be over alpha, or are, while the whole is surely under it."""
        whole, *parts = self.rows
        return [row for row in parts if row.state != "under"] if whole.state == "under" else []


def screen_of(unit: Unit) -> str:
    """The name of a unit's screen, as certificates have it."""
    return f"{unit.application} / {unit.screen}"


def part_names(cases: Sequence[Case]) -> dict[PartKind, list[str]]:
    """The rungs and the screens that there are cases of."""
    there = {case.rung for case in cases}
    return {
        "rung": [rung for rung in RUNGS if rung in there],
        "screen": sorted({screen_of(case.unit) for case in cases}),
    }


def of_part(cases: Sequence[Case], key: str) -> Sequence[Case]:
    """The cases of one part. What answered is known of attempts that found something: a refusal is of no rung."""
    kind, _, name = key.partition(":")
    if kind == "rung":
        return [case for case in cases if case.rung == name]
    if kind == "screen":
        return [case for case in cases if screen_of(case.unit) == name]
    return cases


def limits_for(plans: Sequence[Plan]) -> tuple[float, float]:
    """Alpha and delta of the newest of these plans, else the usual ones."""
    return (plans[0].alpha, plans[0].delta) if plans else USUAL


def parts_at(cases: Sequence[Case], point: GridPoint, alpha: float, delta: float) -> Parts | None:
    """Every part at one setting; None where there is nothing to tell apart."""
    table = table_of(cases, "present", [point])
    if not table.units:
        return None
    by_screen: dict[str, list[bool]] = {}
    for unit, outcome in zip(table.units, table.outcomes[:, 0], strict=True):
        by_screen.setdefault(screen_of(unit), []).append(int(outcome) == WRONG)
    rows = [_row("screen", name, wrong, alpha, delta) for name, wrong in by_screen.items()]
    for rung in part_names(cases)["rung"]:
        own = table_of(of_part(cases, f"rung:{rung}"), "present", [point])
        if own.units:
            rows.append(_row("rung", rung, [int(outcome) == WRONG for outcome in own.outcomes[:, 0]], alpha, delta))
    whole = _row("whole", "", [wrong for screen in by_screen.values() for wrong in screen], alpha, delta)
    if all(row.n == whole.n for row in rows):
        return None
    rows.sort(key=lambda row: (row.kind, -row.low, -row.wrong / row.n, -row.n, row.name))
    return Parts([whole, *rows], delta, min(1.0, max(2 * alpha, *(row.high for row in [whole, *rows]))))


def _row(kind: PartKind, name: str, wrong: Sequence[bool], alpha: float, delta: float) -> PartRow:
    n, errors = len(wrong), sum(wrong)
    return PartRow(kind, name, n, errors, lower_bound(errors, n, delta), upper_bound(errors, n, delta), alpha)
