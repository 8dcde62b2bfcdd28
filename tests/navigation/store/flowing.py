"""Small make-functions for workflows' records, with values that any test may override."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from navigation.ids import new_id
from navigation.records import AuditEvent
from navigation.store import Store
from navigation.types import Outcome
from navigation.workflow_records import Advance, Answered, NewFile, Told, WorkflowRun
from navigation.workflows.machine import State
from tests.navigation.store.making import NOW, a_run, sha

LEASE = timedelta(minutes=1)
UNTIL = NOW + LEASE
FILED = AuditEvent("ann", "workflow_added")
FILES = (NewFile("profile", "dpi", "", "profile: dpi"), NewFile("workflow", "dpi", "tour", "workflow: tour"))


def with_files(store: Store) -> tuple[int, int]:
    """The ids of a stored workflow and its profile."""
    (profile, _), (workflow, _) = store.add_files(FILES, author="Ann", at=NOW, event=FILED)
    return workflow.id, profile.id


def a_workflow_run(store: Store, run_id: str, **given: Any) -> WorkflowRun:
    workflow_id, profile_id = with_files(store)
    values: dict[str, Any] = {
        "run_id": run_id, "workflow_id": workflow_id, "profile_id": profile_id, "language": "fr",
        "parameters": {"ipp": "8012345"}, "machine": "poste-12", "client": "agent", "token": 0, "status": "running",
        "number": 1, "state": State().as_json(), "opened_at": NOW, "ended_at": None,
    }  # fmt: skip
    return WorkflowRun(**values | given)


def a_told(run_id: str, number: int = 1, **given: Any) -> Told:
    values: dict[str, Any] = {
        "run_id": run_id, "number": number, "id": new_id(), "type": "capture", "step": "a", "attempt_id": new_id(),
        "at": NOW,
    }  # fmt: skip
    return Told(**values | given)


def opened_run(store: Store, **given: Any) -> WorkflowRun:
    run_id = store.create_run(a_run()).id
    return store.open_workflow_run(a_workflow_run(store, run_id, **given), a_told(run_id), until=UNTIL)


def an_answer(run: WorkflowRun, **given: Any) -> Answered:
    values: dict[str, Any] = {
        "run_id": run.run_id, "number": run.number, "client": run.client, "body_hash": sha("answer"),
        "outcome": Outcome.OK, "reason": {}, "was_pressed": False, "image_id": None, "at": NOW,
    }  # fmt: skip
    return Answered(**values | given)


def a_step_on(run: WorkflowRun, **given: Any) -> Advance:
    """The run a number further, its instruction answered."""
    number = run.number + 1
    values: dict[str, Any] = {
        "run_id": run.run_id, "seen": run.number, "answered": an_answer(run), "status": "running",
        "state": State(number=number).as_json(), "number": number, "told": a_told(run.run_id, number), "at": NOW,
    }  # fmt: skip
    return Advance(**values | given)
