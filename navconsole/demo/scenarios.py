"""The demo's story, as data: what the robot is asked to do at the hospital, with which switches on.

`expected` is what the story means to show; nothing is made to happen. What the engine saw decides, and where
the two differ the walk says so. A robot stops at the first outcome that is not ok, so a failure comes last.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from navconsole.demo.hospital.data import PATIENTS, Patient
from navconsole.demo.hospital.state import Switches
from navigation.agents.agent import Instruction
from navigation.types import NormBox, Outcome, Screen, Target, TargetKind

APPLICATION = "melisse-dpi"
# Names of the lines in the demo's own secrets file.
DOCTOR, DOCTOR_SECRET = "c.lemoine", "DPI_LEMOINE"
FACTOR_DOCTOR, FACTOR_SECRET = "p.arnaud", "DPI_ARNAUD"
LOCKED_NURSE, LOCKED_SECRET = "s.verrou", "DPI_VERROU"
WRONG_SECRET = "DPI_PERIME"

_HEIGHT_PX, _BANNER_TOP_PX, _BANNER_HEIGHT_PX = 768, 45, 46

Event = Literal["", "sessions_expire"]


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt; `event` happens at the hospital just before it."""

    instruction: Instruction
    expected: Outcome = Outcome.OK
    event: Event = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One run. `patient` is whose record the run is about; `start` the page it opens first."""

    name: str
    steps: tuple[Step, ...]
    start: str = "urgences"
    patient: Patient | None = None
    switches: Switches = field(default_factory=Switches)


def banner_of(scale: int) -> NormBox:
    """Where a file of the hospital shows whose it is, on a screen 768 pixels high at that scale (per cent)."""
    factor = scale / 100
    return NormBox(0.0, _BANNER_TOP_PX * factor / _HEIGHT_PX, 1.0, _BANNER_HEIGHT_PX * factor / _HEIGHT_PX)


LOGIN = Screen(("Identifiant", "Mot de passe"), ("Session expirée",), "login", is_without_patient=True)
BOARD = Screen(("Tableau des urgences",), name="board", is_without_patient=True)
# The words of the board that outlived the update.
ANY_BOARD = Screen(("Service des urgences", "AVC suspecté"), name="board", is_without_patient=True)
SUMMARY = Screen(("Motif de venue", "Antécédents"), name="file", patient_banner=banner_of(100))
PRESCRIPTIONS = Screen(("Prescripteur", "Nouvelle prescription"), name="prescriptions", patient_banner=banner_of(100))
NEW = Screen(("Médicament", "Fréquence", "Enregistrer"), name="new-prescription", patient_banner=banner_of(100))
NOTES = Screen(("Patient installé, scope en place, famille prévenue.",), name="notes", patient_banner=banner_of(100))
SUSPEND = Screen(("Suspendre cette prescription ?",), name="suspend", patient_banner=banner_of(100))


def said(text: str) -> Screen:
    """A screen known by one sentence of it."""
    return Screen((text,))


def press(
    text: str,
    before: Screen | None,
    after: Screen | None,
    expected: Outcome = Outcome.OK,
    *,
    near: str | None = None,
    occurrence: int | None = None,
    synonyms: tuple[str, ...] = (),
    event: Event = "",
) -> Step:
    target = Target(text, near=near, occurrence=occurrence, synonyms=synonyms)
    return Step(Instruction(target, before, after), expected, event)


def fill(label: str, before: Screen, text: str, expected: Outcome = Outcome.OK) -> Step:
    kind: TargetKind = "field"
    return Step(Instruction(Target(label, kind), before, _still(before), text=text), expected)


def sign_in(
    user: str,
    secret: str,
    expected: Outcome = Outcome.OK,
    *,
    screen: Screen = LOGIN,
    landed: Screen = BOARD,
    synonyms: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = ((), (), ()),
) -> tuple[Step, ...]:
    """Name, password, button; `synonyms` are other words for each of the three."""
    in_user, in_password, in_button = synonyms
    return (
        Step(Instruction(Target("Identifiant", "field", in_user), screen, screen, text=user)),
        Step(Instruction(Target("Mot de passe", "field", in_password), screen, screen, secret=secret)),
        Step(Instruction(Target("Se connecter", synonyms=in_button), screen, landed, flow="login"), expected),
    )


def open_file(patient: Patient, *, before: Screen = BOARD) -> Step:
    """Press "Ouvrir" in the patient's row, and land on the file that bears the same number."""
    return press("Ouvrir", before, Screen(("Motif de venue", patient.ipp), name="file"), near=patient.name)


