"""The readers behind `OcrEngine`. Heavy libraries are imported only by the reader that needs them."""

from __future__ import annotations

import logging

from navigation.errors import OcrUnavailableError
from navigation.protocols import OcrEngine
from navigation.settings import Settings

_log = logging.getLogger(__name__)


def open_reader(settings: Settings) -> OcrEngine:
    """The first reader of `settings.readers` that can run here.

    Falling back to a further one is logged. Raises OcrUnavailableError, saying why for each, when none can.
    """
    reasons: list[str] = []
    for name in settings.readers:
        try:
            return open_named_reader(name, settings)
        except OcrUnavailableError as err:
            reasons.append(f"{name}: {err.detail}")
            _log.warning("reader unavailable reader=%s detail=%s", name, err.detail)
    raise OcrUnavailableError(settings.readers[0], "; ".join(reasons))


def open_named_reader(name: str, settings: Settings) -> OcrEngine:
    """One reader in this process. Raises OcrUnavailableError."""
    if name == "tesserocr":
        from navigation.ocr.tesserocr_reader import TesserocrReader

        return TesserocrReader(language=settings.language, tessdata=settings.tessdata, size=settings.threads)
    if name == "pytesseract":
        from navigation.ocr.pytesseract_reader import PytesseractReader

        return PytesseractReader(language=settings.language, tessdata=settings.tessdata, command=settings.tesseract_cmd)
    raise OcrUnavailableError(name, "this reader is not installed; install the extra of its name")
