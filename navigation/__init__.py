"""The navigation engine: verify the screen, find the control, press it, verify that it landed; refuse on a doubt."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from navigation.actions import NavigateAction, parse_action
    from navigation.engine import Engine
    from navigation.errors import NavigationError
    from navigation.handler import Recorder, _handle_navigate_action
    from navigation.remembered import CacheScope
    from navigation.replay_engine import _ALLOWED_ACTION_TYPES, _SERVER_SIDE_ACTION_TYPES
    from navigation.settings import CachePolicy, Settings, Thresholds
    from navigation.types import (
        Box,
        Candidate,
        Grounding,
        NavigateResult,
        NormBox,
        NormPoint,
        Outcome,
        Page,
        Point,
        Screen,
        Size,
        Target,
        Verification,
    )

__all__ = [
    "_ALLOWED_ACTION_TYPES",
    "_SERVER_SIDE_ACTION_TYPES",
    "Box",
    "CachePolicy",
    "CacheScope",
    "Candidate",
    "Engine",
    "Grounding",
    "NavigateAction",
    "NavigateResult",
    "NavigationError",
    "NormBox",
    "NormPoint",
    "Outcome",
    "Page",
    "Point",
    "Recorder",
    "Screen",
    "Settings",
    "Size",
    "Target",
    "Thresholds",
    "Verification",
    "_handle_navigate_action",
    "parse_action",
]

_HOMES = {
    "Box": "types",
    "CachePolicy": "settings",
    "CacheScope": "remembered",
    "Candidate": "types",
    "Engine": "engine",
    "Grounding": "types",
    "NavigateAction": "actions",
    "NavigateResult": "types",
    "NavigationError": "errors",
    "NormBox": "types",
    "NormPoint": "types",
    "Outcome": "types",
    "Page": "types",
    "Point": "types",
    "Recorder": "handler",
    "Screen": "types",
    "Settings": "settings",
    "Size": "types",
    "Target": "types",
    "Thresholds": "settings",
    "Verification": "types",
    "_ALLOWED_ACTION_TYPES": "replay_engine",
    "_SERVER_SIDE_ACTION_TYPES": "replay_engine",
    "_handle_navigate_action": "handler",
    "parse_action": "actions",
}
"""The module of each name. They are loaded when first asked for: pytest loads this package in runs that use none."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'navigation' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"navigation.{_HOMES[name]}"), name)
    return value
