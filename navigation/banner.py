"""Whose record is on the screen: the banner read several times and compared with the run's patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.imaging import Screenshot
from navigation.reading import BLOCK_READINGS
from navigation.types import NormBox, Page, Screen

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
    votes: list[PatientVerdict] = [] if page is None else [patient.check(page_lines(page, banner))]
    for attempt in range(BLOCK_READINGS):
        votes.append(patient.check(engine.read_region(picture, banner, attempt=attempt, deadline=deadline)))
        others, same = votes.count("other"), votes.count("same")
        if others >= 2:
            return "other"
        if same >= (2 if others == 0 else 3):
            return "same"
    if "other" in votes or (votes.count("name_not_found") >= 3 and "same" not in votes):
        return "other"
    return "unreadable"


def page_lines(page: Page, region: NormBox) -> list[str]:
    """The reader's own lines that lie in a region, top to bottom."""
    left, top = region.x * page.size.width, region.y * page.size.height
    right, bottom = left + region.w * page.size.width, top + region.h * page.size.height
    lines: dict[int, list[str]] = {}
    for word in page.words:
        center = word.box.center
        if left <= center.x < right and top <= center.y < bottom:
            lines.setdefault(word.line, []).append(word.text)
    return [" ".join(words) for words in lines.values()]
