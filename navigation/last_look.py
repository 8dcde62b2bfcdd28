"""The frame taken immediately before a press: is it still the screen, and the patient, that were judged?

A banner of which not one pixel changed was read already, when it was judged. One that changed in anything is read
again, and since that takes time, another frame follows: only a frame like the one last read is pressed on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from navigation.actions import NavigateAction
from navigation.agents.frames import changed_share, enlarged, is_same, is_untouched
from navigation.banner import PatientGuard, wrong_patient
from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.geometry import to_pixel_box
from navigation.imaging import Screenshot
from navigation.reasons import Reason
from navigation.types import NavigateResult, Outcome

LOOKS = 3
"""Frames looked at before a press; on a screen whose banner never stands still nothing is pressed."""
_NEAR_PX = 12
_ANOTHER_SCREEN = 0.02  # share of the screen that changed, from which it is another one

Look = Literal["press", "again"]


def last_look(
    engine: Engine,
    action: NavigateAction,
    decision: NavigateResult,
    judged: Screenshot,
    last: Screenshot,
    *,
    patient: PatientGuard | None,
    deadline: Deadline,
) -> Look | NavigateResult:
    """ "press" on a screen like the judged one, "again" after the banner was read anew, or why nothing is pressed.

    Args:
        engine: reads the banner.
        action: what was asked; says where the banner is.
        decision: what was concluded on the judged frame; says where the target is.
        judged: the frame on which the banner was read last.
        last: the frame just taken.
        patient: the run's, if it is about one.
        deadline: of the whole action.
    """
    if not _shows_the_target(decision, judged, last):
        return changed(decision)
    screen = action.before
    if patient is None or screen is None or screen.patient_banner is None:
        return "press"
    if is_untouched(judged.rgb, last.rgb, to_pixel_box(screen.patient_banner, last.size)):
        return "press"
    code = wrong_patient(engine, last, None, screen, patient, deadline)
    return "again" if code is None else _stopped(decision, Outcome.WRONG_PATIENT, code)


def changed(decision: NavigateResult) -> NavigateResult:
    """The screen is not the one that was judged any more."""
    return _stopped(decision, Outcome.WRONG_SCREEN, "changed_before_press")


def _stopped(decision: NavigateResult, outcome: Outcome, code: str) -> NavigateResult:
    return replace(decision, outcome=outcome, reason=Reason(code), point=None, point_px=None, box_px=None)


def _shows_the_target(decision: NavigateResult, judged: Screenshot, last: Screenshot) -> bool:
    if judged.rgb.shape != last.rgb.shape or changed_share(judged.rgb, last.rgb) > _ANOTHER_SCREEN:
        return False
    box = decision.box_px
    return box is None or is_same(judged.rgb, last.rgb, enlarged(box, _NEAR_PX, last.size))
