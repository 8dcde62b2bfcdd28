"""One `navigate` action from screenshot to typed outcome. Never raises; never presses on a doubt.

The budget is shared: each stage gets what is left of it. Blocking work runs in threads that are let go at the
deadline; the server's readers are processes, which their pool ends by itself.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from PIL import Image

from navigation.action_resolver import resolve
from navigation.actions import NavigateAction, parse_action
from navigation.banner import PatientGuard, wrong_patient
from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.errors import (
    BadActionError,
    BadScreenshotError,
    OcrError,
    OcrTimeoutError,
    OcrUnavailableError,
)
from navigation.imaging import Screenshot, open_screenshot, pixel_sha256
from navigation.last_look import LOOKS, Look, changed, last_look
from navigation.reasons import Reason
from navigation.remembered import CacheScope
from navigation.types import (
    Grounding,
    NavigateResult,
    NormPoint,
    Outcome,
    Page,
    Screen,
    Size,
    Target,
    Verification,
)
from navigation.visual_login import classify_after_submit, recognise_notice

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
PICTURE_FORMATS = (Image.Image, Screenshot, bytes)


class Recorder(Protocol):
    """Stores what an attempt did. `decided` must be durable when it returns: a press follows."""

    def started(self, action: NavigateAction, before: Screenshot) -> None: ...

    def decided(self, result: NavigateResult) -> None: ...

    def finished(self, result: NavigateResult, after: Screenshot | None) -> None: ...


@dataclass(slots=True)
class _Attempt:
    engine: Engine
    capture: Any
    deadline: Deadline
    budget_s: float
    recorder: Recorder | None
    patient: PatientGuard | None
    application: str
    timings: dict[str, float] = field(default_factory=dict)
    was_pressed: bool = False
    after: Screenshot | None = None

    async def run(self, data: Mapping[str, Any] | NavigateAction) -> NavigateResult:
        action = data if isinstance(data, NavigateAction) else parse_action(data)
        before = await self._capture("capture_before")
        if self.recorder is not None:
            await self._off_loop("record", self.recorder.started, action, before)
        decision = await self._off_loop("decide", self._decide, action, before)
        if self.recorder is not None:
            await self._off_loop("record", self.recorder.decided, decision)
        press = getattr(self.capture, "press", None)
        if decision.outcome is not Outcome.OK or press is None or decision.point is None:
            return decision
        stopped = await self._look_again(action, before, decision)
        if stopped is not None:
            return stopped
        await self._press(press, decision.point)
        decision = replace(decision, was_pressed=True)
        if action.after is None:
            return decision
        self.after = await self._capture("capture_after")
        return await self._off_loop("verify_after", self._conclude, action, decision, before, self.after)

    def _decide(self, action: NavigateAction, before: Screenshot) -> NavigateResult:
        return decide(
            self.engine, action, before, deadline=self.deadline, patient=self.patient, application=self.application
        )

    def _conclude(
        self, action: NavigateAction, decision: NavigateResult, before: Screenshot, after: Screenshot
    ) -> NavigateResult:
        return conclude(
            self.engine, action, decision, before, after, deadline=self.deadline, application=self.application
        )

    async def _look_again(
        self, action: NavigateAction, judged: Screenshot, decision: NavigateResult
    ) -> NavigateResult | None:
        """Why nothing is pressed on the screen as it is now; None when it still is what was judged."""
        for _ in range(LOOKS):
            last = await self._capture("capture_last")
            look = await self._off_loop("last_look", self._last_look, action, decision, judged, last)
            if look != "again":
                return None if look == "press" else look
            judged = last
        return changed(decision)

    def _last_look(
        self, action: NavigateAction, decision: NavigateResult, judged: Screenshot, last: Screenshot
    ) -> Look | NavigateResult:
        return last_look(self.engine, action, decision, judged, last, patient=self.patient, deadline=self.deadline)

    async def _press(self, press: Callable[[NormPoint], Any], point: NormPoint) -> None:
        self.was_pressed = True  # from here on nobody may say that nothing was pressed
        await self._off_loop("press", press, point)

    async def _capture(self, stage: str) -> Screenshot:
        return await self._off_loop("decode", as_screenshot, await self._off_loop(stage, self.capture))

    async def _off_loop(self, stage: str, function: Callable[..., _T], *args: Any) -> _T:
        """The result of a blocking or async call, or TimeoutError at the deadline; adds to the stage's time."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.deadline.remaining_s):
                result = await _in_thread(function, *args)
                value: _T = await result if inspect.isawaitable(result) else result
                return value
        finally:
            self.timings[stage] = self.timings.get(stage, 0.0) + (time.perf_counter() - began) * 1000


