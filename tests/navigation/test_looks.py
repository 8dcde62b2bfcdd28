"""How a text is drawn says whether it is a link, a heading, plain text, or switched off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.looks import Look, Usual, contrast, kind_of_look, looks_off, main_ground, usual_look
from navigation.types import Box, Word

WHITE, BLACK, BLUE, GREY = (255, 255, 255), (20, 20, 20), (30, 90, 190), (245, 245, 245)
TEXT = Usual(BLACK, 12)
colours = st.tuples(*[st.integers(0, 255)] * 3)


def word(text: str, ink: tuple[int, int, int], ground: tuple[int, int, int] = WHITE) -> Word:
    return Word(text, Box(0, 0, 8 * len(text), 12), 0.9, ink=ink, ground=ground)


@pytest.mark.parametrize(
    ("look", "kind"),
    [
        (Look(BLUE, WHITE, False, 12), "link"),
        (Look(BLACK, WHITE, True, 12), "link"),
        (Look(BLACK, WHITE, False, 12), "plain"),
        (Look(BLACK, WHITE, False, 22), "heading"),
        (Look(BLUE, WHITE, False, 22), "unknown"),
        (Look(BLACK, (90, 130, 150), False, 12), "unknown"),
        (Look((40, 30, 70), WHITE, False, 12), "plain"),
        (Look((150, 150, 150), WHITE, False, 12), "unknown"),
    ],
    ids=["coloured", "underlined", "text", "large", "large and coloured", "on a bar", "nearly black", "faint"],
)
def test_the_kind_follows_from_the_look(look: Look, kind: str) -> None:
    assert kind_of_look(look, TEXT, WHITE) == kind


def test_a_dark_text_among_paler_ones_is_read_and_not_pressed() -> None:
    assert kind_of_look(Look((46, 31, 94), WHITE, False, 12), Usual((80, 80, 80), 12), WHITE) == "plain"


def test_on_a_page_of_links_plain_text_is_still_the_usual() -> None:
    words = [word("un lien fort long", BLUE)] * 20 + [word("texte", BLACK)]
    usual = usual_look(words, WHITE)
    assert usual is not None
    assert max(usual.ink) < 60


def test_what_is_usual_is_told_for_each_ground() -> None:
    words = [word("page", BLACK)] * 5 + [word("barre", WHITE, (40, 70, 90))]
    usual = usual_look(words, (40, 70, 90))
    assert usual is not None
    assert min(usual.ink) > 200
    assert usual_look(words, (200, 0, 0)) is None


def test_the_main_ground_is_that_of_most_letters() -> None:
    ground = main_ground([word("Enregistrer", WHITE, (0, 120, 120)), word("beaucoup de texte", BLACK)])
    assert ground is not None
    assert min(ground) > 230
    assert main_ground([]) is None


@pytest.mark.parametrize(
    ("ink", "ground", "is_off"),
    [
        ((170, 170, 170), WHITE, True),
        ((250, 250, 250), (216, 216, 216), True),
        ((20, 26, 32), (68, 84, 97), True),
        ((108, 108, 108), (20, 20, 20), True),
        ((90, 90, 90), WHITE, False),
        (WHITE, (240, 150, 40), False),
        ((120, 170, 240), WHITE, False),
    ],
    ids=[
        "grey text",
        "grey button",
        "dark theme",
        "38 % of white on dark",
        "secondary text",
        "white on orange",
        "pale blue link",
    ],
)
def test_a_control_is_off_when_it_is_grey_and_faint(
    ink: tuple[int, int, int], ground: tuple[int, int, int], is_off: bool
) -> None:
    assert looks_off(Look(ink, ground, False, 12), [word("texte", (250, 250, 250), (20, 20, 20))]) is is_off


def test_light_text_on_dark_is_off_only_beside_stronger_text_on_its_ground() -> None:
    dark, faint = (20, 20, 20), (108, 108, 108)
    look = Look(faint, dark, False, 12)
    assert looks_off(look, [word("Suivant", faint, dark), *[word("Enregistrer", WHITE, dark)] * 3])
    assert not looks_off(look, [word("Suivant", faint, dark), *[word("Enregistrer", WHITE, BLUE)] * 3])


def test_an_underlined_text_is_never_off() -> None:
    assert not looks_off(Look((170, 170, 170), WHITE, True, 12), [])


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)  # the known border of 4.5


@given(colours, colours)
def test_contrast_is_symmetric_and_at_least_one(a: tuple[int, int, int], b: tuple[int, int, int]) -> None:
    assert contrast(a, b) == contrast(b, a)
    assert 1.0 <= contrast(a, b) <= 21.0