def at_scale(screen: Screen, scale: int) -> Screen:
    return replace(screen, patient_banner=banner_of(scale))


def _still(screen: Screen) -> Screen:
    """The same screen, once a field of it has been filled."""
    return replace(screen, patient_banner=None)


JEANNE, JEANNINE, _, AWA, MARC, INES, ODILE, MOUSSA, CAMILLE, PAUL, HELENE, HUGO = PATIENTS
_UPDATED_LOGIN = Screen(("Nom d'utilisateur", "Code secret"), name="login")
_UPDATED_WORDS = (("Nom d'utilisateur",), ("Code secret",), ("Connexion",))

SCENARIOS: tuple[Scenario, ...] = (
    # before anybody is signed in
    Scenario(
        "connexion-fenetre-de-maintenance", (fill("Identifiant", LOGIN, DOCTOR, Outcome.WRONG_SCREEN),), "connexion",
        switches=Switches(popup=True),
    ),
    Scenario("connexion-refusee", sign_in(DOCTOR, WRONG_SECRET, Outcome.LOGIN_REFUSED), "connexion"),
    Scenario("connexion-compte-verrouille", sign_in(LOCKED_NURSE, LOCKED_SECRET, Outcome.ACCOUNT_LOCKED), "connexion"),
    Scenario("connexion-double-authentification", sign_in(FACTOR_DOCTOR, FACTOR_SECRET, Outcome.NEEDS_HUMAN),
             "connexion"),
    Scenario(
        "connexion-deux-boutons",
        (press("Se connecter", LOGIN, BOARD, Outcome.AMBIGUOUS),), "connexion", switches=Switches(twin=True),
    ),
    Scenario("connexion-apres-mise-a-jour", (fill("Identifiant", LOGIN, DOCTOR, Outcome.WRONG_SCREEN),), "connexion",
             switches=Switches(version="v2")),
    Scenario("connexion", sign_in(DOCTOR, DOCTOR_SECRET), "connexion"),
    # signed in, all as it should be
    Scenario(
        "valider-une-prescription",
        (
            open_file(JEANNE),
            press("Prescriptions", SUMMARY, PRESCRIPTIONS),
            press("Valider", PRESCRIPTIONS, said("Prescription validée.")),
            press("Transmissions", PRESCRIPTIONS, NOTES),
            fill("Saisir une transmission", NOTES, "Prescription validée, patiente prévenue."),
            press("Ajouter", NOTES, said("Transmission ajoutée.")),
            press("Retour au tableau", NOTES, BOARD),
        ),
        patient=JEANNE,
    ),
    Scenario(
        "suspendre-une-prescription",
        (
            open_file(ODILE),
            press("Prescriptions", SUMMARY, PRESCRIPTIONS),
            press("Suspendre", PRESCRIPTIONS, SUSPEND, near="PARACÉTAMOL 1 g"),
            press("Confirmer", SUSPEND, said("Prescription suspendue.")),
        ),
        patient=ODILE,
    ),
    Scenario(
        "nouvelle-prescription",
        (
            open_file(AWA),
            press("Prescriptions", SUMMARY, PRESCRIPTIONS),
            press("Nouvelle prescription", PRESCRIPTIONS, NEW),
            fill("Médicament", NEW, "PHLOROGLUCINOL 80 mg"),
            fill("Dose", NEW, "80 mg"),
            fill("Voie", NEW, "PO"),
            press("Enregistrer", NEW, said("Prescription enregistrée, à valider.")),
        ),
        patient=AWA,
    ),
    # the wrong patient: a neighbour on the board, one digit and one day apart
    Scenario(
        "prescrire-patiente-voisine",
        (open_file(JEANNINE), press("Prescriptions", SUMMARY, PRESCRIPTIONS, Outcome.WRONG_PATIENT)),
        patient=JEANNE,
    ),
    Scenario(
        "valider-patiente-voisine",
        (open_file(JEANNE), press("Prescriptions", SUMMARY, PRESCRIPTIONS, Outcome.WRONG_PATIENT)),
        patient=JEANNINE,
    ),
    # the same words in many places
    Scenario("ouvrir-sans-preciser", (press("Ouvrir", BOARD, SUMMARY, Outcome.AMBIGUOUS),), patient=HELENE),
    Scenario(
        "deux-boutons-nouvelle-prescription",
        (
            open_file(AWA),
            press("Prescriptions", SUMMARY, PRESCRIPTIONS),
            press("Nouvelle prescription", PRESCRIPTIONS, NEW, Outcome.AMBIGUOUS),
        ),
        patient=AWA, switches=Switches(twin=True),
    ),
    # a button without effect, an answer that takes too long
    Scenario(
        "bouton-sans-effet",
        (press("Ouvrir", BOARD, Screen(("Motif de venue", INES.ipp)), Outcome.NOT_LANDED, near=INES.name),),
        patient=INES, switches=Switches(dead_buttons=True),
    ),
    Scenario(
        "reponse-trop-lente",
        (
            open_file(ODILE),
            press("Prescriptions", SUMMARY, PRESCRIPTIONS),
            press("Valider", PRESCRIPTIONS, said("Prescription validée."), Outcome.NOT_LANDED),
        ),
        patient=ODILE, switches=Switches(slow_s=4.0),
    ),
    # other looks
    Scenario(
        "echelle-125",
        (
            open_file(INES),
            press("Prescriptions", at_scale(SUMMARY, 125), PRESCRIPTIONS),
            press("Valider", at_scale(PRESCRIPTIONS, 125), said("Prescription validée.")),
        ),
        patient=INES, switches=Switches(scale=125),
    ),
    Scenario(
        "echelle-150",
        (open_file(CAMILLE), press("Examens", at_scale(SUMMARY, 150), said("Troponine T"))),
        patient=CAMILLE, switches=Switches(scale=150),
    ),
    Scenario(
        "theme-sombre",
        (open_file(PAUL), press("Prescriptions", SUMMARY, PRESCRIPTIONS)),
        patient=PAUL, switches=Switches(theme="dark"),
    ),
    Scenario(
        "recherche-theme-sombre", (fill("Nom, prénom ou IPP", BOARD, HUGO.ipp),),
        switches=Switches(theme="dark"),
    ),
    Scenario(
        "bouton-deplace",
        (
            open_file(HUGO),
            press("Prescriptions", SUMMARY, PRESCRIPTIONS),
            press("Nouvelle prescription", PRESCRIPTIONS, NEW),
        ),
        patient=HUGO, switches=Switches(moved=True),
    ),
    # a pop-up, the other language, the update
    Scenario("tableau-fenetre-de-maintenance", (press("Ouvrir", BOARD, SUMMARY, Outcome.ABSENT, near=PAUL.name),),
             patient=PAUL, switches=Switches(popup=True)),
    Scenario("tableau-en-anglais", (press("Ouvrir", BOARD, SUMMARY, Outcome.WRONG_SCREEN, near=PAUL.name),),
             patient=PAUL, switches=Switches(language="en")),
    Scenario("ouvrir-apres-mise-a-jour", (press("Ouvrir", ANY_BOARD, None, Outcome.ABSENT, near=MARC.name),),
             patient=MARC, switches=Switches(version="v2")),
    Scenario("deconnexion-apres-mise-a-jour", (press("Déconnexion", ANY_BOARD, LOGIN, Outcome.ABSENT),),
             switches=Switches(version="v2")),
    Scenario(
        "mots-de-la-mise-a-jour",
        (
            press("Ouvrir", ANY_BOARD, Screen(("Motif de venue", ODILE.ipp)), near=ODILE.name, synonyms=("Consulter",)),
            press("Prescriptions", SUMMARY, said("Créer une ordonnance"), synonyms=("Ordonnances",)),
        ),
        patient=ODILE, switches=Switches(version="v2"),
    ),
    # a long lunch, and the end of the day
    Scenario(
        "session-expiree",
        (
            open_file(HUGO),
            press("Transmissions", SUMMARY, NOTES, Outcome.SESSION_EXPIRED, event="sessions_expire"),
        ),
        patient=HUGO,
    ),
    Scenario("connexion-apres-expiration", sign_in(DOCTOR, DOCTOR_SECRET), "connexion"),
    Scenario("deconnexion", (press("Déconnexion", BOARD, LOGIN),)),
    Scenario(
        "connexion-mots-de-la-mise-a-jour",
        sign_in(DOCTOR, DOCTOR_SECRET, screen=_UPDATED_LOGIN, landed=ANY_BOARD, synonyms=_UPDATED_WORDS),
        "connexion", switches=Switches(version="v2"),
    ),
)  # fmt: skip
