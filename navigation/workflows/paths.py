"""Where a workflow leads: what follows each outcome of each step. It is checked by the same rules that run it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from navigation.types import Outcome
from navigation.workflows.model import AGAIN, BLIND, NEXT, AskHuman, Step, Then, Workflow

_NEXT: Final = Then("next")
_STOP: Final = Then("stop")
_HAND_OVER: Final = Then("hand_over")

REFUSALS: Final = frozenset({Outcome.LOGIN_REFUSED, Outcome.ACCOUNT_LOCKED})
"""After one of these no log-in is tried in the same run, whatever step said it."""

MAYBE_TRIED: Final = REFUSALS | {
    Outcome.NOT_LANDED, Outcome.SESSION_EXPIRED, Outcome.OCR_UNAVAILABLE, Outcome.OCR_TIMEOUT, Outcome.OCR_FAILED,
    Outcome.TIMEOUT, Outcome.INTERRUPTED, Outcome.ERROR,
}  # fmt: skip
"""Outcomes of a log-in step after which it may have been pressed without letting one in."""


def then_of(step: Step, outcome: Outcome) -> Then:
    """What follows: as the file says, else on after `ok`, to a person after `needs_human`, and otherwise a stop."""
    given = step.on.get(outcome)
    if given is not None:
        return given
    if outcome is Outcome.OK:
        return _NEXT
    return _HAND_OVER if outcome is Outcome.NEEDS_HUMAN else _STOP


def resumed_at(workflow: Workflow, index: int, then: Then, *, was_pressed: bool) -> int:
    """Where a run goes on once a person had it at step `index`; past the last step when it is done.

    Where the file does not say: a question is answered, and a step that was pressed is taken to be brought to its end
    by the person, so it goes on as after `ok`; what was not pressed is done now. A step that rests on a press is never
    gone to alone.
    """
    if then.step == NEXT:
        return index + 1
    named = workflow.index_of(then.step) if then.step not in ("", AGAIN) else None
    if named is not None:
        return named
    is_over = isinstance(workflow.steps[index].deed, AskHuman) or was_pressed
    after = _after_ok(workflow, index)
    return after if then.step == "" and is_over and not is_blind(workflow, after) else _first_of(workflow, index)


def is_blind(workflow: Workflow, index: int) -> bool:
    """Whether the step acts where the one above it pressed."""
    return index < len(workflow.steps) and isinstance(workflow.steps[index].deed, BLIND)


def leads_to(workflow: Workflow, index: int, outcome: Outcome) -> set[int]:
    """The steps that may come after an outcome of a step; those past the last one are left out."""
    then = then_of(workflow.steps[index], outcome)
    if then.kind == "next":
        found = {index + 1}
    elif then.kind == "goto":
        named = workflow.index_of(then.step)
        found = set() if named is None else {named}
    elif then.kind == "hand_over":
        found = {resumed_at(workflow, index, then, was_pressed=pressed) for pressed in (False, True)}
    else:
        found = set()
    return {each for each in found if each < len(workflow.steps)}


def leads_to_at_all(workflow: Workflow, index: int) -> set[int]:
    return {each for outcome in Outcome for each in leads_to(workflow, index, outcome)}


def reached_from(workflow: Workflow, starts: Iterable[int]) -> set[int]:
    """Every step that a run may come to from any of these, they included."""
    reached: set[int] = set()
    waiting = list(starts)
    while waiting:
        index = waiting.pop()
        if index not in reached:
            reached.add(index)
            waiting += leads_to_at_all(workflow, index)
    return reached


def logins(workflow: Workflow) -> Iterator[int]:
    return (index for index, step in enumerate(workflow.steps) if step.is_login)


def _after_ok(workflow: Workflow, index: int) -> int:
    then = then_of(workflow.steps[index], Outcome.OK)
    named = workflow.index_of(then.step) if then.kind == "goto" else None
    return index + 1 if named is None else named


def _first_of(workflow: Workflow, index: int) -> int:
    """The step itself, or the one that pressed for it."""
    while index > 0 and is_blind(workflow, index):
        index -= 1
    return index
