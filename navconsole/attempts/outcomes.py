"""How each outcome is said and shown: word, family (colour), icon, what it means, what to do next.

Family and icon always stand beside the word; colour alone says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from navconsole.i18n import mark as _
from navigation.types import Outcome

Family = Literal["good", "held", "danger", "person", "fault", "running"]


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """`name`, `meaning` and `advice` are message ids; `icon` names a symbol of the sprite."""

    key: str
    name: str
    family: Family
    icon: str
    meaning: str
    advice: str


def _view(key: Outcome, name: str, family: Family, icon: str, meaning: str, advice: str) -> OutcomeView:
    return OutcomeView(key.value, name, family, icon, meaning, advice)


_READER_ADVICE = _(
    "See the server's log with the reference of the time below, and check the reader with “navconsole doctor”."
)
_MODEL_ADVICE = _("Check the model's address and its log. Until it answers, the text reader alone decides.")

_ALL = (
    _view(
        Outcome.OK,
        _("Succeeded"),
        "good",
        "check",
        _("The control was found with score and margin above the limits, and every check that was asked for passed."),
        _("Nothing to do. The runner-up is kept below, should you want to see how close it was."),
    ),
    _view(
        Outcome.WRONG_SCREEN,
        _("Wrong screen"),
        "held",
        "screen",
        _("The screen was not the one this action expects. Nothing was pressed."),
        _(
            "Compare the missing texts with the picture: a window in front, another page, or a renamed text. Then"
            " correct the robot's way there, or the texts this screen is recognised by."
        ),
    ),
    _view(
        Outcome.WRONG_PATIENT,
        _("Wrong patient"),
        "danger",
        "person",
        _("The banner on the screen was not that of the patient of this run. Nothing was pressed."),
        _(
            "Find out how the robot came to this record before it runs again: look at the attempts before this "
            "one in the same run."
        ),
    ),
    _view(
        Outcome.ABSENT,
        _("Not on the screen"),
        "held",
        "absent",
        _("No text on the screen resembles the target. Nothing was pressed."),
        _(
            "Look for the control in the picture. If it was renamed, change the target or add a synonym; if the "
            "text was not read, the reader is at fault."
        ),
    ),
    _view(
        Outcome.LOW_CONFIDENCE,
        _("Too uncertain"),
        "held",
        "low",
        _("Something resembles the target, but less than the limit asks. Nothing was pressed."),
        _(
            "Compare the nearest text with the target. A renamed control wants a synonym; a misread one wants a "
            "better picture; the limit should move last."
        ),
    ),
    _view(
        Outcome.AMBIGUOUS,
        _("Several fit"),
        "held",
        "fork",
        _(
            "At least two places fit the target about equally well. Nothing was pressed: a tie is never broken by"
            " guessing."
        ),
        _("Say which one is meant: near which text, in which part of the screen, or which in order."),
    ),
    _view(
        Outcome.DISABLED,
        _("Switched off"),
        "held",
        "low",
        _("The control is there, but drawn pale and grey, as what cannot be pressed now. Nothing was pressed."),
        _(
            "Look in the picture for what the application still waits for: a field to fill, a line to choose. If "
            "this control is always drawn so, allow it in the action."
        ),
    ),
    _view(
        Outcome.NOT_LANDED,
        _("Pressed without effect"),
        "danger",
        "missed",
        _("The control was pressed, but the screen that should follow did not come. The press is on record."),
        _(
            "Check in the application what the press did. Then see the picture after: an error message, a slow "
            "page, or another screen."
        ),
    ),
    _view(
        Outcome.LOGIN_REFUSED,
        _("Log-in refused"),
        "person",
        "key",
        _(
            "The application says that the name or the password is wrong. It is not tried again, so as not to "
            "lock the account."
        ),
        _("Check the robot's account and its password by hand, then start the run again."),
    ),
    _view(
        Outcome.ACCOUNT_LOCKED,
        _("Account locked"),
        "person",
        "lock",
        _("The application says that the robot's account is locked."),
        _("Have the account unlocked by those who run the application, and find out what locked it."),
    ),
    _view(
        Outcome.SESSION_EXPIRED,
        _("Session expired"),
        "person",
        "clock",
        _("The application had ended the robot's session."),
        _("The robot must log in again; if it happens often, the run is too slow for the application's limit."),
    ),
    _view(
        Outcome.NEEDS_HUMAN,
        _("Needs a person"),
        "person",
        "hand",
        _("The screen asks for something that only a person may do, such as a second factor or a card."),
        _("Do that step at the robot's screen, then let the run go on."),
    ),
    _view(
        Outcome.OCR_UNAVAILABLE,
        _("Reader missing"),
        "fault",
        "plug",
        _("The text reader could not run, so the screen was not read. Nothing was pressed."),
        _READER_ADVICE,
    ),
    _view(
        Outcome.OCR_TIMEOUT,
        _("Reader too slow"),
        "fault",
        "clock",
        _("The text reader did not answer in its time and was stopped. Nothing was pressed."),
        _READER_ADVICE,
    ),
    _view(
        Outcome.OCR_FAILED,
        _("Reader failed"),
        "fault",
        "plug",
        _("The text reader stopped with a fault on this picture. Nothing was pressed."),
        _READER_ADVICE,
    ),
    _view(
        Outcome.VLM_UNAVAILABLE,
        _("Model unreachable"),
        "fault",
        "plug",
        _("The text reader found nothing to press and the vision model could not be asked. Nothing was pressed."),
        _MODEL_ADVICE,
    ),
    _view(
        Outcome.VLM_INVALID,
        _("Model's answer unusable"),
        "fault",
        "plug",
        _("The vision model answered something that cannot be a place on this screen. Nothing was pressed."),
        _MODEL_ADVICE,
    ),
    _view(
        Outcome.TIMEOUT,
        _("Out of time"),
        "fault",
        "clock",
        _("The time allowed for this action ran out before an answer."),
        _("See in the timings which stage took it. If the server was busy, let fewer robots run at once."),
    ),
    _view(
        Outcome.INTERRUPTED,
        _("Interrupted"),
        "fault",
        "cut",
        _("The server stopped while this attempt was under way; how far it came is shown below."),
        _(
            "If a press was allowed, check in the application whether it was made. Then let the robot send it as "
            "a new attempt."
        ),
    ),
    _view(
        Outcome.ERROR,
        _("Fault"),
        "fault",
        "bolt",
        _("An unexpected fault of ours stopped this attempt."),
        _("Give the reference in the sentence above to whoever runs the server; the log has it too."),
    ),
)

RUNNING = OutcomeView(
    "running",
    _("Under way"),
    "running",
    "dots",
    _("This attempt has no final answer yet."),
    _(
        "Wait a moment; the page shows the answer when it is loaded again. After three and a half minutes it "
        "is shown as interrupted."
    ),
)

VIEWS: Mapping[str, OutcomeView] = {view.key: view for view in (*_ALL, RUNNING)}
ORDER: tuple[str, ...] = tuple(VIEWS)


_BY_REASON: Mapping[str, tuple[str, str]] = {
    "covered": (
        _("The control stands behind a window, where a press would not reach it. Nothing was pressed."),
        _("See what the window says, and let the robot close it or stop there. Then the step can run again."),
    ),
    "stopped": (
        _("People had stopped the robots of this application. Nothing was pressed."),
        _("See under “Stop” who stopped them and why. When they are let go, resume or abandon the run in the inbox."),
    ),
    "run_taken_over": (
        _("A person had the run in hand. Nothing was pressed."),
        _("Resume or abandon the run in the inbox."),
    ),
    "run_abandoned": (
        _("A person had abandoned the run. Nothing was pressed."),
        _("Nothing to do. A robot that goes on all the same does not ask how its run stands."),
    ),
}
"""Meaning and advice where an outcome's own would mislead, by the code of the reason."""


