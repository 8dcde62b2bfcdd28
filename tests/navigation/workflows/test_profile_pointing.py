"""What is meant by a place of a captured screen, and the names made of texts."""

from __future__ import annotations

import pytest

from navigation.types import Box, Control, Page, Phrase, Size, Word
from navigation.workflows.pointing import Pointed, name_for, pointed_at, pressable, texts_of

TITLE, LABEL, VALUE, BUTTON = (
    Phrase("Bienvenue dans Mélisse", Box(100, 60, 200, 20), 0.9),
    Phrase("Mot de passe", Box(100, 120, 90, 16), 0.9),
    Phrase("Mot de", Box(100, 120, 45, 16), 0.9, "part"),
    Phrase("Connexion", Box(180, 212, 80, 16), 0.9),
)
CARD, FIELD, PRESSED = (
    Control(Box(80, 40, 300, 260), "box"),
    Control(Box(100, 142, 240, 30), "field"),
    Control(Box(100, 204, 240, 32), "button"),
)
PHRASES = (BUTTON, TITLE, LABEL, VALUE)
PAGE = Page(
    Size(800, 600),
    tuple(Word(phrase.text, phrase.box, 0.9) for phrase in (TITLE, LABEL, BUTTON)),
    PHRASES,
    (CARD, FIELD, PRESSED),
    "test",
    "0" * 64,
    "test",
)


@pytest.mark.parametrize(
    ("box", "found"),
    [
        (TITLE.box, Pointed("Bienvenue dans Mélisse")),
        (LABEL.box, Pointed("Mot de passe")),
        (VALUE.box, Pointed("Mot de")),
        (PRESSED.box, Pointed("Connexion")),
        (FIELD.box, Pointed("Mot de passe", "field")),
        (CARD.box, Pointed("Bienvenue dans Mélisse")),
        (Box(500, 400, 48, 24), None),
    ],
    ids=["a text", "the largest of two", "a part of one", "a button", "an input by its label", "many", "nothing"],
)
def test_a_place_is_known_by_the_text_that_stands_there(box: Box, found: Pointed | None) -> None:
    assert pointed_at(box, PAGE) == found


def test_a_card_full_of_texts_is_not_meant_as_a_whole() -> None:
    assert pressable(PAGE) == [FIELD, PRESSED]


def test_texts_are_listed_as_they_are_read_and_once() -> None:
    twice = Phrase("Connexion", Box(10, 580, 80, 12), 0.5)
    page = Page(Size(800, 600), (), (*PHRASES, twice, Phrase("—", Box(0, 0, 9, 9), 0.5)), (), "t", "0" * 64, "t")
    assert texts_of(page) == ["Bienvenue dans Mélisse", "Mot de passe", "Mot de", "Connexion"]


@pytest.mark.parametrize(
    ("text", "name"),
    [("Se connecter", "se-connecter"), ("Éditer l'ordonnance !", "editer-l-ordonnance"), ("2 lits", "text-2-lits"),
     ("—", "text"), ("Ouvrir", "ouvrir-3"), ("x" * 90, "x" * 40)],
)  # fmt: skip
def test_a_name_is_made_of_the_text(text: str, name: str) -> None:
    assert name_for(text, ["ouvrir", "ouvrir-2"]) == name
