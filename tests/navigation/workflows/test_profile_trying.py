"""A profile tried on pages: what it recognises and finds, what two screens claim, and what the version before knew."""

from __future__ import annotations

from navigation.settings import Thresholds
from navigation.types import Box, Page, Phrase, Size, Word
from navigation.workflows.trying import Tried, distinct, tally, try_page
from tests.navigation.workflows.writing import a_profile

PROFILE = """\
profile: dpi
languages: [fr, en]
screens:
  login: {present: {fr: Identifiant, en: User name}}
  board: {present: {fr: Tableau, en: Board}, absent: Erreur}
  any: {present: Aide}
  file: {present: [Motif, "{ipp}"]}
  whose: {present: "{ipp}"}
targets:
  open: {text: {fr: Ouvrir, en: Open}}
  leave: {text: Quitter}
"""
LIMITS = Thresholds()


def a_page(*texts: str) -> Page:
    phrases = tuple(Phrase(text, Box(40, 40 + 60 * row, 12 * len(text), 24), 0.9) for row, text in enumerate(texts))
    words = tuple(Word(phrase.text, phrase.box, 0.9) for phrase in phrases)
    return Page(Size(1000, 800), words, phrases, (), "test", "0" * 64, "test")


def tried(*texts: str, profile: str = PROFILE) -> Tried:
    return try_page(a_profile(profile), a_page(*texts), LIMITS)


def test_a_screen_is_recognised_in_any_of_its_languages() -> None:
    assert tried("Identifiant").screens == tried("User name").screens == ("login",)
    assert tried("Board", "Aide").screens == ("board", "any")
    assert tried("Board", "Erreur").screens == ()
    assert (tried("Tabteav").screens, tried("Tabteau").nearly) == ((), ("board",))


def test_texts_that_only_a_run_can_fill_are_left_out() -> None:
    assert tried("Motif", "80012345").screens == ("file",)
    assert tried("80012345").screens == ()


def test_a_target_counts_as_found_in_the_language_in_which_it_is() -> None:
    assert dict(tried("Open", "Board").targets) == {"open": "found", "leave": "absent"}
    assert tried("Ouvrir", "texte", "Ouvrir").targets["open"] == "ambiguous"
    assert tried("Ouvrir", "Open").targets["open"] == "found"


def test_everything_is_counted_together() -> None:
    profile = a_profile(PROFILE)
    captures = [("Identifiant", "Ouvrir"), ("Tableau", "Aide"), ("Rien",), ("Motif",)]
    now = [tried(*texts) for texts in captures]
    before = [Tried(("login",), (), {}), Tried(("board",), (), {}), Tried(("old",), (), {}), Tried(("any",), (), {})]
    found = tally(profile, now, before)
    assert {one.name: list(one.recognised) for one in found.screens} == {
        "login": [0], "board": [1], "any": [1], "file": [3], "whose": [],
    }  # fmt: skip
    assert [one.name for one in found.screens if not one.is_tried] == ["whose"]
    assert dict(found.conflicts) == {1: ("board", "any")}
    assert list(found.unclaimed) == [2]
    assert dict(found.lost) == {2: ("old",)}
    assert dict(found.moved) == {3: (("any",), ("file",))}
    open_, leave = found.targets
    assert (dict(open_.outcomes), list(open_.found), dict(leave.outcomes)) == (
        {"found": 1, "absent": 3}, [0], {"absent": 4},
    )  # fmt: skip
    first = tally(profile, now, [])
    assert (first.count, dict(first.lost), dict(first.moved)) == (4, {}, {})


def test_pictures_that_share_most_of_their_texts_show_one_screen() -> None:
    rows = [f"ligne {letter}" for letter in "abcdefgh"]
    pages = [a_page(*rows), a_page("Autre"), a_page(*rows[:7], "ligne x"), a_page(*rows[:4], "u", "v"), a_page()]
    assert distinct(pages) == [(0, 2), (1, 1), (3, 1), (4, 1)]
