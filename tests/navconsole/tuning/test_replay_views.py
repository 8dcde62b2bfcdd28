"""The pages of replays in bulk: asked for, watched, paused, gone on with, looked at, and by whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from navconsole.beside import Beside
from navconsole.replay.bulk import carry_out
from navconsole.services import Services
from navconsole.settings import ConsoleSettings
from navconsole.tuning.replays import view_of
from navconsole.workers import Here
from navigation.case_records import CaseSet
from navigation.records import AttemptFilter
from navigation.replays import LEASE, ReplayRun, ReplaySetting
from navigation.store import SqlStore
from navigation.store.protocol import Store
from tests.navconsole.conftest import HTMX, LintedClient, Login
from tests.navconsole.replay.recorded import LOOSE, TOLD, a_run
from tests.navconsole.tuning.audited import sought
from tests.navigation.store.making import NOW, a_label, a_sample, finished
from tests.navigation.store.test_store_cases import a_case

PAGE = "/tuning/replays"


class Kept(Beside):
    """Keeps what it is to start; the test carries it out when it wants."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def start(self, work_id: str, *, ends_other: bool = True) -> None:
        assert not ends_other, "another replay goes on"
        self.started.append(work_id)


class Installed:
    installed = ("tesserocr", "rapidocr")


@pytest.fixture
def runner(app: Flask, settings: ConsoleSettings, store: Store, attempts: list[str]) -> Kept:
    kept = Kept()
    app.extensions["navconsole"] = Services(store, None, settings, readers=Installed(), replays=kept)  # type: ignore[arg-type]
    return kept


def ask(client: LintedClient, **fields: str) -> Any:
    return client.submit(PAGE, **{"q": "", "of": "every", "latest": "", "config": "", "score": "", "margin": "",
                                  "readers": "", **fields})  # fmt: skip


def asked(store: Store, setting: ReplaySetting | None = None, **given: Any) -> ReplayRun:
    applications = given.get("applications")
    run = a_run(setting, **given)
    return store.add_replay(run, AttemptFilter(applications=applications), event=TOLD)


def done(store: Store, run_id: str) -> ReplayRun:
    return carry_out(store, run_id, Here())


def test_a_replay_is_asked_for_watched_and_looked_at(engineer: LintedClient, store: Store, runner: Kept) -> None:
    assert "Nothing was replayed yet" in engineer.get(PAGE).text
    answer = ask(engineer, score="60", margin="0,5", latest="500")
    assert answer.status_code == 303
    (run_id,) = runner.started
    assert answer.location == f"{PAGE}/{run_id}"
    run = store.replay(run_id)
    assert run is not None
    assert run.setting == ReplaySetting({"score": 0.6, "margin": 0.005})
    assert run.asked == {"latest": 500}
    page = engineer.get(answer.location).text
    assert "waits" in page
    assert 'hx-trigger="every 2s"' in page
    run = done(store, run_id)
    page = engineer.get(answer.location).text
    assert "through" in page
    assert 'hx-trigger="every 2s"' not in page
    assert f"{run.done}</b> of {run.total}" in page
    changed = store.replayed(run_id, None)
    assert changed
    line, result = changed[0]
    assert f"{PAGE}/{run_id}/attempts/{line.id}" in page
    on_picture = engineer.get(f"{PAGE}/{run_id}/attempts/{line.id}").text
    assert f"/attempts/{line.id}/before.webp" in on_picture
    assert result.verdict is not None
    assert ("nothing would be pressed now" in on_picture) == (result.verdict.point is None)
    assert 'class="mark-' in on_picture
    assert "replay_asked" in [event.action for _, event in store.audit_events()]
    assert "through" in engineer.get(PAGE).text


