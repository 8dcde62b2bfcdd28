"""Walks workflows for agents: hands out one instruction at a time, takes its result, and says what comes next.

All that a run needs is in the store before an agent hears of it, so that a restart in the middle goes on where it was.
An instruction keeps its number and id until its result is stored: asked for again it is the same one, and the agent
knows by its id whether it has carried it out.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

from navconsole.admission import KeyLocks
from navconsole.asked import (
    BadPartError,
    NotAllowedError,
    ResultAsked,
    RunAsked,
    StreamAsked,
    UnfitError,
    UnknownError,
)
from navconsole.navigator import MayUse, Navigator
from navconsole.step_results import StepJudge
from navconsole.steps import canonical, utc_now
from navigation.codec import reason_to_json
from navigation.errors import ConflictError
from navigation.ids import derived_id, new_id
from navigation.reasons import Reason
from navigation.records import AttemptDetail
from navigation.store import sentences
from navigation.store.protocol import Store
from navigation.workflow_records import Advance, Answered, FileVersion, RunStatus, Told, WorkflowRun
from navigation.workflows.binding import Bound
from navigation.workflows.checking import check
from navigation.workflows.files import parse
from navigation.workflows.machine import (
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
from navigation.workflows.model import Navigate, Profile, Workflow

log = logging.getLogger(__name__)

WORK = timedelta(seconds=180)
"""So much longer while the server works on its result: the time of an attempt."""
LOOK_EVERY_S = 1.0
"""How often a poll looks whether a person gave the run back."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A run as its agent is told of it; `is_new` unless the same was opened before."""

    run: WorkflowRun
    workflow_version: int
    profile_version: int
    lease_s: float
    is_new: bool


@dataclass(frozen=True, slots=True)
class Out:
    """An instruction as it goes out. `attempt` is what a press rests on, `end` how the run ended."""

    run: WorkflowRun
    told: Told
    instruction: Instruction
    bound: Bound | None
    state: State
    attempt: AttemptDetail | None = None


