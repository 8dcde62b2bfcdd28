"""A workflow's steps handed out one by one: each once, under a lease, and every `navigate` an ordinary attempt."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from navconsole.conductor import Conductor
from navconsole.maintenance import Maintenance
from navconsole.settings import ConsoleSettings
from navigation.ids import new_id
from navigation.oversight import StopEvent
from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests import screens
from tests.navconsole.api.conftest import BOARD, LOGIN, RECORD, AddToken, Api, encoded, png
from tests.navconsole.api.streams import PROFILE, WORKFLOW, Stream, file
from tests.navconsole.api.test_halts import take

REFUSED = png(screens.login(notice="Identifiant ou mot de passe incorrect."))
FACTOR = png(screens.second_factor())
ONE = "workflow: one\napplication: dpi\nsteps:\n"


@pytest.fixture
def stream(api: Api, store: Store) -> Stream:
    file(store, PROFILE, WORKFLOW)
    stream = Stream(api)
    assert stream.open().status_code == 201
    return stream


def one(api: Api, store: Store, step: str, **asked: Any) -> Stream:
    """An open run of a workflow of these steps."""
    file(store, PROFILE, ONE + step)
    found = Stream(api, workflow="one", stream={"parameters": {}} | asked.pop("stream", {}), **asked)
    assert found.open().status_code == 201
    return found


# --- the whole way --------------------------------------------------------------------------------


def test_a_run_is_walked_from_the_log_in_to_the_record(stream: Stream, store: Store) -> None:
    told = stream.told()
    assert (told["number"], told["type"], told["step"], told["deed"]) == (1, "capture", "user", {})
    pressed = stream.press(LOGIN, LOGIN)
    assert (pressed["type"], pressed["step"], pressed["deed"]["is_field"]) == ("click", "user", True)
    assert 0 < pressed["deed"]["point"]["x"] < 1
    assert stream.answer(pressed=True)["deed"] == {"text": "c.lemoine"}
    assert stream.press(LOGIN, LOGIN)["outcome"] == "ok"
    assert stream.answer(pressed=True)["deed"] == {"secret": "DPI_CODE"}
    assert stream.press(LOGIN, BOARD)["outcome"] == "ok"
    assert stream.press(BOARD, RECORD)["outcome"] == "ok"
    assert stream.answer(RECORD)["step"] == "keep"
    end = stream.told()
    assert (end["type"], end["deed"]) == ("end", {"state": "done", "outcome": "ok"})
    run = store.workflow_run(stream.run_id)
    assert run is not None
    assert (run.status, run.parameters) == ("done", None)


def test_each_navigate_is_an_ordinary_attempt_of_the_run(stream: Stream, store: Store) -> None:
    stream.press(LOGIN, LOGIN)
    stream.answer(pressed=True)
    rows = store.list_attempts(AttemptFilter(run_id=stream.run_id)).rows
    assert [(row.screen, row.target_text, row.outcome) for row in rows] == [("login", "Identifiant", Outcome.OK)]
    told = store.workflow_told(stream.run_id)
    assert [(each.type, each.attempt_id == rows[0].id) for each in told[:2]] == [("capture", True), ("click", True)]
    assert store.run(stream.run_id).workflow == "tour"  # type: ignore[union-attr]


def test_what_was_opened_says_its_versions(api: Api, store: Store, stream: Stream) -> None:
    file(store, PROFILE + "  more: {text: Autre}\n", WORKFLOW.replace("c.lemoine", "p.arnaud"))
    newest = Stream(api, stream={"machine": "poste-13"})
    given = newest.open().json["stream"]
    assert (given["workflow_version"], given["profile_version"], given["status"]) == (2, 2, "running")
    older = Stream(api, stream={"machine": "poste-14", "version": 1})
    assert older.open().json["stream"]["workflow_version"] == 1
    again = stream.open().json["stream"]
    assert (again["workflow_version"], again["profile_version"], again["token"]) == (1, 1, 2)


# --- refusals and people --------------------------------------------------------------------------


def test_a_refused_log_in_ends_the_run_and_is_not_tried_twice(api: Api, store: Store) -> None:
    stream = one(api, store, "  - {navigate: enter, before: login, after: board, flow: login}\n")
    assert stream.press(LOGIN, REFUSED)["outcome"] == "login_refused"
    assert stream.told()["deed"] == {"state": "stopped", "outcome": "login_refused"}
    assert store.count_attempts(AttemptFilter(run_id=stream.run_id)).total == 1


def test_a_second_factor_waits_for_a_person_who_gives_the_run_back(api: Api, store: Store) -> None:
    steps = "  - {navigate: enter, before: login, after: board, flow: login}\n  - {name: z, capture: screen}\n"
    stream = one(api, store, steps)
    assert stream.press(LOGIN, FACTOR)["outcome"] == "needs_human"
    assert stream.poll().status_code == 204
    (waiting,) = store.waiting_runs(since=datetime(2020, 1, 1, tzinfo=UTC), applications=None)
    assert waiting.run_id == stream.run_id
    take(store, stream.run_id)
    assert stream.poll().status_code == 204
    take(store, stream.run_id, "resumed")
    assert stream.told()["step"] == "z"


def test_an_abandoned_run_ends(api: Api, store: Store) -> None:
    stream = one(api, store, "  - {ask_human: 'Le patient est-il le bon ?'}\n  - {name: z, capture: screen}\n")
    told = stream.answer(LOGIN, outcome="needs_human")
    assert (told["type"], told["deed"]) == ("ask_human", {"question": "Le patient est-il le bon ?"})
    take(store, stream.run_id, "abandoned")
    assert stream.told()["deed"] == {"state": "abandoned", "outcome": None}


def test_what_is_handed_over_stands_with_the_runs_that_wait(api: Api, store: Store) -> None:
    stream = one(api, store, "  - {navigate: open, before: board, on: {ambiguous: hand_over}}\n")
    assert stream.answer(BOARD)["outcome"] == "ambiguous"
    (waiting,) = store.waiting_runs(since=datetime(2020, 1, 1, tzinfo=UTC), applications=None)
    assert waiting.reason is not None
    assert waiting.reason["code"] == "handed_over"
    take(store, stream.run_id, "resumed")
    assert stream.told()["type"] == "capture"


def test_a_stop_holds_the_run_until_a_person_gives_it_back(api: Api, store: Store, stream: Stream) -> None:
    store.add_stop(StopEvent("", True, "ann", "Ann", "Panne", datetime.now(UTC)))
    looked = stream.answer(LOGIN)
    assert (looked["outcome"], looked["reason"]) == ("needs_human", "stopped")
    take(store, stream.run_id, "resumed")
    assert stream.poll().status_code == 204
    store.add_stop(StopEvent("", False, "ann", "Ann", "Fini", datetime.now(UTC)))
    assert stream.told()["type"] == "capture"


def test_an_outcome_leads_where_the_file_says(api: Api, store: Store) -> None:
    steps = "  - {verify: board, on: {wrong_screen: {goto: in}, ok: {goto: z}}}\n"
    steps += "  - {name: in, navigate: nowhere, on: {absent: next}}\n  - {name: z, wait: 1}\n"
    stream = one(api, store, steps)
    assert stream.answer(LOGIN)["outcome"] == "wrong_screen"
    assert stream.told()["step"] == "in"
    assert stream.answer(LOGIN)["outcome"] == "absent"
    assert stream.told()["deed"] == {"seconds": 1.0}


def test_a_step_that_is_tried_again_says_how_long_to_wait(api: Api, store: Store) -> None:
    stream = one(api, store, "  - {navigate: nowhere, retry: {on: [absent], times: 1, wait_s: 2.5}}\n")
    assert stream.answer(LOGIN)["pause_s"] == 0
    assert stream.told()["pause_s"] == 2.5
    attempts = store.list_attempts(AttemptFilter(run_id=stream.run_id)).rows
    stream.answer(LOGIN)
    assert len(store.list_attempts(AttemptFilter(run_id=stream.run_id)).rows) == len(attempts) + 1
    assert stream.told()["deed"]["outcome"] == "absent"


# --- once and no more -----------------------------------------------------------------------------


def test_an_instruction_is_the_same_until_it_is_answered(stream: Stream) -> None:
    stream.answer(LOGIN)
    first, again = stream.told(), stream.told()
    assert first == again
    assert first["type"] == "click"
    assert stream.told(after=0) == first


def test_the_same_result_again_gives_the_same_answer_and_another_one_is_refused(stream: Stream, store: Store) -> None:
    stream.answer(LOGIN)
    told = stream.told()
    answers = [stream.send(told, LOGIN, pressed=True) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].json == answers[2].json
    assert stream.send(told, BOARD, pressed=True).status_code == 409
    assert stream.send(told, LOGIN, pressed=False).status_code == 409
    assert stream.send({**told, "id": new_id()}, LOGIN, pressed=True).status_code == 409
    assert len(store.workflow_answers(stream.run_id)) == 2
    assert stream.send({**told, "number": 9}, LOGIN).status_code == 409


def test_the_same_result_sent_at_once_is_taken_once(stream: Stream, store: Store) -> None:
    told, found = stream.told(), []
    threads = [threading.Thread(target=lambda: found.append(stream.send(told, LOGIN).json)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["outcome"] for answer in found}) == 1
    assert store.count_attempts(AttemptFilter(run_id=stream.run_id)).total == 1


def test_a_press_that_the_robot_is_not_sure_of_is_judged_by_the_screen_and_not_repeated(api: Api, store: Store) -> None:
    step = "  - {navigate: enter, before: login, after: board}\n"
    landed = one(api, store, step)
    landed.answer(LOGIN)
    assert landed.answer(BOARD, outcome="interrupted", pressed=True)["outcome"] == "ok"
    assert landed.told()["deed"]["state"] == "done"
    unsure = one(api, store, step)
    unsure.answer(LOGIN)
    assert unsure.answer(LOGIN, outcome="interrupted", pressed=True)["outcome"] == "not_landed"
    assert unsure.told()["deed"]["state"] == "stopped"


def test_a_screen_that_changed_before_the_press_is_looked_at_anew(stream: Stream, store: Store) -> None:
    stream.answer(LOGIN)
    assert stream.answer(BOARD, outcome="wrong_screen", pressed=False)["outcome"] == "wrong_screen"
    assert stream.told()["type"] == "capture"
    stream.answer(LOGIN)
    assert store.count_attempts(AttemptFilter(run_id=stream.run_id)).total == 2


def test_another_look_at_the_same_instruction_is_no_conflict_and_presses_nothing(
    stream: Stream, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server died between the attempt and the step's result, and the robot was started again, too."""
    with monkeypatch.context() as patch:
        patch.setattr(Conductor, "_advance", lambda *_given: pytest.fail("gone"))
        with pytest.raises(pytest.fail.Exception):
            stream.send(stream.told(), LOGIN)
    other = screens.login().image.copy()
    other.putpixel((5, 700), (1, 2, 3))
    assert stream.answer(encoded(other))["outcome"] == "interrupted"
    assert stream.told()["type"] == "capture"
    assert stream.press(LOGIN, LOGIN)["outcome"] == "ok"


