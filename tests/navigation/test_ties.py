"""A tie is broken only where the looks leave no doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest

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


def test_a_whole_text_that_ends_as_asked_is_chosen_over_a_part_of_a_sentence() -> None:
    page = drawn((("Lits (12)", 600, 40), BLACK, WHITE), (("Lits (12) - chirurgie", 40, 120), BLACK, WHITE))
    found = ground(page, "Lits (12)")
    assert found.point_px is not None
    assert found.point_px.y < 60


def test_a_control_is_chosen_over_its_text_in_capitals_drawn_alike() -> None:
    page = drawn(
        (("Examens", 60, 160), BLACK, BAR), (("EXAMENS", 400, 160), BLACK, BAR),
        controls=(control(50, 152, 80, 30),),
    )  # fmt: skip
    found = ground(page, "Examens")
    assert found.point_px is not None
    assert found.point_px.x < 140
    assert ground(page, "EXAMENS").outcome == "ambiguous"


def test_capitals_do_not_tell_a_control_from_a_text_of_another_look_that_may_be_one() -> None:
    page = drawn(
        (("EXAMENS", 60, 160), WHITE, BAR), (("Examens", 400, 160), (150, 150, 150), WHITE),
        controls=(control(50, 152, 80, 30),),
    )  # fmt: skip
    assert ground(page, "EXAMENS").outcome == "ambiguous"


def test_a_control_that_reads_less_like_the_target_is_not_chosen() -> None:
    page = drawn((("Groupes de lecture", 40, 40), BLACK, WHITE), (("Groupes de lecturo", 40, 120), BLUE, WHITE))
    assert ground(page, "Groupes de lecture").outcome == "ambiguous"


def test_a_word_of_a_sentence_in_capitals_is_no_rival_of_a_link_written_as_asked() -> None:
    page = drawn((("admin", 40, 120), BLUE, WHITE), (("BIENVENUE, ADMIN", 600, 40), (255, 255, 190), BAR))
    found = ground(page, "admin")
    assert found.point_px is not None
    assert found.point_px.y > 110


SIDE, PALE, LINK = (0, 54, 58), (192, 217, 229), (125, 208, 245)


def path_and_menu(last: Colour, *, linked: bool = True) -> Page:
    """A dark page: a path that ends in `last`, and a panel on which every text has a link's colour."""
    dark, ink = (18, 18, 18), (230, 230, 230)
    path = [(("Accueil", 40, 20), ink, BAR), (("›", 106, 20), ink, BAR), (("Groupes", 124, 20), last, BAR)]
    panel = [((text, 40, 60 + 30 * n), LINK, SIDE) for n, text in enumerate(("Groupes", "Lits"))]
    filler = [((f"texte ordinaire {n}", 340, 300 + 30 * n), ink, dark) for n in range(12)]
    links = [(("Urgences", 340, 200), LINK if linked else ink, dark)]
    entries = [*path, *panel, *links, *filler]
    page = page_of(*(text for text, _, _ in entries))
    words = tuple(replace(w, ink=entries[w.line][1], ground=entries[w.line][2]) for w in page.words)
    return replace(page, words=words)


def test_a_text_of_the_colour_of_the_pages_links_is_chosen_over_the_end_of_a_path() -> None:
    found = ground(path_and_menu(PALE), "Groupes")
    assert found.point_px is not None
    assert found.point_px.y > 50


def test_the_end_of_a_path_that_is_drawn_as_its_steps_stays_a_rival() -> None:
    assert ground(path_and_menu((230, 230, 230)), "Groupes").outcome == "ambiguous"


def test_a_colour_that_no_link_of_the_page_has_is_no_links() -> None:
    assert ground(path_and_menu(PALE, linked=False), "Groupes").outcome == "ambiguous"


def menu(pitch: int, ground_of_panel: Colour) -> Page:
    names = ("Patients", "Lits", "Rendez-vous", "Examens", "admin")
    entries = [((name, 40, 40 + pitch * n), (213, 210, 223), ground_of_panel) for n, name in enumerate(names)]
    return drawn((("admin", 600, 40), BLACK, WHITE), *entries)


def test_an_entry_of_a_menu_is_chosen_over_a_text_on_the_page() -> None:
    found = ground(menu(42, (46, 31, 94)), "admin")
    assert found.point_px is not None
    assert found.point_px.x < 200


@pytest.mark.parametrize(("pitch", "panel"), [(22, (46, 31, 94)), (42, (235, 235, 240))], ids=["lines", "same tone"])
def test_lines_of_a_text_and_rows_on_a_pale_ground_are_no_menu(pitch: int, panel: Colour) -> None:
    assert ground(menu(pitch, panel), "admin").outcome == "ambiguous"


def test_a_control_drawn_pale_and_grey_is_refused_when_asked_for_by_its_number() -> None:
    pale = (180, 180, 180)
    page = drawn((("Suivant", 40, 40), pale, WHITE), (("Suivant", 40, 90), pale, WHITE))
    assert ground_page(page, Target("Suivant", occurrence=2), LIMITS).outcome == "disabled"
