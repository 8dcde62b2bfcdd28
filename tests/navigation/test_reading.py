"""Reading with two readers: the second reads what the first leaves in doubt; one that fails is left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import ImageDraw

from navigation.deadline import Deadline
from navigation.errors import OcrFailedError
from navigation.imaging import pixel_sha256
from navigation.ocr import open_named_reader
from navigation.protocols import GreyImage, Layout, OcrEngine, RgbImage
from navigation.reading import SECOND, PageReader
from navigation.settings import Settings
from navigation.types import Page, Word
from tests.navigation.screens import Drawing, font

FAINT = (205, 208, 212)


@pytest.fixture(scope="module")
def first() -> OcrEngine:
    return open_named_reader("tesserocr", Settings())


@pytest.fixture(scope="module")
def second() -> OcrEngine:
    return open_named_reader("rapidocr", Settings())


class Failing:
    """A second reader that cannot read."""

    name, version = "rapidocr", "1"

    def read(self, grey: GreyImage, *, layout: Layout, deadline: Deadline) -> Sequence[Word]:
        raise OcrFailedError(self.name, "the picture could not be read")


def screen() -> RgbImage:
    drawing = Drawing().text("Précédent", 300, 300, size=12, colour=FAINT).text("Identifiant", 300, 200)
    return np.asarray(drawing.button("Valider", 300, 400).image.convert("RGB"))


def read(reader: PageReader) -> Page:
    rgb = screen()
    return reader.read(rgb, image_id=pixel_sha256(rgb), deadline=Deadline.after(60))


def test_a_faint_text_is_read_by_one_of_the_two_and_kept_apart(first: OcrEngine, second: OcrEngine) -> None:
    reader = PageReader(first, second=second)
    page = reader.read_deeper(read(reader), screen(), deadline=Deadline.after(60))
    assert "Précédent" in [p.text for p in page.phrases]
    assert {w.text for w in page.second_words} >= {"Précédent", "Identifiant", "Valider"}
    second_texts = {w.text for w in page.second_words}
    assert all(set(p.text.split()) <= second_texts for p in page.phrases if p.source.startswith(SECOND))
    assert "rapidocr" in page.settings_key


def test_words_carry_how_they_are_drawn(first: OcrEngine) -> None:
    words = {w.text: w for w in read(PageReader(first)).words}
    ink, ground = words["Valider"].ink, words["Valider"].ground
    assert ink is not None
    assert ground is not None
    assert min(ink) > 200
    assert ground[1] > ground[0] + 60  # white on the green button


def test_a_second_reader_that_fails_changes_nothing(first: OcrEngine) -> None:
    alone, failing = read(PageReader(first)), PageReader(first, second=Failing())
    page = read(failing)
    assert page.phrases == alone.phrases
    assert failing.read_deeper(page, screen(), deadline=Deadline.after(60)).phrases == alone.phrases


def test_without_a_second_reader_a_deeper_reading_is_the_same_page(first: OcrEngine) -> None:
    reader = PageReader(first)
    page = read(reader)
    assert reader.read_deeper(page, screen(), deadline=Deadline.after(60)) is page


@pytest.mark.parametrize(("room", "count"), [(0, 0), (8, 1)], ids=["noise of compression", "button"])
def test_a_rectangle_close_around_a_word_is_no_control(first: OcrEngine, room: int, count: int) -> None:
    drawing = Drawing()
    left, top, right, bottom = (int(v) + 300 for v in font(15).getbbox("Consultations"))
    ground = (left - 1 - room, top - 1 - room, right + room, bottom + room)
    ImageDraw.Draw(drawing.image).rectangle(ground, fill=(230, 232, 236))
    drawing.text("Consultations", 300, 300)
    rgb = np.asarray(drawing.image.convert("RGB"))
    page = PageReader(first).read(rgb, image_id=pixel_sha256(rgb), deadline=Deadline.after(60))
    assert len([c for c in page.controls if c.box.w > 44]) == count
