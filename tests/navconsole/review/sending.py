"""What the tests of labelling share: the token of a case's page, and a label sent with it."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navconsole.conftest import CSRF, HTMX, LintedClient


def first(store: Store, outcome: Outcome) -> str:
    return store.list_attempts(AttemptFilter(outcomes=[outcome])).rows[0].id


def send(client: LintedClient, path: str, *, is_fragment: bool = False, **fields: Any) -> TestResponse:
    """POST with the token of the password page, which everybody may see."""
    token = CSRF.search(client.get("/password").text)
    assert token
    headers = HTMX if is_fragment else {}
    return client.post(path, data={"csrf_token": token[1], **fields}, headers=headers)


def label(client: LintedClient, attempt_id: str, *, query: str = "", **fields: Any) -> TestResponse:
    return send(client, f"/review/label/{attempt_id}{query}", **fields)
