"""The second reader, with its real models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from navigation.deadline import Deadline
from navigation.errors import OcrTimeoutError
from navigation.geometry import contains
from navigation.ocr import open_second_reader
from navigation.ocr.pool import ReaderPool
from navigation.ocr.rapidocr_reader import RapidocrReader
from navigation.protocols import OcrEngine
from navigation.settings import Settings
from navigation.types import Box, Word
from tests.navigation import screens


@pytest.fixture(scope="module")
def reader() -> RapidocrReader:
    return RapidocrReader()


def drawn(*texts: tuple[str, int, int], ground: int = 255, ink: int = 20, size: int = 15) -> np.ndarray:
    image = Image.new("L", (640, 200), ground)
    pen = ImageDraw.Draw(image)
    for text, x, y in texts:
        pen.text((x, y), text, font=screens.font(size), fill=ink)
    return np.asarray(image)


def read(reader: OcrEngine, grey: np.ndarray, layout: str = "sparse") -> Sequence[Word]:
    return reader.read(grey, layout=layout, deadline=Deadline.after(60))  # type: ignore[arg-type]


def test_a_page_is_read_line_by_line_with_a_box_for_each_word(reader: RapidocrReader) -> None:
    words = read(reader, drawn(("Prénom du patient", 40, 40), ("Identifiant", 300, 120)))
    assert [w.text for w in words] == ["Prénom", "du", "patient", "Identifiant"]
    assert len({w.line for w in words}) == 2
    assert contains(Box(36, 36, 160, 28), words[0].box)
    assert contains(Box(296, 116, 110, 28), words[3].box)
    assert words[0].box.right <= words[1].box.x


@pytest.mark.parametrize(("ground", "ink"), [(110, 255), (40, 90), (255, 190)], ids=["on colour", "dark", "faint"])
def test_a_line_that_is_pale_or_on_colour_is_read(reader: RapidocrReader, ground: int, ink: int) -> None:
    grey = drawn(("Ajouter une image", 12, 8), ground=ground, ink=ink)[:36, :170]
    assert " ".join(w.text for w in read(reader, grey, "line")) == "Ajouter une image"


def test_an_empty_picture_has_no_words(reader: RapidocrReader) -> None:
    assert list(read(reader, np.full((120, 300), 255, np.uint8))) == []
    assert list(read(reader, np.full((30, 100), 255, np.uint8), "line")) == []


def test_a_deadline_that_has_passed_is_a_timeout(reader: RapidocrReader) -> None:
    with pytest.raises(OcrTimeoutError):
        reader.read(drawn(("Valider", 40, 40)), layout="sparse", deadline=Deadline.after(0))


def test_it_reads_in_a_process_of_the_server_too() -> None:
    pool = ReaderPool(Settings(), size=1, reader="rapidocr")
    try:
        assert [w.text for w in read(pool, drawn(("Valider", 40, 40)))] == ["Valider"]
        assert "onnxruntime" in pool.version
    finally:
        pool.close()


def test_it_is_the_second_reader_only_where_it_is_asked_for_and_not_the_first(reader: RapidocrReader) -> None:
    assert open_second_reader(Settings(readers=("tesserocr",)), _Named("tesserocr")) is None
    assert open_second_reader(Settings(), reader) is None
    second = open_second_reader(Settings(), _Named("tesserocr"))
    assert second is not None
    assert second.name == "rapidocr"


class _Named:
    """A reader of which only the name is asked."""

    version = "1"

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self, grey: np.ndarray, *, layout: str, deadline: Deadline) -> Sequence[Word]:
        raise AssertionError("is not asked to read")