def test_the_form_takes_lines_cases_sets_configurations_and_readers(
    engineer: LintedClient, store: Store, runner: Kept, attempts: list[str]
) -> None:
    label = a_label(attempts[0], id="given")
    store.add_labels([label])
    store.put_case(a_case(attempts[0], id="case", label_id=label.id))
    store.add_case_set(CaseSet("set", "Log-ins", "ann", "Ann", NOW))
    store.put_in_set("set", ["case"])
    config = store.configs()[0]
    for fields, total, shown in (
        ({"q": "app:dpi-urgences outcome:ambiguous"}, 1, "app:dpi-urgences outcome:ambiguous"),
        ({"of": "cases"}, 1, "All cases"),
        ({"of": "set:Log-ins"}, 1, "Cases of the set Log-ins"),
        ({"latest": "3"}, 3, "The 3 newest attempts"),
    ):
        answer = ask(engineer, **fields)
        assert answer.status_code == 303, fields
        run = store.replay(runner.started[-1])
        assert run is not None
        assert run.total + run.left_out == total
        assert shown in engineer.get(answer.location).text
    ask(engineer, config=str(config.id), readers="tesserocr,rapidocr")
    run = store.replay(runner.started[-1])
    assert run is not None
    assert (run.setting.config_id, run.setting.readers) == (config.id, ("tesserocr", "rapidocr"))
    assert run.setting.limits.keys() == {"score", "margin", "anchor", "candidate_floor"}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"q": "app:"}, "cannot be understood"),
        ({"q": "outcome:nonsense"}, "cannot be understood"),
        ({"latest": "0"}, "whole number of attempts"),
        ({"score": "101"}, "from 0 to 100"),
        ({"margin": "wide"}, "from 0 to 100"),
        ({"config": "999"}, "no configuration of this number"),
        ({"of": "set:none"}, "no set of cases"),
        ({"q": "app:nowhere"}, "None of the attempts"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_makes_no_sense_is_said_and_starts_nothing(
    engineer: LintedClient, store: Store, runner: Kept, fields: dict[str, str], problem: str
) -> None:
    answer = ask(engineer, **fields)
    assert answer.status_code == 422
    assert problem in answer.text
    assert (runner.started, list(store.replays())) == ([], [])


def test_a_replay_is_paused_gone_on_with_and_cancelled(engineer: LintedClient, store: Store, runner: Kept) -> None:
    run = asked(store)
    here = f"{PAGE}/{run.id}"
    assert engineer.submit(f"{here}/pause", page=here).status_code == 303
    page = engineer.get(here).text
    assert "paused" in page
    assert 'hx-trigger="every 2s"' not in page
    assert engineer.submit(f"{here}/resume", page=here).status_code == 303
    assert runner.started == [run.id]
    assert engineer.submit(f"{here}/cancel", page=here).status_code == 303
    found = store.replay(run.id)
    assert found is not None
    assert found.state == "cancelled"
    answer = engineer.submit(f"{here}/resume", page=PAGE)
    assert answer.status_code == 409
    assert "somewhere else by now" in answer.text
    assert [event.action for _, event in store.audit_events(object_id=run.id)] == [
        "replay_cancelled", "replay_resumed", "replay_paused",
    ]  # fmt: skip


def test_what_is_asked_again_while_it_goes_on_is_a_part_and_the_end_shows_all(
    engineer: LintedClient, store: Store, runner: Kept
) -> None:
    run = asked(store, LOOSE)
    store.take_replay(run.id, datetime.now(UTC))
    part = engineer.get(f"{PAGE}/{run.id}", headers=HTMX)
    assert "<html" not in part.text
    assert "HX-Refresh" not in part.headers
    assert "under way" in part.text
    assert isinstance(store, SqlStore)
    with store._db.writing() as session:
        session.connection().exec_driver_sql("UPDATE replay_run SET leased_until = NULL")
    done(store, run.id)
    assert engineer.get(f"{PAGE}/{run.id}", headers=HTMX).headers["HX-Refresh"] == "true"


def test_a_run_whose_worker_is_gone_says_so() -> None:
    now = datetime.now(UTC)
    silent = a_run(fence=1, leased_until=now - LEASE, noted_at=now - timedelta(minutes=1), total=3, done=1)
    busy = a_run(fence=1, leased_until=now + LEASE, noted_at=now, total=3)
    assert view_of(silent, now).state == "silent"
    assert view_of(silent, now, others=[silent, busy]).state == "waiting"
    assert view_of(a_run(created_at=now), now).state == "waiting"
    assert view_of(busy, now).state == "running"


def test_right_and_wrong_are_kept_from_who_is_to_answer_blind(
    login: Login, store: Store, runner: Kept, attempts: list[str]
) -> None:
    """An attempt that a sample wants their own answer on."""
    clients = {name: login("engineer", name=name) for name in ("Ann", "Bob")}
    run_id = store.attempt(attempts[0]).start.run_id  # type: ignore[union-attr]
    wrong = sought(store, run_id, 1, asked="Absent", action={"type": "navigate", "target": {"text": "Absent"}},
                   before_id=store.attempt(attempts[0]).start.before_id, application="dpi-urgences")  # type: ignore[union-attr]  # fmt: skip
    assert wrong
    ids = {user.name: user.id for user in store.users()}
    loose = asked(store, LOOSE)
    done(store, loose.id)
    changed = [line.id for line, _ in store.replayed(loose.id, None)]
    sample = a_sample(double_share=1.0)
    store.add_sample(sample, AttemptFilter(), by="none", size=500)
    store.add_labels(
        [
            a_label(one, answer="wrong", place="absent", author_id=ids["Ann"], author="Ann", sample_id=sample.id,
                    source="blind")
            for one in changed
        ]
    )  # fmt: skip
    labelled = asked(store, LOOSE)
    done(store, labelled.id)
    shown = {name: client.get(f"{PAGE}/{labelled.id}").text for name, client in clients.items()}
    assert "by its label" in shown["Ann"]
    assert "by its label" not in shown["Bob"]
    newly = {name: client.get(f"{PAGE}/{labelled.id}?kind=newly_wrong").text for name, client in clients.items()}
    assert "shadow-line " in newly["Ann"]
    assert "shadow-line " not in newly["Bob"]
    spot = f"{PAGE}/{labelled.id}/attempts/{changed[0]}"
    assert "by its label" in clients["Ann"].get(spot).text
    assert "by its label" not in clients["Bob"].get(spot).text


def test_only_who_sees_all_of_a_run_sees_it(
    login: Login, store: Store, runner: Kept, engineer: LintedClient, attempts: list[str]
) -> None:
    other = store.create_run(_other_run()).id
    finished(store, other, application="ris", before_id=store.attempt(attempts[0]).start.before_id)  # type: ignore[union-attr]
    limited = login("engineer", applications=["ris"], name="of the ris")
    everything, own = asked(store), asked(store, applications=["ris"])
    assert limited.get(f"{PAGE}/{everything.id}").status_code == 404
    assert limited.get(f"{PAGE}/{everything.id}/attempts/{attempts[0]}").status_code == 404
    assert limited.get(f"{PAGE}/{own.id}").status_code == 200
    assert everything.id not in limited.get(PAGE).text
    assert own.id in engineer.get(PAGE).text
    ask(limited)
    run = store.replay(runner.started[-1])
    assert run is not None
    assert (list(run.applications or ()), run.total) == (["ris"], 1)
    assert engineer.get(f"{PAGE}/{own.id}/attempts/{attempts[0]}").status_code == 404, "not of this run"


def test_other_roles_and_unknown_runs(login: Login, store: Store, runner: Kept, engineer: LintedClient) -> None:
    run = asked(store)
    assert login("viewer", name="v").get(f"{PAGE}/{run.id}").status_code == 403
    assert login("clinician", name="c").get(PAGE).status_code == 403
    for wrong in ("nonsense", "01a208bc-eb62-71f0-815f-d6af5f678ccb"):
        assert engineer.get(f"{PAGE}/{wrong}").status_code == 404


def test_failures_and_long_lists_are_paged(
    engineer: LintedClient, store: Store, runner: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navconsole.tuning.replays.SHOWN", 1)
    run = asked(store, ReplaySetting({"score": 1.0, "margin": 1.0, "anchor": 1.0}))
    run = done(store, run.id)
    changed = [line.id for line, _ in store.replayed(run.id, None)]
    assert len(changed) > 1
    first = engineer.get(f"{PAGE}/{run.id}").text
    assert changed[0] in first
    assert changed[1] not in first
    after = store.replayed(run.id, None)[0][1].seq
    assert f"after={after}" in first
    assert changed[1] in engineer.get(f"{PAGE}/{run.id}?after={after}").text
    assert f"/attempts/{changed[1]}" in engineer.get(f"{PAGE}/{run.id}/attempts/{changed[0]}").text
    assert engineer.get(f"{PAGE}/{run.id}?kind=elsewhere&after=99999999999999999999").status_code == 200
    assert "None of these" in engineer.get(f"{PAGE}/{run.id}?kind=newly_right").text


def _other_run() -> Any:
    from tests.navigation.store.making import a_run as a_robots_run

    return a_robots_run(application="ris")
