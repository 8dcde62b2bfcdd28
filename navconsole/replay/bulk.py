"""Carries out a replay in bulk: hands pictures to workers, keeps what comes back, and can be gone on with at any time.

Only this side opens the store. One worker has a run at a time: it names its fence with each write, and is refused once
another one has taken the run.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Final

from navconsole.i18n import mark as _
from navconsole.replay.deciding import expected_by, is_right
from navconsole.replay.units import (
    OTHER_VERSION,
    UNDECODED,
    Answer,
    Answers,
    Item,
    Reading,
    Unit,
    answer,
    answer_all,
    asked_version,
    failed,
    program_version,
    then_of,
)
from navconsole.workers import WorkerLostError, Workers, WorkersError, as_done
from navigation.errors import DamagedPictureError
from navigation.replays import Replayed, ReplayRun, ReplaySetting, ToReplay
from navigation.settings import Thresholds, thresholds_of
from navigation.store.columns import unpack
from navigation.store.protocol import Store
from navigation.store.searches import unpacked_page

log = logging.getLogger(__name__)

PICTURE_S: Final = 60.0
"""Seconds that reading one picture, or deciding one attempt on it, may take."""
LIMIT_S: Final = 600.0
"""Seconds after which a worker process that still works on one picture is ended: its readers ended long before."""
TICK_S: Final = 2.0
KEPT_EVERY_S: Final = 1.0
AT_ONCE: Final = 20
"""Pictures of stored readings that are handed over together: some 30 ms of work."""
MOST_TRIES: Final = 3
_CHUNK = 500

NO_READER = _("A worker cannot read with what is asked for ({why}). Install that reader there, or ask for another.")


def carry_out(
    store: Store,
    run_id: str,
    workers: Workers,
    *,
    on_progress: Callable[[ReplayRun], object] = lambda run: None,
    may_go_on: Callable[[], bool] = lambda: True,
    tick_s: float = TICK_S,
) -> ReplayRun:
    """Decide what is left of a run again, until it is done, paused or cancelled; how it stands then.

    Args:
        store: where the run is.
        run_id: its id.
        workers: who decides. Asked first what they run: nothing is done by another version or without the readers.
        on_progress: told the run each time that results are kept.
        may_go_on: asked as often; False lets go of the run, to be gone on with later.
        tick_s: how often the run is kept when nothing comes back.

    Raises ConflictError when another worker has the run, or takes it meanwhile; WorkersError when the workers cannot be
    had, or are lost: the run can then be gone on with.
    """
    run = store.take_replay(run_id, _now())
    ended = False
    try:
        reading = reading_of(run.setting)
        check_workers(workers, reading)
        ended = _Round(store, run, workers, reading, on_progress, may_go_on, tick_s).go()
    finally:
        # A fault lets the run go at once, so that it can be gone on with; what is kept is whole.
        store.end_replay(run_id, run.fence, "done" if ended else "paused", _now())
    found = store.replay(run_id)
    assert found is not None, "runs are never removed"
    log.info("replay run=%s state=%s done=%d of=%d", run_id, found.state, found.done, found.total)
    return found


def reading_of(setting: ReplaySetting, *, seconds: float | None = None) -> Reading | None:
    if not setting.readers:
        return None
    return Reading(setting.readers, setting.language, PICTURE_S if seconds is None else seconds)


def check_workers(workers: Workers, reading: Reading | None) -> None:
    """Raises WorkersError when one of the workers runs another version, or cannot read with what is asked for."""
    for name, (version, reads) in workers.ask(asked_version, reading):
        if version != program_version():
            raise WorkersError(OTHER_VERSION, theirs=version, ours=program_version())
        if reads.startswith("!"):
            log.error("replay worker cannot read worker=%s", name)
            raise WorkersError(NO_READER, why=reads[1:])


class _Round:
    """One worker's time with a run."""

    def __init__(
        self,
        store: Store,
        run: ReplayRun,
        workers: Workers,
        reading: Reading | None,
        on_progress: Callable[[ReplayRun], object],
        may_go_on: Callable[[], bool],
        tick_s: float,
    ) -> None:
        self._store = store
        self._run = run
        self._workers = workers
        self._reading = reading
        self._on_progress = on_progress
        self._may_go_on = may_go_on
        self._tick_s = tick_s
        self._asked: dict[int, ToReplay] = {}
        self._kept: list[Replayed] = []
        self._kept_at = time.monotonic()
        self._suspects: list[Unit] = []

    def go(self) -> bool:
        """Whether the run came to its end."""
        for settled in as_done(answer_all, self._works(), self._workers, tick_s=self._tick_s):
            if settled is not None:
                self._take(*settled)
            is_due = settled is None or time.monotonic() - self._kept_at >= KEPT_EVERY_S
            if is_due and not self._keep():
                return False
        return self._retry() and self._keep()

    def _works(self) -> Iterator[Sequence[Unit]]:
        """What is left: pictures one by one where they are read, else some at a time, since handing over costs too."""
        units, at_once = self._units(), 1 if self._reading else AT_ONCE
        while some := list(islice(units, at_once)):
            yield some

    def _units(self) -> Iterator[Unit]:
        """What is left, a picture at a time; a picture that is gone never leaves this side."""
        after = 0
        while chunk := self._store.to_replay(self._run.id, after=after, limit=_CHUNK):
            after = chunk[-1].seq
            pages = self._store.packed_pages_of(list({one.image_id for one in chunk}))
            for image_id, attempts in groupby(sorted(chunk, key=lambda one: one.image_id), lambda one: one.image_id):
                unit = self._unit(image_id, list(attempts), pages[image_id])
                if unit is not None:
                    yield unit

    def _unit(self, image_id: str, attempts: Sequence[ToReplay], pages: Mapping[str, bytes]) -> Unit | None:
        items = []
        for one in attempts:
            self._asked[one.seq] = one
            try:
                items.append(item_of(one, self._run.setting))
            except UNDECODED:
                self._note(Answer(one.seq, failure="record"))
        unit = Unit(program_version(), image_id, tuple(items), pages, self._reading)
        if self._reading is None:
            return unit if items else None
        try:
            picture = self._store.blobs.read(image_id)[0]
        except (FileNotFoundError, DamagedPictureError):
            self._receive(failed(unit, "no_picture"))
            return None
        by_reader = {key: page for key, page in unit.pages.items() if key.startswith(f"{self._reading.readers[0]}/")}
        return replace(unit, pages=by_reader, picture=picture) if items else None

    def _take(self, units: Sequence[Unit], future: Future[list[Answers]]) -> None:
        try:
            for answers in future.result():
                self._receive(answers)
        except WorkerLostError:
            log.warning("replay worker lost run=%s pictures=%d", self._run.id, len(units))
            self._suspects += units

    def _retry(self) -> bool:
        """Pictures whose worker died, one by one, so that one that kills takes no other with it; False to stop."""
        for unit in self._suspects:
            answers = failed(unit, "worker")
            for _again in range(MOST_TRIES - 1):
                if not self._keep():
                    return False
                try:
                    answers = self._workers.submit(answer, unit).result()
                    break
                except WorkerLostError:
                    log.warning("replay worker lost run=%s image=%s", self._run.id, unit.image_id)
            self._receive(answers)
        return True

    def _receive(self, answers: Answers) -> None:
        if answers.page is not None:
            self._store.put_page(unpacked_page(answers.page))
        for one in answers.answers:
            self._note(one)

    def _note(self, one: Answer) -> None:
        self._kept.append(result_of_answer(self._asked.pop(one.seq), one))

    def _keep(self) -> bool:
        """Write what came back; whether to go on."""
        results, self._kept, self._kept_at = self._kept, [], time.monotonic()
        goes_on = self._store.add_replayed(self._run.id, self._run.fence, results, _now())
        found = self._store.replay(self._run.id)
        if found is not None:
            self._on_progress(found)
        return goes_on and self._may_go_on()


