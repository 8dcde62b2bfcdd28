from __future__ import annotations

import json
import re
from typing import Any

from flask import Flask

from navconsole.api.problems import SENTENCES
from navigation.store.protocol import Store
from tests.navconsole.api.conftest import LOGIN, Api
from tests.navconsole.api.streams import PROFILE, WORKFLOW, Stream, file


def test_every_route_and_method_is_described_and_no_other(api: Api, app: Flask) -> None:
    described = {
        (path, method)
        for path, operations in api.get("/api/v1/openapi.json").json["paths"].items()
        for method in operations
        if method in ("get", "post")
    }
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") or rule.endpoint == "health"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routes


def test_every_reference_leads_somewhere(api: Api) -> None:
    document = api.get("/api/v1/openapi.json").json
    references = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(document)))
    assert references == {
        "Run", "Action", "Opened", "Attempt", "Standing", "Instruction", "Result", "Taken", "Health",
        "Error",
    }  # fmt: skip
    assert references <= set(document["components"]["schemas"])
    assert "$defs" not in json.dumps(document)


def test_the_action_is_described_as_it_is_checked(api: Api) -> None:
    schema = api.get("/api/v1/openapi.json").json["components"]["schemas"]["Action"]
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"id", "run_id", "type", "target"}
    assert schema["properties"]["target"]["properties"]["text"]["maxLength"] == 200
    assert schema["properties"]["press"]["enum"] == ["single", "double", "right"]


def test_an_answer_has_exactly_the_described_names(api: Api) -> None:
    described: dict[str, Any] = api.get("/api/v1/openapi.json").json["components"]["schemas"]["Attempt"]
    answer = api.send(api.action()).json
    assert set(answer) == set(described["required"]) == set(described["properties"])
    assert answer["outcome"] in described["properties"]["outcome"]["enum"]


def test_how_a_run_stands_has_exactly_the_described_names(api: Api) -> None:
    described: dict[str, Any] = api.get("/api/v1/openapi.json").json["components"]["schemas"]["Standing"]
    answer = api.get(f"/api/v1/runs/{api.run_id}").json
    assert set(answer) == set(described["required"]) == set(described["properties"])
    assert answer["state"] in described["properties"]["state"]["enum"]


def test_what_a_stream_answers_has_exactly_the_described_names(api: Api, store: Store) -> None:
    described = api.get("/api/v1/openapi.json").json["components"]["schemas"]
    file(store, PROFILE, WORKFLOW)
    stream = Stream(api)
    opened = stream.open().json
    assert set(opened) == set(described["Opened"]["properties"])
    assert set(opened["stream"]) == set(described["Opened"]["properties"]["stream"]["required"])
    told = stream.told()
    assert set(told) == set(described["Instruction"]["required"])
    assert told["type"] in described["Instruction"]["properties"]["type"]["enum"]
    taken = stream.send(told, LOGIN).json
    assert set(taken) == set(described["Taken"]["required"]) == set(described["Taken"]["properties"])
    assert set(described["Result"]["required"]) == {"number", "id", "client", "token", "outcome"}
    assert described["Result"]["additionalProperties"] is False


def test_the_description_needs_a_token(api: Api) -> None:
    assert api.client.get("/api/v1/openapi.json").status_code == 401


def test_every_refusal_of_the_api_is_described(api: Api) -> None:
    described = set(re.findall(r"[a-z]+(?:_[a-z]+)*", json.dumps(_codes(api.get("/api/v1/openapi.json").json))))
    assert described >= SENTENCES.keys()


def test_every_link_leads_to_an_operation_and_names_its_parameters(api: Api) -> None:
    paths = api.get("/api/v1/openapi.json").json["paths"]
    operations = {
        one["operationId"]: {part["name"] for part in (*path.get("parameters", ()), *one.get("parameters", ()))}
        for path in paths.values()
        for one in (path[method] for method in ("get", "post") if method in path)
    }
    links = [
        link
        for path in paths.values()
        for method in ("get", "post")
        for answer in path.get(method, {"responses": {}})["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 5
    assert [link for link in links if not set(link["parameters"]) <= operations[link["operationId"]]] == []


def _codes(document: dict[str, Any]) -> list[Any]:
    return [
        answer["description"]
        for path in document["paths"].values()
        for method in ("get", "post")
        for status, answer in path.get(method, {"responses": {}})["responses"].items()
        if int(status) >= 400
    ]
