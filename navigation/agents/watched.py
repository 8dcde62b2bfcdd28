"""A surface on which nothing is done without the server's word, given that moment, that the run may go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from navigation.agents.surface import AgentError, Surface
from navigation.client import RunAnswer
from navigation.keyboards import Keystroke
from navigation.types import NormPoint, PressKind


class Runs(Protocol):
    """The part of `NavigateClient` that tells how a run stands."""

    def run(self, run_id: str) -> RunAnswer: ...


class HeldBackError(AgentError):
    """Robots were stopped, or a person has the run: what was to be done was not done. `code` is the reason's."""

    def __init__(self, answer: RunAnswer) -> None:
        super().__init__("Nothing may be pressed now: people have stopped the robots, or have this run in hand")
        self.code = f"run_{answer.state}" if answer.stop_reason is None else "stopped"


class WatchedSurface:
    """Asks before each deed; looking is always allowed.

    Each deed raises HeldBackError when it may not be done, ClientError when the server does not say.
    """

    def __init__(self, surface: Surface, runs: Runs, run_id: str) -> None:
        self._surface = surface
        self._runs = runs
        self._run_id = run_id

    def screenshot(self) -> bytes:
        return self._surface.screenshot()

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self._ask()
        self._surface.press(point, kind)

    def drag(self, start: NormPoint, end: NormPoint) -> None:
        self._ask()
        self._surface.drag(start, end)

    def scroll(self, point: NormPoint, steps: int) -> None:
        self._ask()
        self._surface.scroll(point, steps)

    def type_text(self, text: str) -> None:
        self._ask()
        self._surface.type_text(text)

    def type_keys(self, strokes: Sequence[Keystroke]) -> None:
        self._ask()
        self._surface.type_keys(strokes)

    def _ask(self) -> None:
        answer = self._runs.run(self._run_id)
        if not answer.may_press:
            raise HeldBackError(answer)
