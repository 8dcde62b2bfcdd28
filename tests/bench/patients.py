"""Right patients refused and wrong ones pressed, on drawn banners: `python -m tests.bench.patients [PAIRS]`.

Each pair is a patient and a neighbour that differs in one thing: a near name, one digit, one day, or all of it.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw, ImageFont

from navigation import Engine, NormBox, Settings
from navigation.deadline import Deadline
from navigation.handler import as_screenshot, patient_verdict
from navigation.patient import KnownPatient, patient_keys

FAMILY = ("MARTIN", "BERNARD", "ROUSSEL", "PETITJEAN", "KEITA", "LEFÈVRE", "SCHMITT", "GARNIER", "DELMAS", "NGUYEN")
NEAR_FAMILY = (
    "MARTINE",
    "BERNARDI",
    "ROUSSET",
    "PETITJEAU",
    "KEITTA",
    "LEFEBVRE",
    "SCHMIDT",
    "GARNIEZ",
    "DELMOS",
    "NGUYAN",
)
GIVEN = ("Jeanne", "Paul", "Hélène", "Moussa", "Inès", "Camille", "Odile", "Hugo", "Awa", "Marc")
NEAR_GIVEN = ("Jeannine", "Paula", "Helena", "Moussab", "Agnès", "Camilla", "Odette", "Hugues", "Eva", "Marcel")
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre")
KEY = b"a key for measuring only"
BANNER = NormBox(0.0, 0.05, 1.0, 0.09)


@dataclass(frozen=True)
class Person:
    family: str
    given: str
    year: int
    month: int
    day: int
    ipp: str


@dataclass(frozen=True)
class Layout:
    """How a banner is set: `text` with the fields of a Person, size in px, colours, bold or not."""

    text: str
    size: int
    ink: tuple[int, int, int]
    ground: tuple[int, int, int]
    bold: bool


LAYOUTS = (
    Layout(
        "{family} {given}   né(e) le {day:02}/{month:02}/{year}   IPP {ipp}", 16, (25, 28, 36), (255, 243, 205), False
    ),
    Layout("{family} {given}  ·  {day:02}/{month:02}/{year}  ·  IPP : {ipp}", 19, (255, 255, 255), (29, 78, 137), True),
    Layout(
        "Patient : {family} {given} - {day:02}-{month:02}-{year} - N° {ipp}", 13, (60, 60, 60), (240, 244, 248), False
    ),
    Layout("{family} {given}     {day} {name} {year}     IPP {ipp}", 24, (230, 230, 240), (30, 32, 40), True),
)


def draw(person: Person, layout: Layout) -> Image.Image:
    image = Image.new("RGB", (1366, 768), (250, 250, 252))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 40, 1366, 104), fill=layout.ground)
    font = ImageFont.truetype("DejaVuSans-Bold.ttf" if layout.bold else "DejaVuSans.ttf", layout.size)
    text = layout.text.format(**vars(person), name=MONTHS[person.month - 1])
    pen.text((24, 60), text, font=font, fill=layout.ink)
    return image


def someone(chance: random.Random) -> tuple[Person, int]:
    index = chance.randrange(len(FAMILY))
    person = Person(
        FAMILY[index], chance.choice(GIVEN), chance.randint(1930, 2019), chance.randint(1, 10), chance.randint(1, 27),
        str(chance.randint(8_000_000_000, 8_009_999_999)),
    )  # fmt: skip
    return person, index


def neighbour(person: Person, index: int, kind: int) -> Person:
    if kind == 0:
        return replace(person, family=NEAR_FAMILY[index])
    if kind == 1:
        return replace(person, given=NEAR_GIVEN[GIVEN.index(person.given)])
    if kind == 2:
        return replace(person, day=person.day + 1)
    digit = str((int(person.ipp[-1]) + 1) % 10)
    changed = replace(person, ipp=person.ipp[:-1] + digit)
    return changed if kind == 3 else replace(changed, given=NEAR_GIVEN[GIVEN.index(person.given)], day=person.day + 1)


KINDS = ("near family name", "near given name", "one day", "one digit", "all of it")


def main() -> int:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    chance, engine = random.Random(5), Engine(Settings())
    refused, pressed, milliseconds = dict.fromkeys(range(len(LAYOUTS)), 0), dict.fromkeys(KINDS, 0), []
    for number in range(pairs):
        person, index = someone(chance)
        number_of_layout, kind = number % len(LAYOUTS), (number // len(LAYOUTS)) % len(KINDS)
        layout = LAYOUTS[number_of_layout]
        born = f"{person.year}-{person.month:02}-{person.day:02}"
        guard = KnownPatient(patient_keys(person.ipp, person.family, person.given, born, key=KEY), KEY)
        for shown, is_right in ((person, True), (neighbour(person, index, kind), False)):
            picture = as_screenshot(draw(shown, layout))
            page = engine.read(picture)
            began = time.perf_counter()
            verdict = patient_verdict(engine, picture, page, BANNER, guard, Deadline.after(60))
            milliseconds.append((time.perf_counter() - began) * 1000)
            if is_right and verdict != "same":
                refused[number_of_layout] += 1
            if not is_right and verdict == "same":
                pressed[KINDS[kind]] += 1
    total = sum(refused.values())
    print(f"{pairs} pairs in {len(LAYOUTS)} layouts")
    print(f"right patient refused: {total} ({100 * total / pairs:.1f} %), by layout {list(refused.values())}")
    print(f"wrong patient pressed: {sum(pressed.values())}, by kind {pressed}")
    print(f"reading the banner: median {sorted(milliseconds)[len(milliseconds) // 2]:.0f} ms")
    return 1 if any(pressed.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
