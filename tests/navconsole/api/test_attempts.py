from __future__ import annotations

import io
import json
import logging
import threading
from typing import Any

import pytest

from navconsole.asked import RunAsked
from navconsole.navigator import Navigator
from navigation.errors import OcrTimeoutError, StoreBusyError, StoreFullError
from navigation.ids import new_id
from navigation.imaging import open_screenshot
from navigation.records import AttemptFilter, ScreenshotMeta
from navigation.store.protocol import Store
from tests import screens
from tests.faults import hostile_images
from tests.navconsole.api.conftest import BOARD, JEANNE, LOGIN, RECORD, Api, encoded, png

ON_LOGIN = {"name": "login", "present": ["Identifiant"], "absent": ["Session expirée"]}
ON_BOARD = {"name": "board", "present": ["MARTIN Jeannine"]}


def _count(store: Store) -> int:
    return store.count_attempts(AttemptFilter()).total


# --- the main way ---------------------------------------------------------------------------------


def test_a_press_is_allowed_then_verified(api: Api, store: Store) -> None:
    action = api.action(verify_before=ON_LOGIN, verify_after=ON_BOARD)
    answer = api.send(action).json
    assert (answer["state"], answer["outcome"], answer["awaits_after"]) == ("decided", "ok", True)
    button = next(p.box for p in screens.login().phrases if p.text == "Se connecter").center
    assert abs(answer["point"]["x"] * screens.SIZE[0] - button.x) < 20
    assert abs(answer["point"]["y"] * screens.SIZE[1] - button.y) < 10
    assert answer["box"]["w"] > 20
    assert answer["score"] > 0.9
    assert answer["timings"]["total"] > 0
    done = api.after(answer["id"], BOARD).json
    assert (done["state"], done["outcome"], done["awaits_after"]) == ("finished", "ok", False)
    assert done["point"] == answer["point"]
    assert api.get(f"/api/v1/attempts/{answer['id']}").json == done
    stored = store.attempt(answer["id"])
    assert stored is not None
    assert stored.finish is not None
    assert store.blobs.read(stored.start.before_id)[0]
    assert stored.finish.after_id is not None
    assert store.pages_of(stored.start.before_id)


def test_the_reason_is_said_in_both_languages(api: Api) -> None:
    reason = api.send(api.action("Imprimer l'ordonnance")).json["reason"]
    assert reason["code"].startswith("absent")
    assert "écran" in reason["fr"]
    assert "screen" in reason["en"]


def test_without_a_check_after_the_attempt_is_finished_with_the_decision(api: Api) -> None:
    answer = api.send(api.action(verify_before=ON_LOGIN)).json
    assert (answer["state"], answer["outcome"], answer["awaits_after"]) == ("finished", "ok", False)
    assert answer["point"] is not None


