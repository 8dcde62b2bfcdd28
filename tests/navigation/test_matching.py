"""Two texts as one control's name: what counts as the same and what never does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.matching import best_text_score, is_other_case, text_score

SAME = [
    ("Se connecter", "Se connecter"),
    ("Se connecter", "SE CONNECTER"),
    ("Prénom", "Prenom"),
    ("Nom d’utilisateur", "Nom d'utilisateur :"),
    ("Mot de passe", "Mot de passe *"),
    ("Œdème", "oedeme"),
    ("Valider  la\u00a0prescription", "Valider la prescription"),
]

LOOK_ALIKE = [
    ("Journal", "Joumal"),
    ("Al Gateway", "AI Gateway"),
    ("Box O2", "Box 02"),
    ("Lit 10", "Lit l0"),
    ("Mot de passe", "Motde passe"),
]

OTHER = [
    ("Connexion", "Déconnexion"),
    ("Enregistrer", "Enregistrement"),
    ("Save", "Save As"),
    ("Valider", "Invalider"),
    ("Mot de passe", "Mot de passe oublié"),
    ("Box 3", "Box 8"),
    ("IPP 80012345", "IPP 80012346"),
    ("Par statut super-utilisateur", "Statut super-utilisateur"),
    ("Activer", "Désactiver"),
    ("Prescription", "Nouvelle prescription"),
]


@pytest.mark.parametrize(("asked", "read"), SAME)
def test_case_accents_quotes_and_label_signs_do_not_matter(asked: str, read: str) -> None:
    assert text_score(asked, read) == 1.0


@pytest.mark.parametrize(("asked", "read"), LOOK_ALIKE)
def test_letters_that_ocr_confuses_match_a_little_less_than_exactly(asked: str, read: str) -> None:
    assert text_score(asked, read) == 0.99


@pytest.mark.parametrize(("asked", "read"), OTHER)
def test_another_word_stays_under_every_sensible_limit(asked: str, read: str) -> None:
    assert text_score(asked, read) <= 0.80


@pytest.mark.parametrize(("asked", "read"), [("Ordonnances", "Ordonnauces"), ("Transmissions", "Transmissi0ns")])
def test_one_misread_letter_in_a_long_word_still_passes(asked: str, read: str) -> None:
    assert text_score(asked, read) >= 0.90


@pytest.mark.parametrize("text", ["", "   ", "…", ":", "*"])
def test_a_text_without_content_matches_nothing_else(text: str) -> None:
    assert text_score("Valider", text) < 0.5


@given(st.text(max_size=60), st.text(max_size=60))
def test_scores_stay_within_0_and_1_and_do_not_depend_on_order(a: str, b: str) -> None:
    assert 0.0 <= text_score(a, b) <= 1.0
    assert text_score(a, b) == pytest.approx(text_score(b, a))


@given(st.text(alphabet=st.characters(categories=["L", "Nd"]), min_size=1, max_size=40))
def test_every_text_is_itself(text: str) -> None:
    assert text_score(text, text) == 1.0


def test_a_synonym_counts_as_much_as_the_text_itself() -> None:
    assert best_text_score(("Se connecter", "Connexion"), "Connexion") == 1.0


@pytest.mark.parametrize(
    ("asked", "read", "is_other"),
    [
        ("Examens", "EXAMENS", True),
        ("ADMIN", "admin.", True),
        ("Patients", "patients", False),
        ("Vos soucis", "vos SOUCIS", False),
    ],
    ids=["capitals", "small letters", "one letter", "letters of one form"],
)
def test_capitals_count_where_two_letters_have_another_form(asked: str, read: str, is_other: bool) -> None:
    assert is_other_case(asked, read) is is_other