async def _handle_navigate_action(
    action: Mapping[str, Any] | NavigateAction,
    *,
    capture: Any,
    engine: Engine,
    recorder: Recorder | None = None,
    budget_s: float = 180,
    patient: PatientGuard | None = None,
    application: str = "",
) -> NavigateResult:
    """Carry out one `navigate` action; every end, faults included, is a typed outcome.

    Args:
        action: as JSON (see `navigation.actions.parse_action`) or already checked.
        capture: called without arguments for a screenshot (PIL image, bytes or Screenshot), sync or async. When it
            has `press(point: NormPoint)`, a further screenshot is taken; if the screen and the patient's banner still
            are what was judged, the point is pressed and, if the action says what must follow, one more screenshot
            is taken and verified. Without `press` the point is only given.
        engine: reads and decides.
        recorder: stores the steps; when storing the decision fails nothing is pressed.
        budget_s: seconds for everything together.
        patient: with it, the screen must show this patient before anything is pressed, or the action must say that
            it is a screen without one.
        application: name under which places are remembered; empty: no cache.
    """
    attempt = _Attempt(engine, capture, Deadline.after(budget_s), budget_s, recorder, patient, application)
    began = time.perf_counter()
    try:
        result = await attempt.run(action)
    except BaseException as err:  # noqa: BLE001 the attempt's outer edge: whatever happens is an outcome
        result = _fault_result(err, attempt)
    result = replace(
        result,
        was_pressed=attempt.was_pressed,
        timings={**attempt.timings, **result.timings, "total": (time.perf_counter() - began) * 1000},
    )
    result = await _record_finish(attempt, result)
    _log.debug(
        "attempt carried out outcome=%s method=%s score=%s ms=%.0f",
        result.outcome,
        result.grounding.method if result.grounding else None,
        result.grounding.score if result.grounding else None,
        result.timings["total"],
    )
    return result


async def _record_finish(attempt: _Attempt, result: NavigateResult) -> NavigateResult:
    if attempt.recorder is None:
        return result
    try:
        await _in_thread(attempt.recorder.finished, result, attempt.after)
    except BaseException as err:  # noqa: BLE001 the attempt's outer edge
        return replace(_fault_result(err, attempt), timings=result.timings, was_pressed=attempt.was_pressed)
    return result


# --- the two halves, used by the server too, where the agent presses in between -------------------------


def decide(
    engine: Engine,
    action: NavigateAction,
    before: Screenshot,
    *,
    deadline: Deadline,
    patient: PatientGuard | None = None,
    application: str = "",
) -> NavigateResult:
    """Everything up to the press: screen, patient, target. Outcome "ok" comes with the point to press.

    Raises OcrError and BadActionError; see `fault_outcome` for what they mean as outcomes.
    """
    if patient is not None and action.before is None:
        return NavigateResult(Outcome.WRONG_PATIENT, Reason("patient_unchecked"))
    page: Page | None = None
    verified: Verification | None = None
    timings: dict[str, float] = {}
    if action.before is not None:
        page = _timed(timings, "read_before", lambda: engine.read(before, deadline=deadline))
        known, screen = page, action.before
        verified = engine.verify_before(known, action.before)
        stopped = stopped_by_screen(action, page, verified)
        if stopped is not None:
            return replace(stopped, before=verified, timings=timings)
        if patient is not None and not action.before.is_without_patient:
            code = _timed(timings, "patient", lambda: wrong_patient(engine, before, known, screen, patient, deadline))
            if code is not None:
                return NavigateResult(Outcome.WRONG_PATIENT, Reason(code), before=verified, timings=timings)
    scope = _scope(action, application)
    grounding = engine.ground(before, action.target, scope=scope, deadline=deadline)
    timings |= {f"ground_{name}": ms for name, ms in grounding.timings.items()}
    return replace(answered(grounding, before.size), before=verified, timings=timings)


