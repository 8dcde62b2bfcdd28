"""A screen that changes between the check and the press, in a real Chromium: nothing wrong is pressed or typed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from navconsole.demo.hospital import HospitalServer
from navigation.agents.agent import Agent, Instruction, Performed
from navigation.agents.browser import BrowserSurface
from navigation.agents.secret_source import DotenvSecrets
from navigation.agents.settle import Timing
from navigation.agents.surface import AgentError
from navigation.client import NavigateClient
from navigation.types import NormPoint, Outcome, PressKind, Screen, Target
from tests.navigation.agents.knowing import BANNER, JEANNE, JEANNINE, LANDED, RUN, KnowingServer, Told, an_answer, enter

pytestmark = pytest.mark.browser


class Changing:
    """A surface that goes elsewhere once the server has judged, as a screen may at any moment."""

    def __init__(self, surface: BrowserSurface, address: str) -> None:
        self.surface, self.address, self.is_due, self.presses = surface, address, False, 0

    def screenshot(self) -> bytes:
        if self.is_due:
            self.is_due = False
            self.surface.open(self.address)
        return self.surface.screenshot()

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self.presses += 1
        self.surface.press(point, kind)

    def type_text(self, text: str) -> None:
        self.surface.type_text(text)


@pytest.mark.parametrize(
    ("elsewhere", "presses"),
    [(JEANNINE, 0), ("urgences", 0), (JEANNE, 1)],
    ids=["another patient's file", "another page", "the same page again"],
)
def test_it_presses_only_on_the_screen_that_was_judged(
    surface: BrowserSurface,
    hospital: HospitalServer,
    server: KnowingServer,
    secrets: DotenvSecrets,
    elsewhere: str,
    presses: int,
) -> None:
    changing = Changing(surface, hospital.url + elsewhere)
    with NavigateClient(server.url, "token") as client:
        agent = Agent(changing, client, secrets)
        enter(surface, hospital)
        surface.open(hospital.url + JEANNE)
        server.before_answering = lambda: setattr(changing, "is_due", True)
        server.answer = _refusing_others(server)  # type: ignore[method-assign]
        step = Instruction(Target("Prescriptions"), before=Screen(("Synthèse",), patient_banner=BANNER), after=LANDED)
        performed = agent.perform(RUN, step)
    assert changing.presses == presses
    assert performed.was_pressed is (presses == 1)
    assert performed.answer.outcome is (Outcome.OK if presses else Outcome.WRONG_PATIENT)
    assert server.afters[-1].parts["pressed"] == (b"true" if presses else b"false")


def _refusing_others(server: KnowingServer) -> Callable[[Told], dict[str, object]]:
    """Answers as the server does that reads the banner: only the first screen it saw is the patient's."""
    answer, first = server.answer, []

    def act(told: Told) -> dict[str, object]:
        if told.path.endswith("/after"):
            return answer(told)
        banner = told.picture[38:100]
        first.append(banner)
        if not np.array_equal(banner, first[0]):
            return an_answer(json.loads(told.parts["action"])["id"], "finished", "wrong_patient", None)
        return answer(told)

    return act


class Restless:
    """A surface on which something at the target is another at each look, although the server says "ok"."""

    def __init__(self, surface: BrowserSurface, box: tuple[int, int, int, int]) -> None:
        self.surface, self.box, self.presses, self.looks = surface, box, 0, 0

    def screenshot(self) -> bytes:
        self.looks += 1
        picture = Image.open(io.BytesIO(self.surface.screenshot())).convert("RGB")
        # Two looks alike, so that the screen seems settled, then another.
        picture.paste((255, 0, 0) if self.looks % 3 else (0, 0, 255), self.box)
        out = io.BytesIO()
        picture.save(out, "PNG")
        return out.getvalue()

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self.presses += 1

    def type_text(self, text: str) -> None:
        self.presses += 1


def restless(
    agent_parts: tuple[BrowserSurface, HospitalServer, KnowingServer, DotenvSecrets],
    box: tuple[int, int, int, int],
    instruction: Instruction,
) -> tuple[Restless, Performed]:
    surface, hospital, server, secrets = agent_parts
    enter(surface, hospital)
    surface.open(hospital.url + JEANNE)
    shown = Restless(surface, box)
    with NavigateClient(server.url, "token") as client:
        performed = Agent(shown, client, secrets, timing=Timing(gap_s=0.0)).perform(RUN, instruction)
    return shown, performed


@pytest.mark.parametrize("after", [LANDED, None], ids=["verified after", "not verified"])
def test_a_screen_that_changes_each_time_is_asked_about_three_times_and_never_pressed(
    surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, secrets: DotenvSecrets,
    after: Screen | None,
) -> None:  # fmt: skip
    original = server.answer
    server.answer = lambda told: {**original(told), "awaits_after": after is not None}  # type: ignore[method-assign]
    step = Instruction(Target("Prescriptions"), before=Screen(("Synthèse",), patient_banner=BANNER), after=after)
    shown, performed = restless((surface, hospital, server, secrets), (20, 50, 24, 54), step)
    assert shown.presses == 0
    assert (performed.was_pressed, performed.had_changed) == (False, True)
    assert performed.answer.outcome is not Outcome.OK
    asked = [told for told in server.told if not told.path.endswith("/after")]
    assert len({json.loads(told.parts["action"])["id"] for told in asked}) == 3


def test_a_text_is_not_typed_once_the_banner_has_changed(
    surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, secrets: DotenvSecrets
) -> None:
    enter(surface, hospital)
    surface.open(f"{hospital.url}{JEANNE}/transmissions")

    class Switching(Changing):
        """The press itself opens another patient's page."""

        def press(self, point: NormPoint, kind: PressKind = "single") -> None:
            self.surface.press(point, kind)
            self.surface.open(self.address)

    switching = Switching(surface, f"{hospital.url}{JEANNINE}/transmissions")
    step = Instruction(
        Target("Saisir une transmission", kind="field"), before=Screen(("x",), patient_banner=BANNER), text="Bonjour\n"
    )
    with NavigateClient(server.url, "token") as client, pytest.raises(AgentError, match="Nothing was typed"):
        Agent(switching, client, secrets).perform(RUN, step)
    assert hospital.state.notes("8004127352") == ()
