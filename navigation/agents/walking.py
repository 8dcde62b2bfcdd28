"""Walking a workflow: takes instructions from the server, carries each out once, and tells what came of it.

The server decides what comes next; the agent decides nothing but not to act: when the screen is no longer the one that
was judged, when people hold it back, and when it cannot know whether it acted before.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from navigation.agents.frames import size_of
from navigation.agents.journal import Journal
from navigation.agents.secret_source import Secret, SecretSource
from navigation.agents.settle import Timing
from navigation.agents.sight import Sight, is_same_patient, still_as_judged
from navigation.agents.surface import AgentError, Surface
from navigation.agents.watched import HeldBackError, Runs, WatchedSurface
from navigation.client import ClientError, ServerBusyError, ServerUnreachableError
from navigation.deadline import Deadline
from navigation.geometry import to_pixel_point
from navigation.keyboards import LayoutName, UntypableError, keystrokes, named_key, select_all
from navigation.protocols import RgbImage
from navigation.types import Box, Outcome
from navigation.workflow_client import Deed, OpenedRun, Said, StepInstruction, StepTaken, WorkflowAsked
from navigation.workflow_records import RunStatus

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
PATIENCE_S = 60.0
"""How long a server that does not answer is asked again: as long as it keeps the run for a silent agent."""
_ASK_AGAIN_S = 0.5


class Workflows(Runs, Protocol):
    """The part of `WorkflowClient` that walking needs."""

    def open_workflow(self, asked: WorkflowAsked) -> OpenedRun: ...

    def next_instruction(self, run: OpenedRun, after: int, *, wait_s: int = ...) -> StepInstruction | None: ...

    def report(
        self, run: OpenedRun, instruction: StepInstruction, said: Said, *, pressed: bool = ..., png: bytes | None = ...
    ) -> StepTaken: ...


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. `problem` is the agent's own last one, such as a secret it does not have; None without any."""

    run_id: str
    state: RunStatus
    outcome: Outcome | None
    problem: AgentError | UntypableError | None = None


@dataclass(frozen=True, slots=True)
class _Done:
    """What an instruction came to; `view` is what the server is shown of it, None for nothing."""

    said: Said
    was_pressed: bool = False
    view: RgbImage | None = None


@dataclass(frozen=True, slots=True)
class _Pressed:
    """Where this agent pressed last, and the screen after it. What acts without looking for anything rests on it."""

    deed: Deed
    place: Box
    view: RgbImage


def run_workflow(
    client: Workflows,
    surface: Surface,
    secrets: SecretSource,
    asked: WorkflowAsked,
    journal: Journal,
    *,
    timing: Timing | None = None,
    layout: LayoutName | None = None,
    on_step: Callable[[StepInstruction, StepTaken], None] = lambda _told, _taken: None,
    patience_s: float = PATIENCE_S,
) -> Ended:
    """Walk a workflow to its end.

    After a kill, call it again with the same `asked` (its `run_id` is `journal.open_run`) and the same journal: it
    goes on where it was, and does nothing a second time.

    Args:
        client: speaks to the server.
        surface: the screen to work on.
        secrets: gives what the workflow names.
        asked: which workflow, for whom, on which machine; `asked.client` is the journal's.
        journal: what was done, on the disk.
        timing: how patiently to look.
        layout: types key by key, as that keyboard does; None types texts.
        on_step: is told of each instruction and what the server made of its result.
        patience_s: for so long a server that does not answer is asked again.

    Raises:
        ClientError: the server is silent for too long, or refuses ("leased", "lease_lost"…).
        AgentError: the screen is gone.
    """
    if journal.open_run != asked.run_id:
        journal.begin_run(asked.run_id)
    run = _patiently(lambda: client.open_workflow(asked), patience_s)
    walker = _Walker(client, surface, secrets, run, journal, timing or Timing(), layout, patience_s)
    problem: AgentError | UntypableError | None = None
    while True:
        after = journal.answered
        instruction = _patiently(lambda: client.next_instruction(run, after), patience_s)  # noqa: B023 called at once
        if instruction is None:
            continue
        if instruction.type == "end":
            journal.note_end()
            state = instruction.deed.state or "interrupted"
            _log.info("workflow run ended run=%s state=%s", run.id, state)
            return Ended(run.id, state, instruction.deed.outcome, problem)
        done, problem = walker.carry_out(instruction), walker.problem
        png = None if done.view is None else walker.sight.shown(done.view)
        taken = _patiently(
            lambda: client.report(run, instruction, done.said, pressed=done.was_pressed, png=png),  # noqa: B023
            patience_s,
        )
        journal.note_answered(instruction.number)
        on_step(instruction, taken)


def _patiently(ask: Callable[[], _T], patience_s: float) -> _T:
    """The answer, however often it must be asked for; everything here may be sent again."""
    deadline = Deadline.after(patience_s)
    while True:
        try:
            return ask()
        except (ServerUnreachableError, ServerBusyError):
            if deadline.has_passed:
                raise
        time.sleep(_ASK_AGAIN_S)


