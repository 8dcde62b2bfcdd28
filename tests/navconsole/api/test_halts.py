"""Nothing is pressed while robots are stopped or a person has the run, whenever the stop comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from navconsole.asked import RunAsked
from navconsole.navigator import Navigator
from navigation.ids import new_id
from navigation.oversight import RunStep, Step, StopEvent
from navigation.store import SqlStore
from navigation.store.protocol import Store
from tests.navconsole.api.conftest import BOARD, AddToken, Api

ON_BOARD = {"name": "board", "present": ["MARTIN Jeannine"]}


def stop(store: Store, application: str = "", *, is_stopped: bool = True) -> None:
    store.add_stop(StopEvent(application, is_stopped, "ann", "Ann", "Mise à jour", datetime.now(UTC)))


def take(store: Store, run_id: str, step: Step = "taken_over") -> None:
    standing = store.run_standing(run_id)
    assert standing is not None
    assert standing.attempt_id is not None
    store.add_run_step(RunStep(run_id, standing.attempt_id, step, "ann", "Ann", "", datetime.now(UTC)))


@pytest.fixture
def while_working(monkeypatch: pytest.MonkeyPatch, navigator: Navigator) -> Callable[[Callable[[], None]], None]:
    """Has something happen when the engine has concluded, before that is stored."""

    def set_up(happen: Callable[[], None]) -> None:
        work = navigator._carry_out

        def worked(*given: Any) -> Any:
            result = work(*given)
            happen()
            return result

        monkeypatch.setattr(navigator, "_carry_out", worked)

    return set_up


@pytest.mark.parametrize("application", ["", "dpi"])
def test_an_attempt_of_stopped_robots_is_recorded_and_gives_no_point(api: Api, store: Store, application: str) -> None:
    stop(store, application)
    answer = api.send(api.action(verify_after=ON_BOARD)).json
    assert (answer["state"], answer["outcome"], answer["reason"]["code"]) == ("finished", "needs_human", "stopped")
    assert (answer["point"], answer["box"], answer["awaits_after"]) == (None, None, False)
    assert "arrêté" in answer["reason"]["fr"]
    detail = store.attempt(answer["id"])
    assert detail is not None
    assert store.pages_of(detail.start.before_id) == []


def test_robots_of_another_application_go_on(api: Api, store: Store) -> None:
    stop(store, "imagerie")
    assert api.send(api.action()).json["outcome"] == "ok"


def test_a_stop_while_the_server_works_withholds_the_point(
    api: Api, store: Store, while_working: Callable[[Callable[[], None]], None]
) -> None:
    while_working(lambda: stop(store))
    answer = api.send(api.action(verify_after=ON_BOARD)).json
    assert (answer["state"], answer["outcome"], answer["reason"]["code"]) == ("finished", "needs_human", "stopped")
    assert (answer["point"], answer["box"], answer["awaits_after"]) == (None, None, False)
    assert answer["score"] > 0.9
    assert api.after(answer["id"], BOARD).status_code == 409


def test_no_view_of_the_store_is_held_while_the_engine_works(
    api: Api, store: Store, while_working: Callable[[Callable[[], None]], None]
) -> None:
    """As a person's request has one: an old one would not show the stop, and keeps the log from being cleared."""
    assert isinstance(store, SqlStore)
    held: list[int] = []
    while_working(lambda: held.append(store._db._engine.pool.checkedout()))  # type: ignore[attr-defined]
    assert api.send(api.action()).status_code == 200
    assert held == [0]


def test_an_answer_that_allowed_a_press_is_not_given_again(api: Api, store: Store) -> None:
    action = api.action(verify_after=ON_BOARD)
    allowed = api.send(action)
    stop(store)
    again = api.send(action)
    assert (again.status_code, again.json["error"]["code"]) == (423, "stopped")
    stop(store, is_stopped=False)
    assert api.send(action).json == allowed.json


def test_the_screen_after_a_press_is_taken_all_the_same(api: Api, store: Store) -> None:
    answer = api.send(api.action(verify_after=ON_BOARD)).json
    stop(store)
    assert api.after(answer["id"], BOARD).json["outcome"] == "ok"


def test_a_robot_that_held_back_is_recorded_as_stopped(api: Api, store: Store) -> None:
    answer = api.send(api.action(verify_after=ON_BOARD)).json
    stop(store)
    done = api.after(answer["id"], BOARD, pressed="false").json
    assert (done["outcome"], done["reason"]["code"]) == ("needs_human", "stopped")


def test_a_robot_asks_how_its_run_stands(api: Api, store: Store) -> None:
    path = f"/api/v1/runs/{api.run_id}"
    assert api.get(path).json == {"id": api.run_id, "state": "going", "may_press": True, "stop": None}
    stop(store, "dpi")
    answer = api.get(path).json
    assert (answer["state"], answer["may_press"]) == ("going", False)
    assert answer["stop"]["application"] == "dpi"
    assert answer["stop"]["reason"] == "Mise à jour"
    assert datetime.fromisoformat(answer["stop"]["since"]).tzinfo is not None
    assert "Ann" not in str(answer)


def test_a_run_that_a_person_has_may_not_press(api: Api, store: Store) -> None:
    stop(store)
    api.send(api.action())
    stop(store, is_stopped=False)
    path = f"/api/v1/runs/{api.run_id}"
    assert api.get(path).json["state"] == "waiting"
    assert api.get(path).json["may_press"] is True
    take(store, api.run_id)
    assert api.get(path).json == {"id": api.run_id, "state": "taken_over", "may_press": False, "stop": None}
    assert api.send(api.action()).json["reason"]["code"] == "run_taken_over"
    take(store, api.run_id, "resumed")
    assert api.get(path).json["state"] == "resumed"
    assert api.send(api.action()).json["outcome"] == "ok"
    assert api.get(path).json["state"] == "going"


def test_an_abandoned_run_presses_nothing_any_more(api: Api, store: Store) -> None:
    stop(store)
    api.send(api.action())
    stop(store, is_stopped=False)
    take(store, api.run_id, "abandoned")
    answer = api.send(api.action()).json
    assert (answer["outcome"], answer["reason"]["code"], answer["point"]) == ("needs_human", "run_abandoned", None)


def test_a_run_that_is_not_there_or_not_open_to_the_token_is_unknown(
    api: Api, navigator: Navigator, add_token: AddToken
) -> None:
    assert api.get(f"/api/v1/runs/{new_id()}").status_code == 404
    assert api.get("/api/v1/runs/7").json["error"]["code"] == "bad_id"
    other = new_id()
    navigator.create_run(RunAsked(other, "imagerie", "w", "a", None), may_use=lambda _: True)
    api.headers["Authorization"] = f"Bearer {add_token(applications=['dpi'])}"
    assert api.get(f"/api/v1/runs/{other}").status_code == 404
