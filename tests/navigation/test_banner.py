"""What one reading of a banner may say, and how readings are weighed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from navigation.banner import PatientVerdict, counted_lines, patient_verdict, wrong_patient
from navigation.deadline import Deadline
from navigation.handler import as_screenshot
from navigation.imaging import Screenshot
from navigation.patient import KnownPatient, patient_keys
from navigation.types import Box, NormBox, Screen, Word
from navigation.vision import to_grey
from tests.bench.banners import BANNER, LAYOUTS, Person, draw, someone

KEY = b"a key for tests only"
PLACE = NormBox(*BANNER)


def shown(person: Person) -> tuple[Screenshot, list[Word]]:
    """A drawn banner, and the words of it as a perfect reader gives them."""
    drawn = draw(person, LAYOUTS[0])
    texts = {name: person.fields[name] for name in drawn.places}
    return as_screenshot(drawn.image), [Word(texts[name], place, 0.9) for name, place in drawn.places.items()]


@pytest.fixture
def person() -> Person:
    return replace(someone(random.Random(4)), family="MARTIN", given="Jeanne", ipp="380293861")


def test_a_number_read_as_drawn_is_said(person: Person) -> None:
    shot, words = shown(person)
    assert person.ipp in counted_lines(to_grey(shot.rgb), words)[0]


@pytest.mark.parametrize("read", ["3380293861", "38029386", "3 80293861"], ids=["twice", "left out", "a space"])
def test_a_number_read_too_long_or_too_short_says_nothing(person: Person, read: str) -> None:
    shot, words = shown(person)
    misread = [replace(word, text=read) if word.text == person.ipp else word for word in words]
    (line,) = counted_lines(to_grey(shot.rgb), misread)
    assert (read in line) == (read == "3 80293861")  # as many digits as are drawn
    assert person.family in line


def test_what_stands_on_either_side_of_a_miscounted_number_is_not_joined() -> None:
    grey = np.full((40, 400), 255, np.uint8)
    words = [Word(text, Box(100 * at, 10, 60, 12), 0.9) for at, text in enumerate(("8001", "77", "2345"))]
    (line,) = counted_lines(grey, words)
    keys = patient_keys("80012345", "A", "B", "1990-01-01", key=KEY)
    assert KnownPatient(keys, KEY).check([line]) == "unreadable"


class Readings:
    """An engine whose reader says one thing after the other."""

    def __init__(self, *readings: list[Word]) -> None:
        self._readings = readings

    def read_region(self, picture: Any, region: NormBox, *, attempt: int, deadline: Deadline) -> list[Word]:
        return self._readings[min(attempt, len(self._readings) - 1)]


def judged(person: Person, patient: Person, readings: Sequence[str]) -> PatientVerdict:
    """The verdict on `person`'s banner in a run about `patient`, its number read as told."""
    shot, words = shown(person)
    read = [[replace(w, text=number) if w.text == person.ipp else w for w in words] for number in readings]
    keys = patient_keys(patient.ipp, patient.family, patient.given, patient.born.isoformat(), key=KEY)
    engine: Any = Readings(*read)
    return patient_verdict(engine, shot, None, PLACE, KnownPatient(keys, KEY), Deadline.after(9))


def test_a_doubled_digit_in_most_readings_does_not_refuse_the_right_patient(person: Person) -> None:
    assert judged(person, person, ["3380293861", person.ipp, "3380293861", "3380293861", person.ipp]) == "same"


def test_a_doubled_digit_in_every_reading_never_makes_another_the_right_patient(person: Person) -> None:
    """The run's patient has the number that the reader makes of the neighbour's."""
    patient = replace(person, ipp="3380293861")
    assert judged(person, patient, ["3380293861"] * 5) == "unreadable"


def test_another_number_in_two_readings_is_another_patient(person: Person) -> None:
    assert judged(person, person, [person.ipp, "380293867", "380293867"]) == "other"


def test_one_misread_digit_is_outvoted_by_three(person: Person) -> None:
    assert judged(person, person, ["380293867", person.ipp, person.ipp, person.ipp]) == "same"
    assert judged(person, person, ["380293867", person.ipp, person.ipp, "", ""]) == "other"


def test_a_screen_without_a_place_for_the_patient_cannot_be_checked(person: Person) -> None:
    shot, _ = shown(person)
    engine: Any = Readings([])
    assert wrong_patient(engine, shot, None, Screen(("x",)), KnownPatient({}, KEY), Deadline.after(9)) == (
        "patient_unchecked"
    )


def test_a_full_date_needs_no_counting(person: Person) -> None:
    """Its strokes touch in small print; one digit more or less and it is no date."""
    grey = np.full((40, 400), 255, np.uint8)
    _, words = shown(person)
    date = replace(next(word for word in words if "/" in word.text), box=Box(10, 10, 80, 12))
    assert counted_lines(grey, [date]) == [date.text]
    assert counted_lines(grey, [replace(date, text="1" + date.text)]) == ["|?|"]
