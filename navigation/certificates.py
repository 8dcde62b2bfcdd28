"""Certificates of a score and a margin: the plan declared first, a look at the evidence, the promise, its end. Pure.

Statistics are `navigation.risk`'s, evidence is `navigation.evidence`'s; here they become an answer in so many words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from navigation.evidence import (
    RIGHT,
    SIDES,
    WRONG,
    Case,
    Gathered,
    Side,
    UnitTable,
    Unused,
    case_set_of,
    table_of,
    thinned,
)
from navigation.late import Late
from navigation.risk import (
    MOST_FOR_HOLM,
    GridPoint,
    grid_of,
    holm,
    labels_needed,
    lower_bound,
    multi_start,
    p_values,
    spent,
    starts_of,
    upper_bound,
)
from navigation.types import Size

if TYPE_CHECKING:
    import numpy as np

    from navigation.risk import Counts, Shares
else:
    np = Late("numpy")

Procedure = Literal["multi_start", "holm"]
Mode = Literal["frozen", "growing"]
PartKind = Literal["screen", "rung"]
Ended = Literal["application", "resolution", "reader", "live"]
Fault = Literal["alpha", "delta", "grid", "holm"]

PROCEDURES: Final[tuple[Procedure, ...]] = ("multi_start", "holm")
MODES: Final[tuple[Mode, ...]] = ("frozen", "growing")
MOST_POINTS: Final = 2500


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be certified and how, declared before any label is looked at; never changed.

    `application` and `screen` are what it is for ("" for every one). `alpha` is the largest share of wrong presses
    among targets that are there, `alpha_absent` of presses at all among those that are not (None: nothing is promised
    of them). `delta` is the chance of a wrong promise. A "frozen" plan looks once at labels that no plan has looked
    at; a "growing" one looks again and again and pays for each look.
    """

    id: str
    application: str
    screen: str
    alpha: float
    alpha_absent: float | None
    delta: float
    scores: tuple[float, ...]
    margins: tuple[float, ...]
    procedure: Procedure
    mode: Mode
    note: str
    author: str
    created_at: datetime

    @property
    def grid(self) -> tuple[GridPoint, ...]:
        """Every setting, from safest to loosest."""
        return grid_of(self.scores, self.margins)

    @property
    def alphas(self) -> Mapping[Side, float]:
        return {side: a for side, a in zip(SIDES, (self.alpha, self.alpha_absent), strict=True) if a is not None}

    @property
    def grid_hash(self) -> str:
        """SHA-256 of what was declared about the settings: the points in their order, and where walks begin."""
        said = f"{self.procedure} {[(p.score, p.margin) for p in self.grid]} {starts_of(self.grid)}"
        return hashlib.sha256(said.encode()).hexdigest()

    def level(self, delta: float) -> float:
        """What the first p-value to be compared must not exceed, when `delta` may be spent in all."""
        return delta / len(starts_of(self.grid) if self.procedure == "multi_start" else self.grid)

    def passed(self, values: Shares, delta: float) -> tuple[int, ...]:
        """The numbers of the points that pass."""
        if self.procedure == "holm":
            return holm(values, delta)
        return multi_start(values, starts_of(self.grid), delta)


def faults_of(plan: Plan) -> tuple[Fault, ...]:
    """What is wrong with a plan; empty when it may be declared."""
    alphas = [plan.alpha] if plan.alpha_absent is None else [plan.alpha, plan.alpha_absent]
    limits = (*plan.scores, *plan.margins)
    points = len(set(plan.scores)) * len(set(plan.margins))
    found: list[tuple[Fault, bool]] = [
        ("alpha", any(not 0 < alpha < 1 for alpha in alphas)),
        ("delta", not 0 < plan.delta < 1),
        ("grid", not 0 < points <= MOST_POINTS or any(not 0 <= limit <= 1 for limit in limits)),
        ("holm", plan.procedure == "holm" and points > MOST_FOR_HOLM),
    ]
    return tuple(name for name, is_wrong in found if is_wrong)