def _now() -> datetime:
    return datetime.now(UTC)


def item_of(one: ToReplay, setting: ReplaySetting) -> Item:
    """What a worker needs of an attempt. Raises what `UNDECODED` names for a record that does not decode."""
    versions, config = json.loads(one.versions), json.loads(one.config)
    limits = Thresholds(**{**thresholds_of(config, versions), **setting.limits})
    return Item(
        one.seq, one.outcome, one.reason, one.action, one.grounding, limits, str(versions.get("reading", "")),
        str(versions.get("vlm", "")),
    )  # fmt: skip


def result_of_answer(one: ToReplay, given: Answer) -> Replayed:
    """The result as it is kept, with what the attempt's labels say of both answers."""
    result = Replayed(one.seq, one.outcome, given.verdict, given.failure, given.doubt)
    if given.verdict is None or not one.labels:
        return result
    try:
        then = then_of(one.grounding)
        has_screen = "verify_before" in unpack(one.action)
    except UNDECODED:
        return result
    expected = expected_by(one.labels, one.outcome, one.reason, then, has_screen=has_screen)
    if expected is None:
        return result
    return replace(
        result,
        was_right=is_right(expected, one.outcome, then.point_px if then else None),
        is_right=is_right(expected, given.verdict.outcome, given.point),
    )
