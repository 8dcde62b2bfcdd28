"""Versions of files that never change; runs that go on only under the lease of their machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from navigation.errors import ConflictError, LeaseError, StoreError
from navigation.flows import Terms
from navigation.store import SqlStore
from navigation.types import Outcome
from navigation.workflow_records import NewFile, ProfileDraft, WorkflowRun
from navigation.workflows.machine import State
from tests.navigation.store.flowing import (
    FILED,
    FILES,
    LEASE,
    UNTIL,
    a_step_on,
    a_told,
    a_workflow_run,
    an_answer,
    opened_run,
    with_files,
)
from tests.navigation.store.making import NOW, a_meta, a_run, finished, seeded, sha

LATER = NOW + timedelta(minutes=2)
LOGIN = {"target": {"text": "Se connecter"}, "flow": "login"}


def stored(store: SqlStore, run: WorkflowRun) -> WorkflowRun:
    found = store.workflow_run(run.run_id)
    assert found is not None
    return found


# --- files ----------------------------------------------------------------------------------------


def test_a_changed_file_is_a_new_version_and_the_same_one_is_not(store: SqlStore) -> None:
    profile, workflow = FILES
    assert [(version.version, is_new) for version, is_new in _add(store, *FILES)] == [(1, True), (1, True)]
    changed = replace(workflow, text="workflow: tour # 2")
    assert [(version.version, is_new) for version, is_new in _add(store, profile, changed)] == [(1, False), (2, True)]
    assert [(version.version, is_new) for version, is_new in _add(store, workflow)] == [(3, True)]
    assert [version.text for version in store.file_versions("workflow", "dpi", "tour")] == [
        workflow.text, changed.text, workflow.text,
    ]  # fmt: skip
    newest = store.newest_file("workflow", "dpi", "tour")
    assert newest is not None
    assert (newest.version, newest.author, newest.created_at) == (3, "Ann", NOW)
    assert store.file_of_version("workflow", "dpi", "tour", 2) == store.file_by_id("workflow", 2)
    assert store.newest_file("workflow", "dpi", "other") is None
    assert store.profile_version("dpi") == 1


def test_each_new_version_is_in_the_audit(store: SqlStore) -> None:
    _add(store, *FILES)
    _add(store, *FILES)
    logged = [(event.object_kind, event.object_id) for _, event in store.audit_events()]
    assert sorted(logged) == [("profile", "dpi"), ("workflow", "tour")]


def test_the_newest_of_each_file_are_listed_to_who_may_see_them(store: SqlStore) -> None:
    other = NewFile("workflow", "other", "tour", "workflow: tour")
    _add(store, *FILES, other)
    _add(store, replace(FILES[1], text="workflow: tour # 2"))
    found = store.newest_files("workflow", None)
    assert [(file.application, file.version) for file in found] == [("dpi", 2), ("other", 1)]
    assert [file.application for file in store.newest_files("workflow", ["other"])] == ["other"]
    assert [file.application for file in store.newest_files("profile", None)] == ["dpi"]


def test_a_version_is_never_edited(store: SqlStore) -> None:
    _add(store, *FILES)
    for table in ("workflow", "app_profile"):
        with pytest.raises(DatabaseError, match="never edited"), store._db.writing() as session:
            session.execute(text(f"UPDATE {table} SET author = 'Bob'"))


def _add(store: SqlStore, *files: NewFile) -> list[tuple[object, bool]]:
    return list(store.add_files(files, author="Ann", at=NOW, event=FILED))  # type: ignore[return-value]


def test_a_file_made_from_an_older_version_is_refused(store: SqlStore) -> None:
    profile = FILES[0]
    _add(store, replace(profile, after=0))
    _add(store, replace(profile, text="profile: dpi # 2", after=1))
    for after in (0, 1, 3):
        with pytest.raises(ConflictError):
            _add(store, replace(profile, text="profile: dpi # 3", after=after))
    assert [version.version for version in store.file_versions("profile", "dpi")] == [2, 1]


# --- drafts and captures --------------------------------------------------------------------------


def test_each_person_has_one_draft_of_an_application(store: SqlStore) -> None:
    ann, ben = ProfileDraft("ann", "dpi", {"a": 1}, NOW), ProfileDraft("ben", "dpi", {"b": [2]}, NOW)
    for draft in (ann, ben, replace(ann, application="other")):
        store.put_profile_draft(draft)
    changed = replace(ann, body={"a": {"é": 3}}, changed_at=LATER)
    store.put_profile_draft(changed)
    assert store.profile_draft("ann", "dpi") == changed
    assert store.profile_draft("ben", "dpi") == ben
    store.drop_profile_draft("ann", "dpi")
    store.drop_profile_draft("ann", "dpi")
    left = [store.profile_draft(*key) for key in (("ann", "dpi"), ("ben", "dpi"), ("ann", "other"))]
    assert [draft is None for draft in left] == [True, False, False]
    assert "{" not in repr(ben)


def test_a_capture_is_a_picture_by_its_newest_attempt(store: SqlStore, run_id: str) -> None:
    store.add_screenshot(a_meta(sha("second"), width=50))
    pictures = [("login", sha("image")), ("board", sha("second")), ("login", sha("image"))]
    ids = [
        finished(store, run_id, screen=screen, before_id=image, versions={"reading": f"r {screen}"})
        for screen, image in pictures
    ]
    other = store.create_run(a_run(application="other")).id
    finished(store, other, application="other", before_id=sha("second"))
    found = store.captures("dpi")
    assert [(one.attempt_id, one.image_id, one.size.width, one.screen, one.reading) for one in found] == [
        (ids[2], sha("image"), 40, "login", "r login"), (ids[1], sha("second"), 50, "board", "r board"),
    ]  # fmt: skip
    assert [one.attempt_id for one in store.captures("dpi", limit=1)] == ids[2:]
    assert store.captures("unheard") == []
    with store._db.writing() as session:
        session.execute(text("UPDATE screenshot SET purged_at = created_at WHERE width = 40"))
    assert [one.screen for one in store.captures("dpi")] == ["board"]


# --- leases ---------------------------------------------------------------------------------------


def test_two_agents_do_not_get_one_machine(store: SqlStore, run_id: str) -> None:
    first = opened_run(store)
    with pytest.raises(LeaseError) as refused:
        opened_run(store, client="other agent")
    assert refused.value.code == "leased"
    assert opened_run(store, client="other agent", machine="poste-13").token == 1
    assert stored(store, first).status == "running"


def test_a_machine_is_free_again_once_its_run_has_ended(store: SqlStore, run_id: str) -> None:
    first = opened_run(store)
    store.advance_workflow_run(a_step_on(first, status="done", told=None), first.token, until=UNTIL)
    second = opened_run(store, client="other agent")
    assert second.token == 2


def test_an_agent_that_was_silent_for_too_long_is_refused_whatever_it_sends(store: SqlStore, run_id: str) -> None:
    first = opened_run(store)
    late = a_step_on(first, at=UNTIL)
    with pytest.raises(LeaseError, match="holds the machine no more") as refused:
        store.advance_workflow_run(late, first.token, until=LATER)
    assert refused.value.code == "lease_lost"
    with pytest.raises(LeaseError):
        store.keep_lease(first.run_id, first.token, now=UNTIL, until=LATER)
    second = opened_run(store, client="other agent", opened_at=LATER)
    assert (second.token, stored(store, first).status) == (2, "interrupted")
    with pytest.raises(LeaseError):
        store.advance_workflow_run(a_step_on(first), first.token, until=UNTIL)
    assert store.workflow_answers(first.run_id) == []


def test_a_lease_is_put_off_by_each_answer_and_by_asking(store: SqlStore, run_id: str) -> None:
    run = opened_run(store)
    store.keep_lease(run.run_id, run.token, now=NOW, until=LATER)
    store.advance_workflow_run(a_step_on(run, at=UNTIL), run.token, until=LATER + LEASE)
    assert store.interrupt_lapsed(LATER) == []
    assert store.interrupt_lapsed(LATER + LEASE) == [run.run_id]


def test_a_restarted_agent_takes_its_run_again_and_the_earlier_one_is_refused(store: SqlStore, run_id: str) -> None:
    run = opened_run(store)
    again = store.hold_workflow_run(run.run_id, "agent", now=NOW, until=UNTIL)
    assert (again.token, again.number) == (2, 1)
    with pytest.raises(LeaseError):
        store.advance_workflow_run(a_step_on(run), run.token, until=UNTIL)
    store.advance_workflow_run(a_step_on(again), again.token, until=UNTIL)
    with pytest.raises(ConflictError, match="another agent's"):
        store.hold_workflow_run(run.run_id, "other agent", now=NOW, until=UNTIL)
    with pytest.raises(StoreError):
        store.hold_workflow_run("none", "agent", now=NOW, until=UNTIL)


def test_opening_the_same_run_again_opens_it_once(store: SqlStore, run_id: str) -> None:
    own = store.create_run(a_run()).id
    run = a_workflow_run(store, own)
    store.open_workflow_run(run, a_told(own), until=UNTIL)
    again = store.open_workflow_run(run, a_told(own), until=UNTIL)
    assert again.token == 2
    assert len(store.workflow_told(own)) == 1
    with pytest.raises(ConflictError):
        store.open_workflow_run(replace(run, client="other agent"), a_told(own), until=UNTIL)


def test_an_agent_that_begins_another_run_leaves_the_first_interrupted(store: SqlStore, run_id: str) -> None:
    first = opened_run(store)
    second = opened_run(store)
    assert second.token == 2
    assert stored(store, first).status == "interrupted"
    assert store.hold_workflow_run(first.run_id, "agent", now=NOW, until=UNTIL).status == "interrupted"
    assert stored(store, second).status == "running"


# --- going on -------------------------------------------------------------------------------------


def test_an_answer_and_what_follows_become_true_together(store: SqlStore, run_id: str) -> None:
    run = opened_run(store)
    step = a_step_on(run, answered=an_answer(run, outcome=Outcome.ABSENT, reason={"code": "absent", "values": {}}))
    store.advance_workflow_run(step, run.token, until=UNTIL)
    now = stored(store, run)
    assert (now.number, now.status, now.state) == (2, "running", State(number=2).as_json())
    assert [told.number for told in store.workflow_told(run.run_id)] == [1, 2]
    assert [answer.outcome for answer in store.workflow_answers(run.run_id)] == [Outcome.ABSENT]
    told, answered = store.instruction_told(run.run_id, 1)
    assert told is not None
    assert answered == step.answered
    assert store.instruction_told(run.run_id, 3) == (None, None)


def test_an_instruction_is_answered_once(store: SqlStore, run_id: str) -> None:
    run = opened_run(store)
    store.advance_workflow_run(a_step_on(run), run.token, until=UNTIL)
    with pytest.raises(ConflictError, match="does not wait for that"):
        store.advance_workflow_run(a_step_on(run), run.token, until=UNTIL)
    assert len(store.workflow_answers(run.run_id)) == 1


def test_an_ended_run_forgets_its_parameters_and_takes_nothing_more(store: SqlStore, run_id: str) -> None:
    run = opened_run(store)
    assert stored(store, run).parameters == {"ipp": "8012345"}
    assert "8012345" not in repr(stored(store, run))
    store.advance_workflow_run(a_step_on(run, status="stopped", told=None), run.token, until=UNTIL)
    ended = stored(store, run)
    assert (ended.status, ended.parameters, ended.ended_at) == ("stopped", None, NOW)
    with pytest.raises(LeaseError):
        store.advance_workflow_run(a_step_on(ended), run.token, until=UNTIL)
    with pytest.raises(ConflictError):
        store.advance_workflow_run(a_step_on(ended), None, until=UNTIL)


def test_a_run_in_a_persons_hands_goes_on_without_its_agent(store: SqlStore, run_id: str) -> None:
    run = opened_run(store)
    store.advance_workflow_run(a_step_on(run, status="held", told=None), run.token, until=UNTIL)
    held = stored(store, run)
    assert held.status == "held"
    store.advance_workflow_run(a_step_on(held, answered=None), None, until=UNTIL)
    assert (stored(store, run).status, stored(store, run).number) == ("running", 3)


def test_a_run_whose_agent_went_silent_does_not_run_for_ever(store: SqlStore, run_id: str) -> None:
    running, held = opened_run(store), opened_run(store, machine="poste-13", client="b")
    done = opened_run(store, machine="poste-14", client="c")
    store.advance_workflow_run(a_step_on(held, status="held", told=None), held.token, until=UNTIL)
    store.advance_workflow_run(a_step_on(done, status="done", told=None), done.token, until=UNTIL)
    assert store.interrupt_lapsed(UNTIL - timedelta(seconds=1)) == []
    assert sorted(store.interrupt_lapsed(UNTIL)) == sorted([running.run_id, held.run_id])
    ended = stored(store, running)
    assert (ended.status, ended.parameters) == ("interrupted", None)
    assert State.from_json(ended.state).end == "interrupted"
    assert stored(store, done).status == "done"


def test_what_was_told_and_answered_is_never_edited(store: SqlStore, run_id: str) -> None:
    run = opened_run(store)
    store.advance_workflow_run(a_step_on(run), run.token, until=UNTIL)
    for table in ("workflow_told", "workflow_answered"):
        with pytest.raises(DatabaseError, match="never edited"), store._db.writing() as session:
            session.execute(text(f"UPDATE {table} SET number = 9"))


def test_a_log_in_that_names_its_profile_is_signed_for_that_one(store: SqlStore) -> None:
    seeded(store)
    run = opened_run(store)
    _add(store, replace(FILES[0], text="profile: dpi # 2"))
    finished(store, run.run_id, action=LOGIN)
    film = store.login_flow(run.run_id)
    assert film is not None
    assert film.terms == Terms(1, 1)
    assert store.profile_version("dpi") == 2


def test_a_runs_files_are_those_it_was_opened_with(store: SqlStore, run_id: str) -> None:
    workflow_id, profile_id = with_files(store)
    run = opened_run(store)
    assert (run.workflow_id, run.profile_id) == (workflow_id, profile_id)
