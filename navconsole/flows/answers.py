"""The answers that a clinician has, in the order of their keys, with what each says as a label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from navconsole.i18n import mark as _
from navigation.labels import Answer


@dataclass(frozen=True, slots=True)
class Choice:
    """One big button. `says` is the label's answer; `short` tells in a summary what was answered."""

    value: str
    text: str
    short: str
    says: Answer
    family: str
    icon: str


YES: Final = Choice("yes", _("Yes, this is the page I expect"), _("Yes"), "right", "good", "check")
NO: Final = Choice("no", _("No, something is wrong"), _("No"), "wrong", "danger", "close")
UNSURE: Final = Choice("unsure", _("I do not know"), _("Does not know"), "unsure", "fault", "help")

FILM_ANSWERS: Final[Mapping[str, Choice]] = {choice.value: choice for choice in (YES, NO, UNSURE)}

PLACE_YES: Final = Choice("yes", _("Yes, this is the right place"), _("Yes"), "right", "good", "check")
PLACE_NO: Final = Choice("no", _("No, it is elsewhere: I will show where"), _("No"), "wrong", "danger", "pointer")
NOT_THERE: Final = Choice("absent", _("It is nowhere on this page"), _("Not there"), "wrong", "held", "absent")

PLACE_ANSWERS: Final[Mapping[str, Choice]] = {
    choice.value: choice for choice in (PLACE_YES, PLACE_NO, NOT_THERE, UNSURE)
}
