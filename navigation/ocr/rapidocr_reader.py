"""PP-OCR through rapidocr and onnxruntime: slower than tesseract on a page, better on single crops. An extra.

The models come with the package; nothing is downloaded. It knows no language setting: one model reads Latin letters
with their accents.
"""

from __future__ import annotations

import logging
import threading
import unicodedata
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np

from navigation.deadline import Deadline
from navigation.errors import OcrFailedError, OcrTimeoutError, OcrUnavailableError
from navigation.ocr.line_words import Spelt, words_of_line
from navigation.protocols import GreyImage, Layout
from navigation.types import Box, Word

_LINE_HEIGHT = 48  # px; the height the recogniser works at
_LEAST_CONFIDENCE = 0.3  # below it the recogniser has seen no text


class RapidocrReader:
    """An OcrEngine. One call of the detector at a time; lines are recognised side by side."""

    name = "rapidocr"

    def __init__(self, *, threads: int = 2) -> None:
        try:
            from rapidocr import RapidOCR
        except ImportError as err:
            raise OcrUnavailableError(self.name, "install it with: pip install 'navconsole[rapidocr]'") from err
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)
        quiet = {"Global.log_level": "error", "Global.use_cls": False}
        try:
            self._detector: Any = RapidOCR(
                params={**quiet, "Global.use_rec": False, "EngineConfig.onnxruntime.intra_op_num_threads": threads}
            )
            self._recogniser: Any = RapidOCR(
                params={
                    **quiet,
                    "Global.use_det": False,
                    "Global.return_word_box": True,
                    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                }
            )
            self._recogniser(np.full((_LINE_HEIGHT, 160, 3), 255, np.uint8))  # loads the model now, not in an attempt
        except Exception as err:
            raise OcrUnavailableError(
                self.name, "its model does not load; install onnxruntime for this machine"
            ) from err
        self._one_page = threading.Lock()
        self.version = f"{version('rapidocr')}/onnxruntime-{version('onnxruntime')}"

    def read(self, grey: GreyImage, *, layout: Layout, deadline: Deadline) -> Sequence[Word]:
        """See `OcrEngine.read`. The deadline is looked at between lines: one line takes some ten milliseconds."""
        if deadline.has_passed:
            raise OcrTimeoutError(self.name, "no time left")
        picture = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
        if layout == "line":
            return self._line(picture, grey, Box(0, 0, grey.shape[1], grey.shape[0]), 1)
        words: list[Word] = []
        for number, box in enumerate(self._find_lines(picture), 1):
            if deadline.has_passed:
                raise OcrTimeoutError(self.name, "reading took longer than allowed")
            words += self._line(picture, grey, box, number)
        return words

    def _find_lines(self, picture: np.ndarray) -> list[Box]:
        """Upright boxes of the lines the detector sees, top to bottom."""
        height, width = picture.shape[:2]
        with self._one_page:
            corners = self._guarded(self._detector, picture).boxes
        boxes = []
        for quad in corners if corners is not None else ():
            left, top = (int(max(0, np.floor(v))) for v in quad.min(axis=0))
            right, bottom = int(min(width, np.ceil(quad[:, 0].max()))), int(min(height, np.ceil(quad[:, 1].max())))
            if right - left >= 3 and bottom - top >= 5:
                boxes.append(Box(left, top, right - left, bottom - top))
        return boxes

    def _line(self, picture: np.ndarray, grey: GreyImage, box: Box, number: int) -> list[Word]:
        part = picture[box.y : box.bottom, box.x : box.right]
        read = self._guarded(self._recogniser, np.ascontiguousarray(part))
        if not read.txts or not read.txts[0].strip() or read.scores[0] < _LEAST_CONFIDENCE:
            return []
        shade = grey[box.y : box.bottom, box.x : box.right]
        confidence = float(min(1.0, read.scores[0]))
        return words_of_line(_spelt(read.txts[0], read.word_results[0], box.w), confidence, shade, box, number)

    def _guarded(self, part: Any, picture: np.ndarray) -> Any:
        try:
            return part(picture)
        except Exception as err:
            raise OcrFailedError(self.name, "the picture could not be read") from err


def _spelt(text: str, letters: Any, width: int) -> list[Spelt]:
    """The words of a line with their place, from the columns in which the recogniser saw each letter."""
    columns = [column for group in letters.word_cols for column in group]
    unit = width / letters.line_txt_len
    words, used = [], 0
    for word in text.split():
        own = columns[used : used + len(word)]
        used += len(word)
        words.append(Spelt([(c, (x + 0.5) * unit) for c, x in zip(word, own, strict=False) if not _is_wide(c)]))
    return [word for word in words if word.letters]


def _is_wide(letter: str) -> bool:
    """A sign of an East Asian script: what the model sees in icons."""
    return unicodedata.east_asian_width(letter) in "WF"
