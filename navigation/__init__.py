"""The navigation engine: verify the screen, find the control, press it, verify that it landed; refuse on a doubt."""

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
