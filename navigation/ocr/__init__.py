"""The readers behind `OcrEngine`. Heavy libraries are imported only by the reader that needs them."""

from __future__ import annotations

import logging
import shutil
from importlib.util import find_spec

from navigation.errors import OcrUnavailableError
from navigation.protocols import OcrEngine
from navigation.settings import Settings

SECOND_READER = "rapidocr"
"""The reader that is asked for single lines when another one reads the page: better on these, slower on a page."""

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


def open_second_reader(settings: Settings, first: OcrEngine) -> OcrEngine | None:
    """The reader for what the first leaves in doubt, or None where it is not asked for or cannot run.

    Without it faint texts and texts on coloured controls stay unread more often, and are refused.
    """
    if SECOND_READER not in settings.readers or first.name == SECOND_READER:
        return None
    try:
        return open_named_reader(SECOND_READER, settings)
    except OcrUnavailableError as err:
        _log.info("no second reader, so faint and coloured texts stay unread more often detail=%s", err.detail)
        return None


def installed_readers(settings: Settings) -> list[str]:
    """Names of `settings.readers` whose program or packages are here; none is started."""
    present = {
        "tesserocr": find_spec("tesserocr") is not None,
        "pytesseract": shutil.which(settings.tesseract_cmd) is not None,
        "rapidocr": all(find_spec(package) for package in ("rapidocr", "onnxruntime")),
    }
    return [name for name in settings.readers if present.get(name)]


def open_named_reader(name: str, settings: Settings) -> OcrEngine:
    """One reader in this process. Raises OcrUnavailableError."""
    if name == "tesserocr":
        from navigation.ocr.tesserocr_reader import TesserocrReader

        return TesserocrReader(language=settings.language, tessdata=settings.tessdata, size=settings.threads)
    if name == "pytesseract":
        from navigation.ocr.pytesseract_reader import PytesseractReader

        return PytesseractReader(language=settings.language, tessdata=settings.tessdata, command=settings.tesseract_cmd)
    if name == "rapidocr":
        from navigation.ocr.rapidocr_reader import RapidocrReader

        return RapidocrReader(threads=settings.threads)
    raise OcrUnavailableError(name, "there is no reader of this name")
