"""Trying a cache policy on the records: asked, carried out by a process, answered, kept, ended."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from navconsole.beside import Beside
from navconsole.services import Services
from navconsole.settings import ConsoleSettings
from navconsole.steps import result_of
from navconsole.tuning.recorded import recorded_of, truth_of
from navconsole.tuning.resuming import resume_trial
from navconsole.tuning.trial_answers import answer_of, changes, view_of
from navconsole.tuning.trying import Walking, answer_trial, newest_attempts
from navconsole.tuning.waypoints import Waypoints
from navigation.cache_trial import VERSION, Truth
from navigation.configurations import SERVER, body_of
from navigation.ids import new_id
from navigation.labels import Label, settle
from navigation.place_records import PolicyTrial, TrialAsked
from navigation.records import AttemptFilter, AuditEvent
from navigation.settings import CachePolicy, Settings
from navigation.store import SqlStore
from navigation.store.columns import pack
from navigation.store.protocol import Store
from navigation.types import Box, Outcome
from tests.navconsole.conftest import HTMX, LintedClient, Login
from tests.seeding import seed

PAGE = "/tuning/places/trials"
FIELDS = {"application": "dpi-urgences", "agreement": "99", "max_age_days": "30", "window_px": "10", "wanted": "2000"}


@pytest.fixture
def twice(store: Store) -> list[str]:
    """Every kind of attempt, twice over: the second of a kind meets what the first one left."""
    return seed(store, rounds=2)


class Kept(Beside):
    """Keeps what it is to start; the test carries it out when it wants."""

    def __init__(self, store: Store) -> None:
        self.started: list[PolicyTrial] = []
        self._store = store

    def start(self, work_id: str, *, ends_other: bool = True) -> None:
        trial = self._store.trial(work_id)
        assert trial is not None
        self.started.append(trial)


@pytest.fixture
def runner(app: Flask, settings: ConsoleSettings, store: Store) -> Kept:
    kept = Kept(store)
    app.extensions["navconsole"] = Services(store, None, settings, trials=kept)
    return kept


def ask(client: LintedClient, **fields: str) -> Any:
    return client.submit(PAGE, **{**FIELDS, **fields})


def test_a_policy_is_tried_and_its_answer_kept_for_whoever_asks_again(
    engineer: LintedClient, store: Store, runner: Kept, twice: list[str]
) -> None:
    answer = ask(engineer)
    assert answer.status_code == 303
    (trial,) = runner.started
    assert answer.location == f"{PAGE}/{trial.asked.id}"
    assert (trial.asked.policy, trial.asked.wanted) == (CachePolicy(30, agreement=0.99, window_px=10), 2000)
    page = engineer.get(answer.location).text
    assert "Under way" in page
    assert 'hx-trigger="every 2s"' in page
    assert answer_trial(store, trial, noted_every_s=0)
    page = engineer.get(answer.location).text
    assert "Attempt by attempt" in page
    assert "every 2s" not in page
    assert "stricter" in page
    fragment = engineer.get(answer.location, headers=HTMX).text
    assert "<html" not in fragment
    assert 'id="trial"' in fragment
    assert ask(engineer).location == answer.location
    assert len(runner.started) == 1
    assert answer.location in engineer.get(PAGE).text
    assert [event.action for _, event in store.audit_events()] == ["policy_tried"]


def test_the_answer_counts_what_the_second_attempt_would_have_saved(
    store: Store, runner: Kept, engineer: LintedClient, twice: list[str]
) -> None:
    """The log-in that landed is learned; the later ones, of which two were refused, are pressed from memory, and a
    refused one, as live, says nothing against the place. A person says of one refused that its place was right."""
    store.add_labels([label(twice[11], "right")])
    ask(engineer, agreement="88", max_age_days="90", window_px="160")
    trial = runner.started[0]
    answer_trial(store, trial)
    done = store.trial(trial.asked.id)
    assert done is not None
    assert done.counts is not None
    answer = answer_of(done.counts, done.total)
    counts = {row.kind: row for row in answer.rows}
    again = len(twice) // 2
    assert counts["gained"].named == (twice[11], twice[again + 2])
    assert counts["unproven"].named == (twice[again + 11],)
    assert all(row.asked == row.in_use for row in answer.rows)  # asked for the policy in use
    assert answer.walked + answer.left_out == len(twice) == done.total
    assert answer.hits == (3, 3)
    assert answer.without_picture == 0


def test_of_the_newest_attempts_only_so_many_are_walked(
    store: Store, runner: Kept, engineer: LintedClient, twice: list[str]
) -> None:
    ask(engineer, wanted="3")
    later = seed(store)
    answer_trial(store, runner.started[0])
    done = store.trial(runner.started[0].asked.id)
    assert done is not None
    assert done.total == 3
    assert done.last_seq == store.attempt(twice[-1]).seq < store.attempt(later[0]).seq  # type: ignore[union-attr]


def test_a_lost_picture_leaves_the_attempt_out(
    store: Store, settings: ConsoleSettings, runner: Kept, engineer: LintedClient, twice: list[str]
) -> None:
    detail = store.attempt(twice[2])
    assert detail is not None
    for file in settings.data.rglob(f"{detail.start.before_id}*"):
        file.unlink()
    ask(engineer)
    answer_trial(store, runner.started[0])
    done = store.trial(runner.started[0].asked.id)
    assert done is not None
    assert done.counts is not None
    assert done.counts["left_out"]["picture"] >= 2
    assert done.counts["asked"]["kinds"]["gained"] == 0
    assert "lost their picture" in engineer.get(f"{PAGE}/{runner.started[0].asked.id}").text


def test_a_trial_that_is_ended_stops_and_says_so(
    store: Store, runner: Kept, engineer: LintedClient, twice: list[str]
) -> None:
    address = ask(engineer).location
    assert ask(engineer, agreement="95").status_code == 409
    assert engineer.submit(f"{address}/cancel", address).status_code == 303
    assert not answer_trial(store, runner.started[0], noted_every_s=0)
    assert "before it was through" in engineer.get(address).text
    assert [event.action for _, event in store.audit_events()] == ["trial_cancelled", "policy_tried"]
    assert ask(engineer, agreement="95").status_code == 303


def test_a_trial_whose_process_is_gone_says_so(
    store: Store, runner: Kept, engineer: LintedClient, twice: list[str]
) -> None:
    ask(engineer)
    trial = runner.started[0]
    later = datetime.now(UTC) + timedelta(seconds=61)
    assert (view_of(trial, later).state, view_of(trial, later).is_running) == ("silent", False)
    assert not answer_trial(store, trial, noted_every_s=0, may_go_on=lambda: False)
    stored = store.trial(trial.asked.id)
    assert stored is not None
    assert stored.counts is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("agreement", "74"),
        ("agreement", "x"),
        ("max_age_days", "-1"),
        ("window_px", "401"),
        ("wanted", "0"),
        ("wanted", ""),
    ],
)
def test_what_cannot_be_tried_is_told_and_what_was_typed_stays(
    engineer: LintedClient, runner: Kept, twice: list[str], name: str, value: str
) -> None:
    answer = ask(engineer, **{name: value})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert f'value="{value}"' in answer.text
    assert runner.started == []


def test_the_form_starts_from_the_policy_that_is_asked_for(
    engineer: LintedClient, store: Store, twice: list[str]
) -> None:
    """A configuration's; the one in use else, and for a number there is not. A tried one starts a configuration."""
    number = store.ensure_config(body_of(Settings(cache=CachePolicy(window_px=77))), SERVER, "start").id
    store.ensure_config(body_of(Settings()), SERVER, "start")
    assert 'value="77"' in engineer.get(f"{PAGE}?config={number}").text
    for other in ("", "?config=999", "?config=x", f"?config={2**70}"):
        assert 'value="160"' in engineer.get(PAGE + other).text
    assert 'value="77"' in engineer.get("/tuning/configurations?window_px=77").text


