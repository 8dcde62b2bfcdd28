"""Waiting until a screen stands still, by comparing consecutive screenshots."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from navigation.agents.frames import changed_share, is_same
from navigation.deadline import Deadline
from navigation.protocols import RgbImage
from navigation.types import Box

# Share of the screen: three times the ring around a field of 350 x 40 pixels on the smallest usual screen.
_A_SIGN = 0.004
Capture = Callable[[], RgbImage]


@dataclass(frozen=True, slots=True)
class Timing:
    """How patiently to look, in seconds.

    `gap_s` between two screenshots that must be alike, `budget_s` for a screen to stand still at all,
    `reaction_s` for the first sign that a press did something.
    """

    gap_s: float = 0.12
    budget_s: float = 5.0
    reaction_s: float = 1.2


def settled(capture: Capture, timing: Timing, *, deadline: Deadline | None = None) -> RgbImage:
    """The first frame that looks like the one before it, a blinking caret aside; the last one when time runs out.

    A screen that never stands still (a film, a progress bar) is judged as it is: the checks decide, not the wait.
    """
    deadline = deadline or Deadline.after(timing.budget_s)
    last = capture()
    while not deadline.has_passed:
        time.sleep(timing.gap_s)
        frame = capture()
        if is_same(last, frame):
            return frame
        last = frame
    return last


def settled_after_press(capture: Capture, before: RgbImage, pressed: Box | None, timing: Timing) -> RgbImage:
    """The screen once the press has had its effect and it stands still.

    A press changes its control at once (pressed look) and the one that had the focus before (its ring goes), often
    long before its effect: a larger sign is waited for, up to `reaction_s`. Without `pressed` (a field) none is to
    be expected.
    """
    deadline = Deadline.after(timing.budget_s)
    time.sleep(timing.gap_s)
    if pressed is not None:
        reaction = deadline.capped(timing.reaction_s)
        while not _reacted(before, capture(), pressed) and not reaction.has_passed:
            time.sleep(timing.gap_s)
    return settled(capture, timing, deadline=deadline)


def _reacted(before: RgbImage, now: RgbImage, pressed: Box) -> bool:
    return changed_share(before, now, outside=(pressed,)) > _A_SIGN
