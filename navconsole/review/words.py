"""How causes, answers and the reasons for a place in the queue are said."""

from __future__ import annotations

from collections.abc import Mapping

from navconsole.i18n import mark as _

CAUSES: Mapping[str, str] = {
    "ocr_missed": _("text not read"),
    "misread": _("text misread"),
    "ambiguous": _("several fit"),
    "stale_cache": _("remembered place out of date"),
    "wrong_screen": _("wrong screen"),
    "popup": _("window in front"),
    "layout_changed": _("layout changed"),
    "timing": _("timing"),
    "vlm_wrong": _("model wrong"),
    "too_strict": _("limit too strict"),
    "too_loose": _("limit too loose"),
    "other": _("something else"),
}
ANSWERS: Mapping[str, str] = {
    "right": _("right"),
    "wrong": _("wrong"),
    "unsure": _("cannot tell"),
    "withdrawn": _("taken back"),
    "disputed": _("disputed"),
}
SOURCES: Mapping[str, str] = {
    "pointed": "",
    "settled": _("with its like"),
    "blind": _("blind"),
    "adjudicated": _("settles the dispute"),
}
PLACES: Mapping[str, str] = {
    "control": _("a control"),
    "phrase": _("a text"),
    "drawn": _("a place without text or control"),
}
WHY: Mapping[str, str] = {
    "share": _("this target fails %(failing)s of the time"),
    "fresh": _("new since %(since)s"),
    "size": _("%(count)s alike"),
}
HARM = (
    (0.9, _("a wrong press or patient")),
    (0.6, _("an account at risk")),
    (0.3, _("the robot is held up")),
    (0.0, _("a fault that harms nobody")),
)
"""What an outcome may stand for, from this danger on."""


def harm(danger: float) -> str:
    """The words for a danger 0..1; a message id."""
    return next(text for least, text in HARM if danger >= least)


STRATA: Mapping[str, str] = {
    "none": _("at random from all"),
    "outcome": _("some of each outcome"),
    "screen": _("some of each screen"),
    "application": _("some of each application"),
    "unit": _("targets of screens, each as likely, one attempt of each"),
}
ERRORS: Mapping[str, str] = {
    "answer": _("Say whether the engine's answer was right."),
    "place": _("This is no place on the picture."),
    "cause": _("Not one of the causes."),
    "choice": _("Not one of the choices."),
    "note": _("A note has at most 2000 characters."),
    "name": _("A name of 1 to 100 characters."),
    "size": _("A number from 1 to 2000."),
    "share": _("A number from 0 to 100."),
}