def test_only_applications_one_may_see_are_tried(login: Login, runner: Kept, store: Store, twice: list[str]) -> None:
    seed(store, application="labo")
    some = login("engineer", applications=["labo"], name="some")
    assert "dpi-urgences" not in some.get(PAGE).text
    assert ask(some).status_code == 400
    assert ask(some, application="labo").status_code == 303


def test_a_console_that_only_shows_says_that_nothing_was_carried_out(
    engineer: LintedClient, store: Store, twice: list[str]
) -> None:
    assert "could not be carried out" in engineer.get(ask(engineer).location).text


# --- the process --------------------------------------------------------------------------------------


@pytest.fixture
def process(settings: ConsoleSettings) -> Iterator[Beside]:
    trials = Beside("navconsole.tuning.trial_worker", settings.database)
    yield trials
    trials.close()


def started(store: Store, process: Beside) -> tuple[str, subprocess.Popen[bytes]]:
    asked = TrialAsked(new_id(), "dpi-urgences", CachePolicy(), CachePolicy(), 100, "ann", "Ann", datetime.now(UTC))
    trial, _ = store.start_trial(asked, version=VERSION, event=AuditEvent("ann", "policy_tried"))
    process.start(trial.asked.id)
    return asked.id, process._processes[-1]


def test_a_process_of_its_own_answers_without_the_servers_secrets(
    store: Store, process: Beside, twice: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "never-passed-on-" * 3)
    trial_id, child = started(store, process)
    assert b"never-passed-on" not in Path(f"/proc/{child.pid}/environ").read_bytes()
    assert child.wait(120) == 0
    trial = store.trial(trial_id)
    assert trial is not None
    assert (trial.state, trial.done) == ("done", len(twice))


