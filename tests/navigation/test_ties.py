"""A tie is broken only where the looks leave no doubt."""

from __future__ import annotations

from dataclasses import replace

from navigation.grounding import ground_page
from navigation.types import Control, Grounding, Page, Target
from tests.navigation.pages import LIMITS, control, page_of

WHITE, BLACK, BLUE, BAR = (255, 255, 255), (20, 20, 20), (30, 90, 190), (60, 110, 140)
Colour = tuple[int, int, int]
Text = tuple[str, int, int] | tuple[str, int, int, int]


def drawn(*texts: tuple[Text, Colour, Colour], controls: tuple[Control, ...] = ()) -> Page:
    """A page whose texts have an ink and a ground each, and much plain text besides."""
    filler = [((f"texte ordinaire {n}", 40, 300 + 30 * n), BLACK, WHITE) for n in range(12)]
    entries = [*texts, *filler]
    page = page_of(*(text for text, _, _ in entries), controls=controls)
    words = tuple(replace(w, ink=entries[w.line][1], ground=entries[w.line][2]) for w in page.words)
    return replace(page, words=words)


def ground(page: Page, text: str) -> Grounding:
    return ground_page(page, Target(text), LIMITS)


def test_a_link_is_chosen_over_the_heading_with_its_text() -> None:
    page = drawn((("Groupes", 40, 40, 24), BLACK, WHITE), (("Groupes", 40, 120), BLUE, WHITE))
    found = ground(page, "Groupes")
    assert found.point_px is not None
    assert 120 <= found.point_px.y <= 134


def test_a_button_is_chosen_over_the_heading_with_its_text() -> None:
    page = drawn(
        (("Connexion", 40, 40, 24), BLACK, WHITE), (("Connexion", 60, 160), WHITE, BAR),
        controls=(control(40, 150, 120, 34, "button"),),
    )  # fmt: skip
    found = ground(page, "Connexion")
    assert found.point_px is not None
    assert 150 <= found.point_px.y <= 184


def test_two_links_stay_a_tie() -> None:
    page = drawn((("Modifier", 40, 40), BLUE, WHITE), (("Modifier", 40, 120), BLUE, WHITE))
    assert ground(page, "Modifier").outcome == "ambiguous"


def test_a_link_and_an_entry_of_a_bar_stay_a_tie() -> None:
    page = drawn((("Groupes", 40, 40), WHITE, BAR), (("Groupes", 40, 120), BLUE, WHITE))
    assert ground(page, "Groupes").outcome == "ambiguous"


def test_a_large_coloured_text_may_be_a_link_and_stays_a_tie() -> None:
    page = drawn((("Relevés", 40, 40, 26), BLUE, WHITE), (("Relevés", 40, 120), BLACK, WHITE))
    assert ground(page, "Relevés").outcome == "ambiguous"


def test_a_word_in_a_sentence_is_no_rival() -> None:
    page = drawn((("Patients", 600, 40), BLACK, WHITE), (("Patients, dossiers, notes", 40, 120), BLACK, WHITE))
    found = ground(page, "Patients")
    assert found.point_px is not None
    assert found.point_px.y < 60


def test_two_texts_drawn_alike_stay_a_tie_though_one_stands_in_a_box() -> None:
    page = drawn(
        (("Beta", 60, 160), BLACK, WHITE), (("Beta", 400, 160), BLACK, WHITE),
        controls=(control(50, 152, 60, 30),),
    )  # fmt: skip
    assert ground(page, "Beta").outcome == "ambiguous"


def test_a_control_drawn_pale_and_grey_is_refused_unless_allowed() -> None:
    page = drawn((("Suivant", 40, 40), (180, 180, 180), WHITE))
    refused = ground(page, "Suivant")
    assert refused.outcome == "disabled"
    assert refused.point_px is None
    assert ground_page(page, Target("Suivant", allow_disabled=True), LIMITS).outcome == "found"


def test_a_control_drawn_pale_and_grey_is_refused_when_asked_for_by_its_number() -> None:
    pale = (180, 180, 180)
    page = drawn((("Suivant", 40, 40), pale, WHITE), (("Suivant", 40, 90), pale, WHITE))
    assert ground_page(page, Target("Suivant", occurrence=2), LIMITS).outcome == "disabled"
