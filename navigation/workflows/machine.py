"""A run of a workflow as a value: where it stands, what its agent is told, and what a result makes of it. Pure.

`begin` gives the first state; `next_step` takes a result and gives the next state with its instruction. The time is
passed in, as seconds of any clock that outlives a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

from navigation.types import Outcome
from navigation.workflows.model import AskHuman, Navigate, Step, Verify, Workflow
from navigation.workflows.paths import REFUSALS, resumed_at, then_of

MOST_ASKS: Final = 3
"""So often a screen is looked at anew: it changed between the check and the press, or a restart cut the look short."""
MOST_STEPS: Final = 1000
"""Steps of one run, those done again included; a workflow that goes in circles ends here."""

Phase = Literal["do", "press", "held", "ended"]
_ANEW: Final[Mapping[Phase, Outcome]] = {"press": Outcome.WRONG_SCREEN, "do": Outcome.INTERRUPTED}
EndState = Literal["done", "stopped", "abandoned", "interrupted"]
InstructionType = Literal["capture", "click", "type", "key", "wait", "ask_human", "end"]


@dataclass(frozen=True, slots=True)
class State:
    """Where a run stands.

    `number` is that of the instruction that is out, from 1; each result makes it greater. `pause_s` is waited for
    before the instruction. `resume` is where a held run goes on. `end` and `outcome` are set once it has ended.
    """

    step: int = 0
    phase: Phase = "do"
    number: int = 1
    tries: int = 0
    asks: int = 0
    begun: int = 1
    began_s: float = 0.0
    pause_s: float = 0.0
    resume: int = 0
    is_login_barred: bool = False
    end: EndState | None = None
    outcome: Outcome | None = None

    @property
    def has_ended(self) -> bool:
        return self.end is not None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> State:
        values = {name: value for name, value in data.items() if name in cls.__dataclass_fields__}
        outcome = values.get("outcome")
        return cls(**values | {"outcome": None if outcome is None else Outcome(outcome)})


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an instruction. `was_pressed`: something may have been pressed or typed on the screen by it."""

    outcome: Outcome
    was_pressed: bool = False


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the agent is to do. `step` is None at the end.

    A `navigate` step is a `capture` that is judged by the server, then a `click` where it says; a `verify` step is a
    `capture`.
    """

    number: int
    type: InstructionType
    step: Step | None
    pause_s: float = 0.0


def begin(now_s: float) -> State:
    return State(began_s=now_s)


def instruction_of(workflow: Workflow, state: State) -> Instruction | None:
    """The instruction that is out; None while a person has the run."""
    if state.phase == "held":
        return None
    if state.has_ended:
        return Instruction(state.number, "end", None)
    step = workflow.steps[state.step]
    return Instruction(state.number, _type_of(step, state.phase), step, state.pause_s)


def next_step(workflow: Workflow, state: State, result: Result, now_s: float) -> tuple[State, Instruction | None]:
    """What a result of the instruction that is out makes of the run. ValueError when none is out."""
    if state.phase in ("held", "ended"):
        raise ValueError("no instruction is out")
    after = _after(workflow, state, result, now_s)
    return after, instruction_of(workflow, after)


def resumed(workflow: Workflow, state: State, now_s: float) -> State:
    """A person has given the run back."""
    if state.phase != "held":
        raise ValueError("the run is not held")
    return _enter(workflow, state, state.resume, now_s)


def ended(state: State, end: EndState, outcome: Outcome | None = None) -> State:
    """The run ends here, whatever it was about to do."""
    return replace(state, phase="ended", number=state.number + 1, end=end, outcome=outcome, pause_s=0.0)


def _type_of(step: Step, phase: Phase) -> InstructionType:
    if isinstance(step.deed, Navigate):
        return "click" if phase == "press" else "capture"
    if isinstance(step.deed, Verify):
        return "capture"
    return step.type  # type: ignore[return-value]


def _after(workflow: Workflow, state: State, result: Result, now_s: float) -> State:
    step = workflow.steps[state.step]
    result = _in_time(step, state, result, now_s)
    if isinstance(step.deed, Navigate):
        if state.phase == "do" and result.outcome is Outcome.OK:
            return replace(state, phase="press", number=state.number + 1, pause_s=0.0)
        if not result.was_pressed and _ANEW[state.phase] is result.outcome and state.asks + 1 < MOST_ASKS:
            return replace(state, phase="do", number=state.number + 1, asks=state.asks + 1, pause_s=0.0)
    if _is_tried_again(step, state, result, now_s):
        pause_s = step.retry.wait_s if step.retry else 0.0
        return replace(
            state, phase="do", number=state.number + 1, tries=state.tries + 1, asks=0, begun=state.begun + 1,
            pause_s=pause_s,
        )  # fmt: skip
    return _follow(workflow, _barred(step, state, result), result, now_s)


def _in_time(step: Step, state: State, result: Result, now_s: float) -> Result:
    """The result, or `timeout` for what was well but late. What a press led to stays what it is: it has happened."""
    is_late = now_s > state.began_s + step.limit_s
    if is_late and result.outcome is Outcome.OK and state.phase != "press":
        return replace(result, outcome=Outcome.TIMEOUT)
    return result


def _is_tried_again(step: Step, state: State, result: Result, now_s: float) -> bool:
    retry = step.retry
    if retry is None or result.was_pressed or result.outcome not in retry.on or state.tries >= retry.times:
        return False
    return now_s + retry.wait_s < state.began_s + step.limit_s and state.begun < MOST_STEPS


def _barred(step: Step, state: State, result: Result) -> State:
    """After a refusal, or a log-in that was pressed and did not let one in, no log-in is tried in this run."""
    was_tried = step.is_login and result.was_pressed and result.outcome not in (Outcome.OK, Outcome.NEEDS_HUMAN)
    if was_tried or result.outcome in REFUSALS:
        return replace(state, is_login_barred=True, outcome=result.outcome)
    return state


def _follow(workflow: Workflow, state: State, result: Result, now_s: float) -> State:
    then = then_of(workflow.steps[state.step], result.outcome)
    if then.kind == "stop":
        return ended(state, "stopped", result.outcome)
    if then.kind == "hand_over":
        at = resumed_at(workflow, state.step, then, was_pressed=result.was_pressed)
        return replace(state, phase="held", number=state.number + 1, resume=at, pause_s=0.0)
    if then.kind == "goto":
        named = workflow.index_of(then.step)
        assert named is not None, "a checked workflow names steps that are there"
        return _enter(workflow, state, named, now_s)
    return _enter(workflow, state, state.step + 1, now_s)


def _enter(workflow: Workflow, state: State, index: int, now_s: float) -> State:
    if index >= len(workflow.steps):
        return ended(state, "done", Outcome.OK)
    if state.is_login_barred and workflow.steps[index].is_login:
        return ended(state, "stopped", state.outcome)
    if state.begun >= MOST_STEPS:
        return ended(state, "stopped", Outcome.ERROR)
    return State(
        step=index, number=state.number + 1, begun=state.begun + 1, began_s=now_s, resume=0,
        is_login_barred=state.is_login_barred, outcome=state.outcome,
    )  # fmt: skip


def question_of(workflow: Workflow, state: State) -> str:
    """What a person is asked at this step; "" where the step has no question of its own."""
    deed = workflow.steps[state.step].deed
    return deed.question if isinstance(deed, AskHuman) else ""
