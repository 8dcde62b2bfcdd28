"""What the tuning page and the report of a certificate show."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from navconsole.auth.permissions import may_see
from navconsole.i18n import mark as _
from navconsole.tuning.labelled import Labelled
from navconsole.tuning.looking import Standing, samples_for
from navconsole.tuning.parts import PartKind, Parts, limits_for, of_part, part_names, parts_at
from navconsole.tuning.picture import (
    MARGINS,
    SCORES,
    Cell,
    Compared,
    Flip,
    compare,
    curve_of,
)
from navigation.certificates import Look, Plan, Promise
from navigation.configurations import limits_of
from navigation.errors import SettingsError, StoreError
from navigation.evidence import Case, Gathered
from navigation.records import User
from navigation.risk import GridPoint
from navigation.settings import Thresholds
from navigation.store.protocol import Store

FLIPS_SHOWN: Final = 60
WIDTH, HEIGHT = 520, 240
"""Of a heat map, in its own units; a cell is WIDTH / scores wide."""
FLIP_NAMES: Final[Mapping[str, str]] = {
    "new_wrong": _("pressed wrongly now"),
    "lost": _("right before, refused now"),
    "mended": _("pressed wrongly before"),
    "gained": _("refused before, right now"),
}
FLIP_FAMILIES: Final[Mapping[str, str]] = {
    "new_wrong": "danger",
    "lost": "held",
    "mended": "good",
    "gained": "good",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address asks for; `beside` is what the chosen setting is compared with.

    The names are the numbers of configurations, "" where a setting is not one's; `part` is a key of `parts.PartRow`.
    """

    application: str
    screen: str
    beside: GridPoint
    beside_name: str
    chosen: GridPoint
    chosen_name: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Square:
    """A cell of a heat map as a rectangle; `shade` 0..1 is its depth of colour."""

    x: float
    y: float
    point: GridPoint
    share: float
    shade: float


@dataclass(frozen=True, slots=True)
class HeatMap:
    """`spots` are (x, y) of settings by name: "beside", "chosen", "certified-…"; `region` those of every setting that
    certificates hold for; `most` is the largest share."""

    squares: Sequence[Square]
    most: float
    cell: tuple[float, float]
    spots: Mapping[str, tuple[float, float]]
    region: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """Risk over coverage as SVG paths in a box of WIDTH x HEIGHT; `most` is the risk at its top."""

    line: str
    band: str
    spots: Mapping[str, tuple[float, float]]
    most: float


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with its looks, oldest first."""

    plan: Plan
    looks: Sequence[Look]

    @property
    def last(self) -> Look | None:
        return self.looks[-1] if self.looks else None

    @property
    def may_look(self) -> bool:
        return self.plan.mode == "growing" or not self.looks


@dataclass(frozen=True, slots=True)
class Answer:
    """What follows from the sliders: counts beside counts, the cases that flip, spots on the pictures. `found` is of
    targets that are not there, None where no such case is labelled. `parts` are those of the whole evidence, of which
    the rest shows the one that is chosen."""

    choice: Choice
    compared: Compared
    flips: Sequence[Flip]
    wrong: HeatMap
    coverage: HeatMap
    found: HeatMap | None
    curve: Curve | None
    parts: Parts | None


@dataclass(frozen=True, slots=True)
class TuningPage:
    """`simulated` counts the audits that were brought in from files, which count for nothing here; `labels_seen` the
    labels that a plan declared now is declared after."""

    answer: Answer
    gathered: Gathered
    units: int
    applications: Sequence[str]
    screens: Sequence[str]
    standings: Sequence[Standing]
    plans: Sequence[PlanView]
    parts: Mapping[PartKind, Sequence[str]]
    configs: Sequence[tuple[int, GridPoint]]
    simulated: int
    labels_seen: int
    sees_all: bool
    may_certify: bool


def hidden_from(user: User, store: Store, gathered: Gathered) -> frozenset[str]:
    """The cases on which the person has still to answer blind: what others said of them is not listed."""
    return store.kept_from(user.id, [case.id for case in gathered.cases])


def build_answer(
    gathered: Gathered,
    cells: Sequence[Cell],
    choice: Choice,
    certified: Sequence[Promise] = (),
    *,
    plans: Sequence[Plan] = (),
    hidden: Collection[str] = (),
) -> Answer:
    """`cells` are of the part that is chosen; `plans`, newest first, say what alpha the parts are held against."""
    cases = of_part(gathered.cases, choice.part)
    compared = compare(cases, choice.beside, choice.chosen)
    spots = {"beside": choice.beside, "chosen": choice.chosen}
    region: list[GridPoint] = []
    if not choice.part:  # a promise is one of the whole
        spots |= {f"certified-{number}": promise.point for number, promise in enumerate(certified)}
        region = sorted({point for promise in certified for point in promise.region})
    return Answer(
        choice=choice,
        compared=compared,
        flips=[flip for flip in compared.flips if flip.case.id not in hidden][:FLIPS_SHOWN],
        wrong=heat_map(cells, [cell.wrong for cell in cells], spots, region),
        coverage=heat_map(cells, [cell.right for cell in cells], spots, region),
        found=heat_map(cells, [cell.found for cell in cells], spots, region) if compared.after.absent else None,
        curve=curve(cases, choice),
        parts=parts_at(gathered.cases, choice.chosen, *limits_for(plans)),
    )


def answer_for(store: Store, labelled: Labelled, user: User, choice: Choice) -> Answer:
    gathered = labelled.of(store, choice.application, choice.screen)
    return build_answer(
        gathered,
        labelled.cells(store, choice.application, choice.screen, choice.part),
        choice,
        certified_for(labelled, store, choice),
        plans=[plan for plan in store.plans() if is_of(plan, choice)],
        hidden=hidden_from(user, store, gathered),
    )


def build_page(store: Store, labelled: Labelled, user: User, choice: Choice) -> TuningPage:
    gathered = labelled.of(store, choice.application, choice.screen)
    seen = [one for one in labelled.standings(store) if is_of(one.plan, choice)]
    looks = store.looks()
    plans = [
        PlanView(plan, [look for look in looks if look.plan_id == plan.id])
        for plan in store.plans()
        if is_of(plan, choice)
    ]
    screens = sorted({case.unit.screen for case in gathered.cases} | ({choice.screen} - {""}))
    return TuningPage(
        answer=answer_for(store, labelled, user, choice),
        gathered=gathered,
        units=len({case.unit.key for case in gathered.cases}),
        applications=store.known_applications(user.applications),
        screens=screens,
        standings=seen,
        plans=plans,
        parts=part_names(gathered.cases),
        configs=settings_of(store),
        labels_seen=sum(len(case.label_ids) for case in gathered.cases),
        simulated=len(samples_for(store, choice.application, choice.screen, simulated=True)),
        sees_all=user.applications is None,
        may_certify=bool(choice.application) or user.applications is None,
    )


def certified_for(labelled: Labelled, store: Store, choice: Choice) -> list[Promise]:
    """What certificates that hold promise for what the page shows."""
    return [one.certificate.promise for one in labelled.standings(store) if not one.ended and is_of(one.plan, choice)]


def is_of(plan: Plan, choice: Choice) -> bool:
    """Whether a plan is for what the page shows, or for a part of it."""
    return choice.application in ("", plan.application) and choice.screen in ("", plan.screen)


def may_see_plan(user: User, plan: Plan) -> bool:
    """A plan for every application is for who sees them all."""
    return user.applications is None if not plan.application else may_see(user, plan.application)


def point_of(store: Store, config_id: int | None) -> tuple[GridPoint, int]:
    """Score and margin of a configuration, of the one in use when None or not there; with its number, 0 for none."""
    try:
        config = (store.config(config_id) if config_id is not None else None) or store.active_config()
        thresholds = limits_of(config.body).thresholds
        return GridPoint(thresholds.score, thresholds.margin), config.id
    except (StoreError, SettingsError):
        default = Thresholds()
        return GridPoint(default.score, default.margin), 0


def settings_of(store: Store) -> list[tuple[int, GridPoint]]:
    """Every configuration's number with its score and margin, newest first."""
    found = []
    for config in store.configs():
        try:
            thresholds = limits_of(config.body).thresholds
        except SettingsError:
            continue
        found.append((config.id, GridPoint(thresholds.score, thresholds.margin)))
    return sorted(found, reverse=True)


