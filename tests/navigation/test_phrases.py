"""From words to the texts of controls."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from navigation.phrases import group_phrases
from navigation.types import Box, Word
from tests.navigation.pages import control, page_of, text_at


def texts_of(*args: object, **kwargs: object) -> list[str]:
    return [p.text for p in page_of(*args, **kwargs).phrases]  # type: ignore[arg-type]


def test_a_row_of_buttons_is_not_one_phrase() -> None:
    texts = texts_of(("Enregistrer", 20, 20), ("Annuler", 160, 20))
    assert "Enregistrer" in texts
    assert "Annuler" in texts
    assert "Enregistrer Annuler" not in texts


def test_words_a_space_apart_are_one_phrase() -> None:
    assert texts_of(("Nouvelle prescription", 20, 20)) == ["Nouvelle prescription"]


def test_a_label_with_a_slash_is_given_whole_and_in_parts() -> None:
    texts = texts_of(("Nom / Prénom", 20, 20))
    assert {"Nom / Prénom", "Nom", "Prénom"} <= set(texts)


def test_a_border_between_two_words_separates_them() -> None:
    boxes = (control(10, 10, 100, 30), control(114, 10, 100, 30))
    texts = texts_of(("Nom", 80, 18), ("Date", 118, 18), controls=boxes)
    assert "Nom Date" not in texts


def test_an_icon_read_as_a_letter_does_not_spoil_the_text() -> None:
    assert "Rechercher" in texts_of(("Q Rechercher", 20, 20))


def test_a_label_over_two_lines_is_also_given_joined() -> None:
    assert "Confirmation de mot de passe" in texts_of(("Confirmation de mot de", 20, 20), ("passe", 20, 38))


def test_lines_far_apart_are_not_joined() -> None:
    assert "Groupes Utilisateurs" not in texts_of(("Groupes", 20, 20), ("Utilisateurs", 20, 60))


def test_a_link_of_another_colour_is_a_phrase_of_its_own() -> None:
    blue, black = (20, 60, 200), (10, 10, 10)
    words = [
        Word(w.text, w.box, w.confidence, 0, blue if w.text == "documentation" else black)
        for w in text_at("voir la documentation du service", 20, 20)
    ]
    texts = [p.text for p in group_phrases(words)]
    assert "documentation" in texts
    assert "voir la documentation du service" in texts


def test_links_listed_in_a_sentence_are_phrases_of_their_own() -> None:
    assert {"json", "CSV", "avancé"} <= {t.strip(",()") for t in texts_of(("json, CSV (avancé)", 20, 20))}


def test_reading_order_is_top_to_bottom_then_left_to_right() -> None:
    assert texts_of(("bas", 20, 200), ("droite", 400, 20), ("gauche", 20, 20)) == ["gauche", "droite", "bas"]


@given(
    st.lists(
        st.builds(
            lambda x, y, n, h: Word("m" * n, Box(x, y, 8 * n, h), 0.9),
            st.integers(0, 1000), st.integers(0, 700), st.integers(1, 12), st.integers(8, 30),
        ),
        max_size=25,
    )
)  # fmt: skip
def test_every_word_is_in_some_phrase_and_boxes_hold_their_words(words: list[Word]) -> None:
    phrases = group_phrases(words)
    for word in words:
        assert any(
            p.box.x <= word.box.x and p.box.y <= word.box.y
            and p.box.right >= word.box.right and p.box.bottom >= word.box.bottom
            for p in phrases
        )  # fmt: skip


def test_an_arrow_read_as_a_doubtful_sign_parts_what_stands_beside_it() -> None:
    words = [*text_at("Titre", 20, 20), Word("*", Box(68, 24, 7, 5), 0.2), *text_at("1-5 sur 5", 88, 20)]
    texts = [p.text for p in group_phrases(words)]
    assert "Titre" in texts
    assert "Titre * 1-5 sur 5" not in texts


def test_a_round_button_read_as_a_letter_parts_two_choices() -> None:
    words = [*text_at("croissant", 20, 20), Word("O", Box(100, 20, 10, 14), 0.9), *text_at("décroissant", 116, 20)]
    assert {"croissant", "décroissant"} <= {p.text for p in group_phrases(words)}


def test_an_underlined_part_of_a_line_is_a_phrase_of_its_own() -> None:
    words = [replace(w, is_underlined=w.text == "Datasette") for w in text_at("Powered by Datasette", 20, 20)]
    assert "Datasette" in [p.text for p in group_phrases(words)]


def test_parts_of_a_title_are_parts_and_steps_of_a_path_are_not() -> None:
    page = page_of(("Analyse - Laboratoire", 20, 20), ("Accueil › Patients", 20, 60))
    sources = {p.text: p.source for p in page.phrases}
    assert sources["Laboratoire"] == "part"
    assert sources["Patients"] == "page"


def test_a_tall_icon_between_two_lines_does_not_tear_a_text() -> None:
    icon = Word("©", Box(8, 12, 14, 40), 0.9)
    assert "Ajouter une image" in [p.text for p in group_phrases([icon, *text_at("Ajouter une image", 30, 25)])]


def test_entries_of_a_menu_are_not_joined_as_lines() -> None:
    texts = texts_of(("Ouvrir", 20, 20, 10), ("Fermer", 20, 45, 10))
    assert "Ouvrir Fermer" not in texts


def test_a_rectangle_that_ends_in_a_space_does_not_tear_a_text() -> None:
    texts = texts_of(("Comptes rendus", 100, 100), controls=(control(94, 92, 66, 30),))
    assert {"Comptes rendus", "Comptes", "rendus"} <= set(texts)
