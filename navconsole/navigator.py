"""Carries out the attempts that robots send: keeps the picture, asks the engine, records each step, answers.

The order is what makes an acknowledged attempt durable: picture file, its row, started, decided, and only then
the answer. The answer is made from what is stored, so that sending twice answers the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from navconsole.admission import Admission
from navconsole.asked import AttemptAsked, NotAllowedError, RunAsked, UnknownError
from navconsole.configured import ConfiguredEngine
from navconsole.settings import ConsoleSettings
from navconsole.shadowing import ShadowJudge
from navconsole.steps import (
    Stopwatch,
    attempt_hash,
    canonical,
    decision_of,
    finish_of,
    halted,
    result_of,
    timed,
    unpressed,
    utc_now,
    withheld,
)
from navigation.actions import MAX_TEXT, NavigateAction, parse_action
from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.errors import (
    ConflictError,
    HaltedError,
    OcrError,
    OcrUnavailableError,
    StoreError,
    VlmError,
)
from navigation.handler import _handle_navigate_action, conclude, fault_outcome, judge_screen
from navigation.imaging import Screenshot, open_screenshot
from navigation.ocr import SECOND_READER
from navigation.ocr.pool import ReaderPool
from navigation.oversight import HaltCode, RunStanding
from navigation.patient import KnownPatient, patient_keys
from navigation.reasons import Reason
from navigation.records import AttemptDetail, AttemptStart, RunStart, ScreenshotMeta
from navigation.settings import Settings, VlmSettings
from navigation.store.protocol import Store
from navigation.store.sentences import HALTED
from navigation.store.summaries import duration_ms
from navigation.types import NavigateResult, Outcome, Screen
from navigation.vlm import HttpVlm
from navigation.vlm_proof import ProvenVlm
from navigation.vlm_recorded import RecordingVlm

log = logging.getLogger(__name__)

MAX_AT_ONCE = 5
"""Attempts worked on at once; fewer than the server's threads, so that people are answered meanwhile."""
AFTER_WAIT_S = 120.0
"""How long the screenshot after a press is waited for before the attempt counts as interrupted."""
_GRACE_S = 2.0

MayUse = Callable[[str], bool]
"""Whether the caller's token may work on an application."""


