"""The desk: what a form says, what each button does, and that nothing of another entry is overwritten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from navconsole.workflows.desk import Desk, acted, desk_from_json, desk_to_json, pointed, typed, with_banner
from navigation.types import NormBox
from navigation.workflows.drafts import Draft, DraftScreen, DraftTarget, Line
from navigation.workflows.pointing import Pointed

BANNER = NormBox(0, 0.1, 1, 0.05)
LOGIN = DraftScreen("login", (Line("Identifiant", "fr"), Line("User name", "en")), is_without_patient=True)
FILE = DraftScreen("file", (Line("Motif", "fr"),), (Line("Erreur"),), BANNER)
OPEN = DraftTarget("open", (Line("Ouvrir", "fr"),), region=BANNER)
DESK = Desk(Draft("dpi", ("fr", "en"), (LOGIN, FILE), (OPEN,)), 3, screen=1, language="fr")


def said(**values: Any) -> MultiDict[str, str]:
    return MultiDict({name.replace("__", "."): value for name, value in values.items()})


def test_what_was_typed_is_taken_over() -> None:
    values = said(
        screen="1", screen__was="file", screen__name=" dossier  ouvert ", present=["Motif de venue", "", " x "],
        present__language=["fr", "", "xx"], patient="none", target="0", target__was="open", target__name="ouvrir",
        text="Ouvrir", text__language="", kind="secret", languages="fr", note=" why ",
    )  # fmt: skip
    desk = typed(DESK, values)
    assert desk.draft.languages == ("fr",)
    assert desk.draft.screens[1] == DraftScreen(
        "dossier ouvert", (Line("Motif de venue", "fr"), Line("x")), is_without_patient=True
    )
    assert desk.draft.targets == (DraftTarget("ouvrir", (Line("Ouvrir"),), kind="field", is_secret=True),)
    assert (desk.target, desk.note, desk.language, desk.base) == (0, "why", "", 3)
    assert desk.draft.screens[0] == LOGIN


@pytest.mark.parametrize(("number", "was"), [("0", "file"), ("7", "file"), ("x", "file"), ("1", "login"), ("", "")])
def test_an_entry_that_is_not_there_any_more_is_left(number: str, was: str) -> None:
    values = said(screen=number, screen__was=was, screen__name="lost", present="lost", present__language="")
    assert typed(DESK, values).draft == DESK.draft


def test_what_is_open_is_what_the_page_had_open() -> None:
    assert typed(DESK, said(screen="", target="")).screen is None
    assert typed(DESK, said(on="here")) == replace(DESK, on="here")


def test_a_banner_stays_while_it_is_the_answer() -> None:
    values = said(screen="1", screen__was="file", screen__name="file", patient="banner")
    assert typed(DESK, values).draft.screens[1].banner == BANNER
    values["patient"] = ""
    assert typed(DESK, values).draft.screens[1].banner is None


@pytest.mark.parametrize(
    ("act", "open_"),
    [("open-screen:0", (0, None)), ("open-screen:9", (1, None)), ("open-target:0", (1, 0)), ("add-screen", (2, None)),
     ("remove-screen", (0, None)), ("remove-target", (1, None)), ("", (1, None)), ("drop:name:0", (1, None)),
     ("open-screen", (1, None)), ("flip:present:x", (1, None))],
)  # fmt: skip
def test_a_button_opens_what_it_names(act: str, open_: tuple[int, int | None]) -> None:
    desk = acted(DESK, act)
    assert (desk.screen, desk.target) == open_
    assert len(desk.draft.screens) == {"add-screen": 3, "remove-screen": 1}.get(act, 2)


def test_an_open_target_is_closed_again_and_removed() -> None:
    desk = acted(DESK, "open-target:0")
    assert acted(desk, "open-target:0").target is None
    assert acted(desk, "remove-target").draft.targets == ()
    assert acted(acted(acted(DESK, "remove-screen"), "remove-screen"), "remove-screen").screen is None


def test_a_line_is_dropped_or_moves_to_the_other_list() -> None:
    flipped = acted(DESK, "flip:absent:0").draft.screens[1]
    assert (flipped.present, flipped.absent) == ((Line("Motif", "fr"), Line("Erreur")), ())
    assert acted(DESK, "drop:present:0").draft.screens[1].present == ()
    assert acted(DESK, "drop:present:1") == acted(DESK, "drop:text:0") == DESK
    opened = acted(DESK, "open-target:0")
    assert acted(opened, "flip:text:0").draft.targets[0].synonyms == (Line("Ouvrir", "fr"),)


def test_pointing_adds_to_the_open_screen_or_begins_one() -> None:
    desk = pointed(DESK, "absent", Pointed("Fermé"))
    assert desk.draft.screens[1].absent == (Line("Erreur"), Line("Fermé", "fr"))
    assert pointed(desk, "absent", Pointed("FERME")) == desk
    assert pointed(DESK, "absent", Pointed("erreur")) == DESK
    begun = pointed(Desk(Draft("dpi")), "present", Pointed("Tableau : lits"))
    assert begun.draft.screens == (DraftScreen("tableau-lits", (Line("Tableau : lits"),)),)
    assert begun.screen == 0


def test_pointing_at_a_control_makes_a_target_once() -> None:
    desk = pointed(DESK, "target", Pointed("Mot de passe", "field"))
    assert desk.draft.targets[1] == DraftTarget(
        "mot-de-passe", (Line("Mot de passe", "fr"),), kind="field", is_secret=True
    )
    assert desk.target == 1
    again = pointed(desk, "target", Pointed("ouvrir"))
    assert (again.target, len(again.draft.targets)) == (0, 2)


def test_a_banner_is_drawn_for_the_open_screen() -> None:
    desk = with_banner(acted(DESK, "open-screen:0"), BANNER)
    assert (desk.draft.screens[0].banner, desk.draft.screens[0].is_without_patient) == (BANNER, False)
    assert with_banner(Desk(Draft("dpi")), BANNER) == Desk(Draft("dpi"))


def test_a_desk_is_kept_as_it_is() -> None:
    assert desk_from_json(desk_to_json(DESK)) == DESK
