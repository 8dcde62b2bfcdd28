"""A run as a value: what follows what, and what never does, whatever an agent may answer."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from navigation.types import Outcome
from navigation.workflows.checking import check
from navigation.workflows.machine import (
    MOST_ASKS,
    MOST_STEPS,
    Instruction,
    Result,
    State,
    begin,
    ended,
    instruction_of,
    next_step,
    question_of,
    resumed,
)
from navigation.workflows.model import (
    BLIND,
    RETRIED,
    AskHuman,
    Capture,
    Key,
    Navigate,
    Retry,
    Step,
    Then,
    Type,
    Verify,
    Wait,
    Workflow,
)
from navigation.workflows.paths import REFUSALS
from navigation.workflows.problems import Place
from tests.navigation.workflows.writing import LOGIN, a_profile, a_workflow

OK = Result(Outcome.OK)
PRESSED = Result(Outcome.OK, was_pressed=True)


def walked(workflow: Workflow, results: Sequence[Result], *, each_s: float = 0.1) -> tuple[State, list[str]]:
    """The state after these results, and what was told on the way as "step type"."""
    state = begin(0.0)
    told = [_told(instruction_of(workflow, state))]
    for number, result in enumerate(results, start=1):
        state, instruction = next_step(workflow, state, result, number * each_s)
        told.append(_told(instruction))
    return state, told


def _told(instruction: Instruction | None) -> str:
    if instruction is None:
        return "held"
    return f"{instruction.step.name} {instruction.type}" if instruction.step else instruction.type


def test_a_step_is_looked_at_then_pressed_and_the_run_is_done_after_the_last() -> None:
    state, told = walked(a_workflow("- {name: a, navigate: open}\n- {name: b, capture: screen}"), [OK, PRESSED, OK])
    assert told == ["a capture", "a click", "b capture", "end"]
    assert (state.end, state.outcome, state.number) == ("done", Outcome.OK, 4)


def test_every_other_outcome_stops_unless_the_file_says_more() -> None:
    workflow = a_workflow("- {name: a, navigate: open, on: {absent: {goto: b}, disabled: next}}\n- {name: b, wait: 1}")
    assert walked(workflow, [Result(Outcome.AMBIGUOUS)])[0].outcome is Outcome.AMBIGUOUS
    for outcome in (Outcome.ABSENT, Outcome.DISABLED):
        assert walked(workflow, [Result(outcome)])[1][-1] == "b wait"


def test_what_only_a_person_may_do_holds_the_run_until_it_is_given_back() -> None:
    workflow = a_workflow(LOGIN + "- {name: z, capture: screen}\n")
    state, told = walked(workflow, [OK, PRESSED, PRESSED, OK, PRESSED, PRESSED, OK, Result(Outcome.NEEDS_HUMAN, True)])
    assert told[-1] == "held"
    with pytest.raises(ValueError, match="no instruction"):
        next_step(workflow, state, OK, 1.0)
    assert _told(instruction_of(workflow, resumed(workflow, state, 1.0))) == "z capture"


@pytest.mark.parametrize(
    ("steps", "result", "where"),
    [
        ("- {name: a, ask_human: 'Who?'}\n- {name: b, wait: 1}", Result(Outcome.NEEDS_HUMAN), "b wait"),
        ("- {name: a, navigate: open}\n- {name: b, wait: 1}", Result(Outcome.NEEDS_HUMAN), "a capture"),
        ("- {name: a, navigate: user}\n- {key: Tab}", Result(Outcome.NEEDS_HUMAN, True), "a capture"),
        ("- {name: a, navigate: open, on: {absent: {hand_over: next}}}\n- {name: b, wait: 1}",
         Result(Outcome.ABSENT), "b wait"),
        ("- {name: a, navigate: open, on: {not_landed: {hand_over: again}}}\n- {name: b, wait: 1}",
         Result(Outcome.NOT_LANDED, True), "a capture"),
        ("- {name: a, navigate: open, on: {absent: {hand_over: c}}}\n- {name: b, wait: 1}\n- {name: c, wait: 2}",
         Result(Outcome.ABSENT), "c wait"),
    ],
    ids=["a question", "not pressed", "before a key", "said next", "said again", "said where"],
)  # fmt: skip
def test_where_a_run_goes_on_after_a_person(steps: str, result: Result, where: str) -> None:
    workflow = a_workflow(steps)
    state, _ = walked(workflow, [result])
    assert _told(instruction_of(workflow, resumed(workflow, state, 1.0))) == where


def test_a_step_is_tried_again_as_often_as_it_says_and_never_once_it_was_pressed() -> None:
    workflow = a_workflow("- {name: a, navigate: open, retry: {on: [absent, timeout], times: 2, wait_s: 3}}")
    _, told = walked(workflow, [Result(Outcome.ABSENT)] * 3)
    assert told == ["a capture", "a capture", "a capture", "end"]
    again = instruction_of(workflow, walked(workflow, [Result(Outcome.ABSENT)])[0])
    assert again is not None
    assert again.pause_s == 3
    assert walked(workflow, [OK, Result(Outcome.TIMEOUT, was_pressed=True)])[1][-1] == "end"


def test_a_step_is_not_tried_again_past_its_time() -> None:
    workflow = a_workflow("- {name: a, navigate: open, limit_s: 10, retry: {on: [absent], times: 9, wait_s: 1}}")
    assert walked(workflow, [Result(Outcome.ABSENT)] * 2, each_s=4.0)[1] == ["a capture"] * 3
    assert walked(workflow, [Result(Outcome.ABSENT)] * 3, each_s=4.0)[1][-1] == "end"


def test_what_comes_late_is_a_timeout_but_a_press_that_landed_has_landed() -> None:
    workflow = a_workflow("- {name: a, navigate: open, limit_s: 10, on: {timeout: next}}\n- {name: b, wait: 1}")
    assert walked(workflow, [OK], each_s=11)[1] == ["a capture", "b wait"]
    assert walked(workflow, [OK, PRESSED], each_s=9)[1] == ["a capture", "a click", "b wait"]
    assert walked(a_workflow("- {wait: 1, limit_s: 10}"), [OK], each_s=11)[0].outcome is Outcome.TIMEOUT


def test_a_screen_that_changed_before_the_press_is_looked_at_anew_a_few_times() -> None:
    workflow = a_workflow("- {name: a, navigate: open}")
    _, told = walked(workflow, [OK, Result(Outcome.WRONG_SCREEN)] * MOST_ASKS)
    assert told == ["a capture", "a click"] * MOST_ASKS + ["end"]


def test_a_look_that_a_restart_cut_short_is_taken_anew_but_no_press_is() -> None:
    workflow = a_workflow("- {name: a, navigate: open}")
    assert walked(workflow, [Result(Outcome.INTERRUPTED)])[1] == ["a capture", "a capture"]
    assert walked(workflow, [Result(Outcome.INTERRUPTED)] * MOST_ASKS)[1][-1] == "end"
    assert walked(workflow, [OK, Result(Outcome.INTERRUPTED, was_pressed=True)])[1][-1] == "end"
    assert walked(workflow, [OK, Result(Outcome.INTERRUPTED)])[1][-1] == "end"


def test_a_workflow_in_a_circle_comes_to_an_end() -> None:
    workflow = a_workflow("- {name: a, wait: 1, on: {ok: {goto: a}}}")
    state, told = walked(workflow, [OK] * MOST_STEPS)
    assert (state.end, state.outcome) == ("stopped", Outcome.ERROR)
    assert len(told) == MOST_STEPS + 1


def test_after_a_refusal_no_log_in_is_reached_even_by_an_unchecked_file() -> None:
    steps = (_step("a", _NAVIGATE_IN, {Outcome.LOGIN_REFUSED: Then("goto", "a")}), _step("b", Wait(1.0)))
    state, told = walked(Workflow("w", "dpi", {}, False, steps), [OK, Result(Outcome.LOGIN_REFUSED, True)])
    assert told[-1] == "end"
    assert (state.end, state.outcome) == ("stopped", Outcome.LOGIN_REFUSED)


def test_a_run_ends_from_outside_and_stays_ended() -> None:
    workflow = a_workflow("- {name: a, navigate: open}")
    state = ended(begin(0.0), "interrupted", Outcome.INTERRUPTED)
    assert _told(instruction_of(workflow, state)) == "end"
    with pytest.raises(ValueError, match="no instruction"):
        next_step(workflow, state, OK, 1.0)
    with pytest.raises(ValueError, match="not held"):
        resumed(workflow, state, 1.0)


def test_a_question_is_that_of_its_step() -> None:
    workflow = a_workflow("- {ask_human: 'Is it the right bed?'}\n- {wait: 1}")
    assert question_of(workflow, begin(0.0)) == "Is it the right bed?"
    assert question_of(workflow, walked(workflow, [OK])[0]) == ""


# --- whatever is written, whatever is answered ----------------------------------------------------

_NAMES = [f"s{number}" for number in range(6)]
_NAVIGATE_IN = Navigate("enter", None, None, None, None, "single", True)
_DEEDS = st.sampled_from(
    [_NAVIGATE_IN, Navigate("open", None, None, None, None, "single", False),
     Navigate("code", None, None, None, None, "single", False), Type(secret="DPI"), Key(("Tab",)), Verify("board"),
     Wait(1.0), Capture(), AskHuman("Go on?")]
)  # fmt: skip
_THENS = st.one_of(
    st.sampled_from([Then("next"), Then("stop"), Then("hand_over"), Then("hand_over", "again")]),
    st.builds(Then, st.sampled_from(["goto", "hand_over"]), st.sampled_from(_NAMES)),
)
_RETRIES = st.none() | st.builds(
    Retry, st.frozensets(st.sampled_from(sorted(RETRIED)), max_size=3), st.integers(1, 3), st.floats(0, 5)
)
_RESULTS = st.builds(Result, st.sampled_from(Outcome) | st.just(Outcome.OK), st.booleans())


def _step(name: str, deed: object, on: dict[Outcome, Then] | None = None, retry: Retry | None = None) -> Step:
    return Step(name, deed, on or {}, retry, 180.0, Place(1, 1), {})  # type: ignore[arg-type]


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    on = st.dictionaries(st.sampled_from(Outcome), _THENS, max_size=3)
    steps = [
        _step(name, draw(_DEEDS), draw(on), draw(_RETRIES)) for name in _NAMES[: draw(st.integers(1, len(_NAMES)))]
    ]
    return Workflow("w", "dpi", {}, False, steps)


@settings(max_examples=150, deadline=None)
@given(workflows(), st.lists(_RESULTS, min_size=1, max_size=40))
def test_whatever_is_written_and_answered_the_promises_hold(workflow: Workflow, results: Sequence[Result]) -> None:
    """Not only for checked files: numbers count up by one, a refused log-in is not tried twice, what was pressed is not
    tried again by itself, and a state is the same after a restart."""
    assume(all(workflow.index_of(then.step) is not None or then.kind in ("next", "stop") or then.step in ("", "again")
               for step in workflow.steps for then in step.on.values()))  # fmt: skip
    state, was_refused = begin(0.0), False
    for number, result in enumerate(results):
        if state.has_ended:
            break
        if state.phase == "held":
            state = resumed(workflow, state, number)
            continue
        before = state
        state, instruction = next_step(workflow, before, result, number)
        was_refused = was_refused or result.outcome in REFUSALS
        assert state.number == before.number + 1
        assert State.from_json(json.loads(json.dumps(state.as_json()))) == state
        if was_refused and instruction is not None and instruction.step is not None:
            assert not instruction.step.is_login
        if result.was_pressed:
            assert state.tries <= before.tries


@settings(max_examples=60, deadline=None)
@given(workflows(), st.lists(_RESULTS, min_size=1, max_size=40))
def test_a_checked_workflow_types_only_where_the_step_above_pressed(
    workflow: Workflow, results: Sequence[Result]
) -> None:
    assume([problem for problem in check(workflow, a_profile()) if problem.code != "unreachable"] == [])
    state, pressed = begin(0.0), -1
    for number, result in enumerate(results):
        if state.has_ended:
            break
        if state.phase == "held":
            state, pressed = resumed(workflow, state, number), -1
            continue
        deed = workflow.steps[state.step].deed
        if isinstance(deed, BLIND):
            assert pressed == state.step - 1
        before = state
        state, _ = next_step(workflow, before, result, number)
        is_done = result.outcome is Outcome.OK and (before.phase == "press" or isinstance(deed, BLIND))
        pressed = before.step if is_done else -1
