"""Is the banner on the screen that of the run's patient? Compared by keyed hashes, so no identity is kept in clear.

Exact on digits and dates; nothing here forgives a misread letter. Whatever is not surely the same patient
stops the robot; the other answers differ in what a person is told and in whether another reading may help. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from navigation.reasons import Reason
from navigation.textfold import fold

PatientStatus = Literal["same", "other", "name_not_found", "unreadable"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january",
            "fevrier fevr fev feb february",
            "mars mar march",
            "avril avr apr april",
            "mai may",
            "juin jun june",
            "juillet juil jul july",
            "aout aug august",
            "septembre sept sep september",
            "octobre oct october",
            "novembre nov november",
            "decembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2}) ?([/.-]) ?(\d{1,2}) ?\2 ?(\d{4})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_IN_WORDS = re.compile(r"(?<!\d)(\d{1,2})(?:er)? ([a-z]{3,9})\.? (\d{4})(?!\d)")
_AGE = re.compile(r"(?<![a-z0-9])\d{1,3} ?(?:ans?|mois|jours?|years?|months?|days?)(?![a-z0-9])")
_GROUP = r"(?<![a-z0-9])(?:[a-z0-9]*\d[a-z0-9]*|[bdgiloqsz]{1,2}(?![a-z0-9]))"
_NUMBER = re.compile(rf"{_GROUP}(?:[ .-]{_GROUP})*")
_LABEL = re.compile(r"(?<![a-z0-9])(?:ipp|nip|no|n|id)(?= ?\d+(?![a-z0-9]))")
_WORD = re.compile(r"[a-z0-9]*[^\W\d_bdgiloqsz][a-z0-9]*")  # a letter in it that no digit is mistaken for
_SEPARATOR = " | "
_MAX_LINE = 500  # characters; no banner has longer lines, and patterns cost more the longer they are


@dataclass(frozen=True, slots=True)
class PatientCheck:
    """`matched` are the kinds of `patient_keys` found on the banner; `reason` is None when it is the same patient."""

    status: PatientStatus
    matched: tuple[str, ...]
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class KnownPatient:
    """The patient of one run, for `navigation.handler`; holds no identity in clear."""

    keys: Mapping[str, str]
    key: bytes = field(repr=False)

    def check(self, lines: Sequence[str]) -> PatientStatus:
        """Whether the lines read from a banner are this patient's."""
        return banner_matches(lines, self.keys, key=self.key).status


def patient_keys(ipp: str, family_name: str, given_name: str, birth_date: str, *, key: bytes) -> dict[str, str]:
    """Keyed hashes (HMAC-SHA256, hex) of the identifiers by kind: "ipp", "birth_date", "name:0", "name:1"…

    The number keeps its digits only, the names become folded parts ("Marie-Ève" is marie and eve).
    `birth_date` is YYYY-MM-DD. Raises ValueError when one of them is empty or not a date.
    """
    digits = re.sub(r"[^0-9]", "", ipp)
    names = [part for name in (family_name, given_name) for part in _name_parts(name)]
    if not digits or not _name_parts(family_name) or not _name_parts(given_name):
        raise ValueError("a number, a family name and a given name are needed to know a patient by")
    values = {"ipp": digits, "birth_date": date.fromisoformat(birth_date).isoformat()}
    values |= {f"name:{index}": name for index, name in enumerate(names)}
    return {kind: _hash(kind.partition(":")[0], value, key) for kind, value in values.items()}


def number_key(ipp: str, *, key: bytes) -> str:
    """The hash that `patient_keys` gives a patient's number, for a person who is looked for by it alone.

    Raises ValueError when there is no digit in it.
    """
    digits = re.sub(r"[^0-9]", "", ipp)
    if not digits:
        raise ValueError("a patient's number has digits")
    return _hash("ipp", digits, key)


def banner_matches(text_lines: Sequence[str], keys: Mapping[str, str], *, key: bytes) -> PatientCheck:
    """Whether the lines read from the banner are those of the patient of `keys`.

    "same" needs the number, the birth date and every part of the names, each as a whole. "other" when the
    banner shows another number or another date. "name_not_found" when number and date are this patient's and a
    part of the names is missing: it may be another name or a misread one, and only further readings can tell.
    Else "unreadable".
    """
    lines = [fold(line[:_MAX_LINE]) for line in text_lines]
    dates, numbers, names = _dates(lines), list(_numbers(lines)), {part for line in lines for part in _name_parts(line)}
    read = {
        "ipp": {_hash("ipp", value, key) for value in numbers},
        "birth_date": {_hash("birth_date", value, key) for value in dates},
        "name": {_hash("name", value, key) for value in names},
    }
    matched = tuple(kind for kind, value in keys.items() if value in read[kind.partition(":")[0]])
    if len(matched) == len(keys):
        return PatientCheck("same", matched, None)
    if ("ipp" not in matched and numbers) or ("birth_date" not in matched and dates):
        return PatientCheck("other", matched, Reason("wrong_patient"))
    if "ipp" in matched and "birth_date" in matched:
        return PatientCheck("name_not_found", matched, Reason("patient_unreadable"))
    return PatientCheck("unreadable", matched, Reason("patient_unreadable"))


def _hash(kind: str, value: str, key: bytes) -> str:
    return hmac.new(key, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()


def _name_parts(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", fold(text))


def _dates(lines: Sequence[str]) -> set[str]:
    """Every date on the lines, as YYYY-MM-DD; day before month, as France writes it."""
    found = set()
    for line in lines:
        for match in _DAY_FIRST.finditer(line):
            found.add(_iso(match[4], match[3], match[1]))
        for match in _YEAR_FIRST.finditer(line):
            found.add(_iso(match[1], match[2], match[3]))
        for match in _IN_WORDS.finditer(line):
            found.add(_iso(match[3], str(_MONTHS.get(match[2], 0)), match[1]))
    return {day for day in found if day}


def _iso(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""  # misread, or no date at all


def _numbers(lines: Sequence[str]) -> Iterator[str]:
    """The numbers on the lines, apart from dates and ages, groups of digits joined ("80 012 345" is one number).

    A letter that may be a digit misread makes its whole number unreadable, and a number that is only a part of
    the groups beside it is not one: "80012345 7" never counts as 80012345. "Box1" is a word and ends a number.
    """
    for line in lines:
        for pattern in (_DAY_FIRST, _YEAR_FIRST, _IN_WORDS, _AGE):
            line = pattern.sub(_SEPARATOR, line)
        for match in _NUMBER.finditer(line):
            for number in _WORD.sub(_SEPARATOR, _LABEL.sub("", match[0])).split(_SEPARATOR):
                joined = re.sub(r"[ .-]", "", number)
                if joined.isascii() and joined.isdecimal():
                    yield joined
