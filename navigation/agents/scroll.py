"""Scrolling until a target is in view: step by step, each one seen to have moved the view, never past the end."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from navigation.agents.eyes import Eyes
from navigation.agents.frames import decode, size_of
from navigation.agents.settle import Timing, settled, settled_after_press
from navigation.agents.surface import Surface
from navigation.deadline import Deadline
from navigation.geometry import to_pixel_box
from navigation.protocols import RgbImage
from navigation.scrolling import shift_between
from navigation.types import Grounding, NormBox, NormPoint, Target

ScrollOutcome = Literal["found", "ambiguous", "end_reached", "not_scrollable", "lost", "budget"]

# Of the region's height that one step moves: what stood at its lower edge, cut in half, is whole in the next view.
_STEP = 0.55
_QUIET_STEPS = 2  # steps without movement that make an end: a list that loads more may need a moment


@dataclass(frozen=True, slots=True)
class ScrollLimits:
    """How far to scroll at most."""

    steps: int = 40
    budget_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Scrolled:
    """How it ended; only "found" has a place to press, in pixels of `view`.

    "ambiguous": one view shows the target more than once. "end_reached": the view had moved and moves no more.
    "not_scrollable": it never moved. "lost": the view changed other than by scrolling, or by more than what both
    views show, so that something may have been passed unseen. "budget": the steps or the time allowed ran out.
    `steps` moved the view, by `moved_px` in all.
    """

    outcome: ScrollOutcome
    grounding: Grounding
    view: RgbImage
    steps: int
    moved_px: int


def scroll_until_found(
    surface: Surface,
    eyes: Eyes,
    target: Target,
    region: NormBox,
    *,
    up: bool = False,
    limits: ScrollLimits | None = None,
    timing: Timing | None = None,
) -> Scrolled:
    """Look for a target in a part of the screen that scrolls, and scroll it until the target is there.

    The pointer rests in the middle of `region`; the target counts only inside it. Raises AgentError when the
    surface is gone, and the reader's OcrError.
    """
    return _Scrolling(surface, eyes, target, region, up, limits or ScrollLimits(), timing or Timing()).run()


class _Scrolling:
    def __init__(
        self,
        surface: Surface,
        eyes: Eyes,
        target: Target,
        region: NormBox,
        up: bool,
        limits: ScrollLimits,
        timing: Timing,
    ) -> None:
        self._surface, self._eyes, self._timing = surface, eyes, timing
        self._target = target if target.region is not None else replace(target, region=region)
        self._region, self._sign, self._limits = region, -1 if up else 1, limits
        self._middle = NormPoint(region.x + region.w / 2, region.y + region.h / 2)
        self._steps = self._moved_px = 0
        self._notches, self._notch_px = 1, 0.0

    def run(self) -> Scrolled:
        deadline = Deadline.after(self._limits.budget_s)
        self._surface.scroll(self._middle, 0)  # the pointer lights up what it is over: it is there from the start
        view = settled(self._capture, self._timing).view
        quiet = tries = 0
        while True:
            grounding = self._eyes.ground(view, self._target)
            if grounding.outcome in ("found", "ambiguous"):
                return self._ended("found" if grounding.outcome == "found" else "ambiguous", grounding, view)
            while quiet < _QUIET_STEPS:
                if tries >= self._limits.steps or deadline.has_passed:
                    return self._ended("budget", grounding, view)
                tries += 1
                before, view = view, self._stepped(view)
                movement = self._note(before, view)
                if movement == "changed":
                    return self._ended("lost", grounding, view)
                if movement == "moved":
                    quiet = 0
                    break
                quiet += 1
            else:
                return self._ended("end_reached" if self._steps else "not_scrollable", grounding, view)

    def _stepped(self, view: RgbImage) -> RgbImage:
        self._surface.scroll(self._middle, self._sign * self._notches)
        return settled_after_press(self._capture, view, None, self._timing).view

    def _note(self, before: RgbImage, after: RgbImage) -> Literal["still", "moved", "changed"]:
        """What a step did; the next one is made as long as what both views show allows."""
        if before.shape != after.shape:
            return "changed"
        region = to_pixel_box(self._region, size_of(after))
        expected = self._sign * round(self._notches * self._notch_px)
        shift = shift_between(before, after, region, toward=self._sign, expected_px=expected)
        if shift.movement != "moved":
            return shift.movement
        self._steps += 1
        self._moved_px += shift.down_px
        self._notch_px = max(self._notch_px, abs(shift.down_px) / self._notches)
        self._notches = max(1, math.floor(_STEP * region.h / self._notch_px))
        return "moved"

    def _ended(self, outcome: ScrollOutcome, grounding: Grounding, view: RgbImage) -> Scrolled:
        return Scrolled(outcome, grounding, view, self._steps, self._moved_px)

    def _capture(self) -> RgbImage:
        return decode(self._surface.screenshot())
