"""What was read lately is not read again, and says the same: with the real reader, on drawn screens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from navigation.deadline import Deadline
from navigation.errors import OcrTimeoutError
from navigation.ocr.tesserocr_reader import TesserocrReader
from navigation.protocols import GreyImage, Layout, OcrEngine
from navigation.reading import PageReader
from navigation.rereading import Kept, Rereader
from navigation.types import Page, Word
from navigation.vision import median_ground
from tests.navigation import screens


class Counted:
    """The real reader; counts the pixels that it was given."""

    def __init__(self, reader: OcrEngine) -> None:
        self.name, self.version = reader.name, reader.version
        self._reader = reader
        self._lock = threading.Lock()
        self.pixels = 0

    def read(self, grey: GreyImage, *, layout: Layout, deadline: Deadline) -> Sequence[Word]:
        with self._lock:
            self.pixels += grey.size
        return self._reader.read(grey, layout=layout, deadline=deadline)


@pytest.fixture(scope="module")
def tesserocr() -> TesserocrReader:
    return TesserocrReader()


def read(pages: PageReader, image: Image.Image) -> Page:
    return pages.read(np.asarray(image), image_id="a picture", deadline=Deadline.after(60))


def said(page: Page) -> tuple[object, ...]:
    return page.words, page.phrases, page.controls, page.size, page.settings_key


def dialog_opened() -> Image.Image:
    image = screens.board()
    pen = ImageDraw.Draw(image)
    pen.rectangle((420, 380, 940, 560), fill=(255, 255, 255), outline=screens.GREY, width=1)
    pen.text((450, 410), "Suspendre cette prescription ?", font=screens.font(18), fill=screens.INK)
    pen.rounded_rectangle((450, 490, 580, 526), 5, fill=screens.GREEN)
    pen.text((472, 499), "Confirmer", font=screens.font(15), fill=screens.WHITE)
    return image


def list_changed() -> Image.Image:
    image = screens.board()
    pen = ImageDraw.Draw(image)
    pen.rectangle((30, 270, 600, 310), fill=(246, 248, 251))
    pen.text((40, 280), "ROUSSEL Émile", font=screens.font(15), fill=screens.INK)
    return image


def caret_shown() -> Image.Image:
    image = screens.board()
    ImageDraw.Draw(image).line((700, 600, 700, 618), fill=screens.INK, width=1)
    return image


def scrolled() -> Image.Image:
    image, board = screens.board(), screens.board()
    image.paste(board.crop((0, 130, 1366, 700)), (0, 198))
    return image


def dark() -> Image.Image:
    return ImageOps.invert(screens.board())


@pytest.mark.parametrize(
    ("change", "most"),
    [(dialog_opened, 0.45), (list_changed, 0.25), (caret_shown, 0.01), (scrolled, 0.6)],
    ids=["dialog opened", "list changed", "caret shown", "scrolled"],
)
def test_only_what_changed_is_read_and_the_page_is_a_cold_one(
    change: Callable[[], Image.Image], most: float, tesserocr: TesserocrReader
) -> None:
    after = change()
    cold_reader, reader = Counted(tesserocr), Counted(tesserocr)
    cold = read(PageReader(cold_reader), after)
    pages = PageReader(reader)
    read(pages, screens.board())
    reader.pixels = 0
    assert said(read(pages, after)) == said(cold)
    assert reader.pixels <= most * cold_reader.pixels


def test_the_new_text_is_read(tesserocr: TesserocrReader) -> None:
    pages = PageReader(tesserocr)
    read(pages, screens.board())
    texts = {p.text for p in read(pages, dialog_opened()).phrases}
    assert {"Suspendre cette prescription ?", "Confirmer", "MARTIN Jeanne"} <= texts
    texts = {p.text for p in read(pages, list_changed()).phrases}
    assert "ROUSSEL Émile" in texts
    assert "DURAND Paul" not in texts


def test_another_theme_is_read_as_a_screen_never_seen(tesserocr: TesserocrReader) -> None:
    pages = PageReader(tesserocr)
    read(pages, screens.board())
    assert said(read(pages, dark())) == said(read(PageReader(tesserocr), dark()))


def test_a_long_way_through_screens_ends_where_a_cold_reading_does(tesserocr: TesserocrReader) -> None:
    pages = PageReader(tesserocr)
    for change in (screens.board, dialog_opened, list_changed, dialog_opened, scrolled, dark, caret_shown, scrolled):
        last = read(pages, change())
    assert said(last) == said(read(PageReader(tesserocr), scrolled()))


def test_another_reader_or_language_does_not_get_these_words(tesserocr: TesserocrReader) -> None:
    lately, grey = Rereader(), np.asarray(screens.board().convert("L"))
    other = Counted(tesserocr)
    other.version = "another"
    for reader in (tesserocr, other, other):
        lately.read(reader, grey[:60], layout="sparse", deadline=Deadline.after(60))
    assert other.pixels == grey[:60].size


def test_what_failed_is_read_again(tesserocr: TesserocrReader) -> None:
    lately, grey = Rereader(), np.asarray(screens.board().convert("L"))[:60]
    with pytest.raises(OcrTimeoutError):
        lately.read(tesserocr, grey, layout="sparse", deadline=Deadline.after(0))
    assert lately.read(tesserocr, grey, layout="sparse", deadline=Deadline.after(60))


@pytest.mark.parametrize("rows", [1, 20, 127, 128, 129, 300])
def test_the_ground_in_strips_is_the_ground_of_the_whole(rows: int) -> None:
    grey = np.random.default_rng(rows).integers(0, 255, (rows, 90), np.uint8)
    lately = Rereader()
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            assert np.array_equal(lately.ground(grey, pool)(), median_ground(grey))


def test_the_ground_given_away_may_be_painted_over() -> None:
    grey = np.full((200, 90), 7, np.uint8)
    lately = Rereader()
    with ThreadPoolExecutor(2) as pool:
        lately.ground(grey, pool)()[:] = 0
        assert (lately.ground(grey, pool)() == 7).all()


def test_what_was_not_used_longest_goes_first_and_too_much_is_not_kept() -> None:
    kept: Kept[int] = Kept(limit=3)
    made: list[int] = []

    def get(number: int, weight: int = 1) -> int:
        return kept.get(b"%d" % number, lambda: made.append(number) or number, lambda _: weight)

    for number in (1, 2, 3, 1, 4):
        assert get(number) == number
    get(1)
    get(2)
    assert made == [1, 2, 3, 4, 2]
    get(9, weight=4)
    get(9, weight=4)
    assert made[-2:] == [9, 9]


def test_kept_values_stay_within_the_limit_under_many_threads() -> None:
    kept: Kept[int] = Kept(limit=20)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: kept.get(b"%d" % (n % 50), lambda: n % 50, lambda v: 1 + v % 3), range(4000)))
    assert got == [n % 50 for n in range(4000)]
    held = kept._values
    assert kept._weight == sum(weight for _, weight in held.values()) <= 20
