"""Waiting until a screen stands still, by comparing consecutive screenshots."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from navigation.agents.frames import changed_share, is_same
from navigation.agents.stillness import Stillness
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
    `reaction_s` for the first sign that a press did something, `restless_s` after which a small text that alone
    goes on changing is taken for a clock.
    """

    gap_s: float = 0.12
    budget_s: float = 5.0
    reaction_s: float = 1.2
    restless_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Settled:
    """The newest frame (`view`), and whether the screen stood still or the time for it ran out."""

    view: RgbImage
    has_settled: bool


def settled(
    capture: Capture, timing: Timing, *, last: RgbImage | None = None, deadline: Deadline | None = None
) -> Settled:
    """The first frame that looks like the one before it, blinking carets and clocks aside; the last one in time.

    `last` is a frame seen before: when the screen still looks like it, it has settled. A screen that never stands
    still (a film, a spinner) is judged as it is: the checks decide, not the wait.
    """
    frame = capture()
    if last is not None and is_same(last, frame):
        return Settled(frame, True)
    return _once_still(capture, timing, frame, deadline or Deadline.after(timing.budget_s))


def _once_still(capture: Capture, timing: Timing, frame: RgbImage, deadline: Deadline) -> Settled:
    stillness = Stillness(restless_s=timing.restless_s)
    while not stillness.sees(frame, time.monotonic()):
        if deadline.has_passed:
            return Settled(frame, False)
        time.sleep(timing.gap_s)
        frame = capture()
    return Settled(frame, True)


def settled_after_press(capture: Capture, before: RgbImage, pressed: Box | None, timing: Timing) -> Settled:
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
            return _once_still(capture, timing, frame, deadline)


def _reacted(before: RgbImage, now: RgbImage, pressed: Box) -> bool:
    return changed_share(before, now, outside=(pressed,)) > _A_SIGN
