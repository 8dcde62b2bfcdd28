"""Secrets that the agent types in a real Chromium: covered in pictures, in no request, log or repr."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from navconsole.demo.hospital import HospitalServer
from navigation.agents.agent import Agent, Instruction
from navigation.agents.browser import BrowserSurface
from navigation.agents.secret_source import DotenvSecrets
from navigation.agents.surface import AgentError
from navigation.agents.veil import VEIL_COLOUR
from tests.navigation.agents.knowing import PASS, PASSWORD, RUN, USER, KnowingServer, Place, Told, part, sign_in

pytestmark = pytest.mark.browser


def test_a_typed_secret_is_painted_over_and_an_empty_field_is_not(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, places: dict[str, Place]
) -> None:
    surface.open(hospital.url)
    sign_in(agent)
    pictures = [told.picture for told in server.told]
    field = places["Mot de passe"]
    hint_seen, empty_again, veiled, still_veiled = pictures[1], pictures[2], pictures[3], pictures[4]
    for picture in (hint_seen, empty_again):
        assert not (part(picture, field) == VEIL_COLOUR).all(axis=2).any()
        assert len(np.unique(part(picture, field))) > 5  # the hint is there to be read
    for picture in (veiled, still_veiled):
        assert (part(picture, field) == VEIL_COLOUR).all()
        margin = {"x": field["x"] - 3, "y": field["y"] - 3, "w": field["w"] + 6, "h": field["h"] + 6}
        assert (part(picture, margin) == VEIL_COLOUR).all()
    assert not (pictures[5] == VEIL_COLOUR).all(axis=2).any()  # the board


def test_the_empty_field_of_the_refused_page_is_seen_again(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    sign_in(agent, secret="WRONG_PASSWORD")
    assert not (server.told[-1].picture == VEIL_COLOUR).all(axis=2).any()


def test_a_secret_that_stays_in_its_field_stays_covered(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, places: dict[str, Place]
) -> None:
    surface.open(hospital.url)
    agent.perform(RUN, Instruction(PASS, secret="DPI_PASSWORD"))
    agent.perform(RUN, Instruction(USER, text="c.lemoine"))
    for told in server.told[1:]:
        assert (part(told.picture, places["Mot de passe"]) == VEIL_COLOUR).all()


def test_a_secret_typed_into_an_open_field_is_covered_too(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, places: dict[str, Place]
) -> None:
    surface.open(hospital.url)
    agent.perform(RUN, Instruction(USER, secret="DPI_PASSWORD"))
    assert (part(server.told[-1].picture, places["Identifiant"]) == VEIL_COLOUR).all()


def test_a_secret_that_landed_in_another_field_is_covered_there(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, places: dict[str, Place]
) -> None:
    surface.open(hospital.url)
    wrong_box = {**places["Se connecter"]}
    original = server.answer

    def answer(told: Told) -> dict[str, object]:
        made = original(told)
        return {**made, "box": wrong_box} if made["point"] else made

    server.answer = answer  # type: ignore[method-assign]
    agent.perform(RUN, Instruction(USER, secret="DPI_PASSWORD"))
    shown = part(server.told[-1].picture, places["Identifiant"])
    middle = shown[shown.shape[0] // 2, 12:120]
    assert (middle == VEIL_COLOUR).all()


def test_the_secret_reaches_no_request_no_log_and_no_repr(
    agent: Agent,
    surface: BrowserSurface,
    hospital: HospitalServer,
    server: KnowingServer,
    secrets: DotenvSecrets,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    surface.open(hospital.url)
    sign_in(agent)
    assert not any(PASSWORD.encode() in content for told in server.told for content in told.parts.values())
    captured = capfd.readouterr()
    assert PASSWORD not in caplog.text + captured.out + captured.err
    assert PASSWORD not in repr(secrets.secret("DPI_PASSWORD")) + str(secrets.secret("DPI_PASSWORD"))
    assert PASSWORD not in repr(Instruction(PASS, text=PASSWORD))


def test_a_missing_secret_stops_before_anything_is_pressed(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    with pytest.raises(AgentError, match="ABSENT_NAME"):
        agent.perform(RUN, Instruction(PASS, secret="ABSENT_NAME"))
    assert server.told == []
