"""The navigation engine: verify the screen, find the control, press it, verify that it landed; refuse on a doubt."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from navigation.actions import NavigateAction, parse_action
from navigation.errors import NavigationError
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

if TYPE_CHECKING:
    from navigation.engine import Engine
    from navigation.handler import Recorder, _handle_navigate_action
    from navigation.remembered import CacheScope
    from navigation.replay_engine import _ALLOWED_ACTION_TYPES, _SERVER_SIDE_ACTION_TYPES

_MODULES = {
    "Engine": "engine",
    "Recorder": "handler",
    "_handle_navigate_action": "handler",
    "CacheScope": "remembered",
    "_ALLOWED_ACTION_TYPES": "replay_engine",
    "_SERVER_SIDE_ACTION_TYPES": "replay_engine",
}
"""What is loaded when it is first asked for: with the engine come OpenCV and numpy, and many use the values only."""

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


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
