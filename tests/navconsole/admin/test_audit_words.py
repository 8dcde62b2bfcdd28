"""The audit log is read by people: what is written there has a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import navconsole
from navconsole.admin.words import ACTIONS, DETAILS, KINDS
from navigation.oversight import STEPS
from navigation.place_records import PLACE_ACTS

WRITERS = {"audit", "audit_event", "AuditEvent", "_audit", "_note"}
"""Functions whose second argument is an action."""
PUT_TOGETHER = {
    *("labelled", "like_settled", "robots_stopped", "robots_released", "cases_exported"),
    *(f"run_{step}" for step in STEPS),
    *(f"place_{act}" for act in PLACE_ACTS),
}


def calls() -> Iterator[ast.Call]:
    for path in Path(navconsole.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if name in WRITERS and isinstance(node, ast.Call):
                yield node


def test_every_action_in_the_audit_log_has_a_name() -> None:
    second = [call.args[1] for call in calls() if len(call.args) > 1]
    written = {word.value for word in second if isinstance(word, ast.Constant)}
    assert len(written) > 30
    assert written | PUT_TOGETHER <= ACTIONS.keys()


def test_every_kind_of_object_has_a_name() -> None:
    named = {
        word.value.value
        for call in calls()
        for word in call.keywords
        if word.arg == "object_kind" and isinstance(word.value, ast.Constant)
    }
    assert len(named) > 10
    assert named <= KINDS.keys()


def test_every_detail_that_is_written_out_has_a_name() -> None:
    given = [word.value for call in calls() for word in call.keywords if word.arg == "details"]
    named = {
        key.value
        for value in given
        if isinstance(value, ast.Dict)
        for key in value.keys
        if isinstance(key, ast.Constant)
    }
    assert len(named) > 3
    assert named <= DETAILS.keys()
