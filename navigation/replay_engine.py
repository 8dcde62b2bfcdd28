"""Which action types a workflow may hold and which of them the server carries out itself."""

from __future__ import annotations

_ALLOWED_ACTION_TYPES: frozenset[str] = frozenset(
    {"navigate", "verify", "click", "type", "key", "wait", "capture", "ask_human"}
)
"""Everything a workflow's step may be."""

_SERVER_SIDE_ACTION_TYPES: frozenset[str] = frozenset({"navigate", "verify"})
"""Steps that the server decides from screenshots; the others are carried out by the agent."""


def is_allowed(action_type: str) -> bool:
    return action_type in _ALLOWED_ACTION_TYPES


def is_server_side(action_type: str) -> bool:
    return action_type in _SERVER_SIDE_ACTION_TYPES