class Navigator:
    """One service for a store and an engine. Safe to share between threads."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        *,
        key: bytes,
        max_at_once: int = MAX_AT_ONCE,
        state: Callable[[], Mapping[str, str]] = dict,
        closing: Sequence[Callable[[], None]] = (),
    ) -> None:
        """`key` makes the hashes of patients' identifiers; `state` says how the parts are, for `/health`;
        `closing` is called at the end (readers, clients)."""
        self.state = state
        self._store = store
        self._engine = engine
        self._key = key
        self._budget_s = engine.settings.budget_s
        self._admission = Admission(max_at_once)
        self._closing = closing
        self._configured = ConfiguredEngine(store, engine)
        self.shadow = ShadowJudge(store, engine)

    def close(self) -> None:
        """Let nothing new in and end the readers; what was under way becomes `interrupted`."""
        self._admission.close()
        self.shadow.close()
        for end in self._closing:
            end()

    # --- runs -------------------------------------------------------------------------------------

    def create_run(self, asked: RunAsked, *, may_use: MayUse) -> bool:
        """Store the run; False when it was there with the same content. Raises ConflictError for another."""
        if not may_use(asked.application):
            raise NotAllowedError("This token may not work on this application.")
        patient = asked.patient.as_text() if asked.patient else None
        run = RunStart(
            id=asked.id,
            application=asked.application,
            workflow=asked.workflow,
            agent=asked.agent,
            patient_keys=patient_keys(**patient, key=self._key) if patient else None,
            # Keyed, since a plain hash of an identity can be found by trying names and dates.
            body_hash=hmac.new(self._key, canonical(_sent(asked, patient)), hashlib.sha256).hexdigest(),
            created_at=utc_now(),
        )
        return self._store.create_run(run).created_at == run.created_at

    def run_standing(self, run_id: str, *, may_use: MayUse) -> RunStanding:
        """How a run stands now; UnknownError when the caller may not know of it."""
        standing = self._store.run_standing(run_id)
        if standing is None or not may_use(standing.application):
            raise UnknownError("There is no such run.")
        return standing

    # --- attempts ---------------------------------------------------------------------------------

    def attempt(self, attempt_id: str, *, may_use: MayUse) -> AttemptDetail:
        detail = self._store.attempt(attempt_id)
        if detail is None or not may_use(detail.start.application):
            raise UnknownError("There is no such attempt.")
        return detail

    def navigate(self, asked: AttemptAsked, *, may_use: MayUse, within_s: float | None = None) -> AttemptDetail:
        """Decide one attempt, or give what was decided for the same id and body before.

        `within_s` shortens the time there is for it.

        Raises UnknownError, NotAllowedError, ConflictError, HaltedError (for an earlier answer that allows a press
        while nothing may be pressed), BadScreenshotError, BusyError, StoreError.
        """
        run = self._store.run(asked.run_id)
        if run is None:
            raise UnknownError("There is no such run.")
        if not may_use(run.application):
            raise NotAllowedError("This token may not work on this application.")
        body_hash = attempt_hash(run.id, asked.body, asked.picture)
        with self._admission.enter(asked.id):
            known = self._known(asked.id, body_hash)
            if known is not None and known.state != "started":
                return self._repeated(known)
            watch = Stopwatch()
            shot = open_screenshot(asked.picture)
            watch.lap("decode")
            self._keep_picture(shot, asked.picture)
            if known is None:
                config_id, engine = self._configured.in_use()
                self._store.start_attempt(self._start_of(asked, run, shot, body_hash, config_id, engine))
            else:
                engine = self._configured.of(known.start.config_id)
            halt = self._halt(run.id)
            watch.lap("record")
            if halt is not None:
                result = halted(halt)
            else:
                result = timed(self._carry_out(asked.action, run, shot, engine, within_s), watch.laps)
                self._keep_page(shot)
            self._store_decision(asked, result)
            self.shadow.take(asked.id, asked.action, shot, result)
            return _logged(self._stored(asked.id))

    def after(self, attempt_id: str, picture: bytes, *, was_pressed: bool, may_use: MayUse) -> AttemptDetail:
        """Verify the screen after the press and finish the attempt; the same picture again answers the same.

        Raises UnknownError, ConflictError, BadScreenshotError, BusyError, StoreError.
        """
        body_hash = hashlib.sha256(b"%d:" % was_pressed + hashlib.sha256(picture).digest()).hexdigest()
        with self._admission.enter(attempt_id):
            detail = self.attempt(attempt_id, may_use=may_use)
            if detail.finish is not None and detail.finish.after_body_hash == body_hash:
                return detail
            if detail.finish is not None or detail.decision is None:
                raise ConflictError("This attempt does not wait for a screenshot, or has had another one.")
            shot = open_screenshot(picture)
            self._keep_picture(shot, picture)
            result = self._conclude(detail, shot) if was_pressed else self._unpressed(detail)
            self._keep_page(shot)
            finish = finish_of(result, after_id=shot.image_id, body_hash=body_hash)
            with suppress(ConflictError):  # it waited too long and was closed meanwhile: that stands
                self._store.finish_attempt(attempt_id, finish)
            return _logged(self._stored(attempt_id))

    # --- what a workflow's steps need besides --------------------------------------------------------

    def keep(self, picture: bytes) -> str:
        """Keep a screenshot; its id. Raises BadScreenshotError, StoreError."""
        shot = open_screenshot(picture)
        self._keep_picture(shot, picture)
        return shot.image_id

    def verify(self, screen: Screen, picture: bytes, key: str, *, within_s: float) -> tuple[NavigateResult, str]:
        """Whether a screenshot shows a screen, and the picture's id; no attempt, since nothing is pressed.

        Raises BadScreenshotError, BusyError, StoreError.
        """
        with self._admission.enter(key):
            shot = open_screenshot(picture)
            self._keep_picture(shot, picture)
            self._recall_page(shot)
            _, engine = self._configured.in_use()
            budget_s = min(self._budget_s, within_s)
            try:
                result = judge_screen(engine, screen, shot, deadline=Deadline.after(budget_s))
            except Exception as err:  # noqa: BLE001 the outer edge: whatever happens is an outcome
                outcome, reason = fault_outcome(err, budget_s=budget_s)
                result = NavigateResult(outcome, reason)
            self._keep_page(shot)
            return result, shot.image_id

    def ask(self, attempt_id: str, run_id: str, text: str, reason: Reason, picture: bytes) -> None:
        """An attempt that leaves a run to a person, so that it stands with those that wait. The same id again does
        nothing. Raises BadScreenshotError, StoreError."""
        run = self._store.run(run_id)
        if run is None or self._store.attempt(attempt_id) is not None:
            return
        body = {"type": "navigate", "target": {"text": text[:MAX_TEXT]}}
        asked = AttemptAsked(attempt_id, run_id, parse_action(body), body, picture)
        shot = open_screenshot(picture)
        self._keep_picture(shot, picture)
        config_id, engine = self._configured.in_use()
        body_hash = attempt_hash(run.id, asked.body, asked.picture)
        self._store.start_attempt(self._start_of(asked, run, shot, body_hash, config_id, engine))
        self._store_decision(asked, NavigateResult(Outcome.NEEDS_HUMAN, reason))

    # --- steps ------------------------------------------------------------------------------------

    def _known(self, attempt_id: str, body_hash: str) -> AttemptDetail | None:
        """The attempt if it was sent before; ConflictError, before anything is kept, when it was another one."""
        known = self._store.attempt(attempt_id)
        if known is not None and known.start.body_hash != body_hash:
            raise ConflictError("An attempt with this id is stored with other content.")
        return known

    def _repeated(self, known: AttemptDetail) -> AttemptDetail:
        """The earlier answer again, unless it allows a press that is not allowed any more."""
        if known.decision is not None and known.decision.point_x_norm is not None:
            halt = self._halt(known.start.run_id)
            if halt is not None:
                raise HaltedError(HALTED, halt)
        return known

    def _halt(self, run_id: str) -> HaltCode | None:
        standing = self._store.run_standing(run_id)
        return standing.halt if standing else None

    def _unpressed(self, detail: AttemptDetail) -> NavigateResult:
        halt = self._halt(detail.start.run_id)
        return halted(halt) if halt else unpressed()

    def _start_of(
        self, asked: AttemptAsked, run: RunStart, shot: Screenshot, body_hash: str, config_id: int, engine: Engine
    ) -> AttemptStart:
        now = utc_now()
        return AttemptStart(
            id=asked.id,
            run_id=run.id,
            application=run.application,
            screen=asked.action.before.name if asked.action.before else "",
            target_text=asked.action.target.text,
            target_kind=asked.action.target.kind,
            action=asked.body,
            body_hash=body_hash,
            before_id=shot.image_id,
            wants_after=asked.action.after is not None,
            config_id=config_id,
            versions=_versions(engine),
            started_at=now,
            expires_at=now + timedelta(seconds=self._budget_s + AFTER_WAIT_S),
        )

    def _carry_out(
        self, action: NavigateAction, run: RunStart, shot: Screenshot, engine: Engine, within_s: float | None
    ) -> NavigateResult:
        self._recall_page(shot)
        budget_s = min(self._budget_s, within_s or self._budget_s)
        work = _handle_navigate_action(
            action,
            capture=lambda: shot,
            engine=engine,
            budget_s=budget_s,
            patient=KnownPatient(run.patient_keys, self._key) if run.patient_keys else None,
            application=run.application,
        )
        try:
            result = asyncio.run(asyncio.wait_for(work, timeout=budget_s + _GRACE_S))
        except TimeoutError:
            result = NavigateResult(Outcome.TIMEOUT, Reason("timeout", {"budget": round(budget_s)}))
        if self._admission.is_closed and result.outcome is Outcome.OCR_FAILED:
            return NavigateResult(Outcome.INTERRUPTED, Reason("interrupted"), timings=result.timings)
        return result

    def _store_decision(self, asked: AttemptAsked, result: NavigateResult) -> None:
        awaits_after = result.outcome is Outcome.OK and asked.action.after is not None
        finish = None if awaits_after else finish_of(result)
        with suppress(ConflictError):  # closed as interrupted meanwhile: that stands
            try:
                self._store.decide_attempt(asked.id, decision_of(result), finish=finish)
            except HaltedError as err:  # meanwhile: what was seen is kept, the press is not allowed
                kept = withheld(result, err.code)
                self._store.decide_attempt(asked.id, decision_of(kept), finish=finish_of(kept))

    def _conclude(self, detail: AttemptDetail, after: Screenshot) -> NavigateResult:
        try:
            before = open_screenshot(self._store.blobs.read(detail.start.before_id)[0])
            self._recall_page(before)
            self._recall_page(after)
            return conclude(
                self._configured.of(detail.start.config_id),
                parse_action(detail.start.action),
                result_of(detail),
                before,
                after,
                deadline=Deadline.after(self._budget_s),
                application=detail.start.application,
            )
        except Exception as err:  # noqa: BLE001 the attempt's outer edge: whatever happens is an outcome
            outcome, reason = fault_outcome(err, budget_s=self._budget_s, was_pressed=True)
            return NavigateResult(outcome, reason, was_pressed=True)

    def _keep_picture(self, shot: Screenshot, data: bytes) -> None:
        """File first, then its row: no row ever names a picture that is not there."""
        self._store.blobs.put_received(shot.image_id, data, shot.format)
        self._store.add_screenshot(
            ScreenshotMeta(
                id=shot.image_id,
                width=shot.size.width,
                height=shot.size.height,
                received_format=shot.format,
                received_bytes=shot.received_bytes,
                stored_format=shot.format,
                stored_bytes=shot.received_bytes,
                created_at=utc_now(),
            )
        )
        if not self._store.blobs.has(shot.image_id):  # a purge took it between the two; it takes nothing that has a row
            self._store.blobs.put_received(shot.image_id, data, shot.format)

    def _recall_page(self, shot: Screenshot) -> None:
        """Give the engine the stored page of a picture it read before, so that it is read once ever."""
        if self._engine.page_of(shot.image_id) is not None:
            return
        with suppress(OcrError, StoreError):
            page = self._store.page(shot.image_id, self._engine.pages.settings_key)
            if page is not None:
                self._engine.remember(page, shot.rgb)

    def _keep_page(self, shot: Screenshot) -> None:
        page = self._engine.page_of(shot.image_id)
        try:
            if page is not None:
                self._store.put_page(page)
        except StoreError as err:  # it can be read again; the attempt matters more
            log.warning("page not kept image=%s kind=%s", shot.image_id[:12], type(err).__name__)

    def _stored(self, attempt_id: str) -> AttemptDetail:
        detail = self._store.attempt(attempt_id)
        assert detail is not None, "stored a moment ago"
        return detail


def _sent(asked: RunAsked, patient: Mapping[str, str] | None) -> dict[str, Any]:
    """A run as it was sent; one that the robot walks by itself names no stream."""
    sent = {**asdict(asked), "patient": patient}
    return sent if asked.stream else {name: value for name, value in sent.items() if name != "stream"}


def _logged(detail: AttemptDetail) -> AttemptDetail:
    """One line for each attempt and step of it: ids, outcome, score and time, no text of a screen."""
    decision, finish = detail.decision, detail.finish
    log.info(
        "attempt %s run=%s attempt=%s outcome=%s method=%s score=%s ms=%.0f",
        detail.state,
        detail.start.run_id,
        detail.start.id,
        (finish or decision).outcome.value if finish or decision else "-",  # type: ignore[union-attr]
        (decision and decision.method) or "-",
        "-" if decision is None or decision.score is None else f"{decision.score:.3f}",
        duration_ms(*(step.timings for step in (decision, finish) if step)),
    )
    return detail


def _versions(engine: Engine) -> dict[str, Any]:
    try:
        return dict(engine.versions)
    except OcrError:
        return {"reader": engine.pages.reader.name}


def build_navigator(settings: ConsoleSettings, store: Store, engine_settings: Settings | None = None) -> Navigator:
    """The service of a server: readers as processes, the model when one is set. Starts without a reader, too:
    attempts then end as `ocr_unavailable` and people can still look at the earlier ones."""
    chosen = engine_settings or Settings.from_env()
    pool = _first_pool(chosen)
    model = _Model(chosen.vlm, store) if chosen.vlm.base_url else None
    second = _second_pool(chosen, pool)
    places = store.remembered_places(chosen.cache)
    engine = Engine(chosen, reader=pool, second_reader=second, vlm=model.client if model else None, cache=places)
    closing = [pool.close, places.close, *([second.close] if second else []), *([model.http.close] if model else [])]

    def state() -> Mapping[str, str]:
        """Of the reader and the model when they were last used: ready, unavailable, off."""
        reader = "ready" if pool.is_available else "unavailable"
        return {"reader": reader, "model": model.state if model else "off"}

    return Navigator(store, engine, key=settings.subkey("patient"), state=state, closing=closing)


class _Model:
    """The vision model of a server: asked once, only when proven, each reply kept. Its proof begins here and holds
    nobody up."""

    def __init__(self, settings: VlmSettings, store: Store) -> None:
        self.http = HttpVlm(settings)
        self._proven = ProvenVlm(settings, self.http)
        self.client = RecordingVlm(settings, self._proven, store)
        threading.Thread(target=_prove, args=(self._proven,), name="prove", daemon=True).start()

    @property
    def state(self) -> str:
        return "ready" if self.http.is_available and not self._proven.is_refuted else "unavailable"


def _prove(model: ProvenVlm) -> None:
    """Say at start when the model does not speak the convention of the settings."""
    try:
        model.prove(deadline=Deadline.after(60))
        log.info("vision model proven")
    except VlmError as err:
        log.error("vision model not proven detail=%s", err.detail)


def _second_pool(settings: Settings, first: ReaderPool) -> ReaderPool | None:
    """The reader for single lines that the first leaves in doubt, when it is asked for and runs here."""
    if SECOND_READER not in settings.readers or first.name == SECOND_READER:
        return None
    pool = ReaderPool(settings, size=1, reader=SECOND_READER)
    try:
        log.info("second reader chosen reader=%s version=%s", SECOND_READER, pool.version)
        return pool
    except OcrError as err:
        log.info("no second reader, so faint and coloured texts stay unread more often detail=%s", err.detail)
        pool.close()
        return None


def _first_pool(settings: Settings) -> ReaderPool:
    """The first reader that runs here, else the first of all; why another one was passed over is logged."""
    for name in settings.readers:
        pool = ReaderPool(settings, size=settings.threads, reader=name)
        try:
            log.info("reader chosen reader=%s version=%s", name, pool.version)
            return pool
        except OcrUnavailableError as err:
            log.warning("reader unavailable reader=%s detail=%s", name, err.detail)
            pool.close()
        except OcrError as err:
            log.warning("reader failed at start reader=%s detail=%s", name, err.detail)
            return pool
    return ReaderPool(settings, size=settings.threads, reader=settings.readers[0])
