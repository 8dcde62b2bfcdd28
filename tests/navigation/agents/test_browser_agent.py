"""The agent in a real Chromium, on the demo hospital, told where to press by a server of the API's shape."""

from __future__ import annotations

import io
import json
import time

import numpy as np
import pytest
from PIL import Image

from navconsole.demo.hospital import HospitalServer, Switches
from navigation.agents.agent import Agent, Instruction
from navigation.agents.browser import BrowserSurface
from navigation.agents.frames import is_same
from navigation.agents.secret_source import DotenvSecrets
from navigation.agents.settle import Timing, settled
from navigation.client import NavigateClient
from navigation.keyboards import UntypableError
from navigation.types import NormPoint, Outcome, Screen, Target
from tests.navigation.agents.knowing import (
    JEANNE,
    LANDED,
    PASS,
    RUN,
    SIGN_IN,
    SIZE,
    USER,
    KnowingServer,
    Place,
    enter,
    people_inside,
    seen,
    sign_in,
)
from tests.navigation.agents.live import show

pytestmark = pytest.mark.browser


def test_it_types_a_name_and_a_secret_and_gets_in(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer
) -> None:
    surface.open(hospital.url)
    done = sign_in(agent)
    assert [step.was_pressed for step in done] == [True, True, True]
    assert people_inside(hospital) == 1


def test_it_gets_in_by_the_keys_of_a_french_keyboard(
    surface: BrowserSurface, server: KnowingServer, secrets: DotenvSecrets, hospital: HospitalServer
) -> None:
    surface.open(hospital.url)
    with NavigateClient(server.url, "token") as client:
        agent = Agent(surface, client, secrets, layout="azerty-fr")
        agent.perform(RUN, Instruction(USER, text="p.arnaud"))
        sign_in(agent)
    assert people_inside(hospital) == 1


def test_a_text_without_keys_stops_before_anything_is_pressed(
    surface: BrowserSurface, server: KnowingServer, secrets: DotenvSecrets, hospital: HospitalServer
) -> None:
    surface.open(hospital.url)
    with NavigateClient(server.url, "token") as client:
        agent = Agent(surface, client, secrets, layout="azerty-fr")
        with pytest.raises(UntypableError, match="number 1 "):
            agent.perform(RUN, Instruction(USER, text="Élodie"))
    assert server.told == []


def test_a_step_presses_as_it_says(
    agent: Agent, surface: BrowserSurface, server: KnowingServer, hospital: HospitalServer
) -> None:
    surface.open(hospital.url)
    agent.perform(RUN, Instruction(USER, text="c.lemoine"))
    agent.perform(RUN, Instruction(PASS, secret="DPI_PASSWORD"))
    agent.perform(RUN, Instruction(SIGN_IN, press="right"))
    assert people_inside(hospital) == 0
    asked = [told.parts["action"] for told in server.told if "action" in told.parts]
    assert json.loads(asked[-1])["press"] == "right"
    agent.perform(RUN, Instruction(SIGN_IN, press="double"))
    assert people_inside(hospital) in (1, 2)  # the form may go out twice, before its page is left


def test_it_types_over_what_the_field_held(agent: Agent, surface: BrowserSurface, hospital: HospitalServer) -> None:
    surface.open(hospital.url)
    agent.perform(RUN, Instruction(USER, text="p.arnaud"))
    sign_in(agent)
    assert people_inside(hospital) == 1


def test_it_presses_nothing_unless_it_is_told_where(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    before = settled(lambda: seen(surface), Timing()).view
    performed = agent.perform(RUN, Instruction(Target("Connexion"), text="jamais"))
    assert performed.answer.outcome is Outcome.ABSENT
    assert not performed.was_pressed
    assert server.afters == []
    assert is_same(settled(lambda: seen(surface), Timing()).view, before)


def test_the_after_picture_shows_the_page_the_press_led_to(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    enter(surface, hospital)
    surface.open(hospital.url + JEANNE)
    agent.perform(RUN, Instruction(Target("Prescriptions"), after=Screen(("Nouvelle prescription",))))
    shown = server.afters[-1].picture
    expected = seen(surface)
    assert np.array_equal(shown, expected)
    assert not np.array_equal(shown, server.told[-2].picture)


def test_a_page_that_does_not_come_is_not_waited_for_for_ever(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    hospital.state.switches = Switches(slow_s=40)
    started = time.monotonic()
    agent.perform(RUN, Instruction(SIGN_IN, after=LANDED))
    assert time.monotonic() - started < 30
    first, last = server.told[0].picture, server.told[-1].picture
    assert np.mean(np.any(first != last, axis=2)) < 0.01  # what a person would have seen meanwhile: the same form


def test_screenshots_are_had_while_pages_replace_one_another(
    surface: BrowserSurface, hospital: HospitalServer, places: dict[str, Place]
) -> None:
    enter(surface, hospital)
    surface.open(hospital.url + JEANNE)
    for turn in range(12):
        surface.press(NormPoint((60, 170, 280, 400)[turn % 4] / SIZE.width, 120 / SIZE.height))
        for _ in range(2):
            assert Image.open(io.BytesIO(surface.screenshot())).size == (SIZE.width, SIZE.height)


def test_a_screen_that_did_not_stand_still_is_said(
    surface: BrowserSurface, server: KnowingServer, secrets: DotenvSecrets
) -> None:
    style = "#w{width:40px;height:40px;border:5px dotted;border-radius:50%;animation:t 1s linear infinite}"
    turning = style + "@keyframes t{to{transform:rotate(360deg)}}"
    with NavigateClient(server.url, "token") as client:
        agent = Agent(surface, client, secrets, timing=Timing(budget_s=0.5))
        show(surface, "<div id=w></div>", style=turning)
        assert not agent.perform(RUN, Instruction(Target("Connexion"))).had_settled
        show(surface, "<div id=w></div>")
        assert agent.perform(RUN, Instruction(Target("Connexion"))).had_settled


def test_a_slow_page_is_waited_for(agent: Agent, surface: BrowserSurface, hospital: HospitalServer) -> None:
    surface.open(hospital.url)
    hospital.state.switches = Switches(slow_s=0.6)
    sign_in(agent)
    assert people_inside(hospital) == 1


def test_accents_and_signs_are_typed_as_they_are(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    enter(surface, hospital)
    surface.open(f"{hospital.url}{JEANNE}/transmissions")
    text = "Élève l'œdème : 37,4 °C — « ça va » & <50 %"
    agent.perform(RUN, Instruction(Target("Saisir une transmission", kind="field"), text=text + "\n"))
    assert hospital.state.notes("8004127351") == (text,)