# --- pictures ---------------------------------------------------------------------------------------


def heat_map(
    cells: Sequence[Cell], shares: Sequence[float], spots: Mapping[str, GridPoint], region: Sequence[GridPoint] = ()
) -> HeatMap:
    """Scores from left to right, margins from the bottom up; the strictest setting is at the top right."""
    across, down = WIDTH / len(SCORES), HEIGHT / len(MARGINS)
    scores, margins = sorted(SCORES), sorted(MARGINS, reverse=True)
    most = max(shares, default=0.0)
    squares = [
        Square(
            round(scores.index(cell.point.score) * across, 2),
            round(margins.index(cell.point.margin) * down, 2),
            cell.point,
            share,
            round(share / most, 2) if most else 0.0,
        )
        for cell, share in zip(cells, shares, strict=True)
    ]
    places = {name: _spot(point) for name, point in spots.items()}
    return HeatMap(squares, most, (across, down), places, [_spot(point) for point in region])


def _spot(point: GridPoint) -> tuple[float, float]:
    """Where a setting stands on a heat map; what lies beyond the axes stands at their ends."""
    across, down = WIDTH / len(SCORES), HEIGHT / len(MARGINS)
    scores, margins = sorted(SCORES), sorted(MARGINS, reverse=True)
    return (
        round((_place(point.score, scores) + 0.5) * across, 1),
        round((_place(-point.margin, [-margin for margin in margins]) + 0.5) * down, 1),
    )


def _place(value: float, rising: Sequence[float]) -> float:
    """The number, with its fraction, at which a value stands among rising ones."""
    if value <= rising[0]:
        return 0.0
    for at, (low, high) in enumerate(itertools.pairwise(rising)):
        if value <= high:
            return at + (value - low) / (high - low)
    return float(len(rising) - 1)


def curve(cases: Sequence[Case], choice: Choice) -> Curve | None:
    """The risk-coverage curve at the chosen margin, with its band; None without evidence."""
    points = curve_of(cases, choice.chosen.margin)
    if not points:
        return None
    most = max(0.02, min(1.0, 1.15 * max(point.high for point in points)))

    def spot(coverage: float, risk: float) -> tuple[float, float]:
        return round(coverage * WIDTH, 1), round(HEIGHT - min(1.0, risk / most) * HEIGHT, 1)

    line = [spot(point.coverage, point.risk) for point in points]
    high = [spot(point.coverage, point.high) for point in points]
    low = [spot(point.coverage, point.low) for point in points]
    spots = {}
    for name, setting in (("beside", choice.beside), ("chosen", choice.chosen)):
        (at,) = curve_of(cases, setting.margin, [setting.score])
        spots[name] = spot(at.coverage, at.risk)
    return Curve(_path(line), _path([*high, *reversed(low)]) + "Z", spots, most)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def flip_rows(flips: Sequence[Flip]) -> list[dict[str, object]]:
    """What a line of the list of flips needs."""
    return [{"flip": flip, "name": FLIP_NAMES[flip.kind], "family": FLIP_FAMILIES[flip.kind]} for flip in flips]