def test_the_process_ends_with_the_server(store: Store, process: Beside, twice: list[str]) -> None:
    _, child = started(store, process)
    process.close()
    assert child.returncode is not None
    process.close()  # twice does once


def test_a_fault_ends_the_trial_and_says_nothing_of_the_screen(
    store: Store, process: Beside, twice: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(store, SqlStore)
    with store._db.writing() as session:
        broken = "INSERT INTO ocr_page SELECT image_id, 'broken', :page, created_at FROM ocr_page"
        session.execute(text(broken), {"page": pack({"size": "MARTIN Jeanne"})})
    trial_id, child = started(store, process)
    assert child.wait(120) == 1
    trial = store.trial(trial_id)
    assert trial is not None
    assert trial.state == "failed"
    said = capfd.readouterr().err
    assert f"trial failed trial={trial_id} kind=ValueError" in said
    assert "MARTIN" not in said


# --- after a restart ----------------------------------------------------------------------------------


def begun(store: Store) -> PolicyTrial:
    policy = CachePolicy(30, agreement=0.99)
    asked = TrialAsked(new_id(), "dpi-urgences", policy, CachePolicy(), 100, "ann", "Ann", datetime.now(UTC))
    return store.start_trial(asked, version=VERSION, event=AuditEvent("ann", "policy_tried"))[0]


def answer_in(store: Store, trial: PolicyTrial) -> dict[str, Any]:
    done = store.trial(trial.asked.id)
    assert done is not None
    assert done.counts is not None
    assert done.state == "done"
    return {name: value for name, value in done.counts.items() if name != "seconds"}


def whole_answer(store: Store, trial: PolicyTrial) -> dict[str, Any]:
    """What a walk without a break comes to."""
    walking = Walking(store, trial.asked.policy, trial.asked.in_use)
    for attempt_id in newest_attempts(store, trial.asked.application, 100):
        walking.step(attempt_id)
    return {name: value for name, value in walking.answer().items() if name != "seconds"}


def test_a_trial_goes_on_where_it_had_come_to(
    store: Store, settings: ConsoleSettings, twice: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trial, waypoints = begun(store), Waypoints(settings.data, "walk")
    asked = iter([True] * 17)
    assert not answer_trial(
        store, trial, noted_every_s=0, kept_every_s=0, waypoints=waypoints, may_go_on=lambda: next(asked, False)
    )
    (file,) = (settings.data / "trials").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    walked: list[str] = []
    step = Walking.step
    monkeypatch.setattr(Walking, "step", lambda self, one: (walked.append(one), step(self, one)))
    assert answer_trial(store, trial, waypoints=waypoints)
    assert walked == twice[16:]
    monkeypatch.undo()
    assert answer_in(store, trial) == whole_answer(store, trial)
    assert answer_in(store, trial)["asked"]["kinds"]["gained"] > 0
    assert not file.exists()


@pytest.mark.parametrize("damage", ["cut", "other attempts", "other version"])
def test_a_file_that_is_not_of_this_walk_begins_it_anew(
    store: Store, settings: ConsoleSettings, twice: list[str], damage: str
) -> None:
    trial, waypoints = begun(store), Waypoints(settings.data, "walk")
    walking = Walking(store, trial.asked.policy, trial.asked.in_use)
    walking.step(twice[0])
    waypoints.write(walking.waypoint(1, "another" if damage == "other attempts" else twice[0]))
    file = settings.data / "trials" / "walk.json"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-20])
    if damage == "other version":
        file.write_text(file.read_text().replace(f'"version": {VERSION}', '"version": 0'))
    assert waypoints.read(walking.policies, twice) is None
    assert answer_trial(store, trial, waypoints=waypoints)
    assert answer_in(store, trial) == whole_answer(store, trial)