# --- leases ---------------------------------------------------------------------------------------


def test_two_agents_do_not_work_on_one_machine(api: Api, stream: Stream) -> None:
    second = Stream(api).open()
    assert (second.status_code, second.json["error"]["code"]) == (409, "leased")
    assert Stream(api, stream={"machine": "poste-13"}).open().status_code == 201


def test_a_stale_holder_is_refused_whatever_it_sends(api: Api, stream: Stream, store: Store) -> None:
    told = stream.told()
    old = stream.token
    stream.open()
    stream.token = old
    for answer in (stream.send(told, LOGIN), stream.poll()):
        assert (answer.status_code, answer.json["error"]["code"]) == (409, "lease_lost")
    assert store.workflow_answers(stream.run_id) == []


def test_a_silent_agents_run_is_interrupted_by_the_server(stream: Stream, store: Store, api: Api) -> None:
    store.keep_lease(stream.run_id, stream.token, now=datetime.now(UTC), until=datetime.now(UTC) + timedelta(0))
    Maintenance(store)._step()
    assert store.workflow_run(stream.run_id).status == "interrupted"  # type: ignore[union-attr]
    assert stream.told()["deed"] == {"state": "interrupted", "outcome": "interrupted"}
    assert stream.send({"number": 1, "id": new_id()}, LOGIN).status_code == 409
    assert stream.open().json["stream"]["status"] == "interrupted"
    assert Stream(api).open().status_code == 201


