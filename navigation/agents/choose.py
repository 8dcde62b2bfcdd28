"""Choosing from a list by the label of its field: open it, find the option in what appeared, press, read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from navigation.agents.eyes import Eyes
from navigation.agents.frames import changes, decode, enlarged, is_same, size_of
from navigation.agents.scroll import ScrollLimits, scroll_until_found
from navigation.agents.settle import Timing, settled, settled_after_press
from navigation.agents.surface import AgentError, Surface
from navigation.deadline import Deadline
from navigation.geometry import intersection, to_norm_box, to_norm_point, union
from navigation.keyboards import LayoutName, keystrokes, named_key
from navigation.protocols import RgbImage
from navigation.types import Box, Grounding, NormBox, Target
from navigation.values import Comparison, ReadValue, value_shows

ChooseOutcome = Literal[
    "chosen", "already_chosen", "no_field", "not_opened", "not_reached", "ambiguous", "option_absent", "another_value",
    "unsure", "lost", "budget",
]  # fmt: skip

# A list that opened changed at least so much of the field's own size outside it; a ring or a shadow changes less.
_LIST_AREA = 0.8
_AROUND_PX = 6
_READ_AS: dict[Comparison, ChooseOutcome] = {"same": "chosen", "different": "another_value", "unsure": "unsure"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """How it ended; only "chosen" and "already_chosen" say that the field shows the option.

    - "no_field": the label's field was not found; `grounding` says why. Nothing was pressed.
    - "not_opened": no list was seen to open; "not_reached": one is seen, but the pointer does not light it up.
    - "ambiguous": the list shows the option more than once. "option_absent": it was looked through to both ends.
    - "another_value": the field shows something else; "unsure": what it shows cannot be read with certainty.
    - "lost": the list changed other than by scrolling; "budget": it is longer than allowed.

    `value` is what was read in the field last; `by` says whether the option was pressed or typed.
    """

    outcome: ChooseOutcome
    grounding: Grounding
    view: RgbImage
    value: ReadValue | None = None
    by: Literal["", "press", "keys"] = ""


def choose_option(
    surface: Surface,
    eyes: Eyes,
    label: str,
    option: str,
    *,
    layout: LayoutName | None = None,
    limits: ScrollLimits | None = None,
    timing: Timing | None = None,
) -> Chosen:
    """Choose an option in the list that belongs to a label, and read the field back.

    Where no list is seen to open, or one that does not answer to the pointer, the option's text is typed on a
    keyboard of `layout`, and what came of it is read back; without a layout that is not tried.

    Raises AgentError when the surface is gone, UntypableError for an option the keyboard has no keys for, and the
    reader's OcrError.
    """
    return _Choosing(surface, eyes, label, option, layout, limits or ScrollLimits(), timing or Timing()).run()


class _Choosing:
    def __init__(
        self,
        surface: Surface,
        eyes: Eyes,
        label: str,
        option: str,
        layout: LayoutName | None,
        limits: ScrollLimits,
        timing: Timing,
    ) -> None:
        self._surface, self._eyes, self._timing, self._limits = surface, eyes, timing, limits
        self._label, self._option, self._layout = Target(label, kind="field"), option, layout
        self._typing = keystrokes(option, layout) if layout is not None else ()

    def run(self) -> Chosen:
        closed = settled(self._capture, self._timing).view
        field = self._eyes.ground(closed, self._label)
        if field.outcome != "found" or field.box_px is None:
            return Chosen("no_field", field, closed)
        self._field, self._box = field, field.box_px
        self._first = self._eyes.read_value(closed, field.box_px)
        if value_shows(self._option, self._first) == "same":
            return Chosen("already_chosen", field, closed, self._first)
        opened = self._pressed(field.box_px, closed)
        appeared = _appeared(closed, opened, field.box_px)
        if appeared is None:
            return self._typed("not_opened")
        region = to_norm_box(appeared, size_of(opened))
        target = Target(self._option, region=region)
        seen = self._eyes.ground(opened, target)
        if seen.outcome == "ambiguous":
            return self._refused("ambiguous", seen)
        if not self._lights_up(opened, seen.box_px or appeared, appeared):
            return self._typed("not_reached")
        return self._from_list(target, region)

    def _from_list(self, target: Target, region: NormBox) -> Chosen:
        """Press the option in the list that is open: in view, further down, or further up."""
        deadline = Deadline.after(self._limits.budget_s)
        for up in (False, True):
            limits = ScrollLimits(self._limits.steps, deadline.remaining_s)
            found = scroll_until_found(
                self._surface, self._eyes, target, region, up=up, limits=limits, timing=self._timing
            )
            if found.outcome == "found" and found.grounding.box_px is not None:
                self._pressed(found.grounding.box_px, found.view)
                return self._read_back("press")
            if found.outcome in ("ambiguous", "lost", "budget"):
                return self._refused(found.outcome, found.grounding)
        return self._refused("option_absent", found.grounding)

    def _lights_up(self, opened: RgbImage, at: Box, appeared: Box) -> bool:
        """Whether the list answers to the pointer.

        A list may be drawn where no press arrives (those that a browser without a window draws for its own selects):
        the press would go to what lies under it.
        """
        self._surface.scroll(to_norm_point(at.center, size_of(opened)), 0)
        return not is_same(opened, settled(self._capture, self._timing).view, appeared)

    def _pressed(self, box: Box, before: RgbImage) -> RgbImage:
        self._surface.press(to_norm_point(box.center, size_of(before)))
        return settled_after_press(self._capture, before, box, self._timing).view

    def _refused(self, outcome: ChooseOutcome, grounding: Grounding) -> Chosen:
        """Close the list and read what the field shows."""
        self._surface.type_keys([named_key("Escape")])
        view = settled(self._capture, self._timing).view
        return Chosen(outcome, grounding, view, self._eyes.read_value(view, self._box))

    def _typed(self, otherwise: ChooseOutcome) -> Chosen:
        """Type the option into the list and take it, by the key that sends no form; without a keyboard close it."""
        if not self._typing:
            return self._refused(otherwise, self._field)
        self._surface.type_keys((*self._typing, named_key("Tab")))
        return self._read_back("keys")

    def _read_back(self, by: Literal["press", "keys"]) -> Chosen:
        view = settled(self._capture, self._timing).view
        again = self._eyes.ground(view, self._label)  # the page may have moved under a message
        value = self._eyes.read_value(view, again.box_px or self._box)
        outcome: ChooseOutcome = _READ_AS[value_shows(self._option, value)]
        if by == "keys" and outcome == "another_value" and value == self._first:
            outcome = "option_absent"  # no option begins with what was typed
        return Chosen(outcome, self._field, view, value, by)

    def _capture(self) -> RgbImage:
        return decode(self._surface.screenshot())


def _appeared(before: RgbImage, after: RgbImage, field: Box) -> Box | None:
    """Where a list opened: around all that changed outside the field; None when too little did."""
    if before.shape != after.shape:
        raise AgentError("The screen changed its size while a list was to open; start the step again")
    own = enlarged(field, _AROUND_PX, size_of(after))
    outside = [box for box in changes(before, after) if _share_in(box, own) < 0.9]
    if sum(box.area for box in outside) < _LIST_AREA * field.area:
        return None
    return _without(union(outside), field)


def _share_in(box: Box, outer: Box) -> float:
    common = intersection(box, outer)
    return common.area / box.area if common else 0.0


def _without(area: Box, field: Box) -> Box:
    """The part of an area under or over the field, whichever is larger, so that its own value is no option."""
    if intersection(area, field) is None:
        return area
    under, over = area.bottom - field.bottom, field.y - area.y
    if max(under, over) < field.h:
        return area
    return Box(area.x, field.bottom, area.w, under) if under >= over else Box(area.x, area.y, area.w, over)
