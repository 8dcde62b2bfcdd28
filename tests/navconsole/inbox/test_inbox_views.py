"""The inbox over real attempts: the story's second factor waits for a person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from navigation.ids import new_id
from navigation.oversight import RunStep
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests import screens
from tests.navconsole.conftest import LintedClient, Login
from tests.seeding import Story, add_attempt, add_run


@pytest.fixture
def waiting(store: Store) -> tuple[str, str]:
    """A run whose newest attempt asks for a second factor; its id and the attempt's."""
    config = store.ensure_config({}, "tests", "seeded")
    now = datetime.now(UTC)
    run_id = add_run(store, "dpi-urgences", has_patient=False, at=now)
    story = Story(Outcome.NEEDS_HUMAN, "Vérifier", "Second facteur", screens.second_factor)
    return run_id, add_attempt(store, story, run_id=run_id, application="dpi-urgences", config_id=config.id, at=now)


def test_an_empty_inbox_says_what_would_come(engineer: LintedClient) -> None:
    page = engineer.get("/inbox").text
    assert "No run waits for a person" in page
    assert 'id="inbox-count" class="bar-count" hidden' in page


def test_a_waiting_run_is_shown_with_its_picture_and_counted(engineer: LintedClient, waiting: tuple[str, str]) -> None:
    page = engineer.get("/inbox").text
    assert f"/attempts/{waiting[1]}/thumb" in page
    assert "The screen asks for something that only a person may do." in page
    assert "Second facteur" in page
    assert "</span> 1</span>" in engineer.get("/attempts").text


def test_a_run_is_taken_over_seen_by_others_and_resumed(
    engineer: LintedClient, login: Login, store: Store, waiting: tuple[str, str]
) -> None:
    run_id, attempt_id = waiting
    answer = engineer.submit(
        f"/inbox/{run_id}", "/inbox", attempt_id=attempt_id, step="taken_over", note="Je saisis le code"
    )
    assert (answer.status_code, answer.location) == (303, "/inbox")
    other = login("admin")
    page = other.get("/inbox").text
    assert "the engineer" in page
    assert "Je saisis le code" in page
    assert 'value="taken_over"' not in page
    assert 'class="bar-count" hidden' in page
    answer = other.submit(f"/inbox/{run_id}", "/inbox", attempt_id=attempt_id, step="taken_over", note="")
    assert answer.status_code == 409
    assert engineer.submit(f"/inbox/{run_id}", "/inbox", attempt_id=attempt_id, step="resumed").status_code == 303
    standing = store.run_standing(run_id)
    assert standing is not None
    assert standing.state == "resumed"
    assert [(s.step, s.author, s.note) for s in store.run_steps(run_id)] == [
        ("taken_over", "the engineer", "Je saisis le code"),
        ("resumed", "the engineer", ""),
    ]
    audited = [(event.action, event.object_kind, event.object_id) for _, event in store.audit_events(limit=2)]
    assert audited == [("run_resumed", "run", run_id), ("run_taken_over", "run", run_id)]


def test_abandoning_needs_a_note_and_keeps_nothing_waiting(
    engineer: LintedClient, store: Store, waiting: tuple[str, str]
) -> None:
    run_id, attempt_id = waiting
    answer = engineer.submit(f"/inbox/{run_id}", "/inbox", attempt_id=attempt_id, step="abandoned", note=" ")
    assert answer.status_code == 422
    assert f'id="note-{run_id}-error"' in answer.text
    assert store.run_steps(run_id) == []
    answer = engineer.submit(f"/inbox/{run_id}", "/inbox", attempt_id=attempt_id, step="abandoned", note="Doublon")
    assert answer.status_code == 303
    assert "No run waits for a person" in engineer.get("/inbox").text


def test_a_note_that_is_too_long_is_kept_to_be_shortened(engineer: LintedClient, waiting: tuple[str, str]) -> None:
    run_id, attempt_id = waiting
    note = "x" * 501
    answer = engineer.submit(f"/inbox/{run_id}", "/inbox", attempt_id=attempt_id, step="resumed", note=note)
    assert answer.status_code == 422
    assert note in answer.text


def test_a_run_that_went_on_meanwhile_is_not_changed(
    engineer: LintedClient, store: Store, waiting: tuple[str, str]
) -> None:
    run_id, attempt_id = waiting
    page = engineer.get("/inbox").text
    assert attempt_id in page
    store.add_run_step(RunStep(run_id, attempt_id, "abandoned", "bob", "Bob", "Fini", datetime.now(UTC)))
    answer = engineer.submit(f"/inbox/{run_id}", "/stop", attempt_id=attempt_id, step="resumed")
    assert answer.status_code == 409


@pytest.mark.parametrize("fields", [{"step": "slept"}, {}])
def test_an_unknown_step_is_not_understood(
    engineer: LintedClient, waiting: tuple[str, str], fields: dict[str, str]
) -> None:
    assert engineer.submit(f"/inbox/{waiting[0]}", "/inbox", attempt_id=waiting[1], **fields).status_code == 400


def test_runs_that_are_not_open_to_the_person_are_not_there(
    login: Login, store: Store, waiting: tuple[str, str]
) -> None:
    client = login("engineer", applications=["imagerie"])
    page = client.get("/inbox").text
    assert "No run waits for a person" in page
    assert 'class="bar-count" hidden' in page
    for run_id in (waiting[0], new_id(), "7"):
        answer = client.submit(f"/inbox/{run_id}", "/stop", attempt_id=waiting[1], step="taken_over")
        assert answer.status_code == 404
    assert store.run_steps(waiting[0]) == []


def test_only_operators_have_an_inbox(login: Login, stranger: LintedClient, waiting: tuple[str, str]) -> None:
    for role in ("viewer", "clinician"):
        client = login(role)
        assert client.get("/inbox").status_code == 403
        answer = client.submit(f"/inbox/{waiting[0]}", "/attempts", attempt_id=waiting[1], step="taken_over")
        assert answer.status_code == 403
    assert stranger.get("/inbox").status_code == 303
