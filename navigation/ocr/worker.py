"""A reader in a process of its own: `python -m navigation.ocr.worker CHANNEL LIFELINE`, started by the pool.

Tesseract may hang, crash or eat memory on a hostile picture; here that costs one process and not the server.
The two arguments are inherited file descriptors: a socket for requests, and a pipe whose other end only the
server holds, so that the kernel ends this whole process group when the server is gone, however it went.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from navigation.deadline import Deadline
from navigation.errors import OcrError, OcrTimeoutError, OcrUnavailableError
from navigation.ocr import wire
from navigation.protocols import OcrEngine
from navigation.types import Word

MAX_MEMORY_BYTES = 4 * 1024**3
"""Address space of a reader; the largest picture allowed, enlarged twice, needs about 2 GiB."""
MAX_ANSWER_FILE_BYTES = 8 * 1024**2
"""What a program started by the reader may write to a file."""
_OOM_SCORE = "800"  # of 1000: the kernel takes a reader before the server
_NICENESS = 10  # people looking at the console come first

FAULTS: dict[type[OcrError], str] = {OcrUnavailableError: "unavailable", OcrTimeoutError: "timeout"}


def main() -> None:
    channel, lifeline = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    _die_with_server(lifeline)
    _limit_self()
    spec = wire.receive(channel)
    try:
        reader = _open_reader(spec)
        wire.send(channel, {"version": reader.version})
    except OcrError as err:
        wire.send(channel, _fault(err))
        return
    with suppress(wire.WireError, ConnectionError):  # the server closed the channel: nothing is left to do
        while True:
            _serve_one(channel, reader)


def _serve_one(channel: socket.socket, reader: OcrEngine) -> None:
    request = wire.receive(channel)
    width, height = int(request["width"]), int(request["height"])
    picture = wire.receive_exactly(channel, width * height)
    grey = np.frombuffer(picture, np.uint8).reshape(height, width)
    limit = max(MAX_ANSWER_FILE_BYTES, grey.size + 4096)  # room for the picture that pytesseract hands over
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        words = reader.read(grey, layout=request["layout"], deadline=Deadline.after(request["seconds"]))
        answer: dict[str, Any] = {"words": [_flat(word) for word in words]}
        wire.send(channel, answer)
    except OcrError as err:
        wire.send(channel, _fault(err))
    except wire.WireError:
        wire.send(channel, {"fault": "failed", "detail": "it read more words than a screen can hold"})
    except MemoryError:
        wire.send(channel, {"fault": "failed", "detail": "it ran out of memory"})


def _open_reader(spec: dict[str, Any]) -> OcrEngine:
    language, tessdata = spec["language"], Path(spec["tessdata"]) if spec["tessdata"] else None
    if spec["reader"] == "tesserocr":
        from navigation.ocr.tesserocr_reader import TesserocrReader

        return TesserocrReader(language=language, tessdata=tessdata, size=1)
    if spec["reader"] == "pytesseract":
        from navigation.ocr.pytesseract_reader import PytesseractReader

        return PytesseractReader(language=language, tessdata=tessdata, command=spec["tesseract_cmd"])
    if spec["reader"] == "rapidocr":
        from navigation.ocr.rapidocr_reader import RapidocrReader

        return RapidocrReader(threads=int(spec.get("threads", 1)))
    raise OcrUnavailableError(spec["reader"], "there is no reader of this name")


def _flat(word: Word) -> Sequence[str | int | float]:
    box = word.box
    return [word.text, box.x, box.y, box.w, box.h, round(word.confidence, 4), word.line]


def _fault(err: OcrError) -> dict[str, str]:
    return {"fault": FAULTS.get(type(err), "failed"), "detail": err.detail}


def _die_with_server(lifeline: int) -> None:
    """End this process group once the server's end of the pipe closes; nothing is ever written to it.

    The kernel sends the signal by itself, so a reader stuck in native code dies too, and so does the
    program it started. (PR_SET_PDEATHSIG would follow the thread that started us, and spare that program.)
    """
    if sys.platform == "linux":
        import fcntl

        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()


def _watch(lifeline: int) -> None:
    """The same for systems without that signal, and for a server that was gone before it was asked for."""
    with suppress(OSError):
        os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def _limit_self() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > MAX_MEMORY_BYTES:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold a screen
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and programs inherit that
    os.nice(_NICENESS)
    # A session of its own is a scheduling group of its own, beside whose weight niceness counts for nothing (sched(7)).
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICENESS))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)


if __name__ == "__main__":
    main()