# --- what is asked wrongly ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "status", "code", "part"),
    [
        ({"workflow": "none"}, 404, "not_found", ""),
        ({"stream": {"version": 2}}, 404, "not_found", ""),
        ({"stream": {"version": 0}}, 400, "bad_run", "stream.version"),
        ({"stream": {"version": 10**30}}, 400, "bad_run", "stream.version"),
        ({"stream": {"language": "en"}}, 400, "bad_run", "stream.language"),
        ({"stream": {"parameters": {"ipp": "1"}}}, 400, "bad_run", "stream.parameters.name"),
        ({"stream": {"parameters": {"ipp": "1", "name": "a", "more": "b"}}}, 400, "bad_run", "stream.parameters"),
        ({"stream": {"parameters": {"ipp": "1", "name": "a\nb"}}}, 400, "bad_run", "stream.parameters.name"),
        ({"stream": {"client": "me"}}, 400, "bad_id", ""),
        ({"application": "other"}, 404, "not_found", ""),
    ],
    ids=[
        "workflow",
        "version",
        "no version",
        "version without end",
        "language",
        "missing",
        "extra",
        "line end",
        "client",
        "application",
    ],
)
def test_a_run_that_does_not_fit_is_refused_and_leaves_nothing(
    api: Api, store: Store, asked: dict[str, Any], status: int, code: str, part: str
) -> None:
    file(store, PROFILE, WORKFLOW)
    stream = Stream(api, **asked)
    answer = stream.open()
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert part in answer.json["error"]["message"]
    assert store.run(stream.run_id) is None