class _Walker:
    """Carries out instructions on one surface; remembers what it saw and where it pressed."""

    def __init__(
        self,
        client: Workflows,
        surface: Surface,
        secrets: SecretSource,
        run: OpenedRun,
        journal: Journal,
        timing: Timing,
        layout: LayoutName | None,
        patience_s: float,
    ) -> None:
        self._patience_s = patience_s
        self._surface = WatchedSurface(surface, client, run.id)
        self._secrets = secrets
        self._journal = journal
        self._timing = timing
        self._layout: LayoutName | None = layout
        self.sight = Sight(surface, timing)
        self.problem: AgentError | UntypableError | None = None
        self._judged: RgbImage | None = None
        self._pressed: _Pressed | None = None

    def carry_out(self, told: StepInstruction) -> _Done:
        """What came of an instruction; one that was begun before is not begun again."""
        self.problem = None
        noted = self._journal.of(told.id)
        if noted.state == "done":
            return _Done(_said(noted.said), noted.was_pressed, self.sight.settled().view)
        if noted.state == "begun":
            return self._noted(told, _Done("interrupted", True, self.sight.settled().view))
        time.sleep(told.pause_s)
        try:
            return self._act(told)
        except (HeldBackError, ClientError):  # people hold it back, or nobody said that it may go on
            return self._noted(told, _Done("needs_human", False, self.sight.now()))
        except (AgentError, UntypableError) as problem:
            self.problem = problem
            _log.warning("workflow step failed step=%s kind=%s", told.step, type(problem).__name__)
            was_begun = self._journal.of(told.id).state == "begun"
            return self._noted(told, _Done("error", was_begun, self.sight.now()))

    def _act(self, told: StepInstruction) -> _Done:
        if told.type == "capture" or told.type == "ask_human":
            self._judged = self.sight.settled().view
            return _Done("needs_human" if told.type == "ask_human" else "ok", view=self._judged)
        if told.type == "wait":
            time.sleep(told.deed.seconds)
            return _Done("ok")
        if told.type == "click":
            return self._click(told)
        return self._type(told) if told.type == "type" else self._key(told)

    def _click(self, told: StepInstruction) -> _Done:
        """Press where the server says, or once more where the last press was; not on another screen."""
        last, deed = self._pressed, told.deed
        judged = self._judged
        if deed.attempt_id is None and last is not None:
            deed, judged = replace(last.deed, press=deed.press), last.view
        self._judged = self._pressed = None
        now = self.sight.now()
        if judged is None or deed.point is None:  # what was judged went with an earlier process
            return self._noted(told, _Done("wrong_screen", view=now))
        place = _place(deed, now)
        if not still_as_judged(judged, now, place, deed.banner):
            return self._noted(told, _Done("wrong_screen", view=now))
        self._journal.note_begun(told.id)
        try:
            self._surface.press(deed.point, deed.press)
        except ClientError:  # nobody said that it may go on, so nothing was pressed
            return self._noted(told, _Done("wrong_screen", view=now))
        done = self._noted(told, _Done("ok", True))
        after = self.sight.after_press(now, None if deed.is_field else place).view
        if is_same_patient(now, after, deed.banner if deed.is_field else None):
            self._pressed = _Pressed(deed, place, after)
        return replace(done, view=after)

    def _type(self, told: StepInstruction) -> _Done:
        last, self._pressed = self._pressed, None
        if last is None:
            return self._noted(told, _Done("interrupted", view=self.sight.now()))
        typing = self._typing_of(told.deed)
        if not is_same_patient(last.view, self.sight.now(), last.deed.banner):
            raise AgentError(
                "The patient's banner changed before the text was typed. Nothing was typed; look at the screen"
            )
        if self._layout is None:
            done = self._do(told, lambda: self._surface.type_text(typing.reveal()))
        else:
            strokes = (select_all(self._layout), *keystrokes(typing.reveal(), self._layout))
            done = self._do(told, lambda: self._surface.type_keys(strokes))
        typed = self.sight.after_press(last.view, None).view
        if told.deed.secret is not None:
            self.sight.veil(last.place, last.view, typed)
        self._pressed = _Pressed(last.deed, last.place, typed)
        return done

    def _key(self, told: StepInstruction) -> _Done:
        last, self._pressed = self._pressed, None
        if last is None:
            return self._noted(told, _Done("interrupted", view=self.sight.now()))
        done = self._do(told, lambda: self._surface.type_keys([named_key(key) for key in told.deed.keys]))
        self._pressed = replace(last, view=self.sight.after_press(last.view, None).view)
        return done

    def _do(self, told: StepInstruction, deed: Callable[[], None]) -> _Done:
        """Type, with a note before and after. A server that does not say whether it may be done is asked again: nothing
        is typed until it does."""
        self._journal.note_begun(told.id)
        _patiently(deed, self._patience_s)
        return self._noted(told, _Done("ok", True))

    def _typing_of(self, deed: Deed) -> Secret:
        typing = self._secrets.secret(deed.secret) if deed.secret is not None else Secret(deed.text or "")
        if self._layout is not None:
            keystrokes(typing.reveal(), self._layout)  # before anything is typed: what is amiss leaves no half of it
        return typing

    def _noted(self, told: StepInstruction, done: _Done) -> _Done:
        """The same, once it is on the disk."""
        self._journal.note_done(told.id, done.said, was_pressed=done.was_pressed)
        return done


def _said(noted: str) -> Said:
    return noted  # type: ignore[return-value]


def _place(deed: Deed, frame: RgbImage) -> Box:
    """The box that is pressed; a few pixels around the point when there is none."""
    if deed.box is not None:
        return deed.box
    assert deed.point is not None, "asked before"
    at = to_pixel_point(deed.point, size_of(frame))
    return Box(max(0, at.x - 8), max(0, at.y - 8), 16, 16)
