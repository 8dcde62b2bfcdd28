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


def settled(
    capture: Capture, timing: Timing, *, last: RgbImage | None = None, deadline: Deadline | None = None
) -> RgbImage:
    """The first frame that looks like the one before it, a blinking caret aside; the last one when time runs out.

    `last` is a frame seen before: when the screen still looks like it, it has settled. A screen that never stands
    still (a film, a progress bar) is judged as it is: the checks decide, not the wait.
    """
    deadline = deadline or Deadline.after(timing.budget_s)
    while True:
        frame = capture()
        if (last is not None and is_same(last, frame)) or deadline.has_passed:
            return frame
        last = frame
        time.sleep(timing.gap_s)


def settled_after_press(capture: Capture, before: RgbImage, pressed: Box | None, timing: Timing) -> RgbImage:
    """The screen once the press has had its effect and it stands still.

    A press changes its control at once (pressed look) and the one that had the focus before (its ring goes), often
    long before its effect: a larger sign is waited for, up to `reaction_s`. Without `pressed` (a field) none is to
    be expected.
    """
    deadline = Deadline.after(timing.budget_s)
    reaction = deadline.capped(timing.reaction_s)
    while True:
        time.sleep(timing.gap_s)
        frame = capture()
        if pressed is None or _reacted(before, frame, pressed) or reaction.has_passed:
            break
    time.sleep(timing.gap_s)
    return settled(capture, timing, last=frame, deadline=deadline)


def _reacted(before: RgbImage, now: RgbImage, pressed: Box) -> bool:
    return changed_share(before, now, outside=(pressed,)) > _A_SIGN
