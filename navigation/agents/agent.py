"""The agent: shows its screen, presses where it is told, shows the screen again. It decides nothing itself.

What it does decide is not to press: when the screen is no longer the one that was judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol, get_args

from navigation.agents.frames import size_of
from navigation.agents.secret_source import Secret, SecretSource
from navigation.agents.settle import Settled, Timing
from navigation.agents.sight import Sight, is_same_patient, still_as_judged
from navigation.agents.surface import AgentError, Surface
from navigation.agents.watched import HeldBackError, Runs, WatchedSurface
from navigation.client import ClientError, NavigateAnswer, navigate_action
from navigation.geometry import to_pixel_point
from navigation.keyboards import LayoutName, keystrokes, select_all
from navigation.oversight import HaltCode
from navigation.protocols import RgbImage
from navigation.types import Box, NormBox, Outcome, PressKind, Screen, Target

# So often a screen that changed between the check and the press is asked about, each time as a new attempt.
_MOST_ASKS = 3


class Navigator(Runs, Protocol):
    """The part of `NavigateClient` an agent needs."""

    def navigate(self, action: dict[str, object], png: bytes) -> NavigateAnswer: ...

    def after(self, attempt_id: str, png: bytes, *, pressed: bool = True) -> NavigateAnswer: ...


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step: what to press and how, the screens before and after, and what to type once the field is pressed.

    `text` is typed as it is; `secret` names a secret of the agent's own. Neither is ever sent.
    """

    target: Target
    before: Screen | None = None
    after: Screen | None = None
    flow: str | None = None
    press: PressKind = "single"
    text: str | None = field(default=None, repr=False)
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Performed:
    """How a step ended. `was_pressed` is the agent's own knowledge: it pressed, or it did not.

    `had_settled` is False when a screen that was shown to the server had not stood still within the time for it.
    `had_changed`: it did not press, since the screen was no longer the one that was judged.
    `was_held_back`: people stopped the robots or took the run over before the step was done. The robot is to go no
    further, whatever was pressed by then.
    """

    answer: NavigateAnswer
    was_pressed: bool
    had_settled: bool = True
    had_changed: bool = False
    was_held_back: bool = False


