"""The log-in page: its three parts, and what it says when it lets nobody in."""

from __future__ import annotations

import pytest

from navigation.types import Outcome, Page, Screen
from navigation.visual_login import LoginForm, classify_after_submit, recognise_notice, resolve_login
from navigation.visual_verifier import verify_after
from tests.navigation.pages import LIMITS, control, page_of

INPUTS = (control(100, 160, 300, 34), control(100, 240, 300, 34))
BUTTON = control(100, 300, 140, 36, "button")
FRENCH = page_of(
    ("Dossier Patient", 80, 60, 20), ("Identifiant", 100, 140), ("Mot de passe", 100, 220), ("Se connecter", 110, 311),
    controls=(*INPUTS, BUTTON),
)  # fmt: skip
ENGLISH = page_of(
    ("Patient records", 80, 60, 20), ("Username", 100, 140), ("Password", 100, 220), ("Log in", 110, 311),
    controls=(*INPUTS, BUTTON),
)  # fmt: skip


def with_message(message: str) -> Page:
    return page_of(
        ("Dossier Patient", 80, 60, 20), (message, 100, 100), ("Identifiant", 100, 140), ("Mot de passe", 100, 220),
        ("Se connecter", 110, 311), controls=(*INPUTS, BUTTON),
    )  # fmt: skip


@pytest.mark.parametrize("page", [FRENCH, ENGLISH], ids=["french", "english"])
def test_the_three_parts_are_found(page: Page) -> None:
    plan = resolve_login(page, LoginForm(), LIMITS)
    assert plan.outcome is Outcome.OK
    assert plan.user is not None
    assert plan.password is not None
    assert plan.submit is not None
    assert (plan.user.box_px, plan.password.box_px) == (INPUTS[0].box, INPUTS[1].box)
    assert plan.submit.box_px == BUTTON.box


def test_another_screen_is_not_logged_in_to() -> None:
    plan = resolve_login(FRENCH, LoginForm(screen=Screen(present=("Portail pharmacie",))), LIMITS)
    assert plan.outcome is Outcome.WRONG_SCREEN
    assert plan.user is None


def test_the_right_screen_is_verified_first() -> None:
    plan = resolve_login(FRENCH, LoginForm(screen=Screen(present=("Dossier Patient",))), LIMITS)
    assert plan.outcome is Outcome.OK
    assert plan.verification is not None
    assert plan.verification.status == "passed"


def test_without_a_password_field_nothing_is_planned() -> None:
    page = page_of(("Identifiant", 100, 140), ("Se connecter", 110, 311), controls=(INPUTS[0], BUTTON))
    assert resolve_login(page, LoginForm(), LIMITS).outcome is Outcome.ABSENT


def test_two_log_in_buttons_are_ambiguous() -> None:
    page = page_of(
        ("Identifiant", 100, 140), ("Mot de passe", 100, 220), ("Se connecter", 110, 311), ("Se connecter", 410, 311),
        controls=(*INPUTS, BUTTON, control(400, 300, 140, 36, "button")),
    )  # fmt: skip
    assert resolve_login(page, LoginForm(), LIMITS).outcome is Outcome.AMBIGUOUS


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("Compte verrouillé, contactez le support", Outcome.ACCOUNT_LOCKED),
        ("Saisissez le code de vérification reçu", Outcome.NEEDS_HUMAN),
    ],
)
def test_a_locked_account_or_a_second_factor_stops_before_anything_is_typed(message: str, outcome: Outcome) -> None:
    assert resolve_login(with_message(message), LoginForm(), LIMITS).outcome is outcome


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("Identifiant ou mot de passe incorrect", Outcome.LOGIN_REFUSED),
        ("Échec de l'authentification", Outcome.LOGIN_REFUSED),
        ("Invalid username or password", Outcome.LOGIN_REFUSED),
        ("Votre compte a été verrouillé", Outcome.ACCOUNT_LOCKED),
        ("Trop de tentatives, réessayez plus tard", Outcome.ACCOUNT_LOCKED),
        ("Your account is locked", Outcome.ACCOUNT_LOCKED),
        ("Votre session a expiré", Outcome.SESSION_EXPIRED),
        ("Session timed out", Outcome.SESSION_EXPIRED),
        ("Insérez votre carte CPS", Outcome.NEEDS_HUMAN),
        ("Un code vous a été envoyé par SMS", Outcome.NEEDS_HUMAN),
        ("Enter the verification code", Outcome.NEEDS_HUMAN),
    ],
)
def test_what_a_page_says_is_an_outcome(message: str, outcome: Outcome) -> None:
    notice = recognise_notice(with_message(message))
    assert notice is not None
    assert notice.outcome is outcome
    assert notice.text == message


@pytest.mark.parametrize("page", [FRENCH, ENGLISH], ids=["french", "english"])
def test_a_plain_log_in_page_says_nothing(page: Page) -> None:
    assert recognise_notice(page) is None


def test_a_standing_help_text_is_not_an_answer() -> None:
    page = with_message("Trois mots de passe incorrects verrouillent le compte")
    assert recognise_notice(page, before=page) is None


def test_locked_is_told_from_refused_when_both_are_said() -> None:
    page = with_message("Mot de passe incorrect, compte verrouillé")
    notice = recognise_notice(page)
    assert notice is not None
    assert notice.outcome is Outcome.ACCOUNT_LOCKED


BOARD = page_of(("Urgences", 80, 60, 20), ("Déconnexion", 1200, 20))


def submit(after: Page) -> Outcome | None:
    verdict = verify_after(FRENCH, after, Screen(present=("Urgences",)), LIMITS, changed_share=0.1)
    notice = classify_after_submit(FRENCH, after, verdict)
    return notice.outcome if notice else None


def test_a_refused_log_in_is_said_after_the_press() -> None:
    assert submit(with_message("Identifiant ou mot de passe incorrect")) is Outcome.LOGIN_REFUSED


def test_a_log_in_that_landed_has_no_notice() -> None:
    assert submit(BOARD) is None


def test_a_page_that_says_nothing_has_no_notice() -> None:
    assert submit(page_of(("Maintenance en cours", 80, 60))) is None


def test_a_second_factor_after_the_press_needs_a_person() -> None:
    assert submit(page_of(("Double authentification", 80, 60), ("Code", 100, 140))) is Outcome.NEEDS_HUMAN
