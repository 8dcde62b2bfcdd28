"""What an agent may do to a machine: look at it, point, press, drag, scroll, type. Nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from navigation.errors import NavigationError
from navigation.keyboards import Keystroke
from navigation.types import NormPoint, PressKind


class AgentError(NavigationError):
    """The agent cannot look or act; `detail` says what to do and never holds what was typed."""


class Surface(Protocol):
    """One screen with a pointer and a keyboard. Each method raises AgentError when the screen is gone."""

    def screenshot(self) -> bytes:
        """The screen as it is now, a PNG."""

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        """Move to the point and press there: the main button once or twice, or the right one once."""

    def drag(self, start: NormPoint, end: NormPoint) -> None:
        """Press the main button at one point, move to the other and let go."""

    def scroll(self, point: NormPoint, steps: int) -> None:
        """Turn the wheel over a point: so many notches down, up when negative; 0 only moves there."""

    def type_text(self, text: str) -> None:
        """Type over whatever the field in focus holds."""

    def type_keys(self, strokes: Sequence[Keystroke]) -> None:
        """Press keys one after another; nothing is selected or removed before."""
