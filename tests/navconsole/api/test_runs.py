from __future__ import annotations

from typing import Any

import pytest

from navigation.ids import new_id
from navigation.store.protocol import Store
from tests.navconsole.api.conftest import Api

PATIENT = {"ipp": "8012345", "family_name": "Canarini", "given_name": "Jeanne", "birth_date": "1958-03-12"}


def _run(**changes: Any) -> dict[str, Any]:
    return {"id": new_id(), "application": "dpi", "workflow": "w", "agent": "a", "patient": PATIENT, **changes}


def test_a_run_is_created_once(api: Api) -> None:
    run = _run()
    assert (api.post_run(run).status_code, api.post_run(run).status_code) == (201, 200)
    assert api.post_run(run).json == {"id": run["id"]}
    changed = {**run, "patient": {**PATIENT, "birth_date": "1958-03-13"}}
    assert api.post_run(changed).status_code == 409
    assert api.post_run({**run, "workflow": "other"}).status_code == 409


def test_the_patient_is_kept_as_keyed_hashes_only(api: Api, store: Store, settings: Any) -> None:
    run = _run()
    api.post_run(run)
    stored = store.run(run["id"])
    assert stored is not None
    assert set(stored.patient_keys or {}) == {"ipp", "birth_date", "name:0", "name:1"}
    for path in settings.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"Canarini" not in content
            assert b"canarini" not in content
            assert b"8012345" not in content


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"application": ""}, "application"),
        ({"application": "x" * 101}, "application"),
        ({"workflow": "a\nb"}, "workflow"),
        ({"workflow": "a\u202eb"}, "workflow"),
        ({"agent": "   "}, "agent"),
        ({"agent": 7}, "agent"),
        ({"role": "admin"}, "role"),
        ({"patient": {**PATIENT, "ipp": "none"}}, "patient.ipp"),
        ({"patient": {**PATIENT, "birth_date": "12/03/1958"}}, "patient.birth_date"),
        ({"patient": {**PATIENT, "birth_date": -372384000}}, "patient.birth_date"),
        ({"patient": {**PATIENT, "birth_date": "1958-03-12T00:00:00"}}, "patient.birth_date"),
        ({"patient": {**PATIENT, "given_name": "7"}}, "patient.given_name"),
        ({"patient": {"ipp": "1"}}, "patient.family_name"),
        ({"patient": {**PATIENT, "sex": "F"}}, "patient.sex"),
    ],
)
def test_a_run_that_cannot_be_used_names_the_part(api: Api, changes: dict[str, Any], path: str) -> None:
    response = api.post_run(_run(**changes))
    assert (response.status_code, response.json["error"]["code"]) == (400, "bad_run")
    assert f"“{path}”" in response.json["error"]["message"]


@pytest.mark.parametrize(
    "bad", ["", "1", "x" * 100, "01A208CD-2B38-7169-A24F-056F6D91B657", "6f1c6c1e-0000-4000-8000-000000000000"]
)
def test_an_id_must_be_a_uuid_of_version_7(api: Api, bad: str) -> None:
    assert api.post_run(_run(id=bad)).json["error"]["code"] == "bad_id"


def test_another_content_type_is_refused(api: Api) -> None:
    response = api.client.post("/api/v1/runs", data="id=1", headers=api.headers)
    assert (response.status_code, response.json["error"]["code"]) == (415, "unsupported_media_type")


def test_a_large_body_is_refused(api: Api) -> None:
    response = api.post_run(_run(workflow="x" * 70_000))
    assert (response.status_code, response.json["error"]["code"]) == (413, "too_large")


def test_a_wrong_method_and_a_wrong_path_answer_in_json(api: Api) -> None:
    assert api.get("/api/v1/runs").status_code == 405
    assert api.get("/api/v1/nowhere").json["error"]["code"] == "not_found"