class Conductor:
    """One service over a store and a navigator. Safe to share between threads."""

    def __init__(self, store: Store, navigator: Navigator, *, lease: timedelta) -> None:
        """`lease`: how long an agent may be silent before its run is interrupted and its machine free."""
        self._store = store
        self._navigator = navigator
        self._lease = lease
        self._work = WORK + lease
        self._judge = StepJudge(navigator)
        self._locks = KeyLocks()

    # --- opening ----------------------------------------------------------------------------------

    def open(self, asked: RunAsked, stream: StreamAsked, *, may_use: MayUse) -> Opened:
        """Open a run of a workflow, or hold it anew when the same client opened it before.

        Raises NotAllowedError, UnknownError (no such workflow), UnfitError, BadPartError, ConflictError, LeaseError.
        """
        if not may_use(asked.application):
            raise NotAllowedError("This token may not work on this application.")
        known = self._store.workflow_run(asked.id)
        if known is not None:
            self._navigator.create_run(asked, may_use=may_use)  # refuses another content under the same id
            return self._opened(self._hold(asked.id, stream.client), is_new=False)
        workflow, profile = self._versions_for(asked, stream)
        self._check(asked, stream, workflow, profile)
        self._navigator.create_run(asked, may_use=may_use)
        now = utc_now()
        state = begin(now.timestamp())
        plan = _workflow(workflow.id, workflow.text)
        told = _told(asked.id, state, plan, None)
        run = WorkflowRun(
            run_id=asked.id,
            workflow_id=workflow.id,
            profile_id=profile.id,
            language=stream.language,
            parameters=dict(stream.parameters),
            machine=stream.machine,
            client=stream.client,
            token=0,
            status="running",
            number=state.number,
            state=state.as_json(),
            opened_at=now,
            ended_at=None,
        )
        assert told is not None, "a run begins with an instruction"
        return self._opened(self._store.open_workflow_run(run, told, until=now + self._lease), is_new=True)

    def _hold(self, run_id: str, client: str) -> WorkflowRun:
        now = utc_now()
        return self._store.hold_workflow_run(run_id, client, now=now, until=now + self._lease)

    def _opened(self, run: WorkflowRun, *, is_new: bool) -> Opened:
        workflow, profile = self._files(run)
        return Opened(run, workflow.version, profile.version, self._lease.total_seconds(), is_new)

    def _versions_for(self, asked: RunAsked, stream: StreamAsked) -> tuple[FileVersion, FileVersion]:
        if stream.version is None:
            workflow = self._store.newest_file("workflow", asked.application, asked.workflow)
        else:
            workflow = self._store.file_of_version("workflow", asked.application, asked.workflow, stream.version)
        if workflow is None:
            raise UnknownError("There is no such workflow.")
        profile = self._store.newest_file("profile", asked.application)
        if profile is None:
            raise UnfitError("There is no profile of this application.")
        return workflow, profile

    def _check(self, asked: RunAsked, stream: StreamAsked, workflow: FileVersion, profile: FileVersion) -> None:
        plan, screens = _workflow(workflow.id, workflow.text), _profile(profile.id, profile.text)
        if check(plan, screens):
            raise UnfitError("The newest profile does not fit this version of the workflow.")
        if stream.language not in screens.languages:
            raise BadPartError("run", "stream.language", "literal_error")
        for name in plan.parameters:
            if name not in stream.parameters:
                raise BadPartError("run", f"stream.parameters.{name}", "missing")
        for name in stream.parameters:
            if name not in plan.parameters:
                raise BadPartError("run", "stream.parameters", "extra_forbidden")
        if plan.is_about_patient and asked.patient is None:
            raise BadPartError("run", "patient", "missing")

    # --- instructions -----------------------------------------------------------------------------

    def instruction(
        self,
        run_id: str,
        *,
        after: int,
        token: int,
        wait_s: float,
        waiting: Callable[[], AbstractContextManager[None]],
        may_use: MayUse,
    ) -> Out | None:
        """The instruction that follows number `after`; None when there is none within `wait_s`.

        `waiting` is entered for as long as nothing is done but waiting. Raises UnknownError, LeaseError, BusyError.
        """
        run = self._run(run_id, may_use)
        if run.is_open:
            now = utc_now()
            self._store.keep_lease(run_id, token, now=now, until=now + timedelta(seconds=wait_s) + self._lease)
        out = self._out(run, after)
        if out is not None or wait_s <= 0:
            return out
        end = time.monotonic() + wait_s
        with waiting():
            while out is None and (left := end - time.monotonic()) > 0:
                time.sleep(min(LOOK_EVERY_S, left))
                out = self._out(self._run(run_id, may_use), after)
        return out

    def _out(self, run: WorkflowRun, after: int) -> Out | None:
        if run.status == "held":
            run = self._given_back(run)
        if run.status == "held" or (run.is_open and run.number <= after):
            return None
        return self._told(run)

    def _told(self, run: WorkflowRun) -> Out:
        state = State.from_json(run.state)
        if not run.is_open:
            told = Told(run.run_id, run.number, derived_id(f"end {run.run_id}"), "end", "", None, utc_now())
            return Out(run, told, Instruction(run.number, "end", None), None, state)
        bound = self._bound(run)
        found, _answered = self._store.instruction_told(run.run_id, run.number)
        instruction = instruction_of(bound.workflow, state)
        assert found is not None, "stored with the state"
        assert instruction is not None, "not held"
        attempt = None
        if instruction.type == "click" and found.attempt_id is not None:
            attempt = self._store.attempt(found.attempt_id)
        return Out(run, found, instruction, bound, state, attempt)

    def _given_back(self, run: WorkflowRun) -> WorkflowRun:
        """The run, brought on when a person resumed or abandoned it."""
        standing = self._store.run_standing(run.run_id)
        if standing is None or standing.stop is not None or standing.state not in ("resumed", "abandoned"):
            return run
        state, now = State.from_json(run.state), utc_now()
        plan = self._bound(run).workflow
        new = (
            ended(state, "abandoned", state.outcome)
            if standing.state == "abandoned"
            else resumed(plan, state, now.timestamp())
        )
        log.info("workflow run given back run=%s how=%s", run.run_id, standing.state)
        with suppress(ConflictError):  # another poll was quicker
            self._advance(run, None, new, plan, None, None)
        return self._store.workflow_run(run.run_id) or run

    # --- results ----------------------------------------------------------------------------------

    def result(self, run_id: str, asked: ResultAsked, *, may_use: MayUse) -> Answered:
        """Take what came of an instruction; the same result again gives the same answer.

        Raises UnknownError, ConflictError (another result, or not what the run waits for), LeaseError, BadPartError,
        BadScreenshotError, BusyError, StoreError.
        """
        body_hash = _hash(asked)
        with self._locks.alone(run_id):
            run = self._run(run_id, may_use)
            told, answered = self._store.instruction_told(run_id, asked.number)
            if told is None or told.id != asked.id:
                raise ConflictError(sentences.ANSWERED)
            if answered is not None:
                if answered.body_hash != body_hash or answered.client != asked.client:
                    raise ConflictError(sentences.ANSWERED)
                return answered
            if not run.is_open or run.number != asked.number:
                raise ConflictError(sentences.ANSWERED)
            now = utc_now()
            self._store.keep_lease(run_id, asked.token, now=now, until=now + self._work)
            return self._take(run, told, asked, body_hash, may_use)

    def _take(self, run: WorkflowRun, told: Told, asked: ResultAsked, body_hash: str, may_use: MayUse) -> Answered:
        bound, state = self._bound(run), State.from_json(run.state)
        step = bound.workflow.steps[state.step]
        judged = self._judge.judge(bound, step, told, asked, may_use)
        now = utc_now()
        result = Result(judged.outcome, judged.was_pressed)
        new, _ = next_step(bound.workflow, state, result, now.timestamp())
        if new.phase == "held" and not self._hand_over(run, told, bound.workflow, state, asked):
            new = ended(state, "stopped", judged.outcome)
        answered = Answered(
            run_id=run.run_id,
            number=asked.number,
            client=asked.client,
            body_hash=body_hash,
            outcome=judged.outcome,
            reason=reason_to_json(judged.reason),
            was_pressed=judged.was_pressed,
            image_id=judged.image_id,
            at=now,
        )
        self._advance(run, answered, new, bound.workflow, told, asked.token)
        log.info(
            "workflow step done run=%s number=%d type=%s outcome=%s", run.run_id, told.number, told.type, judged.outcome
        )
        return answered

    def _advance(
        self,
        run: WorkflowRun,
        answered: Answered | None,
        state: State,
        plan: Workflow,
        before: Told | None,
        token: int | None,
    ) -> None:
        now = utc_now()
        status: RunStatus = "held" if state.phase == "held" else state.end or "running"
        step = Advance(
            run_id=run.run_id,
            seen=run.number,
            answered=answered,
            status=status,
            state=state.as_json(),
            number=state.number,
            told=_told(run.run_id, state, plan, before),
            at=now,
        )
        self._store.advance_workflow_run(step, token, until=now + self._lease)

    def _hand_over(self, run: WorkflowRun, told: Told, plan: Workflow, state: State, asked: ResultAsked) -> bool:
        """See to it that the run stands among those that wait for a person; False when there is no screen to show."""
        standing = self._store.run_standing(run.run_id)
        if standing is not None and standing.state in ("waiting", "taken_over"):
            return True
        if asked.picture is None:
            return False
        question = question_of(plan, state)
        reason = Reason("asked", {"question": question}) if question else Reason("handed_over")
        text = question or plan.steps[state.step].name
        self._navigator.ask(_ask_id(told), run.run_id, text, reason, asked.picture)
        return True

    # --- what is stored ---------------------------------------------------------------------------

    def _run(self, run_id: str, may_use: MayUse) -> WorkflowRun:
        run, start = self._store.workflow_run(run_id), self._store.run(run_id)
        if run is None or start is None or not may_use(start.application):
            raise UnknownError("There is no such run.")
        return run

    def _files(self, run: WorkflowRun) -> tuple[FileVersion, FileVersion]:
        workflow = self._store.file_by_id("workflow", run.workflow_id)
        profile = self._store.file_by_id("profile", run.profile_id)
        assert workflow is not None, "a version is never removed"
        assert profile is not None, "a version is never removed"
        return workflow, profile

    def _bound(self, run: WorkflowRun) -> Bound:
        workflow, profile = self._files(run)
        plan, screens = _workflow(workflow.id, workflow.text), _profile(profile.id, profile.text)
        return Bound(plan, screens, run.language, run.parameters or {})


