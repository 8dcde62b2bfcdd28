"""The invented patients and prescriptions every demo hospital starts with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

TODAY = date(2026, 11, 23)
CLOCK = "14:05"
HOSPITAL = "CH de Valbrume"

PrescriptionStatus = Literal["active", "pending", "suspended"]


@dataclass(frozen=True, slots=True)
class Patient:
    """One person on the emergency board; `triage` 1 (at once) to 5, `waited` as the board shows it."""

    ipp: str
    family_name: str
    given_name: str
    sex: Literal["F", "M"]
    birth_date: date
    box: str
    motive: str
    triage: int
    waited: str
    allergy: str = ""

    @property
    def name(self) -> str:
        return f"{self.family_name} {self.given_name}"

    @property
    def birth(self) -> str:
        return self.birth_date.strftime("%d/%m/%Y")

    @property
    def age(self) -> int:
        had_birthday = (TODAY.month, TODAY.day) >= (self.birth_date.month, self.birth_date.day)
        return TODAY.year - self.birth_date.year - (0 if had_birthday else 1)


@dataclass(frozen=True, slots=True)
class Prescription:
    id: int
    drug: str
    dose: str
    route: str
    frequency: str
    start: str
    prescriber: str
    status: PrescriptionStatus


# MARTIN Jeanne and MARTIN Jeannine: one digit and one day of birth apart, on purpose.
PATIENTS: tuple[Patient, ...] = (
    Patient("8004127351", "MARTIN", "Jeanne", "F", date(1958, 3, 12), "Box 1", "Douleur thoracique", 2, "0 h 12",
            "Pénicilline"),
    Patient("8004127352", "MARTIN", "Jeannine", "F", date(1958, 3, 13), "Box 2", "Chute mécanique", 4, "1 h 05"),
    Patient("8003998120", "BERTIN", "Lucas", "M", date(1991, 7, 30), "Box 3", "Entorse cheville", 5, "2 h 20"),
    Patient("8004011876", "DELMAS", "Awa", "F", date(1984, 11, 2), "Box 4", "Colique néphrétique", 3, "0 h 41",
            "Iode"),
    Patient("8003876504", "ROUSSEL", "Marc", "M", date(1949, 1, 19), "Box 5", "Dyspnée", 2, "0 h 08"),
    Patient("8004120093", "PETITJEAN", "Inès", "F", date(2009, 5, 6), "Box 6", "Plaie de main", 4, "1 h 32"),
    Patient("8003765518", "GARNIER", "Odile", "F", date(1937, 9, 25), "Box 7", "Confusion", 3, "0 h 55",
            "Aspirine"),
    Patient("8004093347", "KEITA", "Moussa", "M", date(1976, 12, 14), "Box 8", "Hyperthermie", 3, "1 h 11"),
    Patient("8003954402", "LEFORT", "Camille", "F", date(1999, 2, 8), "Couloir 1", "Migraine", 4, "2 h 02"),
    Patient("8004117265", "NGUYEN", "Paul", "M", date(1968, 6, 17), "Couloir 2", "Lombalgie", 5, "3 h 14"),
    Patient("8003899731", "SCHMITT", "Hélène", "F", date(1953, 10, 21), "Déchocage", "AVC suspecté", 1, "0 h 02",
            "Latex"),
    Patient("8004105580", "TESSIER", "Hugo", "M", date(2003, 4, 27), "Attente", "Malaise", 4, "0 h 37"),
)  # fmt: skip

_BASE: tuple[Prescription, ...] = (
    Prescription(1, "PARACÉTAMOL 1 g", "1 g", "IV", "Toutes les 6 h", "23/11 13:20", "LEMOINE C.", "active"),
    Prescription(2, "KÉTOPROFÈNE 100 mg", "100 mg", "IV", "Toutes les 12 h", "23/11 13:20", "LEMOINE C.", "pending"),
    Prescription(3, "NaCl 0,9 % 1000 ml", "1 000 ml", "IV", "Sur 12 h", "23/11 13:25", "ARNAUD P.", "active"),
    Prescription(4, "MORPHINE 10 mg", "2 mg", "SC", "Si EVA > 6", "23/11 13:40", "ARNAUD P.", "suspended"),
)


def initial_prescriptions() -> Mapping[str, tuple[Prescription, ...]]:
    """Prescriptions by IPP as they stand when the hospital opens; numbers differ between patients."""
    return {
        patient.ipp: tuple(
            Prescription(10 * place + p.id, p.drug, p.dose, p.route, p.frequency, p.start, p.prescriber, p.status)
            for p in _BASE
        )
        for place, patient in enumerate(PATIENTS, start=1)
    }


def patient_by_ipp(ipp: str) -> Patient | None:
    return next((patient for patient in PATIENTS if patient.ipp == ipp), None)
