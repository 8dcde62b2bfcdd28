"""What the rest of the product and its operators rely on being where it is."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import navigation
from navigation import _ALLOWED_ACTION_TYPES, _SERVER_SIDE_ACTION_TYPES, _handle_navigate_action
from navigation.errors import BadActionError
from navigation.replay_engine import is_allowed, is_server_side


def test_navigate_is_an_allowed_action() -> None:
    assert "navigate" in _ALLOWED_ACTION_TYPES
    assert is_allowed("navigate")


def test_navigate_is_decided_by_the_server() -> None:
    assert "navigate" in _SERVER_SIDE_ACTION_TYPES
    assert is_server_side("navigate")


def test_the_server_decides_nothing_that_is_not_allowed() -> None:
    assert _SERVER_SIDE_ACTION_TYPES < _ALLOWED_ACTION_TYPES


@pytest.mark.parametrize("action_type", ["click", "type", "key", "wait", "capture", "ask_human"])
def test_acting_is_the_agents_part(action_type: str) -> None:
    assert is_allowed(action_type)
    assert not is_server_side(action_type)


@pytest.mark.parametrize("action_type", ["shell", "eval", "", "Navigate"])
def test_anything_else_is_refused(action_type: str) -> None:
    assert not is_allowed(action_type)


def test_the_sets_cannot_be_changed_at_run_time() -> None:
    assert isinstance(_ALLOWED_ACTION_TYPES, frozenset)
    assert isinstance(_SERVER_SIDE_ACTION_TYPES, frozenset)


def test_the_handler_is_a_coroutine_with_the_agreed_signature() -> None:
    assert inspect.iscoroutinefunction(_handle_navigate_action)
    parameters = inspect.signature(_handle_navigate_action).parameters
    assert list(parameters)[:5] == ["action", "capture", "engine", "recorder", "budget_s"]
    assert parameters["budget_s"].default == 180
    assert parameters["recorder"].default is None


def test_everything_named_in_all_is_there() -> None:
    assert [name for name in navigation.__all__ if not hasattr(navigation, name)] == []
    assert "_handle_navigate_action" in navigation.__all__


def test_the_engine_is_imported_without_a_web_framework_or_a_database() -> None:
    code = (
        "import sys, navigation; "
        "unwanted = ('flask', 'werkzeug', 'jinja2', 'sqlalchemy', 'navconsole', 'playwright'); "
        "print([m for m in unwanted if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "click"}, "type"),
        ({"target": {}}, "target.text"),
        ({"target": {"text": ""}}, "target.text"),
        ({"target": {"text": "  "}}, "target.text"),
        ({"target": {"text": "x" * 10_000}}, "target.text"),
        ({"target": {"text": "x", "kind": "icon"}}, "target.kind"),
        ({"target": {"text": "x", "occurrence": 0}}, "target.occurrence"),
        ({"target": {"text": "x", "region": [0.0, 0.0, float("nan"), 1.0]}}, "target.region"),
        ({"target": {"text": "x", "region": [0.5, 0.5, 0.9, 0.9]}}, "target.region"),
        ({"target": {"text": "x", "colour": "red"}}, "target.colour"),
        ({"verify_before": {"present": "Identifiant"}}, "verify_before.present"),
        ({"press": "triple"}, "press"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_an_action_that_makes_no_sense_names_the_part(change: dict[str, object], path: str) -> None:
    with pytest.raises(BadActionError) as caught:
        navigation.parse_action({"type": "navigate", "target": {"text": "Valider"}, **change})
    assert caught.value.path.startswith(path)


def test_a_whole_action_is_understood() -> None:
    action = navigation.parse_action(
        {
            "type": "navigate",
            "target": {"text": "Ouvrir", "near": "80012345", "synonyms": ["Voir"], "region": [0.0, 0.1, 1.0, 0.5]},
            "verify_before": {"name": "board", "present": ["Urgences"], "patient_banner": [0.0, 0.0, 1.0, 0.1]},
            "verify_after": {"name": "file", "present": ["IPP {ipp}"], "parameters": {"ipp": "80012345"}},
            "flow": "login",
            "press": "double",
        }
    )
    assert action.press == "double"
    assert action.target.near == "80012345"
    assert action.before is not None
    assert action.before.patient_banner is not None
    assert action.after is not None
    assert action.after.parameters == {"ipp": "80012345"}
    assert action.flow == "login"
