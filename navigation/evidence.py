"""What counts as evidence: labelled attempts of audit samples, as units that are each counted once. Pure.

A unit is (application, screen signature, target). Attempts on one unit fail together: they are one piece of evidence,
and the worst of their labels wins. Only what people said when an audit sample asked them counts, and nothing that is
disputed or unsure.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from navigation.geometry import contains_point
from navigation.labels import Label, settle
from navigation.late import Late
from navigation.records import Json
from navigation.risk import GridPoint
from navigation.types import Box, Point, Size
from navigation.would_press import Span, Spot, seen_of, spans_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Outcomes = NDArray[np.int8]
else:
    np = Late("numpy")

Side = Literal["present", "absent"]
Unused = Literal["unlabelled", "disputed", "unsure", "unplaced", "triage"]

RIGHT, REFUSED, WRONG = 0, 1, 2
"""What a unit comes to at a setting, so that the larger is the worse: pressed rightly, refused, pressed wrongly."""
SIDES: Final[tuple[Side, Side]] = ("present", "absent")
_SHOWN: Final = frozenset({"view", "sort", "cursor", "facet"})
_COVERED_BY: Final = ("application", "screen")
_TIMES: Final = frozenset({"since", "until"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One target on one screen, as it is defined, of one application."""

    application: str
    screen: str
    signature: str
    target_text: str
    target_kind: str

    @property
    def key(self) -> str:
        """Sixteen hexadecimal digits that stand for the unit."""
        named = [self.application, self.signature, self.target_kind, self.target_text]
        return hashlib.sha256("\x1f".join(named).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Audited:
    """An attempt that an audit sample drew, with all that people said of it.

    `grounding` and `target` are as stored; `score` and `margin` the limits it ran with; `chance` the chance that its
    unit (or, in a sample of attempts, it itself) had to be drawn; `reading` names the readers and their versions.
    """

    attempt_id: str
    unit: Unit
    grounding: Json | None
    target: Json
    score: float
    margin: float
    reading: str
    size: Size
    sample_id: str
    position: int
    chance: float
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """What people said: whether the target is there (None: wrong either way), and where (pixels).

    Without a box, and there, what was pressed is wrong and where the target is was not said: any press counts as wrong.
    """

    is_there: bool | None
    boxes: tuple[Box, ...] = ()

    @property
    def sides(self) -> tuple[Side, ...]:
        return SIDES if self.is_there is None else ("present",) if self.is_there else ("absent",)


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled attempt as evidence; `rung` is what answered it ("cache", "ocr", "vlm", "" for a refusal).

    `label_ids` are the labels that stand; `first_label_at` is when anybody first said anything of it.
    """

    id: str
    unit: Unit
    spans: tuple[Span, ...]
    truth: Truth
    rung: str = ""
    sample_id: str = ""
    chance: float = 1.0
    reading: str = ""
    size: Size | None = None
    label_ids: tuple[str, ...] = ()
    first_label_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """The cases that count, and how many attempts of the samples do not, by why.

    `least` is for each sample the smallest chance that any attempt of it had, labelled or not.
    """

    cases: tuple[Case, ...]
    unused: Mapping[Unused, int]
    least: Mapping[str, float]


def gather(attempts: Iterable[Audited]) -> Gathered:
    """The evidence among attempts of audit samples."""
    cases: list[Case] = []
    unused: Counter[Unused] = Counter()
    least: dict[str, float] = {}
    for attempt in attempts:
        least[attempt.sample_id] = min(attempt.chance, least.get(attempt.sample_id, 1.0))
        if attempt.grounding is None:
            continue  # the target was never looked for: another screen, another patient's, no reader
        found = truth_of(attempt.labels, attempt.grounding)
        if isinstance(found, str):
            unused[found] += 1
            continue
        seen = seen_of(attempt.grounding, attempt.target, score=attempt.score, margin=attempt.margin)
        cases.append(
            Case(
                id=attempt.attempt_id,
                unit=attempt.unit,
                spans=tuple(spans_of(seen)),
                truth=found,
                rung=attempt.grounding.get("method") or "",
                sample_id=attempt.sample_id,
                chance=attempt.chance,
                reading=attempt.reading,
                size=attempt.size,
                label_ids=tuple(label.id for label in settle(attempt.labels).standing),
                first_label_at=min(label.created_at for label in attempt.labels),
            )
        )
    return Gathered(tuple(cases), unused, least)


def truth_of(labels: Sequence[Label], grounding: Json) -> Truth | Unused:
    """What the labels of an attempt say of its target; or why they are no evidence.

    Labels given outside of a sample never certify, but one that contradicts makes the case a disputed one.
    """
    settled = settle(labels)
    if settled.state == "open":
        return "unlabelled"
    if settled.state == "disputed":
        return "disputed"
    audited = [label for label in settled.standing if label.sample_id is not None]
    if settled.state == "adjudicated" and any(label.sample_id is not None for label in labels):
        audited = list(settled.standing)
    if not audited:
        return "triage"
    if any(label.answer == "unsure" for label in audited):
        return "unsure"
    placed = next((label for label in reversed(audited) if label.place is not None), None)
    if placed is not None:
        return Truth(True, (placed.box,)) if placed.box is not None else Truth(False)
    return _implied(audited[-1].answer == "right", grounding)


def _implied(is_right: bool, grounding: Json) -> Truth | Unused:
    """What an answer without a place says, by what the engine did."""
    if grounding["outcome"] == "found":
        return Truth(True, (Box(*grounding["box_px"]),)) if is_right else Truth(None)
    if grounding["outcome"] in ("absent", "low_confidence"):
        return Truth(not is_right)
    return "unplaced"


def counts_for(asked: Json, application: str, screen: str, *, simulated: bool = False) -> bool:
    """Whether a sample, by what it was asked for, tells about a whole application or screen ("" for every one).

    Not when it was drawn of a part of it, nor when it was chosen by what the engine did: a sample of failures says
    nothing of how often there are failures. A simulated audit, brought in from a file, was not drawn by chance from
    what the robots do: it counts when simulated ones are asked for, and then alone.
    """
    if bool(asked.get("simulated")) != simulated:
        return False
    wanted = {"application": application, "screen": screen}
    for name, value in asked.get("filter", ()):
        if name in _COVERED_BY and value == wanted[name]:
            continue
        if name not in _SHOWN and name not in _TIMES:
            return False
    applications = asked.get("applications")
    return applications is None or application in applications


# --- equal chances ----------------------------------------------------------------------------------


def thinned(cases: Sequence[Case], least: Mapping[str, float]) -> list[Case]:
    """Cases of units that all had the same chance to be here: of those with more, as many are left out by lot.

    Exact bounds ask for equal chances. In each sample a unit is kept with the chance (smallest of the sample / its
    own), by a number made of the sample's and the unit's names, which no label can sway. Tested by simulation.
    """
    chance: dict[tuple[str, str], float] = {}
    for case in cases:
        at = case.sample_id, case.unit.key
        chance[at] = max(case.chance, chance.get(at, 0.0))
    kept = {at for at, own in chance.items() if _lot(*at) * own < least.get(at[0], own)}
    return [case for case in cases if (case.sample_id, case.unit.key) in kept]


def _lot(sample_id: str, unit_key: str) -> float:
    """A number from 0 up to 1 that is the sample's and the unit's own."""
    digest = hashlib.sha256(f"{sample_id}/{unit_key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def case_set_of(cases: Iterable[Case]) -> str:
    """The SHA-256 that names a set of cases with what was said of them; order does not matter."""
    lines = sorted(f"{case.sample_id} {case.id} {' '.join(case.label_ids)} {case.truth}" for case in cases)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


# --- what each unit comes to ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitTable:
    """Of each unit what it comes to at each point of a grid: `outcomes[unit, point]`, the worst of its cases."""

    units: tuple[Unit, ...]
    outcomes: Outcomes

    def count(self, outcome: int) -> NDArray[np.int64]:
        """How many units come to this, at each point."""
        return np.asarray((self.outcomes == outcome).sum(axis=0), np.int64)


def table_of(cases: Sequence[Case], side: Side, grid: Sequence[GridPoint]) -> UnitTable:
    """The units of one side (the target is there, or it is not) at each point of a grid that `risk.grid_of` made.

    Where the target is not there, to refuse is right and any press is wrong.
    """
    chosen = [case for case in cases if side in case.truth.sides]
    rows = _filled(chosen, side, grid)
    numbers: dict[str, int] = {}
    units: list[Unit] = []
    for case in chosen:
        if numbers.setdefault(case.unit.key, len(units)) == len(units):
            units.append(case.unit)
    worst = np.zeros((len(units), len(grid)), np.int8)
    if chosen:
        np.maximum.at(worst, [numbers[case.unit.key] for case in chosen], rows)
    return UnitTable(tuple(units), worst)


def _filled(cases: Sequence[Case], side: Side, grid: Sequence[GridPoint]) -> Outcomes:
    scores, margins = sorted({p.score for p in grid}), sorted({p.margin for p in grid})
    rows = np.full((len(cases), len(margins), len(scores)), REFUSED if side == "present" else RIGHT, np.int8)
    for row, case in zip(rows, cases, strict=True):
        for span in case.spans:
            below, above = bisect_right(margins, span.margin_from), bisect_right(margins, span.margin_to)
            left, right = bisect_right(scores, span.score_from), bisect_right(scores, span.score_to)
            row[below:above, left:right] = _outcome(span, case.truth, side)
    return np.asarray(rows[:, ::-1, ::-1].reshape(len(cases), len(grid)), np.int8)


def _outcome(span: Span, truth: Truth, side: Side) -> int:
    """In doubt the worst: what may be pressed and is wrong is wrong."""
    if side == "absent":
        return WRONG
    pressed = span.possible if span.likely is None else (span.likely, *span.possible)
    if not all(_is_right(spot, truth) for spot in pressed):
        return WRONG
    return REFUSED if span.likely is None else RIGHT


def _is_right(spot: Spot, truth: Truth) -> bool:
    return any(contains_point(box, Point(spot.x, spot.y)) for box in truth.boxes)
