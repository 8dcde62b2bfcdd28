"""A robot that walks a workflow over the API, request by request, for tests."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

from werkzeug.test import TestResponse

from navigation.ids import new_id
from navigation.records import AuditEvent
from navigation.store.protocol import Store
from navigation.workflow_records import NewFile
from navigation.workflows.files import checked
from tests.navconsole.api.conftest import BOARD, LOGIN, RECORD, Api

PROFILE = """\
profile: dpi
screens:
  login: {present: [Identifiant, Mot de passe], without_patient: true}
  board: {present: Patients présents, without_patient: true}
  record: {present: ["Motif : Douleur thoracique", "IPP {ipp}"], banner: [0, 0.06, 1, 0.1]}
targets:
  user: {text: Identifiant, kind: field}
  code: {text: Mot de passe, kind: field, secret: true}
  enter: {text: Se connecter}
  open: {text: Ouvrir}
  nowhere: {text: Imprimer le bon}
"""
WORKFLOW = """\
workflow: tour
application: dpi
parameters: [ipp, name]
steps:
  - {name: user, navigate: user, before: login}
  - {name: name, type: {text: c.lemoine}}
  - {name: code, navigate: code, before: login}
  - {name: secret, type: {secret: DPI_CODE}}
  - {name: enter, navigate: enter, before: login, after: board, flow: login, retry: {on: [absent], times: 1}}
  - {name: open, navigate: open, before: board, near: {parameter: name}, after: record}
  - {name: keep, capture: screen}
"""
SHOWN = {"login": LOGIN, "board": BOARD, "record": RECORD}


def file(store: Store, *texts: str) -> None:
    """Store files as the command does, once they are sound."""
    for parsed in checked(texts, lambda _application: None):
        assert not parsed.problems, [problem.sentence() for problem in parsed.problems]
    new = [
        NewFile("profile", "dpi", "", text)
        if text.startswith("profile")
        else NewFile("workflow", "dpi", text.split("\n", 1)[0].removeprefix("workflow: "), text)
        for text in texts
    ]
    store.add_files(new, author="Ann", at=datetime.now(UTC), event=AuditEvent("ann", "workflow_added"))


class Stream:
    """One run of the workflow, as its agent sees it."""

    def __init__(self, api: Api, **asked: Any) -> None:
        self.api = api
        self.client = asked.pop("client", new_id())
        parameters = {"ipp": "8012345", "name": "MARTIN Jeanne"}
        stream = {"machine": "poste-12", "client": self.client, "parameters": parameters}
        self.body = {
            "id": new_id(), "application": "dpi", "workflow": "tour", "agent": "test", "patient": None,
            "stream": stream | asked.pop("stream", {}), **asked,
        }  # fmt: skip
        self.run_id = self.body["id"]
        self.token = 0
        self.number = 0

    def open(self) -> TestResponse:
        answer = self.api.post_run(self.body)
        if answer.status_code in (200, 201):
            self.token = answer.json["stream"]["token"]
        return answer

    def poll(self, **query: Any) -> TestResponse:
        values = {"after": self.number, "token": self.token, **query}
        asked = "&".join(f"{name}={value}" for name, value in values.items())
        return self.api.get(f"/api/v1/runs/{self.run_id}/instruction?{asked}")

    def told(self, **query: Any) -> dict[str, Any]:
        answer = self.poll(**query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    def send(self, told: dict[str, Any], picture: bytes | None = None, **result: Any) -> TestResponse:
        values = {
            "number": told["number"], "id": told["id"], "client": self.client, "token": self.token, "outcome": "ok",
            **result,
        }  # fmt: skip
        parts: dict[str, Any] = {"result": json.dumps(values)}
        if picture is not None:
            parts["screenshot"] = (io.BytesIO(picture), "screen.png")
        path = f"/api/v1/runs/{self.run_id}/results"
        return self.api.client.post(path, data=parts, content_type="multipart/form-data", headers=self.api.headers)

    def answer(self, picture: bytes | None = None, **result: Any) -> dict[str, Any]:
        """Take the next instruction and answer it; what was told, with the outcome."""
        told = self.told()
        taken = self.send(told, picture, **result)
        assert taken.status_code == 200, taken.text
        self.number = told["number"]
        return {**told, "outcome": taken.json["outcome"], "reason": taken.json["reason"]["code"]}

    def press(self, before: bytes, after: bytes) -> dict[str, Any]:
        """A `navigate` step: look, press, show."""
        assert self.answer(before)["type"] == "capture"
        return self.answer(after, pressed=True)