class Agent:
    """Performs instructions on one surface, one at a time; not for several threads.

    With a `layout` it types key by key as that keyboard does, for surfaces that pass on keys only.
    """

    def __init__(
        self,
        surface: Surface,
        navigator: Navigator,
        secrets: SecretSource,
        *,
        timing: Timing | None = None,
        layout: LayoutName | None = None,
    ) -> None:
        self._surface = surface
        self._navigator = navigator
        self._secrets = secrets
        self._sight = Sight(surface, timing or Timing())
        self._layout: LayoutName | None = layout

    def perform(self, run_id: str, instruction: Instruction) -> Performed:
        """Carry out one step: look, ask, look again, ask whether robots may go on, press, look, tell.

        When the screen changed between the check and the press it is asked about anew, a few times at most.
        Raises AgentError when the screen or the named secret is not to be had, ClientError when the server is not,
        UntypableError for a text that the keyboard has no keys for.
        """
        for _ in range(_MOST_ASKS - 1):
            performed = self._try(run_id, instruction)
            if not performed.had_changed:
                return performed
        return self._try(run_id, instruction)

    def _try(self, run_id: str, instruction: Instruction) -> Performed:
        typing = self._typing_of(instruction)  # before anything is pressed: what is amiss leaves no half-done form
        first = self._sight.settled()
        judged = first.view
        action = navigate_action(
            run_id,
            instruction.target,
            before=instruction.before,
            after=instruction.after,
            flow=instruction.flow,
            press=instruction.press,
        )
        answer = self._navigator.navigate(action, self._sight.shown(judged))
        if not answer.may_press:
            was_held_back = answer.reason_code in get_args(HaltCode)
            return Performed(answer, False, had_settled=first.has_settled, was_held_back=was_held_back)
        now = self._sight.now()
        if not still_as_judged(judged, now, _place(answer, now), _banner(instruction)):
            told = _unpressed(self._tell(answer, now, pressed=False))
            return Performed(told, was_pressed=False, had_settled=first.has_settled, had_changed=True)
        surface = WatchedSurface(self._surface, self._navigator, run_id)
        performed = self._act(surface, now, answer, typing, instruction)
        return replace(performed, had_settled=first.has_settled and performed.had_settled)

    def _act(
        self, surface: Surface, now: RgbImage, answer: NavigateAnswer, typing: Secret | None, instruction: Instruction
    ) -> Performed:
        """Press, type when there is something to type, and tell; or stop where people hold the robot back."""
        try:
            place = self._press(surface, now, answer, instruction)
        except (HeldBackError, ClientError) as stop:
            told = self._tell(answer, now, pressed=False)
            return Performed(_held_back(told, stop), was_pressed=False, was_held_back=True)
        is_field = typing is not None or instruction.target.kind == "field"
        shown = self._sight.after_press(now, None if is_field else place)
        frame = shown.view
        if typing is None:
            told = self._tell(answer, shown.view, pressed=True)
            return Performed(told, was_pressed=True, had_settled=shown.has_settled)
        if not is_same_patient(now, frame, _banner(instruction)):
            raise AgentError(
                "The patient's banner changed before the text was typed. Nothing was typed; look at the screen"
            )
        try:
            shown = self._type(surface, typing, frame, place, is_secret=instruction.secret is not None)
        except (HeldBackError, ClientError) as stop:
            told = self._tell(answer, shown.view, pressed=True)
            return Performed(_held_back(told, stop), was_pressed=True, was_held_back=True)
        told = self._tell(answer, shown.view, pressed=True)
        return Performed(told, was_pressed=True, had_settled=shown.has_settled)

    def _typing_of(self, instruction: Instruction) -> Secret | None:
        if instruction.secret is not None:
            typing = self._secrets.secret(instruction.secret)
        elif instruction.text is not None:
            typing = Secret(instruction.text)
        else:
            return None
        if self._layout is not None:
            keystrokes(typing.reveal(), self._layout)
        return typing

    def _press(self, surface: Surface, now: RgbImage, answer: NavigateAnswer, instruction: Instruction) -> Box:
        if answer.point is None:
            raise AgentError("There is no point to press")
        place = _place(answer, now)
        surface.press(answer.point, instruction.press)
        return place

    def _type(self, surface: Surface, typing: Secret, before: RgbImage, place: Box, *, is_secret: bool) -> Settled:
        """Type, and give the settled screen; where a secret was typed is painted over from then on."""
        if self._layout is None:
            surface.type_text(typing.reveal())
        else:
            surface.type_keys((select_all(self._layout), *keystrokes(typing.reveal(), self._layout)))
        typed = self._sight.after_press(before, None)
        if is_secret:
            self._sight.veil(place, before, typed.view)
        return typed

    def _tell(self, answer: NavigateAnswer, frame: RgbImage, *, pressed: bool) -> NavigateAnswer:
        if not answer.awaits_after:
            return answer
        return self._navigator.after(answer.id, self._sight.shown(frame), pressed=pressed)


def _banner(instruction: Instruction) -> NormBox | None:
    return instruction.before.patient_banner if instruction.before else None


def _unpressed(answer: NavigateAnswer) -> NavigateAnswer:
    """The answer of a step that was not pressed: never one that sounds like a success."""
    if answer.outcome is not Outcome.OK:
        return answer
    return replace(answer, outcome=Outcome.WRONG_SCREEN, reason_code="changed_before_press", point=None, box=None)


def _held_back(answer: NavigateAnswer, why: HeldBackError | ClientError) -> NavigateAnswer:
    """The answer of a step that people ended: never one that sounds like a success. A silent server is raised."""
    if isinstance(why, ClientError):
        raise why
    return replace(answer, outcome=Outcome.NEEDS_HUMAN, reason_code=why.code, sentences={}, point=None, box=None)


def _place(answer: NavigateAnswer, frame: RgbImage) -> Box:
    """The box that is pressed; a few pixels around the point when the answer has none."""
    if answer.box is not None:
        return answer.box
    if answer.point is None:
        raise AgentError("There is no point to press")
    at = to_pixel_point(answer.point, size_of(frame))
    return Box(max(0, at.x - 8), max(0, at.y - 8), 16, 16)
