from navigation.ocr import installed_readers
from navigation.settings import Settings


def test_readers_of_this_machine_are_named_in_the_order_asked_for() -> None:
    assert installed_readers(Settings(readers=("rapidocr", "tesserocr"))) == ["rapidocr", "tesserocr"]


def test_what_is_not_here_or_not_known_is_left_out() -> None:
    settings = Settings(readers=("pytesseract", "unknown", "tesserocr"), tesseract_cmd="no-such-program")
    assert installed_readers(settings) == ["tesserocr"]
