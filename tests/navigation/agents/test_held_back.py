"""When people stop robots or take a run over, the agent holds back, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from navconsole.demo.hospital import HospitalServer
from navigation.agents.agent import Agent, Instruction
from navigation.agents.browser import BrowserSurface
from navigation.agents.watched import HeldBackError, WatchedSurface
from navigation.client import InvalidAnswerError, NavigateClient
from navigation.keyboards import keystrokes
from navigation.types import NormPoint, Outcome
from tests.navigation.agents.knowing import (
    GOING,
    LANDED,
    PASS,
    RUN,
    SIGN_IN,
    STOPPED,
    TAKEN,
    USER,
    KnowingServer,
    people_inside,
)
from tests.navigation.agents.live import ask, show

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("standing", "code"), [(STOPPED, "stopped"), (TAKEN, "run_taken_over")])
def test_it_asks_right_before_the_press_and_holds_back(
    agent: Agent,
    surface: BrowserSurface,
    hospital: HospitalServer,
    server: KnowingServer,
    standing: dict[str, object],
    code: str,
) -> None:
    surface.open(hospital.url)
    agent.perform(RUN, Instruction(USER, text="c.lemoine"))
    agent.perform(RUN, Instruction(PASS, secret="DPI_PASSWORD"))
    server.standing = standing
    asked = len(server.asked)
    performed = agent.perform(RUN, Instruction(SIGN_IN, after=LANDED))
    assert server.asked[asked:] == [f"/api/v1/runs/{RUN}"]
    assert (performed.was_pressed, performed.was_held_back, performed.had_changed) == (False, True, False)
    assert (performed.answer.outcome, performed.answer.reason_code) == (Outcome.NEEDS_HUMAN, code)
    assert not performed.answer.may_press
    assert server.afters[-1].parts["pressed"] == b"false"
    assert people_inside(hospital) == 0


def test_a_stop_between_press_and_typing_leaves_the_field_untyped_and_the_press_told(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    server.on_asking = lambda number: setattr(server, "standing", STOPPED if number == 2 else GOING)
    performed = agent.perform(RUN, Instruction(USER, text="c.lemoine", after=LANDED))
    assert (performed.was_pressed, performed.was_held_back) == (True, True)
    assert performed.answer.outcome is Outcome.NEEDS_HUMAN
    assert server.afters[-1].parts["pressed"] == b"true"
    assert ask(surface, "document.activeElement.id") == "user"
    assert ask(surface, "document.activeElement.value") == ""


def test_without_a_word_from_the_server_nothing_is_pressed(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    server.standing = {}
    with pytest.raises(InvalidAnswerError):
        agent.perform(RUN, Instruction(SIGN_IN, after=LANDED))
    assert server.afters[-1].parts["pressed"] == b"false"


def test_each_deed_on_a_watched_surface_is_asked_for_and_looking_is_not(
    surface: BrowserSurface, server: KnowingServer
) -> None:
    show(surface, "<input id=a autofocus>")
    server.standing = STOPPED
    at = NormPoint(0.5, 0.5)
    with NavigateClient(server.url, "token") as client:
        watched = WatchedSurface(surface, client, RUN)
        watched.screenshot()
        assert server.asked == []
        deeds: list[Callable[[], None]] = [
            lambda: watched.press(at),
            lambda: watched.drag(at, at),
            lambda: watched.scroll(at, 1),
            lambda: watched.type_text("a"),
            lambda: watched.type_keys(keystrokes("a", "azerty-fr")),
        ]
        for deed in deeds:
            with pytest.raises(HeldBackError):
                deed()
        assert len(server.asked) == len(deeds)
        server.standing = GOING
        for deed in deeds:
            deed()