def _told(run_id: str, state: State, plan: Workflow, before: Told | None) -> Told | None:
    """The instruction that a state has out, as it is stored; a press keeps the attempt of the look before it."""
    instruction = None if state.has_ended else instruction_of(plan, state)
    if instruction is None or instruction.step is None:
        return None
    attempt_id = None
    if isinstance(instruction.step.deed, Navigate):
        attempt_id = before.attempt_id if state.phase == "press" and before is not None else new_id()
    return Told(run_id, state.number, new_id(), instruction.type, instruction.step.name, attempt_id, utc_now())


def _ask_id(told: Told) -> str:
    """Always the same for an instruction, so that the question is put once."""
    return derived_id(f"ask {told.id}")


def _hash(asked: ResultAsked) -> str:
    sent: dict[str, Any] = {**asdict(asked), "picture": hashlib.sha256(asked.picture or b"").hexdigest()}
    del sent["token"]  # of the lease, which an agent that was started again has a new one of
    return hashlib.sha256(canonical(sent)).hexdigest()


@lru_cache(maxsize=256)
def _workflow(_id: int, text: str) -> Workflow:
    return cast(Workflow, parse(text).said)


@lru_cache(maxsize=64)
def _profile(_id: int, text: str) -> Profile:
    return cast(Profile, parse(text).said)


__all__ = ["Conductor", "Opened", "Out"]
