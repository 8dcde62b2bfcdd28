"""Readers as processes that are ended at the deadline: the OcrEngine that the server uses.

A fault costs one worker, which is killed with everything it started, reaped and replaced; the next request
meets a new one. No thread is kept here: whoever asks for a reading waits for it, up to its own deadline.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from navigation.deadline import Deadline
from navigation.errors import OcrError, OcrFailedError, OcrTimeoutError, OcrUnavailableError
from navigation.ocr import wire
from navigation.ocr.process import WorkerProcess, sweep_folders
from navigation.protocols import GreyImage, Layout
from navigation.settings import Settings
from navigation.types import Box, Size, Word

MAX_USES = 1000
"""Readings after which a worker is replaced, so that what a library leaks stays small."""
_START_S = 60.0
_CLOSED = "the reader was closed"

_FAULTS: Mapping[str, type[OcrError]] = {
    "unavailable": OcrUnavailableError,
    "timeout": OcrTimeoutError,
    "failed": OcrFailedError,
}


class ReaderPool:
    """`size` workers that each run the reader named `reader`. Safe to share between threads."""

    def __init__(self, settings: Settings, *, size: int, reader: str) -> None:
        """Starts the workers without waiting for them; a reader that cannot run shows at first use."""
        self.name = reader
        self._spec = {
            "reader": reader,
            "language": settings.language,
            "tessdata": str(settings.tessdata) if settings.tessdata else "",
            "tesseract_cmd": settings.tesseract_cmd,
            "threads": str(max(1, settings.threads // size) if size else 1),
        }
        self._change = threading.Condition()
        self._busy: set[WorkerProcess] = set()
        self._is_closed = False
        self._version = ""
        self._is_available = True
        sweep_folders()
        self._idle: list[WorkerProcess | None] = [WorkerProcess(self._spec) for _ in range(size)]

    @property
    def version(self) -> str:
        """Of the reader and its languages. Raises OcrUnavailableError when it cannot run."""
        if not self._version:
            with self._worker(Deadline.after(_START_S)):
                pass
        return self._version

    @property
    def is_available(self) -> bool:
        """Whether the reader could run when it was last asked; asks nothing now."""
        return self._is_available

    def read(self, grey: GreyImage, *, layout: Layout, deadline: Deadline) -> Sequence[Word]:
        """See `OcrEngine.read`. Waits for a free worker and for its answer, together up to the deadline."""
        height, width = grey.shape
        with self._worker(deadline) as worker:
            request = {"layout": layout, "width": width, "height": height, "seconds": deadline.remaining_s}
            answer = worker.ask(request, np.ascontiguousarray(grey).data.cast("B"), deadline=deadline)
            self._raise_fault(answer)
            return _words(answer, Size(width, height), self.name)

    def close(self) -> None:
        """End every worker at once; whoever waits for one gets OcrFailedError."""
        with self._change:
            self._is_closed = True
            idle, self._idle, busy = self._idle, [], set(self._busy)
            self._change.notify_all()
        for worker in busy:
            worker.kill()  # the thread that uses it ends it
        for worker in filter(None, idle):
            worker.end()

    @contextmanager
    def _worker(self, deadline: Deadline) -> Iterator[WorkerProcess]:
        """A worker that is ready, ours for the time of the block; any fault in the block costs the worker."""
        worker = self._take(deadline)
        keep: WorkerProcess | None = None
        try:
            hello = worker.hello(deadline=deadline)
            self._raise_fault(hello)
            self._version = str(hello["version"])
            yield worker
            keep = worker if worker.uses < MAX_USES else None
        except TimeoutError:
            raise OcrTimeoutError(self.name, "reading took longer than allowed") from None
        except (OSError, wire.WireError, KeyError) as err:
            detail = _CLOSED if self._is_closed else "the reader's process ended in the middle of its work"
            raise OcrFailedError(self.name, detail) from err
        finally:
            self._give_back(worker, keep)

    def _take(self, deadline: Deadline) -> WorkerProcess:
        with self._change:
            while not self._idle and not self._is_closed:
                if not self._change.wait(deadline.remaining_s):
                    raise OcrTimeoutError(self.name, "every reader stayed busy")
            if self._is_closed:
                raise OcrFailedError(self.name, _CLOSED)
            worker = self._idle.pop()
            try:
                worker = worker or WorkerProcess(self._spec)
            except OSError as err:  # no process, handle or room to be had
                self._idle.insert(0, None)
                raise OcrFailedError(self.name, "the system has no room for another reader") from err
            self._busy.add(worker)
            return worker

    def _give_back(self, worker: WorkerProcess, keep: WorkerProcess | None) -> None:
        """Put the worker back, or a fresh one in its place."""
        if keep is None:
            worker.end()
        with self._change:
            self._busy.discard(worker)
            if self._is_closed:
                worker.end()
                return
            if keep is None and worker.uses:  # one that never became ready would fail again: wait until asked
                with suppress(OSError):
                    keep = WorkerProcess(self._spec)
            # The warmest is taken first: from the end of the list.
            self._idle.insert(len(self._idle) if keep is worker else 0, keep)
            self._change.notify()

    def _raise_fault(self, answer: Mapping[str, Any]) -> None:
        fault = answer.get("fault")
        self._is_available = fault != "unavailable"
        if fault is not None:
            raise _FAULTS.get(str(fault), OcrFailedError)(self.name, str(answer.get("detail", "")))


def _words(answer: Mapping[str, Any], size: Size, reader: str) -> list[Word]:
    """The answer's words, each checked: what comes out of a process that met a hostile picture is untrusted."""
    try:
        return [_word(item, size) for item in answer["words"]]
    except (KeyError, TypeError, ValueError) as err:
        raise OcrFailedError(reader, "the reader's process answered something else than words") from err


def _word(item: Sequence[Any], size: Size) -> Word:
    text, x, y, w, h, confidence, line = item
    numbers = (x, y, w, h, line)
    if not (isinstance(text, str) and text and all(type(number) is int for number in numbers)):
        raise ValueError("not a word")
    if not (0 <= x < x + w <= size.width and 0 <= y < y + h <= size.height):
        raise ValueError("a box outside the picture")
    if not (math.isfinite(confidence) and 0 <= confidence <= 1):
        raise ValueError("not a confidence")
    return Word(text, Box(x, y, w, h), float(confidence), line)
