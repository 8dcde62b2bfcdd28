"""Tesseract in process through tesserocr: no start-up per picture, and the interpreter lock is released."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

import numpy as np

from navigation.deadline import Deadline
from navigation.errors import OcrFailedError, OcrTimeoutError, OcrUnavailableError
from navigation.protocols import GreyImage, Layout
from navigation.types import Box, Word

_PSM = {"sparse": 11, "line": 7, "block": 6}  # tesseract's page segmentation modes

TESSDATA_FOLDERS = (
    Path("/usr/share/tesseract-ocr/5/tessdata"),
    Path("/usr/share/tesseract-ocr/4.00/tessdata"),
    Path("/usr/share/tessdata"),
    Path("/usr/local/share/tessdata"),
    Path("/opt/homebrew/share/tessdata"),
)


def find_tessdata(configured: Path | None, languages: Sequence[str], *, reader: str) -> Path:
    """The folder that holds `<language>.traineddata` for every language asked for.

    Raises OcrUnavailableError naming the missing language and Debian's package for it.
    """
    folders = [configured] if configured else [f for f in TESSDATA_FOLDERS if f.is_dir()]
    missing = list(languages)
    for folder in folders:
        missing = [lang for lang in languages if not (folder / f"{lang}.traineddata").is_file()]
        if not missing:
            return folder
    packages = " ".join(f"tesseract-ocr-{lang.replace('_', '-')}" for lang in missing)
    raise OcrUnavailableError(reader, f"no language data for {', '.join(missing)}; install {packages}")


class TesserocrReader:
    """An OcrEngine; keeps up to `size` tesseract instances, each used by one thread at a time."""

    name = "tesserocr"

    def __init__(self, *, language: str = "fra", tessdata: Path | None = None, size: int = 2) -> None:
        try:
            import tesserocr
        except ImportError as err:
            raise OcrUnavailableError(self.name, "the package tesserocr is not installed; run pip install") from err
        os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # one thread an instance; more of them only fight
        self._library: Any = tesserocr
        self._language = language
        self._folder = find_tessdata(tessdata, language.split("+"), reader=self.name)
        self._idle: LifoQueue[Any] = LifoQueue()
        self._spare = size
        self.version = f"{tesserocr.tesseract_version().split()[1]}/{language}"
        with self._instance(Deadline.after(60)):
            pass  # opens one now, so that a broken installation shows at start

    def read(self, grey: GreyImage, *, layout: Layout, deadline: Deadline) -> Sequence[Word]:
        """See `OcrEngine.read`; stops inside tesseract when the deadline passes."""
        if deadline.has_passed:
            raise OcrTimeoutError(self.name, "no time left")
        with self._instance(deadline) as api:
            height, width = grey.shape
            api.SetPageSegMode(_PSM[layout])
            api.SetImageBytes(np.ascontiguousarray(grey).tobytes(), width, height, 1, width)
            try:
                if not api.Recognize(max(1, int(deadline.remaining_s * 1000))):
                    raise OcrTimeoutError(self.name, "reading took longer than allowed")
                return list(_words(self._library, api, width, height))
            except RuntimeError as err:
                raise OcrFailedError(self.name, "tesseract could not read the picture") from err
            finally:
                api.Clear()

    @contextmanager
    def _instance(self, deadline: Deadline) -> Iterator[Any]:
        api = self._take(deadline)
        try:
            yield api
        finally:
            self._idle.put(api)

    def _take(self, deadline: Deadline) -> Any:
        try:
            return self._idle.get_nowait()
        except Empty:
            if self._spare > 0:
                self._spare -= 1
                return self._open()
        try:
            return self._idle.get(timeout=deadline.remaining_s)
        except Empty:
            raise OcrTimeoutError(self.name, "every reader stayed busy") from None

    def _open(self) -> Any:
        try:
            api = self._library.PyTessBaseAPI(path=str(self._folder), lang=self._language)
        except RuntimeError as err:
            raise OcrUnavailableError(self.name, "tesseract does not start with its language data") from err
        api.SetVariable("debug_file", os.devnull)
        return api


def _words(library: Any, api: Any, width: int, height: int) -> Iterator[Word]:
    iterator = api.GetIterator()
    if iterator is None:
        return
    level, line_level = library.RIL.WORD, library.RIL.TEXTLINE
    line = 0
    for item in library.iterate_level(iterator, level):
        if item.IsAtBeginningOf(line_level):
            line += 1
        bounds = item.BoundingBox(level)
        try:
            text = item.GetUTF8Text(level)
        except RuntimeError:  # tesseract has no text for this blob
            continue
        if not bounds or not text or not text.strip():
            continue
        left, top = max(0, bounds[0]), max(0, bounds[1])
        right, bottom = min(width, bounds[2]), min(height, bounds[3])
        if right > left and bottom > top:
            confidence = min(1.0, max(0.0, item.Confidence(level) / 100))
            yield Word(text.strip(), Box(left, top, right - left, bottom - top), confidence, line)
