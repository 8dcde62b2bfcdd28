"""An agent that was killed, or whose screen changed, does nothing twice and nothing on another screen."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from navigation.agents.journal import Journal
from navigation.agents.secret_source import DotenvSecrets
from navigation.agents.settle import Timing
from navigation.agents.walking import Ended, run_workflow
from navigation.client import RunAnswer, ServerUnreachableError
from navigation.ids import new_id
from navigation.types import Box, NormPoint, Outcome, PressKind
from navigation.workflow_client import Deed, OpenedRun, Said, StepInstruction, StepTaken, WorkflowAsked

QUICK = Timing(gap_s=0.001, budget_s=0.05, reaction_s=0.005, restless_s=0.01)
GOING, STOPPED = RunAnswer("going", True), RunAnswer("going", False, "Panne")
PRESS = Deed(point=NormPoint(0.5, 0.5), box=Box(40, 30, 20, 20), attempt_id="a")


class Screen:
    """A screen of one colour that notes what is done to it."""

    def __init__(self) -> None:
        self.colour = "white"
        self.done: list[str] = []

    def screenshot(self) -> bytes:
        out = io.BytesIO()
        Image.new("RGB", (100, 80), self.colour).save(out, "PNG")
        return out.getvalue()

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self.done.append(kind)

    def drag(self, start: NormPoint, end: NormPoint) -> None:
        raise AssertionError

    def scroll(self, point: NormPoint, steps: int) -> None:
        raise AssertionError

    def type_text(self, text: str) -> None:
        self.done.append(text)

    def type_keys(self, strokes: Sequence[Any]) -> None:
        self.done += [stroke.key for stroke in strokes]


class Told:
    """A server that gives these instructions one after another, and hears what came of them."""

    def __init__(self, *told: StepInstruction) -> None:
        self.told = [*told, step(len(told) + 1, "end", Deed(state="done", outcome=Outcome.OK))]
        self.heard: list[tuple[Said, bool]] = []
        self.pictures: list[bool] = []
        self.standing: Iterator[RunAnswer | Exception] = iter(())

    def open_workflow(self, asked: WorkflowAsked) -> OpenedRun:
        return OpenedRun(asked.run_id, asked.client, 1, 60.0, "running", 1, 1)

    def next_instruction(self, run: OpenedRun, after: int, *, wait_s: int = 0) -> StepInstruction | None:
        return self.told[after]

    def report(
        self, _run: OpenedRun, told: StepInstruction, said: Said, *, pressed: bool = False, png: bytes | None = None
    ) -> StepTaken:
        self.heard.append((said, pressed))
        self.pictures.append(png is not None)
        return StepTaken(told.number, Outcome.OK, "", {})

    def run(self, run_id: str) -> RunAnswer:
        answer = next(self.standing, GOING)
        if isinstance(answer, Exception):
            raise answer
        return answer


def step(number: int, kind: str, deed: Deed | None = None) -> StepInstruction:
    return StepInstruction(number, f"id-{number}", kind, f"step-{number}", 0.0, 180.0, deed or Deed())  # type: ignore[arg-type]


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "agent")


def walk(server: Told, screen: Screen, journal: Journal, run_id: str | None = None) -> Ended:
    asked = WorkflowAsked("dpi", "tour", "a", "m", journal.client, run_id=run_id or journal.open_run or new_id())
    secrets = DotenvSecrets(Path("none"))
    return run_workflow(server, screen, secrets, asked, journal, timing=QUICK, patience_s=2.0)


LOOK, CLICK = step(1, "capture"), step(2, "click", PRESS)


def test_what_is_told_is_done_in_its_order(screen: Screen, journal: Journal) -> None:
    keys, again = step(4, "key", Deed(keys=("Tab", "Enter"))), step(5, "click", Deed(press="double"))
    server = Told(LOOK, CLICK, step(3, "type", Deed(text="Élise")), keys, again, step(6, "wait", Deed(seconds=0.001)))
    assert walk(server, screen, journal).state == "done"
    assert screen.done == ["single", "Élise", "Tab", "Enter", "double"]
    assert server.heard == [("ok", False), *[("ok", True)] * 4, ("ok", False)]
    assert server.pictures == [True, True, False, False, True, False]


def test_a_press_that_was_begun_before_a_kill_is_not_made_again(screen: Screen, journal: Journal) -> None:
    journal.begin_run("run")
    journal.note_answered(1)
    journal.note_begun("id-2")
    server = Told(LOOK, CLICK)
    walk(server, screen, journal)
    assert screen.done == []
    assert (server.heard, server.pictures) == ([("interrupted", True)], [True])


def test_a_press_that_was_made_before_a_kill_is_only_told_again(screen: Screen, journal: Journal) -> None:
    journal.begin_run("run")
    journal.note_answered(1)
    journal.note_begun("id-2")
    journal.note_done("id-2", "ok", was_pressed=True)
    server = Told(LOOK, CLICK)
    walk(server, screen, journal)
    assert (screen.done, server.heard) == ([], [("ok", True)])


def test_an_agent_that_began_anew_does_not_press_what_it_did_not_see_judged(screen: Screen, journal: Journal) -> None:
    journal.begin_run("run")
    journal.note_answered(1)
    server = Told(LOOK, CLICK)
    walk(server, screen, journal)
    assert (screen.done, server.heard) == ([], [("wrong_screen", False)])


@pytest.mark.parametrize(
    "blind", [step(2, "type", Deed(text="a")), step(2, "key", Deed(keys=("Tab",))), step(2, "click", Deed())]
)
def test_what_rests_on_an_earlier_press_is_not_done_without_it(
    screen: Screen, journal: Journal, blind: StepInstruction
) -> None:
    server = Told(LOOK, blind)
    walk(server, screen, journal)
    assert screen.done == []
    assert server.heard[1] in (("interrupted", False), ("wrong_screen", False))


def test_another_screen_than_the_judged_one_is_not_pressed(screen: Screen, journal: Journal) -> None:
    server = Told(LOOK, CLICK)
    first = server.next_instruction

    def change(run: OpenedRun, after: int, *, wait_s: int = 0) -> StepInstruction | None:
        screen.colour = "white" if after == 0 else "navy"
        return first(run, after)

    server.next_instruction = change  # type: ignore[method-assign]
    walk(server, screen, journal)
    assert (screen.done, server.heard[1]) == ([], ("wrong_screen", False))


def test_people_who_stop_the_robots_are_heard_before_the_press(screen: Screen, journal: Journal) -> None:
    server = Told(LOOK, CLICK)
    server.standing = iter([STOPPED])
    walk(server, screen, journal)
    assert (screen.done, server.heard[1]) == ([], ("needs_human", False))


def test_a_silent_server_is_no_permission_to_press_and_is_asked_again_before_typing(
    screen: Screen, journal: Journal
) -> None:
    silent = ServerUnreachableError("silent", code="unreachable")
    server = Told(LOOK, CLICK)
    server.standing = iter([silent])
    walk(server, screen, journal)
    assert (screen.done, server.heard[1]) == ([], ("wrong_screen", False))
    server = Told(LOOK, CLICK, step(3, "type", Deed(text="a")))
    server.standing = iter([GOING, silent, silent, GOING])
    walk(server, screen, journal, run_id=new_id())
    assert (screen.done, server.heard[2]) == (["single", "a"], ("ok", True))


def test_a_secret_that_is_not_there_is_said_and_nothing_is_typed(screen: Screen, journal: Journal) -> None:
    server = Told(LOOK, CLICK, step(3, "type", Deed(secret="DPI")))
    walk(server, screen, journal)
    assert (screen.done, server.heard[2]) == (["single"], ("error", False))
