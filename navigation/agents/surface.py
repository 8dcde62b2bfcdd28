"""What an agent may do to a machine: look at it, point, press, type. Nothing else, whatever the machine is."""

from __future__ import annotations

from typing import Protocol

from navigation.errors import NavigationError
from navigation.types import NormPoint


class AgentError(NavigationError):
    """The agent cannot look or act; `detail` says what to do and never holds what was typed."""


class Surface(Protocol):
    """One screen with a pointer and a keyboard. Each method raises AgentError when the screen is gone."""

    def screenshot(self) -> bytes:
        """The screen as it is now, a PNG."""

    def press(self, point: NormPoint) -> None:
        """Move to the point and press the main button once."""

    def type_text(self, text: str) -> None:
        """Type over whatever the field in focus holds."""
