"""What the tests of one navigate action share: actions, what a capture shows, a guard."""

from __future__ import annotations

import asyncio
from typing import Any

from navigation import NavigateResult, _handle_navigate_action
from navigation.actions import NavigateAction
from navigation.errors import StoreBusyError
from navigation.imaging import Screenshot
from navigation.patient import banner_matches, patient_keys
from navigation.types import NormPoint
from tests.navigation import screens

KEY = b"a key for tests only"
LOGIN = {
    "type": "navigate",
    "target": {"text": "Se connecter"},
    "verify_before": {"name": "login", "present": ["Identifiant", "Mot de passe"]},
    "verify_after": {"name": "board", "present": ["Tableau des urgences"]},
    "flow": "login",
}
PRESCRIBE = {
    "type": "navigate",
    "target": {"text": "Prescrire"},
    "verify_before": {"name": "file", "present": ["Synthèse"], "patient_banner": screens.BANNER},
    "verify_after": {"name": "prescriptions", "present": ["Prescriptions en cours"]},
}


class Screens:
    """A capture that shows one picture until it is pressed, then the next, and notes what was pressed."""

    def __init__(self, *pictures: Any) -> None:
        self._pictures = pictures
        self.pressed: list[NormPoint] = []

    def __call__(self) -> Any:
        picture = self._pictures[len(self.pressed)]
        if isinstance(picture, BaseException):
            raise picture
        return picture() if callable(picture) else picture

    def press(self, point: NormPoint) -> None:
        self.pressed.append(point)


class Jeanne:
    """The guard of a run for one patient."""

    keys = patient_keys("80012345", "Martin", "Jeanne", "1958-03-12", key=KEY)

    def check(self, lines: Any) -> Any:
        return banner_matches(lines, self.keys, key=KEY).status


class Recorder:
    """Notes the steps; fails at one of them when told to."""

    def __init__(self, fail_at: str = "") -> None:
        self.steps: list[str] = []
        self.ended: NavigateResult | None = None
        self._fail_at = fail_at

    def _note(self, step: str) -> None:
        if step == self._fail_at:
            raise StoreBusyError("the database is locked")
        self.steps.append(step)

    def started(self, action: NavigateAction, before: Screenshot) -> None:
        self._note("started")

    def decided(self, result: NavigateResult) -> None:
        self._note("decided")

    def finished(self, result: NavigateResult, after: Screenshot | None) -> None:
        self._note("finished")
        self.ended = result


def navigate(action: Any, capture: Screens, engine: Any, **kwargs: Any) -> NavigateResult:
    return asyncio.run(_handle_navigate_action(action, capture=capture, engine=engine, **kwargs))
