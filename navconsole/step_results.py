"""What an agent's result comes to: judged by the screenshot where there is something to judge."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from navconsole.asked import AttemptAsked, BadPartError, ResultAsked
from navconsole.navigator import MayUse, Navigator
from navconsole.steps import awaits_after
from navigation.actions import parse_action
from navigation.codec import reason_from_json
from navigation.errors import ConflictError, HaltedError
from navigation.reasons import Reason
from navigation.records import AttemptDetail
from navigation.types import Outcome
from navigation.workflow_records import Told
from navigation.workflows.binding import Bound
from navigation.workflows.model import AskHuman, Capture, Navigate, Step, Verify

_REPORTED = frozenset(
    {Outcome.OK, Outcome.NEEDS_HUMAN, Outcome.WRONG_SCREEN, Outcome.TIMEOUT, Outcome.INTERRUPTED, Outcome.ERROR}
)
"""What an agent may say came of a step that it carries out by itself."""


CODES: Mapping[Outcome, str] = {
    Outcome.OK: "step_done",
    Outcome.NEEDS_HUMAN: "handed_over",
    Outcome.WRONG_SCREEN: "changed_before_press",
    Outcome.TIMEOUT: "agent_timeout",
    Outcome.INTERRUPTED: "agent_interrupted",
    Outcome.ERROR: "agent_error",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What an instruction came to. `was_pressed`: something may have been pressed or typed by it."""

    outcome: Outcome
    reason: Reason
    was_pressed: bool
    image_id: str | None = None


class StepJudge:
    """Uses the navigator, so that each `navigate` is an ordinary attempt."""

    def __init__(self, navigator: Navigator) -> None:
        self._navigator = navigator

    def judge(self, bound: Bound, step: Step, told: Told, asked: ResultAsked, may_use: MayUse) -> Judged:
        """What an instruction came to: by the screenshot where there is something to judge, else as the agent says."""
        if isinstance(step.deed, Navigate):
            if told.type == "click":
                return self._pressed(told, asked, may_use)
            return self._looked(bound, step, told, asked, may_use)
        if isinstance(step.deed, Verify):
            screen = bound.screen_of(step.deed.screen)
            result, image_id = self._navigator.verify(screen, _picture(asked), told.id, within_s=step.limit_s)
            return Judged(result.outcome, result.reason, False, image_id)
        if asked.outcome not in _REPORTED:
            raise BadPartError("result", "outcome", "literal_error")
        if isinstance(step.deed, AskHuman):
            image_id = self._navigator.keep(_picture(asked))
            return Judged(Outcome.NEEDS_HUMAN, Reason("asked", {"question": step.deed.question}), False, image_id)
        kept = self._kept(asked, is_needed=isinstance(step.deed, Capture))
        return Judged(asked.outcome, Reason(CODES[asked.outcome]), asked.was_pressed, kept)

    def _looked(self, bound: Bound, step: Step, told: Told, asked: ResultAsked, may_use: MayUse) -> Judged:
        """An ordinary attempt: where to press, or why not."""
        body = bound.action_of(step)
        assert told.attempt_id is not None, "chosen with the instruction"
        attempt = AttemptAsked(told.attempt_id, told.run_id, parse_action(body), body, _picture(asked))
        try:
            detail = self._navigator.navigate(attempt, may_use=may_use, within_s=step.limit_s)
        except HaltedError as err:
            return Judged(Outcome.NEEDS_HUMAN, Reason(err.code), False)
        except ConflictError:  # another look of before a restart has this id: look anew, nothing was pressed
            return Judged(Outcome.INTERRUPTED, Reason("interrupted"), False)
        return _of_attempt(detail, was_pressed=False)

    def _pressed(self, told: Told, asked: ResultAsked, may_use: MayUse) -> Judged:
        """The attempt's end: whether the press landed. An agent that does not know whether it pressed is judged by what
        the screen shows, and is not told to press again."""
        assert told.attempt_id is not None, "a press rests on an attempt"
        detail = self._navigator.attempt(told.attempt_id, may_use=may_use)
        if awaits_after(detail):
            with suppress(ConflictError):  # waited for too long, and closed as interrupted meanwhile: that stands
                self._navigator.after(told.attempt_id, _picture(asked), was_pressed=asked.was_pressed, may_use=may_use)
            detail = self._navigator.attempt(told.attempt_id, may_use=may_use)
            return _of_attempt(detail, was_pressed=asked.was_pressed)
        if detail.start.wants_after:  # the same result, sent again before its answer was stored
            return _of_attempt(detail, was_pressed=asked.was_pressed)
        image_id = self._kept(asked)
        if asked.was_pressed and asked.outcome is Outcome.OK:
            return Judged(Outcome.OK, Reason("step_done"), True, image_id)
        outcome = Outcome.INTERRUPTED if asked.was_pressed else _unpressed(asked.outcome)
        return Judged(outcome, Reason(CODES[outcome]), asked.was_pressed, image_id)

    def _kept(self, asked: ResultAsked, *, is_needed: bool = False) -> str | None:
        if asked.picture is None and not is_needed:
            return None
        return self._navigator.keep(_picture(asked))


def _unpressed(outcome: Outcome) -> Outcome:
    return outcome if outcome in _REPORTED and outcome is not Outcome.OK else Outcome.WRONG_SCREEN


def _of_attempt(detail: AttemptDetail, *, was_pressed: bool) -> Judged:
    last = detail.finish or detail.decision
    assert last is not None, "decided, or closed as interrupted"
    image_id = (detail.finish.after_id if detail.finish else None) or detail.start.before_id
    return Judged(last.outcome, reason_from_json(last.reason), was_pressed, image_id)


def _picture(asked: ResultAsked) -> bytes:
    if asked.picture is None:
        raise BadPartError("result", "screenshot", "missing")
    return asked.picture