def answered(grounding: Grounding, size: Size) -> NavigateResult:
    """What a grounding on a screen of this size means for the press."""
    if grounding.outcome != "found":
        return NavigateResult(Outcome(grounding.outcome), grounding.reason, grounding=grounding)
    return NavigateResult(
        Outcome.OK,
        grounding.reason,
        point=resolve(grounding, size).point,
        point_px=grounding.point_px,
        box_px=grounding.box_px,
        grounding=grounding,
    )


def conclude(
    engine: Engine,
    action: NavigateAction,
    decision: NavigateResult,
    before: Screenshot,
    after: Screenshot,
    *,
    deadline: Deadline,
    application: str = "",
) -> NavigateResult:
    """Whether the press landed; remembers the place when it did and puts a remembered one aside when not.

    A log-in that is refused was pressed where it should be, as was one whose session has ended: neither tells
    against the place.
    """
    if action.after is None:
        return replace(decision, was_pressed=True)
    verified = engine.verify_after(before, after, action.after, deadline=deadline)
    scope, grounding = _scope(action, application, decision.before), decision.grounding
    if verified.status == "passed":
        if scope is not None and grounding is not None:
            engine.learn(before, action.target, grounding, scope)
        return replace(decision, outcome=Outcome.OK, reason=verified.reason, after=verified, was_pressed=True)
    outcome, reason = Outcome.NOT_LANDED, verified.reason
    page_before, page_after = engine.read(before, deadline=deadline), engine.read(after, deadline=deadline)
    notice = (
        classify_after_submit(page_before, page_after, verified)
        if action.flow == "login"
        else recognise_notice(page_after, before=page_before)
    )
    if notice is not None and (action.flow == "login" or notice.outcome is not Outcome.LOGIN_REFUSED):
        outcome, reason = notice.outcome, notice.reason
    was_remembered = scope is not None and grounding is not None and grounding.method == "cache"
    if outcome is Outcome.NOT_LANDED and scope is not None and was_remembered:
        engine.contradict(before.size, action.target, scope)
    return replace(decision, outcome=outcome, reason=reason, after=verified, was_pressed=True)


def judge_screen(engine: Engine, screen: Screen, shot: Screenshot, *, deadline: Deadline) -> NavigateResult:
    """Whether a screenshot shows this screen, and if not, what it says instead. Outcome "ok" presses nothing.

    Raises OcrError; see `fault_outcome`.
    """
    page = engine.read(shot, deadline=deadline)
    verified = engine.verify_before(page, screen)
    stopped = stopped_by_screen(NavigateAction(Target("")), page, verified)
    if stopped is not None:
        return replace(stopped, before=verified)
    return NavigateResult(Outcome.OK, verified.reason, before=verified)


def as_screenshot(picture: Any) -> Screenshot:
    """A Screenshot from bytes or a PIL image. Raises BadScreenshotError."""
    if isinstance(picture, Screenshot):
        return picture
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return open_screenshot(bytes(picture))
    if isinstance(picture, Image.Image):
        import numpy as np

        rgb = np.asarray(picture.convert("RGB"))
        return Screenshot(rgb, Size(picture.width, picture.height), pixel_sha256(rgb), "raw", rgb.nbytes)
    raise BadScreenshotError("unsupported", "the capture gave something that is no picture")


