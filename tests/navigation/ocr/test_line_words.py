"""Where the words of a recognised line stand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from navigation.geometry import contains
from navigation.ocr.line_words import Spelt, words_of_line
from navigation.types import Box


def line(*runs: tuple[int, int], width: int = 200) -> np.ndarray:
    grey = np.full((24, width), 255, np.uint8)
    for start, end in runs:
        grey[6:18, start:end] = 0
    return grey


def spelt(text: str, first: float, last: float) -> Spelt:
    step = (last - first) / max(1, len(text) - 1)
    return Spelt([(c, first + n * step) for n, c in enumerate(text)])


def test_each_word_has_the_box_of_its_ink() -> None:
    grey = line((10, 50), (60, 90))
    words = words_of_line([spelt("Nom", 14, 46), spelt("et", 64, 86)], 0.9, grey, Box(100, 300, 200, 24), 3)
    assert [(w.text, w.box, w.line) for w in words] == [
        ("Nom", Box(110, 306, 40, 12), 3),
        ("et", Box(160, 306, 30, 12), 3),
    ]


def test_an_icon_beside_a_word_belongs_to_none() -> None:
    words = words_of_line([spelt("Accueil", 54, 116)], 0.9, line((2, 18), (50, 120)), Box(0, 0, 200, 24), 1)
    assert [w.box for w in words] == [Box(50, 6, 70, 12)]


def test_a_word_with_a_wide_gap_inside_is_two() -> None:
    words = words_of_line([spelt("idnom", 12, 148)], 0.9, line((10, 40), (90, 150)), Box(0, 0, 200, 24), 1)
    assert len(words) == 2
    assert "".join(w.text for w in words) == "idnom"


def test_a_word_with_an_icon_inside_is_two() -> None:
    letters = [*zip("ident", (12, 20, 28, 36, 44), strict=True), *zip("nom", (96, 104, 112), strict=True)]
    grey = line((10, 48), (60, 80), (92, 116))
    words = words_of_line([Spelt(letters)], 0.9, grey, Box(0, 0, 200, 24), 1)
    assert [(w.text, w.box.x) for w in words] == [("ident", 10), ("nom", 92)]


def test_an_underline_makes_no_run_of_the_words_above_it() -> None:
    grey = line((10, 50), (60, 90))
    grey[20, 8:92] = 0
    words = words_of_line([spelt("Nom", 14, 46), spelt("et", 64, 86)], 0.9, grey, Box(0, 0, 200, 24), 1)
    assert [w.box for w in words] == [Box(10, 6, 40, 12), Box(60, 6, 30, 12)]


def test_a_line_without_ink_gives_the_letters_places() -> None:
    words = words_of_line([spelt("abc", 20, 60)], 0.9, line(), Box(0, 0, 200, 24), 1)
    assert words[0].box == Box(20, 0, 41, 24)


@given(
    st.lists(st.tuples(st.integers(0, 190), st.integers(1, 40)), max_size=8),
    st.lists(st.tuples(st.text("abcdé", min_size=1, max_size=8), st.floats(0, 199), st.floats(0, 60)), max_size=5),
)
def test_every_letter_is_kept_and_every_box_lies_in_the_line(
    runs: list[tuple[int, int]], words: list[tuple[str, float, float]]
) -> None:
    grey = line(*((x, min(200, x + w)) for x, w in runs))
    box = Box(5, 7, 200, 24)
    asked = [spelt(text, first, min(199.0, first + width)) for text, first, width in words]
    found = words_of_line(asked, 0.5, grey, box, 1)
    assert "".join(w.text for w in found) == "".join(w.text for w in asked)
    assert all(contains(box, w.box) for w in found)
