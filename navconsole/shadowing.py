"""Judges attempts by the configuration on trial, beside the work: one thread, after the answer, never in its way."""

from __future__ import annotations

import copy
import logging
import queue
import threading
from dataclasses import dataclass
from typing import Protocol

from navigation.actions import NavigateAction
from navigation.configurations import limits_of
from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.errors import NavigationError
from navigation.handler import decide
from navigation.imaging import Screenshot
from navigation.shadow import JUDGED, ShadowTrial, compared
from navigation.store.protocol import ConfigStore, ShadowStore
from navigation.types import NavigateResult

log = logging.getLogger(__name__)

WAITING = 4
"""Attempts kept for it, each with its picture (6 MB at 1920x1080); what comes when there are so many is not judged."""
BUDGET_S = 20.0


class ShadowStores(ConfigStore, ShadowStore, Protocol):
    """What the judge asks of the store."""


@dataclass(frozen=True, slots=True)
class _Task:
    trial: ShadowTrial
    attempt_id: str
    action: NavigateAction
    shot: Screenshot
    live: NavigateResult


class ShadowJudge:
    """Takes attempts that were answered while a trial runs. Its engine shares what was read, and changes nothing."""

    def __init__(self, store: ShadowStores, engine: Engine) -> None:
        self._store = store
        self._engine = copy.copy(engine)
        self._engine.vlm = None  # a model would be asked, and paid, twice
        self._tasks: queue.Queue[_Task | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def take(self, attempt_id: str, action: NavigateAction, shot: Screenshot, live: NavigateResult) -> None:
        """Judge this attempt later, when a trial runs and limits had a part in its answer; does not wait."""
        if live.outcome not in JUDGED:
            return
        try:
            trial = self._store.running_shadow()
            if trial is None:
                return
            self._start()
            self._tasks.put_nowait(_Task(trial, attempt_id, action, shot, live))
        except queue.Full:
            log.info("attempt not judged by the trial: too many wait attempt=%s", attempt_id)
        except NavigationError as err:
            log.warning("attempt not judged by the trial attempt=%s kind=%s", attempt_id, type(err).__name__)

    def finish(self) -> None:
        """Wait until everything taken is judged."""
        self._tasks.join()

    def close(self) -> None:
        """End after the attempt under way; the others are let go."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None:
            return
        while True:
            try:
                self._tasks.put_nowait(None)
                break
            except queue.Full:
                self._drop_one()
        thread.join(BUDGET_S)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
                self._thread.start()

    def _drop_one(self) -> None:
        try:
            self._tasks.get_nowait()
            self._tasks.task_done()
        except queue.Empty:
            pass

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                self._judge(task)
            except NavigationError as err:
                log.warning("attempt not judged by the trial attempt=%s kind=%s", task.attempt_id, type(err).__name__)
            except Exception as err:  # noqa: BLE001 a trial may not end the thread that judges
                log.error("trial fault attempt=%s kind=%s", task.attempt_id, type(err).__name__)
            finally:
                self._tasks.task_done()
        self._tasks.task_done()

    def _judge(self, task: _Task) -> None:
        config = self._store.config(task.trial.config_id)
        assert config is not None, "a foreign key of the trial"
        engine = self._engine.under(limits_of(config.body))
        candidate = decide(engine, task.action, task.shot, deadline=Deadline.after(BUDGET_S))
        self._store.add_verdict(task.trial.id, task.attempt_id, compared(task.live, candidate))