def fault_outcome(err: BaseException, *, budget_s: float, was_pressed: bool = False) -> tuple[Outcome, Reason]:
    """What a fault means as an outcome. An unexpected one is logged with the reference its reason gives."""
    when = "_after" if was_pressed else ""
    if isinstance(err, OcrTimeoutError):
        return Outcome.OCR_TIMEOUT, Reason(f"ocr_timeout{when}", {"reader": err.reader})
    if isinstance(err, OcrUnavailableError):
        return Outcome.OCR_UNAVAILABLE, Reason(f"ocr_unavailable{when}", {"reader": err.reader, "detail": err.detail})
    if isinstance(err, OcrError):
        return Outcome.OCR_FAILED, Reason(f"ocr_failed{when}", {"reader": err.reader})
    if isinstance(err, BadActionError):
        return Outcome.ERROR, Reason("bad_action", {"detail": err.detail})
    if isinstance(err, BadScreenshotError):
        return Outcome.ERROR, Reason("bad_screenshot", {"detail": err.detail})
    if isinstance(err, TimeoutError):
        return Outcome.TIMEOUT, Reason(f"timeout{when}", {"budget": round(budget_s)})
    if isinstance(err, asyncio.CancelledError):
        return Outcome.INTERRUPTED, Reason("interrupted")
    reference = secrets.token_hex(4)
    # Only the kind of fault and where it arose: its message might quote the screen.
    where = err.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{where.tb_frame.f_code.co_name}:{where.tb_lineno}" if where else "-"
    _log.error("attempt fault reference=%s kind=%s at=%s", reference, type(err).__name__, place)
    return Outcome.ERROR, Reason(f"error{when}", {"reference": reference})


def _fault_result(err: BaseException, attempt: _Attempt) -> NavigateResult:
    if isinstance(err, asyncio.CancelledError) and attempt.deadline.has_passed:
        err = TimeoutError()
    outcome, reason = fault_outcome(err, budget_s=attempt.budget_s, was_pressed=attempt.was_pressed)
    return NavigateResult(outcome, reason)


def stopped_by_screen(action: NavigateAction, page: Page, verified: Verification) -> NavigateResult | None:
    """Why nothing is looked for on a screen; None when it is the one that is asked for."""
    notice = recognise_notice(page)
    if action.flow == "login" and notice is not None and notice.outcome is Outcome.ACCOUNT_LOCKED:
        return NavigateResult(notice.outcome, notice.reason)
    if verified.status == "passed":
        return None
    if notice is not None and notice.outcome is not Outcome.LOGIN_REFUSED:
        return NavigateResult(notice.outcome, notice.reason)
    return NavigateResult(Outcome.WRONG_SCREEN, verified.reason)


def _scope(action: NavigateAction, application: str, verified: Verification | None = None) -> CacheScope | None:
    """Places are remembered only for a screen that is verified first and has a name."""
    if not application or action.before is None or not action.before.name:
        return None
    return CacheScope.of(application, action.before, verified)


def _timed(timings: dict[str, float], stage: str, function: Callable[[], _T]) -> _T:
    began = time.perf_counter()
    try:
        return function()
    finally:
        timings[stage] = timings.get(stage, 0.0) + (time.perf_counter() - began) * 1000


async def _in_thread(function: Callable[..., Any], *args: Any) -> Any:
    """Run a call in a daemon thread; async functions are called here and awaited by the caller.

    Not the loop's own pool: that one is joined when the loop ends, and a reader that hangs would hold it up.
    """
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        return function(*args)
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)
        elif isinstance(error, Exception) and not isinstance(error, StopIteration):
            done.set_exception(error)
        else:
            done.set_exception(RuntimeError(type(error).__name__))

    def work() -> None:
        result, error = None, None
        try:
            result = function(*args)
        except BaseException as err:  # noqa: BLE001 handed to the attempt
            error = err
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    threading.Thread(target=work, name="navigate", daemon=True).start()
    return await done