def outcome_view(outcome: Outcome | None, reason: str = "") -> OutcomeView:
    """The view of an outcome; None is an attempt under way. `reason` is the code of why, where it is known."""
    view = VIEWS[outcome.value] if outcome else RUNNING
    if reason not in _BY_REASON:
        return view
    meaning, advice = _BY_REASON[reason]
    return replace(view, meaning=meaning, advice=advice)


METHOD_NAMES: Mapping[str, str] = {
    "ocr": _("read on the screen"),
    "cache": _("remembered place"),
    "vlm": _("proposed by the model"),
}

REJECTIONS: Mapping[str, str] = {
    "lower_score": _("less like the target"),
    "below_limit": _("less alike than the limit asks"),
    "overlaps": _("same place as a better one"),
    "outside_region": _("outside the asked region"),
    "not_a_control": _("text, but no control"),
    "no_field": _("no input field there"),
    "farther": _("farther from the asked text"),
    "another_occurrence": _("not the asked one in order"),
    "tie": _("as good as another"),
    "covered": _("behind a window"),
}

STAGES: Mapping[str, str] = {
    "capture_before": _("receiving the picture"),
    "decode": _("opening the picture"),
    "read_before": _("reading the text"),
    "read": _("reading the text"),
    "verify_before": _("checking the screen"),
    "patient": _("checking the patient"),
    "ground_cache": _("remembered place"),
    "ground_read": _("reading details"),
    "ground_match": _("finding the target"),
    "ground_read_deeper": _("reading with the second reader"),
    "ground": _("finding the target"),
    "ground_vlm": _("asking the model"),
    "record": _("storing"),
    "store": _("storing"),
    "press": _("pressing"),
    "capture_after": _("receiving the picture after"),
    "read_after": _("reading the picture after"),
    "verify_after": _("checking the effect"),
    "other": _("the rest"),
}

VERDICTS: Mapping[str, str] = {
    "passed": _("passed"),
    "failed": _("failed"),
    "ambiguous": _("uncertain"),
    "error": _("could not be checked"),
    "found": _("found"),
    "absent": _("not found"),
    "low_confidence": _("too uncertain"),
    "disabled": _("switched off"),
    "vlm_unavailable": _("model unreachable"),
    "vlm_invalid": _("model's answer unusable"),
}