KILLED = """
import os, signal, sys
from pathlib import Path
from navconsole.tuning import trying
from navconsole.tuning.waypoints import Waypoints
from navigation.store import open_store
database, trial_id = Path(sys.argv[1]), sys.argv[2]
store, left, step = open_store(database, create=False), [20], trying.Walking.step
def killed(self, one):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    step(self, one)
trying.Walking.step = killed
trying.answer_trial(store, store.trial(trial_id), kept_every_s=0, waypoints=Waypoints(database.parent, trial_id))
"""


def test_a_trial_that_was_killed_goes_on_when_the_server_starts(
    store: Store, settings: ConsoleSettings, process: Beside, twice: list[str]
) -> None:
    trial = begun(store)
    command = [sys.executable, "-c", KILLED, str(settings.database), trial.asked.id]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    file = settings.data / "trials" / f"{trial.asked.id}.json"
    assert '"done": 19' in file.read_text()
    stranger = file.with_name("of-another.json")
    stranger.write_text("{}")
    resume_trial(process, store, settings.data, datetime.now(UTC))
    (child,) = process._processes
    assert child.wait(120) == 0
    assert answer_in(store, trial) == whole_answer(store, trial)
    assert not file.exists()
    assert not stranger.exists()


def test_nothing_old_and_nothing_ended_is_gone_on_with(
    store: Store, settings: ConsoleSettings, process: Beside, twice: list[str]
) -> None:
    trial = begun(store)
    resume_trial(process, store, settings.data, datetime.now(UTC) + timedelta(days=2))
    assert process._processes == []
    store.end_trial(trial.asked.id, "cancelled", datetime.now(UTC))
    resume_trial(process, store, settings.data, datetime.now(UTC))
    assert process._processes == []


# --- what the record says -----------------------------------------------------------------------------


def label(attempt_id: str, answer: str, **given: Any) -> Label:
    return Label(new_id(), attempt_id, "ann", "Ann", answer, datetime.now(UTC), **given)  # type: ignore[arg-type]


def test_people_come_before_the_verification(store: Store, attempts: list[str]) -> None:
    landed, failed = store.attempt(attempts[2]), store.attempt(attempts[10])
    assert landed is not None
    assert failed is not None
    assert failed.finish is not None
    assert failed.finish.outcome is Outcome.NOT_LANDED
    result, wrong = result_of(landed), result_of(failed)
    box = Box(1, 2, 3, 4)
    assert truth_of(landed, result, settle([])) == Truth(right=result.box_px)
    assert truth_of(failed, wrong, settle([])) == Truth(wrong=wrong.box_px)
    said = [
        (label("a", "wrong"), Truth(wrong=result.box_px)),
        (label("a", "right"), Truth(right=result.box_px)),
        (label("a", "wrong", place="box", box=box), Truth(right=box)),
        (label("a", "wrong", place="absent"), Truth(is_absent=True)),
        (label("a", "unsure"), Truth()),
    ]
    for given, truth in said:
        assert truth_of(landed, result, settle([given])) == truth


def test_a_refused_log_in_says_nothing_of_the_place(store: Store, attempts: list[str]) -> None:
    refused = store.attempt(attempts[11])
    assert refused is not None
    recorded = recorded_of(store, refused)
    assert recorded is not None
    assert (recorded.truth, recorded.has_landed) == (Truth(), None)


def test_attempts_that_asked_no_memory_are_left_out(store: Store, attempts: list[str]) -> None:
    asked = {row.outcome for row in store.list_attempts(AttemptFilter(), limit=50).rows}
    assert Outcome.WRONG_SCREEN in asked
    for attempt_id in attempts:
        detail = store.attempt(attempt_id)
        assert detail is not None
        if detail.finish and detail.finish.outcome in (Outcome.WRONG_SCREEN, Outcome.OCR_TIMEOUT, Outcome.NEEDS_HUMAN):
            assert recorded_of(store, detail) is None


def test_each_change_of_a_policy_says_whether_it_lets_more_through() -> None:
    sides = {c.name: c.side for c in changes(CachePolicy(10, agreement=0.8, window_px=300), CachePolicy())}
    assert sides == {"agreement": "looser", "max_age_days": "stricter", "window_px": "looser"}
    assert changes(CachePolicy(), CachePolicy()) == []
