"""Several runs at once: preview, confirmation, what others did meanwhile, taking back; all of it by plain forms."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from navigation.ids import new_id
from navigation.oversight import RunStep, StopEvent
from navigation.reasons import Reason
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests import screens
from tests.navconsole.conftest import CSRF, LintedClient, Login
from tests.seeding import Story, add_attempt, add_run

STORY = Story(Outcome.NEEDS_HUMAN, "Vérifier", "Second facteur", screens.second_factor)
HALTED = replace(STORY, reason=Reason("stopped"))


def add_waiting(store: Store, story: Story, application: str = "dpi-urgences") -> str:
    """A run that waits, as its form names it."""
    config = store.ensure_config({}, "tests", "seeded")
    now = datetime.now(UTC)
    run_id = add_run(store, application, has_patient=False, at=now)
    return f"{run_id} {add_attempt(store, story, run_id=run_id, application=application, config_id=config.id, at=now)}"


@pytest.fixture
def halted(store: Store) -> list[str]:
    return [add_waiting(store, HALTED) for _ in range(3)]


@pytest.fixture
def asking(store: Store) -> str:
    """One that waits for a code and not because of a stop."""
    return add_waiting(store, STORY)


def post(client: LintedClient, path: str = "/inbox/several", run: list[str] | None = None, **more: str) -> TestResponse:
    token = CSRF.search(client.get("/password").text)
    assert token
    pairs = [("csrf_token", token[1]), *(("run", one) for one in run or []), *more.items()]
    return client.post(path, data=MultiDict(pairs))


def states(store: Store, runs: list[str]) -> list[str]:
    return [now.state for one in runs if (now := store.run_standing(one.split(" ")[0]))]


def test_the_inbox_offers_what_a_stop_halted_and_the_preview_changes_nothing(
    engineer: LintedClient, store: Store, halted: list[str], asking: str
) -> None:
    page = engineer.get("/inbox").text
    assert "All 3 that a stop halted…" in page
    assert page.count('form="several"') == 4
    answer = post(engineer, choose="stopped")
    assert answer.status_code == 200
    assert sorted(re.findall(r'name="run" value="([^"]+)"', answer.text)) == sorted(halted)
    assert "Resume 3 runs" in answer.text
    assert states(store, [*halted, asking]) == ["waiting"] * 4


def test_all_are_resumed_on_record_and_taken_back_in_one(
    engineer: LintedClient, store: Store, halted: list[str], asking: str
) -> None:
    done = post(engineer, run=halted, step="resumed", note="Panne finie")
    assert done.status_code == 303
    assert states(store, [*halted, asking]) == ["resumed"] * 3 + ["waiting"]
    audited = [event for _, event in store.audit_events(limit=3)]
    assert {(e.action, e.object_id, e.details["at_once"]) for e in audited} == {
        ("run_resumed", one.split(" ")[0], 3) for one in halted
    }
    page = engineer.get(done.location).text
    assert "3 runs resumed" in page
    assert "Panne finie" in page
    at = re.search(r'name="at" value="([^"]+)"', page)
    assert at
    config, now = store.active_config(), datetime.now(UTC)  # one robot is quicker than the undo
    run_id = halted[0].split(" ")[0]
    add_attempt(
        store, replace(STORY, outcome=Outcome.ABSENT), run_id=run_id, application="dpi-urgences",
        config_id=config.id, at=now,
    )  # fmt: skip
    assert "Take back 2 runs" in engineer.get(done.location).text
    assert post(engineer, "/inbox/several/back", at=at[1]).location == "/inbox"
    assert states(store, halted) == ["going", "taken_over", "taken_over"]
    late = post(engineer, "/inbox/several/back", at=at[1])
    assert late.status_code == 409
    assert "Too late to take back" in late.text


def test_abandoning_needs_a_reason_and_is_not_undone(engineer: LintedClient, store: Store, halted: list[str]) -> None:
    answer = post(engineer, run=halted, step="abandoned", note="  ")
    assert answer.status_code == 422
    assert 'id="several-error"' in answer.text
    assert states(store, halted) == ["waiting"] * 3
    done = post(engineer, run=halted, step="abandoned", note="Doublons")
    assert states(store, halted) == ["abandoned"] * 3
    assert {store.run_steps(one.split(" ")[0])[0].note for one in halted} == {"Doublons"}
    page = engineer.get(done.location).text
    assert "3 runs abandoned" in page
    assert "/inbox/several/back" not in page
    assert post(engineer, "/inbox/several/back", at=done.location.split("at=")[1]).status_code in (404, 409)


@pytest.mark.parametrize("theirs", ["taken_over", "resumed", "abandoned"])
def test_two_at_once_are_told_of_each_other_and_nothing_of_either_is_lost(
    engineer: LintedClient, login: Login, store: Store, halted: list[str], theirs: str
) -> None:
    bob = login("admin", name="bob")
    run_id, attempt_id = halted[0].split(" ")
    bob.submit(f"/inbox/{run_id}", "/inbox", attempt_id=attempt_id, step=theirs, note="Je m’en occupe")
    answer = post(engineer, run=halted, step="resumed", note="Panne finie")
    assert answer.status_code == 409
    assert states(store, halted) == [theirs, "waiting", "waiting"]
    assert "bob" in answer.text
    assert "Je m’en occupe" in answer.text
    assert 'value="Panne finie"' in answer.text
    assert sorted(re.findall(r'name="run" value="([^"]+)"', answer.text)) == sorted(halted[1:])
    assert post(engineer, run=halted[1:], step="resumed").status_code == 303
    assert states(store, halted) == [theirs, "resumed", "resumed"]


def test_a_run_that_waits_at_another_attempt_now_is_not_resumed_unseen(
    engineer: LintedClient, store: Store, halted: list[str]
) -> None:
    run_id = halted[0].split(" ")[0]
    config, now = store.active_config(), datetime.now(UTC)
    add_attempt(store, STORY, run_id=run_id, application="dpi-urgences", config_id=config.id, at=now)
    answer = post(engineer, run=halted, step="resumed")
    assert answer.status_code == 409
    assert "went on by itself" in answer.text
    assert states(store, halted) == ["waiting"] * 3


def test_a_stop_that_is_still_in_force_is_said(engineer: LintedClient, store: Store, halted: list[str]) -> None:
    store.add_stop(StopEvent("dpi-urgences", True, "ann", "Ann", "Panne", datetime.now(UTC)))
    assert "Robots are still stopped for: dpi-urgences" in post(engineer, run=halted).text


def test_another_applications_runs_are_not_there(login: Login, store: Store, halted: list[str]) -> None:
    client = login("engineer", applications=["imagerie"])
    for runs in (halted, [f"{new_id()} {new_id()}"]):
        assert post(client, run=runs, step="resumed").status_code == 404
    assert post(client, choose="stopped").location == "/inbox"
    assert states(store, halted) == ["waiting"] * 3


def test_what_somebody_else_did_has_no_page_here(engineer: LintedClient, login: Login, halted: list[str]) -> None:
    done = post(engineer, run=halted, step="resumed")
    assert login("admin").get(done.location).status_code == 404
    for moment in ("", "yesterday", "2026-03-01T00:00:00", "2026-03-01T00:00:00+00:00"):
        assert engineer.get("/inbox/several", query_string={"at": moment}).status_code == 404


@pytest.mark.parametrize("fields", [{"step": "taken_over"}, {"run": "x"}, {"run": "../.. x"}], ids=str)
def test_what_cannot_be_understood_is_refused(engineer: LintedClient, fields: dict[str, str]) -> None:
    fields = dict(fields)
    assert post(engineer, run=[fields.pop("run")] if "run" in fields else [], **fields).status_code == 400


def test_nothing_ticked_leads_back(engineer: LintedClient, halted: list[str]) -> None:
    assert post(engineer).location == "/inbox"


def test_several_steps_are_stored_all_or_none(store: Store, halted: list[str]) -> None:
    from navigation.errors import ConflictError

    now = datetime.now(UTC)
    pairs = [one.split(" ") for one in halted]
    store.add_run_step(RunStep(pairs[2][0], pairs[2][1], "resumed", "bob", "Bob", "", now))
    with pytest.raises(ConflictError):
        store.add_run_steps([RunStep(run, at, "resumed", "ann", "Ann", "", now) for run, at in pairs])
    assert states(store, halted) == ["waiting", "waiting", "resumed"]
    assert store.run_steps_at("ann", now) == []
