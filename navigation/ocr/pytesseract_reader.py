"""The tesseract program, started once per picture through pytesseract: slower than in process, works anywhere.

In the server it runs inside a worker of the pool, which ends the program and whatever it started. Used as a
library, a timeout ends tesseract itself only, and pytesseract keeps the picture in the temporary folder meanwhile.
"""

from __future__ import annotations

import math
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytesseract
from PIL import Image

from navigation.deadline import Deadline
from navigation.errors import OcrFailedError, OcrTimeoutError, OcrUnavailableError
from navigation.protocols import GreyImage, Layout
from navigation.types import Box, Size, Word

_PSM = {"sparse": 11, "line": 7, "block": 6}  # tesseract's page segmentation modes
_MIN_VERSION = (4, 1)  # the first with stable LSTM models, which the language data of today needs
_ASK_S = 10.0
MAX_TSV_CHARS = 1024 * 1024
"""Longest answer taken from tesseract; a screen full of text gives about 200,000."""

_COLUMNS = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
_WIDTH = 12
_WORD_LEVEL = "5"


class PytesseractReader:
    """An OcrEngine. pytesseract keeps the program's path in a module variable, so one path a process."""

    name = "pytesseract"

    def __init__(self, *, language: str = "fra", tessdata: Path | None = None, command: str = "tesseract") -> None:
        """Raises OcrUnavailableError when the program or the data of a language is missing, naming the package."""
        os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # one thread a program; more of them only fight
        found = shutil.which(command)
        if found is None:
            raise self._unavailable("tesseract is not installed or may not be run; install tesseract-ocr")
        self._command = found
        self._language = language
        self._data = ["--tessdata-dir", str(tessdata)] if tessdata else []
        self.version = f"{self._checked_version()}/{language}"
        self._check_languages()

    def read(self, grey: GreyImage, *, layout: Layout, deadline: Deadline) -> Sequence[Word]:
        """See `OcrEngine.read`; ends tesseract when the deadline passes."""
        if deadline.has_passed:
            raise OcrTimeoutError(self.name, "no time left")
        height, width = grey.shape
        return list(parse_tsv(self._run(grey, layout, deadline), Size(width, height), reader=self.name))

    def _run(self, grey: GreyImage, layout: Layout, deadline: Deadline) -> str:
        picture = Image.fromarray(grey)
        picture.format = "PPM"  # how pytesseract hands it over: uncompressed, and without an invented resolution
        pytesseract.pytesseract.tesseract_cmd = self._command
        config = shlex.join([*self._data, "--psm", str(_PSM[layout])])
        try:
            answer = pytesseract.image_to_data(
                picture, lang=self._language, config=config, timeout=max(0.001, deadline.remaining_s)
            )
        except pytesseract.TesseractNotFoundError as err:
            raise self._unavailable("tesseract is no longer there; install tesseract-ocr") from err
        except PermissionError as err:
            raise self._unavailable("tesseract may not be run; check its permissions") from err
        except pytesseract.TesseractError as err:
            if "loading language" in str(err.message) or "traineddata" in str(err.message):
                raise self._missing_data([self._language]) from err
            raise OcrFailedError(self.name, f"tesseract ended with status {err.status}") from err
        except RuntimeError as err:  # what pytesseract raises when its time is up
            raise OcrTimeoutError(self.name, "tesseract took longer than allowed") from err
        except (OSError, UnicodeDecodeError, MemoryError) as err:
            raise OcrFailedError(self.name, "tesseract left no answer that can be read") from err
        return str(answer)

    def _checked_version(self) -> str:
        match = re.search(r"tesseract v?(\d+)\.(\d+)([.\w-]*)", self._ask("--version"))
        if match is None:
            raise self._unavailable("the program named tesseract does not say its version")
        if (int(match[1]), int(match[2])) < _MIN_VERSION:
            raise self._unavailable("tesseract is too old; 4.1 or later is needed")
        return f"{match[1]}.{match[2]}{match[3]}"

    def _check_languages(self) -> None:
        """Never falls back to another language: English data would misread accents without a sign of it."""
        there = set(self._ask(*self._data, "--list-langs").split())
        missing = [lang for lang in self._language.split("+") if lang not in there]
        if missing:
            raise self._missing_data(missing)

    def _ask(self, *args: str) -> str:
        try:
            done = subprocess.run(
                [self._command, *args],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_ASK_S,
                check=False,
            )
        except subprocess.TimeoutExpired as err:
            raise OcrTimeoutError(self.name, "tesseract did not say its version in time") from err
        except OSError as err:
            raise self._unavailable("tesseract cannot be started; reinstall tesseract-ocr") from err
        return done.stdout.decode("utf-8", "replace")

    def _missing_data(self, languages: Sequence[str]) -> OcrUnavailableError:
        packages = " ".join(f"tesseract-ocr-{lang.replace('_', '-')}" for lang in languages)
        return self._unavailable(f"no language data for {', '.join(languages)}; install {packages}")

    def _unavailable(self, detail: str) -> OcrUnavailableError:
        return OcrUnavailableError(self.name, detail)


def parse_tsv(text: str, size: Size, *, reader: str) -> Iterator[Word]:
    """The words of tesseract's TSV, boxes clipped to the picture; words outside it or without confidence dropped.

    Raises OcrFailedError for anything that is not such a table, rather than taking what looks right.
    """
    if len(text) > MAX_TSV_CHARS:
        raise OcrFailedError(reader, "tesseract's answer is too long")
    header, *rows = text.rstrip("\n").split("\n")  # not splitlines(): a word may hold a stranger line separator
    if header != _COLUMNS:
        raise OcrFailedError(reader, "tesseract's answer is not a table of words")
    lines: dict[tuple[str, ...], int] = {}
    for row in (row.split("\t") for row in rows):
        if len(row) != _WIDTH:
            raise OcrFailedError(reader, "a row of tesseract's answer is incomplete")
        if row[0] != _WORD_LEVEL:
            continue
        box, confidence = _clipped(row[6:10], size, reader), _confidence(row[10], reader)
        if box and confidence is not None and row[11].strip():
            yield Word(row[11].strip(), box, confidence, lines.setdefault(tuple(row[1:5]), len(lines) + 1))


def _clipped(numbers: Sequence[str], size: Size, reader: str) -> Box | None:
    try:
        left, top, width, height = (int(number) for number in numbers)
    except ValueError:
        raise OcrFailedError(reader, "a box in tesseract's answer is not made of numbers") from None
    right, bottom = min(left + width, size.width), min(top + height, size.height)
    left, top = max(0, left), max(0, top)
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


def _confidence(number: str, reader: str) -> float | None:
    """0..1; None for tesseract's -1, "no text here"."""
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise OcrFailedError(reader, "a confidence in tesseract's answer is not a number")
    return min(1.0, value / 100) if value >= 0 else None
