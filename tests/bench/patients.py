"""Wrong patients pressed and right ones refused, on drawn banners: `python -m tests.bench.patients [PAIRS]`.

Each pair is a patient and a neighbour, and each case goes the whole way: screenshot, screen, banner, target, a last
look, press. What is counted is whether the robot pressed. Pairs take every layout with every kind in turn.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

from navigation import Engine, NavigateAction, NormBox, NormPoint, Screen, Settings, Target, _handle_navigate_action
from navigation.patient import KnownPatient, patient_keys
from tests.bench.banners import BANNER, LAYOUTS, NEIGHBOURS, SPOILS, Layout, Person, draw, remote, someone

KEY = b"a key for measuring only"
ACTION = NavigateAction(Target("Prescrire"), Screen(("Synthèse",), name="file", patient_banner=NormBox(*BANNER)))
CHANGED, REMOTE = "changed before the press", "remote display"
KINDS = (*NEIGHBOURS, *SPOILS, CHANGED, REMOTE)
RIGHT, WRONG, UNSEEN = "right", "wrong", "unseen"


@dataclass(frozen=True)
class Case:
    """`sort`: RIGHT must be pressed, WRONG never, UNSEEN (the right patient, but nobody can see it) never either."""

    kind: str
    layout: str
    sort: str
    patient: Person
    frames: tuple[Image.Image, ...] = field(repr=False)


class Capture:
    """Shows one frame after the other, the last one for ever."""

    def __init__(self, frames: tuple[Image.Image, ...]) -> None:
        self._frames = list(frames)
        self.presses = 0

    def __call__(self) -> Image.Image:
        return self._frames.pop(0) if len(self._frames) > 1 else self._frames[0]

    def press(self, point: NormPoint) -> None:
        self.presses += 1


def cases_of(number: int, chance: random.Random) -> Iterator[Case]:
    """The cases of one pair: the patient, the neighbour and, where the banner is spoilt, the patient behind that."""
    layout, kind = LAYOUTS[number % len(LAYOUTS)], KINDS[(number // len(LAYOUTS)) % len(KINDS)]
    person = someone(chance)
    by = kind if kind in NEIGHBOURS else chance.choice(list(NEIGHBOURS))
    other = NEIGHBOURS[by](person, chance)
    yield _right(kind, layout, person, chance)
    if kind == CHANGED:
        frames = draw(person, layout).image, draw(other, layout).image
    else:
        frames = (_spoilt(kind, other, layout, chance),)
    yield Case(kind, layout.name, WRONG, person, frames)
    if kind in SPOILS:
        yield Case(kind, layout.name, UNSEEN, person, (_spoilt(kind, person, layout, chance),))


def _right(kind: str, layout: Layout, person: Person, chance: random.Random) -> Case:
    """Every second pair through a remote display, and every pair of that kind."""
    is_remote = kind == REMOTE or chance.random() < 0.5
    image = draw(person, layout).image
    frame = remote(image, chance) if is_remote else image
    return Case(REMOTE if is_remote else "as drawn", layout.name, RIGHT, person, (frame,))


def _spoilt(kind: str, person: Person, layout: Layout, chance: random.Random) -> Image.Image:
    shown = draw(person, layout)
    if kind == REMOTE:
        return remote(shown.image, chance)
    return SPOILS[kind](shown, chance) if kind in SPOILS else shown.image


def is_pressed(engine: Engine, case: Case) -> bool:
    who, capture = case.patient, Capture(case.frames)
    guard = KnownPatient(patient_keys(who.ipp, who.family, who.given, who.born.isoformat(), key=KEY), KEY)
    asyncio.run(_handle_navigate_action(ACTION, capture=capture, engine=engine, patient=guard))
    return capture.presses > 0


@dataclass
class Tally:
    """Cases and presses by sort, kind and layout."""

    cases: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    presses: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, case: Case, *, pressed: bool) -> None:
        key = (case.sort, case.kind, case.layout)
        self.cases[key] += 1
        self.presses[key] += pressed

    def of(self, sort: str, *, kind: str = "", layout: str = "") -> tuple[int, int]:
        """(cases, presses) of a sort, of one kind or layout where given."""
        keys = [k for k in self.cases if k[0] == sort and kind in ("", k[1]) and layout in ("", k[2])]
        return sum(self.cases[k] for k in keys), sum(self.presses[k] for k in keys)

    @property
    def refused_share(self) -> float:
        right, pressed = self.of(RIGHT)
        return (right - pressed) / right if right else 0.0

    @property
    def is_good(self) -> bool:
        return self.of(WRONG)[1] == 0 and self.of(UNSEEN)[1] == 0 and self.refused_share <= 0.02


def measured(engine: Engine, pairs: int, *, seed: int = 5) -> Tally:
    chance, tally = random.Random(seed), Tally()
    for number in range(pairs):
        for case in cases_of(number, chance):
            tally.add(case, pressed=is_pressed(engine, case))
    return tally


def _report(tally: Tally) -> None:
    print("\nnever to be pressed             another patient   the patient, not to be seen")
    for kind in KINDS:
        wrong, unseen = tally.of(WRONG, kind=kind), tally.of(UNSEEN, kind=kind)
        tail = f"{unseen[1]:4} of {unseen[0]}" if unseen[0] else ""
        print(f"  {kind:28} {wrong[1]:6} of {wrong[0]:3} {tail:>20}")
    for sort, name in ((WRONG, "another patient"), (UNSEEN, "the patient, not to be seen")):
        cases, presses = tally.of(sort)
        print(f"{name}: pressed {presses} of {cases}")
    print("\nthe right patient refused")
    rows = [("kind", kind, {"kind": kind}) for kind in ("as drawn", REMOTE)]
    rows += [("layout", layout.name, {"layout": layout.name}) for layout in LAYOUTS]
    for _, name, where in rows:
        cases, presses = tally.of(RIGHT, **where)
        print(f"  {name:28} {cases - presses:6} of {cases}")
    right, pressed = tally.of(RIGHT)
    print(f"right patient refused: {right - pressed} of {right} ({100 * tally.refused_share:.1f} %)")


def main() -> int:
    logging.disable(logging.INFO)
    pairs, began = int(sys.argv[1]) if len(sys.argv) > 1 else 273, time.monotonic()
    tally = measured(Engine(Settings()), pairs)
    print(
        f"{pairs} pairs in {len(LAYOUTS)} layouts, {sum(tally.cases.values())} cases, {time.monotonic() - began:.0f} s"
    )
    _report(tally)
    return 0 if tally.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
