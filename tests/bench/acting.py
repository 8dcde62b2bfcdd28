"""How often a tick box, and a field's value, is read right, wrongly, or left open. Deterministic.

.venv/bin/python -m tests.bench.acting
"""

from __future__ import annotations

import itertools
import random
import string
from collections import Counter
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from navigation.agents.browser import open_browser
from navigation.engine import Engine
from navigation.settings import Settings
from navigation.ticks import is_ticked
from navigation.types import Box
from navigation.values import value_shows
from tests.navigation.agents.live import SIZE, box_of, seen, show
from tests.navigation.agents.test_states_in_browser import TICK_STYLE, boxes
from tests.navigation.drawn_ticks import LOOKS, SIZES, drawn, variety

Says = bool | None
FONTS = ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationMono-Regular.ttf", "DejaVuSans.ttf")
VALUES = (
    "MARTIN Jeanne", "c.lemoine", "LEFÈVRE Odile", "Paracétamol 1 g", "80012345", "8 004 127 351", "12/03/1958", "37,4",
    "120/80", "06 12 34 56 78", "NGUYEN Linh", "Box 7", "1,5", "0,25 mg", "14:30", "2 comprimés matin et soir",
    "n° 4512-B", "jean.dupont@chu.fr", "75013", "O-", "Il lit l'été",
)  # fmt: skip
THEMES = (  # a field's ground, its text, its border
    ((255, 255, 255), (20, 20, 20), (140, 140, 140)),
    ((245, 247, 249), (73, 80, 87), (206, 212, 218)),
    ((34, 36, 40), (230, 230, 230), (110, 110, 110)),
    ((255, 253, 230), (0, 0, 0), (160, 150, 90)),
)


def drawn_boxes() -> Iterator[tuple[Says, Says]]:
    yield from ((case.says, is_ticked(case.picture, case.box)) for case in variety())


def letters_in_boxes() -> Iterator[tuple[Says, Says]]:
    """Squares that hold a letter, a digit or a sign but a cross: none is ticked, none is surely empty."""
    signs = (string.ascii_letters + string.digits + "+-?!=*▾▸•/#%&é€").replace("x", "").replace("X", "")
    for look, side, sign, name in itertools.product(LOOKS[:2], SIZES, signs, FONTS[:2]):
        picture, box = drawn(look, "square", "", side)
        image = Image.fromarray(picture)
        font = ImageFont.truetype(name, max(8, int(0.75 * side)))
        middle = (box.x + side / 2, box.y + side / 2)
        ImageDraw.Draw(image).text(middle, sign, font=font, fill=(20, 20, 20), anchor="mm")
        yield None, is_ticked(np.asarray(image), box)


def boxes_in_chromium() -> Iterator[tuple[Says, Says]]:
    elements = boxes()
    themes = (("light", "#fff"), ("light", "#eef2f4"), ("dark", "#1e2024"))
    with open_browser(size=SIZE) as surface:
        for zoom, (scheme, page) in itertools.product((0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2), themes):
            show(
                surface,
                "".join(f"<span class=one>{element}</span>" for element, _ in elements),
                style=TICK_STYLE + f"html{{zoom:{zoom};color-scheme:{scheme}}}body{{background:{page}}}",
                script="document.querySelectorAll('.part').forEach(box => box.indeterminate = true)",
            )
            picture = seen(surface)
            for number, (_, says) in enumerate(elements):
                yield says, is_ticked(picture, box_of(surface, ".one > *", number))


def values() -> Iterator[str]:
    """What came of reading each value back: "same", "left open", or "misread"."""
    engine, chance = Engine(Settings()), random.Random(5)
    for name, size, (ground, ink, border) in itertools.product(FONTS, (12, 13, 14, 16, 18, 22), THEMES):
        font, height = ImageFont.truetype(name, size), 2 * size + 4
        for value in chance.sample(VALUES, 7):
            image = Image.new("RGB", (500, 100), (238, 240, 242) if ground != THEMES[2][0] else (24, 24, 26))
            pen = ImageDraw.Draw(image)
            pen.rectangle((20, 20, 380, 20 + height), fill=ground, outline=border)
            pen.text((30, 20 + height / 2), value, font=font, fill=ink, anchor="lm")
            read = engine.read_value(image, Box(20, 20, 361, height + 1))
            is_same = value_shows(value, read) == "same"
            yield "same" if is_same else "left open" if read.status != "read" else "misread"


def told(answers: Iterator[tuple[Says, Says]]) -> str:
    count = Counter(
        "right" if answer is says else "left open" if answer is None else "wrong" for says, answer in answers
    )
    return f"{count.total():6}   right {count['right']:5}   left open {count['left open']:4}   wrong {count['wrong']:3}"


def main() -> None:
    print("tick boxes, drawn:          ", told(drawn_boxes()))
    print("tick boxes, in Chromium:    ", told(boxes_in_chromium()))
    print("letters in boxes, drawn:    ", told(letters_in_boxes()))
    count = Counter(values())
    print(
        f"values of fields, drawn:      {count.total():6}   same {count['same']:6}   left open {count['left open']:4}"
        f"   misread {count['misread']}"
    )


if __name__ == "__main__":
    main()