@dataclass(frozen=True, slots=True)
class Counted:
    """Of `n` units `errors` were pressed wrongly; `bound` is the upper end, or in a part the lower end, of the rate."""

    n: int
    errors: int
    bound: float

    @property
    def share(self) -> float:
        return self.errors / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """The same of one screen ("application / screen") or one rung; `is_over`: surely worse than alpha."""

    kind: PartKind
    name: str
    side: Side
    counted: Counted
    is_over: bool


@dataclass(frozen=True, slots=True)
class Declared:
    """Of the `labels` that a promise rests on, so many were first given after its plan was declared.

    The others could be seen by who chose alpha, so that the choice may have followed from them.
    """

    before: int
    labels: int

    @property
    def is_blind(self) -> bool:
        return self.before == self.labels


@dataclass(frozen=True, slots=True)
class Promise:
    """The setting recommended, with what is promised of it.

    `level` is what its p-value was compared with, and 1 - `level` how sure each bound is. `coverage` is the share of
    targets that are there and are pressed rightly. `parts` that are over alpha are not covered by the promise. `region`
    is every setting that passed: for each of them the same is promised. `declared` is None for promises that were made
    before it was counted.
    """

    point: GridPoint
    present: Counted
    absent: Counted | None
    coverage: float
    level: float
    parts: tuple[Part, ...]
    region: tuple[GridPoint, ...] = ()
    declared: Declared | None = None

    @property
    def excluded(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.is_over)


