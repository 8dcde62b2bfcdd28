"""From a step and a run's parameters to what the engine is asked and the agent is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from navigation.types import NormBox, Screen
from navigation.workflows.model import (
    Click,
    Given,
    Key,
    Navigate,
    Profile,
    ProfileScreen,
    Step,
    Type,
    Wait,
    Workflow,
    in_language,
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A workflow with what a run of it is about. `parameters` may be a patient's: never shown or logged."""

    workflow: Workflow
    profile: Profile
    language: str
    parameters: Mapping[str, str] = field(repr=False)

    def action_of(self, step: Step) -> dict[str, Any]:
        """The `navigate` action of a step, as the API takes it, without ids."""
        deed = step.deed
        if not isinstance(deed, Navigate):
            raise ValueError("the step does not navigate")
        target = self.profile.targets[deed.target]
        asked: dict[str, Any] = {"text": in_language(target.text, self.language)[0], "kind": target.kind}
        if synonyms := in_language(target.synonyms, self.language):
            asked["synonyms"] = list(synonyms)
        if target.region is not None:
            asked["region"] = _numbers(target.region)
        if deed.near is not None:
            asked["near"] = self.text_of(deed.near)
        if deed.occurrence is not None:
            asked["occurrence"] = deed.occurrence
        if target.allow_disabled:
            asked["allow_disabled"] = True
        action: dict[str, Any] = {"type": "navigate", "target": asked}
        if deed.before is not None:
            action["verify_before"] = self._screen_json(deed.before)
        if deed.after is not None:
            action["verify_after"] = self._screen_json(deed.after)
        if deed.is_login:
            action["flow"] = "login"
        return action if deed.press == "single" else {**action, "press": deed.press}

    def screen_of(self, name: str) -> Screen:
        known = self.profile.screens[name]
        return Screen(
            present=in_language(known.present, self.language),
            absent=in_language(known.absent, self.language),
            name=name,
            parameters=self._parameters_of(known),
            patient_banner=known.banner,
            is_without_patient=known.is_without_patient,
        )

    def banner_before(self, step: Step) -> NormBox | None:
        """Where the screen that a step presses on shows whose record it is."""
        deed = step.deed
        before = deed.before if isinstance(deed, Navigate) else None
        return self.profile.screens[before].banner if before is not None else None

    def deed_json(self, step: Step) -> dict[str, Any]:
        """What an agent needs to know to carry out a step by itself."""
        deed = step.deed
        if isinstance(deed, Type):
            if deed.secret is not None:
                return {"secret": deed.secret}
            return {"text": deed.text if deed.text is not None else self.parameters[deed.parameter or ""]}
        if isinstance(deed, Key):
            return {"keys": list(deed.keys)}
        if isinstance(deed, Wait):
            return {"seconds": deed.seconds}
        return {"press": deed.press} if isinstance(deed, Click) else {}

    def text_of(self, given: Given) -> str:
        return given.text if given.text is not None else self.parameters[given.parameter or ""]

    def _parameters_of(self, screen: ProfileScreen) -> dict[str, str]:
        return {name: self.parameters[name] for name in sorted(screen.parameters)}

    def _screen_json(self, name: str) -> dict[str, Any]:
        screen = self.screen_of(name)
        return {
            "name": screen.name,
            "present": list(screen.present),
            "absent": list(screen.absent),
            "parameters": dict(screen.parameters),
            "patient_banner": None if screen.patient_banner is None else _numbers(screen.patient_banner),
            "is_without_patient": screen.is_without_patient,
        }


def _numbers(box: NormBox) -> list[float]:
    return [box.x, box.y, box.w, box.h]
