"""The answers that a clinician has, in the order of their keys, with what each says as a label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from navconsole.i18n import mark as _
from navigation.labels import Answer


@dataclass(frozen=True, slots=True)
class Choice:
    """One big button; `says` is the label's answer."""

    value: str
    text: str
    says: Answer
    family: str
    icon: str


YES: Final = Choice("yes", _("Yes, this is the page I expect"), "right", "good", "check")
NO: Final = Choice("no", _("No, something is wrong"), "wrong", "danger", "close")
UNSURE: Final = Choice("unsure", _("I do not know"), "unsure", "fault", "help")
PLACE_YES: Final = Choice("yes", _("Yes, this is the right place"), "right", "good", "check")
PLACE_NO: Final = Choice("no", _("No, it is elsewhere: I will show where"), "wrong", "danger", "pointer")
SHOW: Final = Choice("show", _("I will show where"), "wrong", "danger", "pointer")
NOT_THERE: Final = Choice("absent", _("It is nowhere on this page"), "wrong", "held", "absent")


def _by_value(*choices: Choice) -> Mapping[str, Choice]:
    return {choice.value: choice for choice in choices}


FILM_ANSWERS: Final = _by_value(YES, NO, UNSURE)
PLACE_ANSWERS: Final = _by_value(PLACE_YES, PLACE_NO, NOT_THERE, UNSURE)
NOWHERE_ANSWERS: Final = _by_value(SHOW, NOT_THERE, UNSURE)