@dataclass(frozen=True, slots=True)
class Needed:
    """How many units more, without an error, the next look wants of each side; `draw`: how many attempts that means.

    Drawn attempts show a target that is there as often as those did that are labelled.
    """

    present: int
    absent: int
    draw: int


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the evidence, as it is kept: what it spent, on which cases, and that it certified or not."""

    id: str
    plan_id: str
    number: int
    spent: float
    case_set: str
    units: tuple[str, ...]
    present: int
    absent: int
    unused: Mapping[Unused, int]
    passed: int
    needed: Needed | None
    is_certified: bool
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """A promise with all it rests on; it holds until `ended` says otherwise.

    `profiles` are the versions of each application's profile, `readings` the readers' (and the model's), `sizes` the
    screenshots' sizes that the evidence is of.
    """

    id: str
    look_id: str
    promise: Promise
    case_set: str
    readings: tuple[str, ...]
    sizes: tuple[Size, ...]
    profiles: Mapping[str, int]
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look finds; `promise` is None when nothing passes, and `needed` then says what is missing.

    Without `is_look` there were too few labels for any answer, so that none was looked at and nothing was spent.
    """

    number: int
    spent: float
    cases: tuple[Case, ...] = field(repr=False)
    case_set: str
    units: tuple[str, ...] = field(repr=False)
    present: int
    absent: int
    unused: Mapping[Unused, int]
    passed: int = 0
    promise: Promise | None = None
    needed: Needed | None = None
    is_look: bool = True


# --- looking ----------------------------------------------------------------------------------------


def look(plan: Plan, gathered: Gathered, earlier: Sequence[Look]) -> Finding:
    """What the plan finds in the evidence now.

    Args:
        plan: what was declared.
        gathered: the evidence of the samples that tell about the plan's application and screen.
        earlier: every look that any plan has taken, this one among them: each look at the same units is paid for.
    """
    cases = thinned(gathered.cases, gathered.least)
    if plan.mode == "frozen":
        looked_at = {unit for one in earlier for unit in one.units}
        cases = [case for case in cases if case.unit.key not in looked_at]
    units = tuple(sorted({case.unit.key for case in cases}))
    number = 1 + sum(not set(units).isdisjoint(one.units) for one in earlier)
    delta = plan.delta if plan.mode == "frozen" else spent(plan.delta, number)
    sizes = {side: len({case.unit.key for case in cases if side in case.truth.sides}) for side in SIDES}
    finding = Finding(
        number=number,
        spent=delta,
        cases=tuple(cases),
        case_set=case_set_of(cases),
        units=units,
        present=sizes["present"],
        absent=sizes["absent"],
        unused=gathered.unused,
    )
    short = needed_before(plan, sizes, delta)
    return replace(finding, needed=short, is_look=False) if short.draw else _looked(plan, finding, sizes)


def _looked(plan: Plan, finding: Finding, sizes: Mapping[Side, int]) -> Finding:
    """The finding with what the labels say."""
    tables = {side: table_of(finding.cases, side, plan.grid) for side in SIDES}
    errors = {side: table.count(WRONG) for side, table in tables.items()}
    # Both risks must be under their alpha: the larger p-value speaks (Berger, "Multiparameter hypothesis testing and
    # acceptance sampling", Technometrics 24, 1982: the intersection-union test).
    values = np.max([p_values(errors[side], sizes[side], alpha) for side, alpha in plan.alphas.items()], axis=0)
    passed = plan.passed(values, finding.spent)
    right = tables["present"].count(RIGHT)
    best = max(passed, key=lambda at: (right[at], -at), default=None)
    if best is not None and right[best]:
        promise = _promise(plan, finding.cases, best, passed, _level_of(plan, values, best, finding.spent), tables)
        return replace(finding, passed=len(passed), promise=promise)
    if plan.mode == "frozen":  # the next plan has to find labels that nobody has looked at
        needed = _needed(plan, plan.delta, {}, right, sizes)
    else:
        known = {side: (errors[side], sizes[side]) for side in SIDES}
        needed = _needed(plan, spent(plan.delta, finding.number + 1), known, right, sizes)
    return replace(finding, passed=len(passed), needed=needed)


def needed_before(plan: Plan, sizes: Mapping[Side, int], delta: float) -> Needed:
    """How many units more are wanted at the least before it makes sense to look, from their numbers alone."""
    nothing = np.zeros(len(plan.grid), np.int64)
    return _needed(plan, delta, {side: (nothing, sizes[side]) for side in SIDES}, nothing, sizes)


def _needed(
    plan: Plan, delta: float, known: Mapping[Side, tuple[Counts, int]], right: Counts, sizes: Mapping[Side, int]
) -> Needed:
    """At the point where a walk may begin that wants the fewest labels; of those that press nothing, only if all do.

    `known` are errors by point and the number of units, of what the next look counts too.
    """
    nothing = np.zeros(len(plan.grid), np.int64), 0
    level = plan.level(delta)
    first = starts_of(plan.grid) if plan.procedure == "multi_start" else range(len(plan.grid))
    wanted = []
    for at in first:
        more = dict.fromkeys(SIDES, 0)
        for side, alpha in plan.alphas.items():
            errors, n = known.get(side, nothing)
            more[side] = labels_needed(int(errors[at]), n, alpha, level)
        wanted.append((not right[at], sum(more.values()), at, more))
    *_, more = min(wanted, key=lambda item: item[:3])
    there, not_there = _odds(sizes, is_alone=plan.alpha_absent is None)
    draw = max(_draws(more["present"], there, not_there), _draws(more["absent"], not_there, there))
    return Needed(more["present"], more["absent"], draw)


def _odds(sizes: Mapping[Side, int], *, is_alone: bool) -> tuple[int, int]:
    """How often a target is there against not; with one of each added (Laplace) where only one kind was seen yet."""
    present, absent = sizes["present"], sizes["absent"]
    if is_alone and not absent:
        return 1, 0
    return (present, absent) if present and absent else (present + 1, absent + 1)


def _draws(wanted: int, hits: int, others: int) -> int:
    """How many must be drawn to meet so many of a kind, on average."""
    return -(-wanted * (hits + others) // hits) if wanted else 0


def _level_of(plan: Plan, values: Shares, best: int, delta: float) -> float:
    """What the p-value of a point that passed was compared with."""
    if plan.procedure == "multi_start":
        return plan.level(delta)
    rank = sorted(range(len(values)), key=lambda at: (values[at], at)).index(best)
    return delta / (len(values) - rank)


def _promise(
    plan: Plan,
    cases: Sequence[Case],
    best: int,
    passed: Sequence[int],
    level: float,
    tables: Mapping[Side, UnitTable],
) -> Promise:
    def counted(side: Side) -> Counted:
        n, errors = len(tables[side].units), int((tables[side].outcomes[:, best] == WRONG).sum())
        return Counted(n, errors, upper_bound(errors, n, level))

    right = int((tables["present"].outcomes[:, best] == RIGHT).sum())
    return Promise(
        point=plan.grid[best],
        present=counted("present"),
        absent=None if plan.alpha_absent is None else counted("absent"),
        coverage=right / len(tables["present"].units),
        level=level,
        parts=tuple(parts_of(plan, cases, plan.grid[best])),
        region=tuple(plan.grid[at] for at in passed),
        declared=declared_before(plan, cases),
    )


def declared_before(plan: Plan, cases: Iterable[Case]) -> Declared:
    """How many labels of these cases a plan was declared before; a case that had one already was known."""
    before = labels = 0
    for case in cases:
        labels += len(case.label_ids)
        if case.first_label_at is not None and plan.created_at <= case.first_label_at:
            before += len(case.label_ids)
    return Declared(before, labels)


def parts_of(plan: Plan, cases: Sequence[Case], point: GridPoint) -> Iterable[Part]:
    """Each screen, of each side that is promised, and each rung among targets that are there.

    A whole under alpha may hide a part far above it. Of targets that are not there a rung has no rate: who is asked
    is known by who pressed.
    """
    for side, alpha in plan.alphas.items():
        table = table_of(cases, side, [point])
        names = [f"{unit.application} / {unit.screen}" for unit in table.units]
        for name in sorted(set(names)):
            wrong = [int(row[0]) == WRONG for row, own in zip(table.outcomes, names, strict=True) if own == name]
            yield _part("screen", name, side, len(wrong), sum(wrong), alpha, plan.delta)
    for rung in sorted({case.rung for case in cases if case.rung}):
        table = table_of([case for case in cases if case.rung == rung], "present", [point])
        if table.units:
            yield _part("rung", rung, "present", len(table.units), int(table.count(WRONG)[0]), plan.alpha, plan.delta)


def _part(kind: PartKind, name: str, side: Side, n: int, errors: int, alpha: float, delta: float) -> Part:
    lowest = lower_bound(errors, n, delta)
    return Part(kind, name, side, Counted(n, errors, lowest), lowest > alpha)


# --- the end of a certificate -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Now:
    """How things are: versions of the applications' profiles, readings and sizes of screenshots seen since, and the
    cases that were labelled in audits of attempts since."""

    profiles: Mapping[str, int]
    readings: frozenset[str]
    sizes: frozenset[Size]
    cases: tuple[Case, ...] = ()


def ended(certificate: Certificate, plan: Plan, now: Now) -> tuple[Ended, ...]:
    """Why a certificate holds no more; empty while it does.

    A promise is about what it was made with. "live": among the attempts since, so many were labelled as pressed
    wrongly at this setting that the rate is surely above alpha, by a lower bound at delta.
    """
    why: list[tuple[Ended, bool]] = [
        ("application", any(now.profiles.get(name, 0) != version for name, version in certificate.profiles.items())),
        ("resolution", not now.sizes <= set(certificate.sizes)),
        ("reader", not now.readings <= set(certificate.readings)),
        ("live", _is_worse_live(plan, certificate.promise.point, now.cases)),
    ]
    return tuple(reason for reason, holds in why if holds)


def _is_worse_live(plan: Plan, point: GridPoint, cases: Sequence[Case]) -> bool:
    for side, alpha in plan.alphas.items():
        table = table_of(cases, side, [point])
        if lower_bound(int(table.count(WRONG)[0]), len(table.units), plan.delta) > alpha:
            return True
    return False
