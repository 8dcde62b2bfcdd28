"""Is this the screen, and did the press land? Anchors fuzzy within limits, never a pass on a doubt."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navigation.errors import BadActionError
from navigation.settings import Thresholds
from navigation.types import Page, Screen, Verification
from navigation.verdicts import ERROR_NOTICES, anchor_score, filled, find_notice, new_texts
from navigation.visual_verifier import UNCHANGED_SHARE, verify_after, verify_before
from tests.navigation.pages import LIMITS, page_of

LOGIN = page_of(
    ("Dossier Patient Informatisé", 80, 60, 20), ("Identifiant", 100, 140), ("Mot de passe", 100, 220),
    ("Se connecter", 110, 300), ("Mot de passe oublié ?", 110, 340),
)  # fmt: skip
BOARD = page_of(
    ("Urgences", 80, 60, 20), ("12 patients", 80, 100), ("MARTIN Jeanne", 80, 140), ("IPP 80012345", 400, 140),
    ("Déconnexion", 1200, 20),
)  # fmt: skip
REFUSED = page_of(
    ("Dossier Patient Informatisé", 80, 60, 20), ("Identifiant ou mot de passe incorrect", 100, 100),
    ("Identifiant", 100, 140), ("Mot de passe", 100, 220), ("Se connecter", 110, 300),
)  # fmt: skip


def before(page: Page, *present: str, absent: tuple[str, ...] = (), **parameters: str) -> Verification:
    return verify_before(page, Screen(present=present, absent=absent, parameters=parameters), LIMITS)


def after(first: Page, second: Page, *present: str, absent: tuple[str, ...] = (), share: float = 0.4) -> Verification:
    return verify_after(first, second, Screen(present=present, absent=absent), LIMITS, changed_share=share)


# --- before: passed --------------------------------------------------------------------------------


def test_every_expected_text_there_passes() -> None:
    verdict = before(LOGIN, "Identifiant", "Mot de passe", "Se connecter")
    assert verdict.status == "passed"
    assert verdict.reason.values == {"count": 3}


def test_a_forbidden_text_that_is_not_there_passes() -> None:
    assert before(LOGIN, "Identifiant", absent=("Session expirée",)).status == "passed"


def test_only_forbidden_texts_are_enough_to_recognise_a_screen_by() -> None:
    assert before(LOGIN, absent=("Session expirée",)).status == "passed"


@pytest.mark.parametrize("anchor", ["IDENTIFIANT", "identifiant", "Identifiant :", "Identifiant *", " Identifiant "])
def test_case_and_label_signs_do_not_matter(anchor: str) -> None:
    assert before(LOGIN, anchor).status == "passed"


@pytest.mark.parametrize("anchor", ["Dossier Patient Informatise", "DOSSIER PATIENT INFORMATISÉ"])
def test_accents_do_not_matter(anchor: str) -> None:
    assert before(LOGIN, anchor).status == "passed"


def test_a_text_may_stand_in_a_sentence() -> None:
    assert before(page_of(("Bienvenue docteur Morel, bon service", 80, 60)), "docteur Morel").status == "passed"


def test_a_parameter_is_filled_in() -> None:
    assert before(BOARD, "IPP {ipp}", ipp="80012345").status == "passed"


def test_one_misread_letter_still_passes() -> None:
    assert before(page_of(("Transmissious", 80, 60)), "Transmissions").status == "passed"


def test_each_anchor_says_where_it_was_read() -> None:
    check = before(LOGIN, "Se connecter").anchors[0]
    assert check.box is not None
    assert (check.box.x, check.box.y) == (110, 300)
    assert check.read_text == "Se connecter"


# --- before: failed --------------------------------------------------------------------------------


def test_a_missing_text_fails_and_is_named() -> None:
    verdict = before(LOGIN, "Identifiant", "Tableau de bord")
    assert verdict.status == "failed"
    assert verdict.reason.code == "screen_missing"
    assert verdict.reason.values["anchor"] == "Tableau de bord"


def test_a_forbidden_text_fails_even_when_all_else_is_there() -> None:
    verdict = before(REFUSED, "Identifiant", absent=("Identifiant ou mot de passe incorrect",))
    assert verdict.status == "failed"
    assert verdict.reason.code == "screen_forbidden"


def test_a_forbidden_text_inside_a_sentence_fails() -> None:
    page = page_of(("Identifiant", 100, 140), ("Votre session expirée a été fermée", 100, 100))
    assert before(page, "Identifiant", absent=("session expirée",)).status == "failed"


def test_a_screen_without_any_anchor_fails() -> None:
    verdict = before(LOGIN)
    assert verdict.status == "failed"
    assert verdict.reason.code == "screen_unspecified"


def test_an_empty_page_fails() -> None:
    assert before(page_of(), "Identifiant").status == "failed"


@pytest.mark.parametrize(
    ("anchor", "shown"),
    [
        ("Connexion", "Déconnexion"),
        ("connecté", "déconnecté"),
        ("Enregistrer", "Enregistrement"),
        ("IPP 80012345", "IPP 80012346"),
        ("Box 3", "Box 8"),
        ("12/03/1958", "13/03/1958"),
        ("Validée", "Invalidée"),
    ],
)
def test_a_text_that_only_resembles_the_anchor_does_not_pass(anchor: str, shown: str) -> None:
    assert before(page_of((shown, 80, 60)), anchor).status != "passed"


def test_a_parameter_with_another_value_does_not_pass() -> None:
    assert before(BOARD, "IPP {ipp}", ipp="80012346").status != "passed"


def test_a_parameter_without_a_value_is_an_error_that_names_it() -> None:
    with pytest.raises(BadActionError, match="ipp"):
        before(BOARD, "IPP {ipp}")


@pytest.mark.parametrize("text", ["IPP {ipp", "IPP }"])
def test_braces_that_do_not_pair_are_an_error(text: str) -> None:
    with pytest.raises(BadActionError):
        filled(text, Screen())


def test_all_anchors_are_reported_even_after_the_first_that_fails() -> None:
    verdict = before(LOGIN, "Tableau de bord", "Identifiant", absent=("Se connecter",))
    assert [(a.text, a.expected, a.is_met) for a in verdict.anchors] == [
        ("Tableau de bord", "present", False), ("Identifiant", "present", True), ("Se connecter", "absent", False),
    ]  # fmt: skip


# --- before: ambiguous -----------------------------------------------------------------------------


def test_a_text_that_was_nearly_read_leaves_the_screen_in_doubt() -> None:
    verdict = before(page_of(("Transmiccious", 80, 60)), "Transmissions")
    assert verdict.status == "ambiguous"
    assert verdict.reason.values["read"] == "Transmiccious"


def test_a_doubt_beside_a_certain_miss_fails() -> None:
    verdict = before(page_of(("Transmiccious", 80, 60)), "Transmissions", "Tableau de bord")
    assert verdict.status == "failed"
    assert verdict.reason.values["anchor"] == "Tableau de bord"


def test_the_limit_decides_between_a_pass_and_a_doubt() -> None:
    page, screen = page_of(("Transmissious", 80, 60)), Screen(present=("Transmissions",))
    assert verify_before(page, screen, Thresholds(anchor=0.90)).status == "passed"
    assert verify_before(page, screen, Thresholds(anchor=0.95)).status == "ambiguous"


# --- after -----------------------------------------------------------------------------------------


def test_the_expected_screen_after_a_change_has_landed() -> None:
    verdict = after(LOGIN, BOARD, "Urgences", "Déconnexion")
    assert (verdict.status, verdict.change) == ("passed", "landed")
    assert verdict.reason.code == "landed"


def test_nothing_changed_is_said_and_fails() -> None:
    verdict = after(LOGIN, LOGIN, "Urgences", share=0.0)
    assert (verdict.status, verdict.change) == ("failed", "unchanged")


def test_an_unchanged_picture_is_never_a_pass_even_with_every_text_there() -> None:
    verdict = after(LOGIN, LOGIN, "Identifiant", share=0.0)
    assert (verdict.status, verdict.change) == ("ambiguous", "unchanged")


@pytest.mark.parametrize(("share", "change"), [(UNCHANGED_SHARE / 2, "unchanged"), (UNCHANGED_SHARE * 2, "landed")])
def test_a_blinking_caret_is_no_change(share: float, change: str) -> None:
    assert after(LOGIN, LOGIN, "Identifiant", share=share).change == change


def test_a_new_error_message_is_quoted() -> None:
    verdict = after(LOGIN, REFUSED, "Urgences")
    assert (verdict.status, verdict.change) == ("failed", "error_message")
    assert verdict.notice == "Identifiant ou mot de passe incorrect"


def test_a_message_that_stood_there_before_is_not_the_answer() -> None:
    verdict = after(REFUSED, REFUSED, "Urgences", share=0.01)
    assert verdict.change == "another_screen"
    assert verdict.notice == ""


def test_another_screen_is_said_with_what_is_missing() -> None:
    verdict = after(LOGIN, BOARD, "Prescriptions")
    assert (verdict.status, verdict.change) == ("failed", "another_screen")
    assert verdict.reason.values["anchor"] == "Prescriptions"


def test_a_forbidden_text_after_the_press_fails() -> None:
    verdict = after(LOGIN, BOARD, "Urgences", absent=("Déconnexion",))
    assert verdict.status == "failed"
    assert verdict.reason.code == "screen_forbidden"


def test_a_doubtful_text_after_the_press_is_no_pass() -> None:
    assert after(LOGIN, page_of(("Transmiccious", 80, 60)), "Transmissions").status == "ambiguous"


def test_no_anchor_after_the_press_is_no_pass() -> None:
    assert after(LOGIN, BOARD).status == "failed"


def test_new_texts_are_those_the_page_before_did_not_show() -> None:
    assert [p.text for p in new_texts(LOGIN, REFUSED)] == ["Identifiant ou mot de passe incorrect"]


@pytest.mark.parametrize(
    "message",
    [
        "Ce champ est obligatoire.", "Corrigez les erreurs ci-dessous.", "Accès refusé", "Action impossible",
        "Mot de passe incorrect", "Session expirée", "This field is required.", "Login failed", "Permission denied",
    ],
)  # fmt: skip
def test_messages_of_failure_are_recognised_in_both_languages(message: str) -> None:
    assert find_notice(page_of((message, 80, 60)).phrases, ERROR_NOTICES) is not None


@pytest.mark.parametrize("text", ["Bienvenue", "12 patients", "Prescription validée", "Dossier enregistré", "Saved"])
def test_ordinary_texts_are_no_messages_of_failure(text: str) -> None:
    assert find_notice(page_of((text, 80, 60)).phrases, ERROR_NOTICES) is None


# --- anchors as a measure ---------------------------------------------------------------------------


def test_an_anchor_counts_only_as_whole_words() -> None:
    assert anchor_score("connecté", "vous êtes déconnecté") < LIMITS.anchor


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=50), st.text(max_size=80))
def test_anchor_scores_stay_within_0_and_1(anchor: str, text: str) -> None:
    assert 0.0 <= anchor_score(anchor, text) <= 1.0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["Urgences", "Patient", "Tri", "Motif", "Attente"]), min_size=1, max_size=5, unique=True)
)
def test_adding_a_text_that_is_missing_never_turns_a_fail_into_a_pass(present: list[str]) -> None:
    page = page_of(("Urgences", 80, 60), ("Patient", 80, 100))
    without = before(page, *present).status
    assert before(page, *present, "Tableau de bord").status == "failed"
    assert without == ("passed" if set(present) <= {"Urgences", "Patient"} else without)


def test_a_forbidden_text_is_not_seen_in_another_ending() -> None:
    screen = Screen(["Accueil"], ["Tables"])
    page = page_of(("CREATE TABLE stations", 40, 40), ("Accueil", 40, 90))
    assert verify_before(page, screen, LIMITS).status == "passed"
    assert verify_before(page_of(("Tables", 40, 40), ("Accueil", 40, 90)), screen, LIMITS).status == "failed"


def test_a_small_change_that_brought_the_screen_about_has_landed() -> None:
    before, after = page_of(("Identifiant", 40, 40)), page_of(("Identifiant", 40, 40), ("Refusé", 40, 90))
    landed = verify_after(before, after, Screen(["Identifiant", "Refusé"]), LIMITS, changed_share=0.0001)
    assert (landed.status, landed.change) == ("passed", "landed")
    same = verify_after(after, after, Screen(["Identifiant", "Refusé"]), LIMITS, changed_share=0.0)
    assert (same.status, same.change) == ("ambiguous", "unchanged")
