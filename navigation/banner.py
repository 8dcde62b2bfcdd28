"""Whose record is on the screen: the banner read several times and compared with the run's patient."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, Protocol

from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.geometry import contains_point, to_pixel_box
from navigation.glyphs import has_as_many_characters
from navigation.imaging import Screenshot
from navigation.protocols import GreyImage
from navigation.reading import BLOCK_READINGS
from navigation.types import NormBox, Page, Screen, Word
from navigation.vision import to_grey

# Not counted: one digit more or less and it is no date, and its strokes touch in small print.
_FULL_DATE = re.compile(r"(?<!\d)\d\d([/.-])\d\d\1\d{4}(?!\d)")
_MISCOUNTED = "|?|"  # ends what stands on either side of it: no number is joined over it

PatientVerdict = Literal["same", "other", "name_not_found", "unreadable"]


class PatientGuard(Protocol):
    """Knows the run's patient by keyed hashes only."""

    def check(self, lines: Sequence[str]) -> PatientVerdict:
        """Whether the lines read from a banner are this patient's."""


def wrong_patient(
    engine: Engine, picture: Screenshot, page: Page | None, screen: Screen, patient: PatientGuard, deadline: Deadline
) -> str | None:
    """The code of the reason why nothing may be pressed on this screen; None when it surely is this patient's.

    A screen of which nobody said where the patient stands is as good as one that cannot be read.
    """
    if screen.patient_banner is None:
        return "patient_unchecked"
    verdict = patient_verdict(engine, picture, page, screen.patient_banner, patient, deadline)
    return {"same": None, "other": "wrong_patient"}.get(verdict, "patient_unreadable")


def patient_verdict(
    engine: Engine,
    picture: Screenshot,
    page: Page | None,
    banner: NormBox,
    patient: PatientGuard,
    deadline: Deadline,
) -> PatientVerdict:
    """The banner read several times, each time prepared another way, until two readings agree on this patient.

    A reading misses a letter of a name now and then, so one that is "unreadable" only asks for another. Another
    number or birth date in two readings is another patient; in one it must be outvoted by three. One lucky
    misreading is never enough to press. A name that no reading found beside the right number and date is another
    name. `page`, where the whole screenshot was read, is the first reading.
    """
    grey = to_grey(picture.rgb)
    votes: list[PatientVerdict] = []
    if page is not None:
        votes.append(_vote(patient, grey, _within(page, banner)))
    for attempt in range(BLOCK_READINGS):
        words = engine.read_region(picture, banner, attempt=attempt, deadline=deadline)
        votes.append(_vote(patient, grey, words))
        others, same = votes.count("other"), votes.count("same")
        if others >= 2:
            return "other"
        if same >= (2 if others == 0 else 3):
            return "same"
    if "other" in votes or (votes.count("name_not_found") >= 3 and "same" not in votes):
        return "other"
    return "unreadable"


def _vote(patient: PatientGuard, grey: GreyImage, words: Sequence[Word]) -> PatientVerdict:
    """What one reading says; where a number was miscounted, the numbers left cannot show that it is another patient."""
    lines = counted_lines(grey, words)
    verdict = patient.check(lines)
    is_miscounted = any(_MISCOUNTED in line for line in lines)
    return "unreadable" if verdict == "other" and is_miscounted else verdict


def counted_lines(grey: GreyImage, words: Sequence[Word]) -> list[str]:
    """The reader's own lines, top to bottom, without the numbers of which the picture shows more or fewer digits.

    A number that was read too long or too short says nothing: neither that it is the patient's nor that it is not.
    """
    lines: dict[int, list[str]] = {}
    for word in words:
        needs_count = any(c.isdigit() for c in word.text) and not _FULL_DATE.search(word.text)
        text = word.text if not needs_count or has_as_many_characters(grey, word) else _MISCOUNTED
        lines.setdefault(word.line, []).append(text)
    return [" ".join(line) for line in lines.values()]


def _within(page: Page, region: NormBox) -> list[Word]:
    area = to_pixel_box(region, page.size)
    return [word for word in page.words if contains_point(area, word.box.center)]
