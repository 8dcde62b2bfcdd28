"""Whatever fails or hangs on the way of one navigate action, its outcome says so and nothing is raised."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from navigation import Engine, NavigateResult, Settings, _handle_navigate_action
from navigation.errors import OcrFailedError, OcrTimeoutError, OcrUnavailableError
from navigation.types import Outcome
from tests.navigation import screens
from tests.navigation.navigating import LOGIN, PRESCRIBE, Recorder, Screens, navigate


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Settings())


FAULTS: list[BaseException] = [
    RuntimeError("with a patient's name"),
    MemoryError(),
    RecursionError(),
    KeyboardInterrupt(),
    SystemExit(3),
    asyncio.CancelledError(),
    StopIteration(),
    GeneratorExit(),
    OSError(28, "No space left on device"),
    UnicodeDecodeError("utf-8", b"x", 0, 1, "no"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: type(f).__name__)
def test_whatever_the_capture_raises_is_an_outcome(engine: Engine, fault: BaseException) -> None:
    result = navigate(LOGIN, Screens(fault), engine)
    assert result.outcome in (Outcome.ERROR, Outcome.INTERRUPTED)
    assert not result.was_pressed


class BrokenReader:
    """A reader that fails in a given way."""

    name, version = "broken", "1"

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act

    def read(self, grey: Any, *, layout: str, deadline: Any) -> Any:
        return self._act()


def raising(fault: BaseException) -> Callable[[], Any]:
    def act() -> Any:
        raise fault

    return act


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (OcrTimeoutError("broken", "too slow"), Outcome.OCR_TIMEOUT),
        (OcrUnavailableError("broken", "not installed"), Outcome.OCR_UNAVAILABLE),
        (OcrFailedError("broken", "crashed"), Outcome.OCR_FAILED),
        (MemoryError(), Outcome.ERROR),
        (ValueError("MARTIN Jeanne"), Outcome.ERROR),
    ],
    ids=lambda v: type(v).__name__,
)
def test_each_failure_of_the_reader_is_its_own_outcome(fault: Exception, outcome: Outcome) -> None:
    capture = Screens(screens.login())
    result = navigate(LOGIN, capture, Engine(Settings(), reader=BrokenReader(raising(fault))))
    assert result.outcome is outcome
    assert capture.pressed == []


@pytest.mark.parametrize(
    "action", [{}, {"type": "click"}, {"type": "navigate"}, {"type": "navigate", "target": None}, None, 7, "navigate"]
)
def test_an_action_that_makes_no_sense_is_an_error_with_its_reason(engine: Engine, action: Any) -> None:
    result = navigate(action, Screens(screens.login()), engine)
    assert result.outcome is Outcome.ERROR


@pytest.mark.parametrize("picture", [b"", b"\x89PNG\r\n\x1a\n", b"<svg/>", None, 42], ids=repr)
def test_a_picture_that_is_none_is_an_error_with_its_reason(engine: Engine, picture: Any) -> None:
    result = navigate(LOGIN, Screens(picture), engine)
    assert result.outcome is Outcome.ERROR
    assert result.reason.code == "bad_screenshot"


@pytest.mark.parametrize("stage", ["capture", "reader", "press"])
def test_the_budget_holds_whichever_stage_hangs(stage: str) -> None:
    engine = (
        Engine(Settings(), reader=BrokenReader(lambda: time.sleep(5) or []))
        if stage == "reader"
        else Engine(Settings())
    )
    capture = Screens((lambda: time.sleep(5)) if stage == "capture" else screens.login())
    if stage == "press":
        engine.read(screens.login())  # so that a busy machine comes as far as the press
        capture.press = lambda point: time.sleep(5)  # type: ignore[method-assign]
    began = time.monotonic()
    result = navigate(LOGIN, capture, engine, budget_s=1.5)
    assert result.outcome is Outcome.TIMEOUT
    assert time.monotonic() - began < 3.5
    assert result.was_pressed == (stage == "press")


def test_a_cancelled_action_is_interrupted_and_nothing_is_pressed(engine: Engine) -> None:
    capture = Screens(lambda: time.sleep(2))

    async def cancel() -> NavigateResult:
        task = asyncio.create_task(_handle_navigate_action(LOGIN, capture=capture, engine=engine))
        await asyncio.sleep(0.2)
        task.cancel()
        return await task

    result = asyncio.run(cancel())
    assert result.outcome is Outcome.INTERRUPTED
    assert capture.pressed == []


def test_every_step_is_recorded_in_order(engine: Engine) -> None:
    recorder = Recorder()
    navigate(LOGIN, Screens(screens.login(), screens.board()), engine, recorder=recorder)
    assert recorder.steps == ["started", "decided", "finished"]


@pytest.mark.parametrize("step", ["started", "decided"])
def test_what_cannot_be_recorded_is_not_pressed(engine: Engine, step: str) -> None:
    capture = Screens(screens.login(), screens.board())
    result = navigate(LOGIN, capture, engine, recorder=Recorder(fail_at=step))
    assert result.outcome is Outcome.ERROR
    assert capture.pressed == []


def test_no_text_of_a_screen_or_of_a_fault_reaches_the_log(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    navigate(PRESCRIBE, Screens(screens.patient(), screens.prescriptions()), engine)
    navigate(LOGIN, Screens(RuntimeError("MARTIN Jeanne")), engine)
    assert "attempt carried out" in caplog.text
    assert "MARTIN" not in caplog.text
    assert "80012345" not in caplog.text


def test_a_pil_image_bytes_and_an_async_capture_are_all_taken(engine: Engine) -> None:
    async def shown() -> Image.Image:
        return screens.login()

    result = asyncio.run(_handle_navigate_action(LOGIN, capture=shown, engine=engine))
    assert result.outcome is Outcome.OK
    assert not result.was_pressed
    assert result.point is not None