def test_a_picture_that_a_purge_takes_before_its_row_is_in_is_kept_all_the_same(
    api: Api, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = store.add_screenshot

    def beaten(meta: ScreenshotMeta) -> None:
        store.blobs.discard(meta.id)
        real(meta)

    monkeypatch.setattr(store, "add_screenshot", beaten)
    attempt = store.attempt(api.send(api.action(verify_before=ON_LOGIN)).json["id"])
    assert attempt is not None
    assert store.blobs.read(attempt.start.before_id)


def test_each_step_of_an_attempt_is_one_line_with_its_ids(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "navconsole.navigator")
    answer = api.send(api.action(verify_after=ON_BOARD)).json
    api.after(answer["id"], BOARD)
    lines = [r.getMessage() for r in caplog.records if r.getMessage().startswith("attempt ")]
    assert [line.split()[1] for line in lines] == ["decided", "finished"]
    assert all(f"run={api.run_id} attempt={answer['id']} outcome=ok method=ocr" in line for line in lines)
    assert "Se connecter" not in caplog.text


def test_a_refusal_gives_no_point(api: Api) -> None:
    answer = api.send(api.action(verify_before={"present": ["Prescriptions"]})).json
    assert (answer["outcome"], answer["point"], answer["box"]) == ("wrong_screen", None, None)
    assert api.after(answer["id"], BOARD).status_code == 409


def test_nothing_changed_is_not_landed(api: Api) -> None:
    answer = api.send(api.action(verify_after=ON_BOARD)).json
    done = api.after(answer["id"], LOGIN).json
    assert (done["outcome"], done["reason"]["code"]) == ("not_landed", "unchanged")


def test_a_screen_that_changed_before_the_press_is_told_and_not_verified(api: Api) -> None:
    answer = api.send(api.action(verify_after=ON_BOARD)).json
    done = api.after(answer["id"], BOARD, pressed="false").json
    assert (done["outcome"], done["reason"]["code"]) == ("wrong_screen", "changed_before_press")


BANNER = [0.0, 0.0, 1.0, 0.25]


def test_the_run_s_patient_is_let_through_and_another_is_not(api: Api, navigator: Navigator) -> None:
    """Same family name, nearly the same given name, one digit and one day apart."""
    api.run_id = new_id()
    navigator.create_run(RunAsked(api.run_id, "dpi", "record", "test", JEANNE), may_use=lambda _: True)
    target = next(p.text for p in screens.record(0).phrases if p.text in ("Prescriptions", "Transmissions", "Synthèse"))
    check = {"name": "record", "present": ["IPP"], "patient_banner": BANNER}
    other = api.send(api.action(target, verify_before=check), png(screens.record(1))).json
    assert (other["outcome"], other["point"]) == ("wrong_patient", None)
    same = api.send(api.action(target, verify_before=check), RECORD).json
    assert same["outcome"] != "wrong_patient"
    unsaid = api.send(api.action(target, verify_before={"present": ["IPP"]}), RECORD).json
    assert (unsaid["outcome"], unsaid["reason"]["code"]) == ("wrong_patient", "patient_unchecked")
    elsewhere = {"present": ["Identifiant"], "is_without_patient": True}
    assert api.send(api.action(verify_before=elsewhere)).json["outcome"] == "ok"


# --- once -----------------------------------------------------------------------------------------


def test_the_same_attempt_sent_twice_is_carried_out_once(api: Api, store: Store) -> None:
    action = api.action(verify_after=ON_BOARD)
    first, second = api.send(action).json, api.send(action).json
    assert first == second
    assert _count(store) == 1
    after, again = api.after(first["id"], BOARD).json, api.after(first["id"], BOARD).json
    assert after == again
    assert api.send(action).json == after


def test_the_same_attempt_sent_fifty_times_at_once_is_carried_out_once(api: Api, store: Store) -> None:
    action = api.action()
    answers: list[Any] = []

    def send() -> None:
        answers.append(api.send(action))

    threads = [threading.Thread(target=send) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = [response.json for response in answers if response.status_code == 200]
    busy = [response for response in answers if response.status_code == 503]
    assert good
    assert all(answer == good[0] for answer in good)
    assert len(good) + len(busy) == 50
    assert all(response.headers["Retry-After"] == "1" for response in busy)
    assert _count(store) == 1
    assert api.send(action).json == good[0]


@pytest.mark.parametrize("change", ["target", "picture", "run"])
def test_the_same_id_with_another_body_is_a_conflict(api: Api, store: Store, change: str) -> None:
    action = api.action()
    first = api.send(action).json
    picture = LOGIN
    if change == "target":
        action = {**action, "target": {"text": "Identifiant"}}
    if change == "picture":
        picture = BOARD
    if change == "run":
        other = new_id()
        api.post_run({"id": other, "application": "dpi", "workflow": "w", "agent": "a", "patient": None})
        action = {**action, "run_id": other}
    response = api.send(action, picture)
    assert (response.status_code, response.json["error"]["code"]) == (409, "conflict")
    assert api.get(f"/api/v1/attempts/{action['id']}").json == first
    assert store.screenshot(open_screenshot(BOARD).image_id) is None, "a refused picture is not kept"


def test_another_picture_after_the_press_is_a_conflict(api: Api) -> None:
    answer = api.send(api.action(verify_after=ON_BOARD)).json
    done = api.after(answer["id"], BOARD).json
    assert api.after(answer["id"], RECORD).status_code == 409
    assert api.after(answer["id"], BOARD, pressed="false").status_code == 409
    assert api.get(f"/api/v1/attempts/{answer['id']}").json == done


# --- bad input ------------------------------------------------------------------------------------


# The large ones are sent over real HTTP, in tests/faults/test_bad_input.py.
LARGE = ("more than 20 MiB", "png of a million chunks")
SENT = [case for case in hostile_images.REFUSED if case.name not in LARGE]


@pytest.mark.parametrize("case", SENT, ids=lambda case: case.name)
def test_a_hostile_screenshot_is_named_and_nothing_is_stored(
    api: Api, store: Store, case: hostile_images.Hostile
) -> None:
    response = api.send(api.action(), case.make())
    assert (response.status_code, response.json["error"]["code"]) == (422, f"bad_screenshot_{case.code}")
    assert _count(store) == 0


@pytest.mark.parametrize("case", hostile_images.ACCEPTED, ids=lambda case: case.name)
def test_an_unusual_screenshot_is_carried_out(api: Api, case: hostile_images.Hostile) -> None:
    answer = api.send(api.action("Introuvable"), case.make())
    assert answer.status_code == 200
    assert answer.json["outcome"] in ("absent", "low_confidence")


@pytest.mark.parametrize(
    ("action", "code"),
    [
        pytest.param(b"not json", "not_json", id="not json"),
        pytest.param(b"[1]", "not_an_object", id="list"),
        pytest.param(b'{"a":' * 40 + b"1" + b"}" * 40, "too_deep", id="deep"),
        pytest.param(b'{"id": NaN}', "not_a_number", id="NaN"),
        pytest.param(b'{"id": 1, "id": 2}', "duplicate_key", id="duplicate key"),
        pytest.param(b'{"id": "\xff"}', "not_json", id="not utf-8"),
        pytest.param(b"{}", "bad_id", id="no ids"),
    ],
)
def test_an_action_that_is_no_good_json_is_named(api: Api, store: Store, action: bytes, code: str) -> None:
    response = api.send(action)
    assert (response.status_code, response.json["error"]["code"]) == (400, code)
    assert _count(store) == 0


@pytest.mark.parametrize(
    ("changes", "path", "what"),
    [
        pytest.param({"target": {"text": ""}}, "target.text", "empty", id="empty target"),
        pytest.param({"target": {"text": "   "}}, "target.text", "", id="blank target"),
        pytest.param({"target": {"text": "x" * 10_000}}, "target.text", "too long", id="10,000 characters"),
        pytest.param({"target": {}}, "target.text", "missing", id="no text"),
        pytest.param({"type": "type_text"}, "type", "none of the values", id="another type"),
        pytest.param({"role": "admin"}, "role", "not known", id="unknown key"),
        pytest.param({"target": {"text": "a", "sudo": 1}}, "target.sudo", "not known", id="unknown key inside"),
        pytest.param({"target": {"text": "a", "region": [0, 0, 2, 1]}}, "target.region.2", "too large", id="region"),
        pytest.param({"target": {"text": "a", "occurrence": 0}}, "target.occurrence", "too small", id="occurrence"),
        pytest.param({"target": {"text": ["a"]}}, "target.text", "must be a text", id="list for text"),
        pytest.param({"verify_before": {"present": "a"}}, "verify_before.present", "", id="text for list"),
        pytest.param({"verify_after": {"present": ["a"] * 51}}, "verify_after.present", "too many", id="51 texts"),
    ],
)
def test_an_action_that_cannot_be_used_names_the_part(
    api: Api, store: Store, changes: dict[str, Any], path: str, what: str
) -> None:
    target = changes.pop("target", {"text": "a"})
    action = {**api.action(), "target": target, **changes}
    response = api.send(action)
    assert (response.status_code, response.json["error"]["code"]) == (400, "bad_action")
    assert f"“{path}”" in response.json["error"]["message"]
    assert what in response.json["error"]["message"]
    assert "écran" not in response.json["error"]["message"]
    french = api.send(action, **{"Accept-Language": "fr"}).json["error"]["message"]
    assert french.startswith("L’action est inutilisable")
    assert _count(store) == 0


def test_a_huge_action_is_refused(api: Api) -> None:
    response = api.send(json.dumps({"id": "x" * 100_000}))
    assert (response.status_code, response.json["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("missing", ["action", "screenshot"])
def test_a_missing_part_is_named(api: Api, missing: str) -> None:
    parts: dict[str, Any] = {"action": json.dumps(api.action()), "screenshot": (io.BytesIO(LOGIN), "a.png")}
    del parts[missing]
    response = api.client.post("/api/v1/attempts", data=parts, content_type="multipart/form-data", headers=api.headers)
    assert (response.status_code, response.json["error"]["code"]) == (400, "bad_parts")


def test_a_part_sent_twice_or_unknown_is_refused(api: Api) -> None:
    action = json.dumps(api.action())
    for extra in ({"action": [action, action]}, {"action": action, "note": "x"}):
        parts = {**extra, "screenshot": (io.BytesIO(LOGIN), "a.png")}
        response = api.client.post(
            "/api/v1/attempts", data=parts, content_type="multipart/form-data", headers=api.headers
        )
        assert response.json["error"]["code"] == "bad_parts"


def test_another_content_type_is_refused(api: Api) -> None:
    response = api.client.post("/api/v1/attempts", json=api.action(), headers=api.headers)
    assert (response.status_code, response.json["error"]["code"]) == (415, "unsupported_media_type")


def test_an_unknown_run_or_attempt_is_not_found(api: Api) -> None:
    assert api.send({**api.action(), "run_id": new_id()}).status_code == 404
    assert api.get(f"/api/v1/attempts/{new_id()}").status_code == 404
    assert api.after(new_id(), BOARD).status_code == 404


def test_pressed_is_true_or_false(api: Api) -> None:
    answer = api.send(api.action(verify_after=ON_BOARD)).json
    assert api.after(answer["id"], BOARD, pressed="maybe").json["error"]["code"] == "bad_parts"


# --- faults ---------------------------------------------------------------------------------------


def test_a_database_that_is_busy_at_the_decision_is_503_and_the_same_id_then_succeeds(
    api: Api, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = api.action()
    real = store.decide_attempt

    def busy(*_args: Any, **_more: Any) -> None:
        monkeypatch.setattr(store, "decide_attempt", real)
        raise StoreBusyError("busy")

    monkeypatch.setattr(store, "decide_attempt", busy)
    first = api.send(action)
    assert (first.status_code, first.headers["Retry-After"]) == (503, "2")
    assert api.get(f"/api/v1/attempts/{action['id']}").json["state"] == "started"
    assert api.send(action).json["outcome"] == "ok"
    assert _count(store) == 1


@pytest.mark.parametrize("step", ["add_screenshot", "start_attempt", "decide_attempt"])
def test_a_full_disk_is_507_and_nothing_is_acknowledged(
    api: Api, store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_args: Any, **_more: Any) -> None:
        raise StoreFullError("full")

    monkeypatch.setattr(store, step, full)
    response = api.send(api.action())
    assert (response.status_code, response.json["error"]["code"]) == (507, "disk_full")


def test_a_page_that_cannot_be_kept_costs_nothing_else(api: Api, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_page: Any) -> None:
        raise StoreBusyError("busy")

    monkeypatch.setattr(store, "put_page", busy)
    assert api.send(api.action()).json["outcome"] == "ok"


def test_a_reader_that_fails_after_the_press_is_an_outcome_that_owns_up_to_the_press(
    api: Api, navigator: Navigator, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = api.send(api.action(verify_after=ON_BOARD)).json

    def fail(*_args: Any, **_more: Any) -> None:
        raise OcrTimeoutError("tesserocr", "slow")

    monkeypatch.setattr(navigator._engine, "verify_after", fail)
    done = api.after(answer["id"], BOARD).json
    assert (done["state"], done["outcome"]) == ("finished", "ocr_timeout")
    assert "Nothing was pressed" not in done["reason"]["en"]


def test_a_server_restarted_between_press_and_picture_goes_on(
    api: Api, store: Store, settings: Any, reader: Any
) -> None:
    from navconsole.app import create_app
    from navigation.engine import Engine
    from navigation.settings import Settings

    answer = api.send(api.action(verify_before=ON_LOGIN, verify_after=ON_BOARD)).json
    again = Navigator(store, Engine(Settings(), reader=reader), key=settings.subkey("patient"))
    api.client = create_app(settings, store=store, navigator=again).test_client()
    assert api.after(answer["id"], BOARD).json["outcome"] == "ok"


def test_a_stored_page_is_not_read_again(
    api: Api, store: Store, navigator: Navigator, reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.send(api.action())
    stored = store.pages_of(open_screenshot(LOGIN).image_id)
    assert len(stored) == 1
    navigator._engine._pages.clear()

    class Unused:
        name, version = reader.name, reader.version

        def read(self, *_args: Any, **_more: Any) -> Any:
            raise AssertionError("read again")

    monkeypatch.setattr(navigator._engine, "pages", type(navigator._engine.pages)(Unused(), threads=1))
    assert api.send(api.action()).json["outcome"] == "ok"


def test_a_closed_navigator_lets_nothing_in(api: Api, navigator: Navigator) -> None:
    navigator.close()
    assert api.send(api.action()).status_code == 503


def test_a_console_without_navigator_says_so(api: Api, settings: Any, store: Store) -> None:
    from navconsole.app import create_app

    api.client = create_app(settings, store=store, navigator=None).test_client()
    response = api.send(api.action())
    assert (response.status_code, response.json["error"]["code"]) == (503, "no_navigator")


def test_nothing_of_the_screen_or_the_action_is_logged(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    screen = screens.login(notice="Canarinotice Alerte")
    api.send(api.action("Canaritarget", verify_before={"present": ["Canarianchor"]}), encoded(screen.image))
    assert "anari" not in caplog.text


@pytest.mark.parametrize(("occurrence", "status"), [(1.0, 200), (1, 200), (1.5, 400), ("1", 400), (True, 400)])
def test_a_whole_number_may_be_written_with_a_point_as_json_has_it(api: Api, occurrence: Any, status: int) -> None:
    assert api.send(api.action(target={"occurrence": occurrence})).status_code == status