def test_a_workflow_without_a_fitting_profile_is_refused(api: Api, store: Store) -> None:
    file(store, PROFILE, WORKFLOW)
    file(store, PROFILE.replace("  open: {text: Ouvrir}\n", ""))
    answer = Stream(api).open()
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "unfit")


def test_a_workflow_about_a_patient_needs_one(api: Api, store: Store) -> None:
    file(store, PROFILE, WORKFLOW.replace("parameters:", "patient: true\nparameters:"))
    answer = Stream(api).open()
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_run")
    assert "patient" in answer.json["error"]["message"]


def test_a_token_of_another_application_knows_of_no_run(api: Api, stream: Stream, add_token: AddToken) -> None:
    told = stream.told()
    api.headers = api.headers | {"Authorization": f"Bearer {add_token(applications=['other'])}"}
    assert stream.poll().status_code == 404
    assert stream.send(told, LOGIN).status_code == 404
    assert Stream(api).open().status_code == 403


@pytest.mark.parametrize("query", [{"after": "x"}, {"wait": "31"}, {"token": "0"}, {"more": "1"}, {"after": "-1"}])
def test_an_address_that_cannot_be_used_is_refused(stream: Stream, query: dict[str, str]) -> None:
    answer = stream.poll(**query)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_query")


@pytest.mark.parametrize(
    ("result", "code"),
    [({"outcome": "absent"}, "bad_result"), ({"pressed": "yes"}, "bad_result"), ({"more": 1}, "bad_result"),
     ({"client": "me"}, "bad_id"), ({"token": 0}, "bad_result"), ({"token": 10**30}, "bad_result"),
     ({"number": 10**30}, "bad_result")],
)  # fmt: skip
def test_a_result_that_cannot_be_used_is_refused(stream: Stream, result: dict[str, Any], code: str) -> None:
    answer = stream.send(stream.told(), LOGIN, **result)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, code)


def test_a_look_without_a_screenshot_is_refused_and_stays_out(stream: Stream) -> None:
    told = stream.told()
    answer = stream.send(told)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_result")
    assert stream.send(told, b"no picture").status_code == 422
    assert stream.told() == told


# --- waiting --------------------------------------------------------------------------------------


def test_a_poll_waits_for_a_person_and_says_when_there_is_nothing(
    api: Api, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navconsole.conductor.LOOK_EVERY_S", 0.05)
    stream = one(api, store, "  - {ask_human: Continuer}\n  - {name: z, capture: screen}\n")
    stream.answer(LOGIN, outcome="needs_human")
    assert stream.poll(wait=1).status_code == 204
    resume = threading.Timer(0.3, lambda: take(store, stream.run_id, "resumed"))
    resume.start()
    assert stream.told(wait=20)["step"] == "z"
    resume.join()


def test_without_a_navigator_nothing_is_handed_out(settings: ConsoleSettings, store: Store, api: Api) -> None:
    from navconsole.app import create_app

    client = create_app(settings, store=store, navigator=None).test_client()
    answer = client.get(f"/api/v1/runs/{new_id()}/instruction?token=1", headers=api.headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "no_navigator")
