from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from navigation.deadline import Deadline
from navigation.errors import OcrFailedError, OcrTimeoutError, OcrUnavailableError
from navigation.ocr.pytesseract_reader import PytesseractReader, parse_tsv
from navigation.types import Box, Size
from tests.faults import fake_tesseract

GREY = np.full((200, 320), 255, np.uint8)
HEADER = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"


def _screen(text: str) -> np.ndarray:
    picture = Image.new("L", (640, 120), 255)
    ImageDraw.Draw(picture).text((30, 40), text, fill=0, font=ImageFont.load_default(32))
    return np.asarray(picture)


def test_the_real_program_reads_french_words_with_their_boxes() -> None:
    words = PytesseractReader().read(_screen("Valider la sortie"), layout="sparse", deadline=Deadline.after(30))
    assert [word.text for word in words] == ["Valider", "la", "sortie"]
    assert len({word.line for word in words}) == 1
    first = words[0]
    assert 25 <= first.box.x <= 35
    assert 40 <= first.box.y <= 60
    assert 0.5 < first.confidence <= 1


def test_the_version_names_program_and_language() -> None:
    version, language = PytesseractReader().version.split("/")
    assert version[0].isdigit()
    assert language == "fra"


def test_a_missing_program_names_its_package(tmp_path: Path) -> None:
    with pytest.raises(OcrUnavailableError, match=r"install tesseract-ocr$"):
        PytesseractReader(command=str(tmp_path / "nowhere"))


def test_a_program_that_may_not_be_run_is_unavailable(tmp_path: Path) -> None:
    fake_tesseract.write(tmp_path, "good").chmod(0o644)
    with pytest.raises(OcrUnavailableError, match="may not be run"):
        PytesseractReader(command=str(tmp_path / "tesseract"))


def test_missing_french_is_said_by_name_and_never_replaced(tmp_path: Path) -> None:
    program = fake_tesseract.write(tmp_path, "good", languages="eng")
    with pytest.raises(OcrUnavailableError, match="no language data for fra; install tesseract-ocr-fra"):
        PytesseractReader(command=str(program))


def test_one_missing_language_of_two_is_named_alone(tmp_path: Path) -> None:
    program = fake_tesseract.write(tmp_path, "good")
    with pytest.raises(OcrUnavailableError, match="for chi_sim; install tesseract-ocr-chi-sim"):
        PytesseractReader(command=str(program), language="fra+chi_sim")


def test_the_real_program_without_data_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(OcrUnavailableError, match="tesseract-ocr-fra"):
        PytesseractReader(tessdata=tmp_path)


def test_a_program_that_is_too_old_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OcrUnavailableError, match="too old"):
        PytesseractReader(command=str(fake_tesseract.write(tmp_path, "good", version="3.4.1")))


def test_a_program_that_is_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OcrUnavailableError, match="does not say its version"):
        PytesseractReader(command=str(fake_tesseract.write(tmp_path, "good", version="of another kind")))


def test_a_program_removed_after_the_start_is_unavailable(tmp_path: Path) -> None:
    reader = PytesseractReader(command=str(fake_tesseract.write(tmp_path, "good")))
    (tmp_path / "tesseract").unlink()
    with pytest.raises(OcrUnavailableError, match="no longer there"):
        reader.read(GREY, layout="sparse", deadline=Deadline.after(10))


FAILURES = ["crash", "exit 1", "exit 0 without an answer", "garbage", "garbage in rows", "html", "empty"]


@pytest.mark.parametrize("fault", [*FAILURES, "NaN confidence", "NaN box", "64 MB of stderr"])
def test_what_is_not_an_answer_is_a_failure_and_not_an_empty_screen(tmp_path: Path, fault: str) -> None:
    reader = PytesseractReader(command=str(fake_tesseract.write(tmp_path, fault)))
    with pytest.raises(OcrFailedError):
        reader.read(GREY, layout="sparse", deadline=Deadline.after(30))


def test_data_removed_after_the_start_is_unavailable_and_names_the_package(tmp_path: Path) -> None:
    reader = PytesseractReader(command=str(fake_tesseract.write(tmp_path, "data removed")))
    with pytest.raises(OcrUnavailableError, match="tesseract-ocr-fra"):
        reader.read(GREY, layout="line", deadline=Deadline.after(10))


def test_boxes_are_clipped_and_those_outside_dropped(tmp_path: Path) -> None:
    reader = PytesseractReader(command=str(fake_tesseract.write(tmp_path, "boxes outside")))
    words = reader.read(GREY, layout="sparse", deadline=Deadline.after(10))
    assert [word.box for word in words] == [Box(0, 0, 15, 15), Box(310, 190, 10, 10)]


def test_a_word_without_confidence_is_dropped(tmp_path: Path) -> None:
    reader = PytesseractReader(command=str(fake_tesseract.write(tmp_path, "no confidence")))
    assert reader.read(GREY, layout="sparse", deadline=Deadline.after(10)) == []


def test_no_time_left_is_a_timeout() -> None:
    with pytest.raises(OcrTimeoutError):
        PytesseractReader().read(GREY, layout="sparse", deadline=Deadline.after(0))


def test_an_empty_screen_has_no_words() -> None:
    assert PytesseractReader().read(GREY, layout="block", deadline=Deadline.after(30)) == []


def test_an_answer_longer_than_a_megabyte_is_refused() -> None:
    with pytest.raises(OcrFailedError, match="too long"):
        list(parse_tsv(HEADER + "x" * 1024 * 1024, Size(10, 10), reader="pytesseract"))


@given(st.text(alphabet=st.sampled_from("5\t\n0123456789-.enafi\u2028\x0b "), max_size=200))
def test_any_table_gives_words_inside_the_picture_or_a_failure(rows: str) -> None:
    size = Size(100, 50)
    try:
        words = list(parse_tsv(HEADER + rows, size, reader="pytesseract"))
    except OcrFailedError:
        return
    for word in words:
        assert 0 <= word.box.x < word.box.right <= size.width
        assert 0 <= word.box.y < word.box.bottom <= size.height
        assert 0 <= word.confidence <= 1
