"""Reading a field back with a real reader, and comparing exactly: a value is right, or it is not a value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.protocols import GreyImage, Layout
from navigation.settings import Settings
from navigation.types import Box, Word
from navigation.values import ReadValue, compare_values, read_value, value_shows

FIELD = Box(20, 20, 361, 37)
WHITE, INK, DARK, PALE = (255, 255, 255), (20, 20, 20), (34, 36, 40), (230, 230, 230)


def field(
    value: str,
    *,
    size: int = 16,
    ink: tuple[int, int, int] = INK,
    ground: tuple[int, int, int] = WHITE,
    font: str = "LiberationSans-Regular.ttf",
    more: Callable[[ImageDraw.ImageDraw], None] = lambda pen: None,
) -> Image.Image:
    image = Image.new("RGB", (420, 160), (238, 240, 242))
    pen = ImageDraw.Draw(image)
    pen.rectangle((FIELD.x, FIELD.y, FIELD.right - 1, FIELD.bottom - 1), fill=ground, outline=(140, 140, 140))
    pen.text((30, 38.5), value, font=ImageFont.truetype(font, size), fill=ink, anchor="lm")
    more(pen)
    return image


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Settings())


VALUES = ["MARTIN Jeanne", "80012345", "8 004 127 351", "12/03/1958", "120/80", "Urgences adultes", "0,25 mg", "Box 7"]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("size", [14, 18, 22])
@pytest.mark.parametrize(("ink", "ground"), [(INK, WHITE), (PALE, DARK)], ids=["light", "dark"])
def test_a_value_is_read_back(
    engine: Engine, value: str, size: int, ink: tuple[int, int, int], ground: tuple[int, int, int]
) -> None:
    read = engine.read_value(field(value, size=size, ink=ink, ground=ground), FIELD)
    assert value_shows(value, read) == "same", read.readings


@pytest.mark.parametrize("font", ["LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "DejaVuSans.ttf"])
def test_a_dose_never_reads_as_another_one(engine: Engine, font: str) -> None:
    for size in (12, 13, 14, 16, 18, 22):
        for value, others in [("37,4", ("374", "3,74")), ("1,5", ("15", "1.5.")), ("0,25", ("025", "0,2"))]:
            read = engine.read_value(field(value, size=size, font=font), FIELD)
            assert not any(value_shows(other, read) == "same" for other in others)
            assert value_shows(value, read) != "different"


def test_a_field_with_nothing_in_it_is_empty(engine: Engine) -> None:
    assert engine.read_value(field(""), FIELD).status == "empty"


def test_a_caret_is_no_value(engine: Engine) -> None:
    caret = field("", more=lambda pen: pen.rectangle((30, 24, 31, 52), fill=INK))
    assert engine.read_value(caret, FIELD).status == "empty"


def arrow(pen: ImageDraw.ImageDraw) -> None:
    pen.polygon([(360, 35), (370, 35), (365, 41)], fill=INK)


def test_the_arrow_of_a_list_is_no_part_of_its_value(engine: Engine) -> None:
    assert engine.read_value(field("Urgences", more=arrow), FIELD).text == "Urgences"
    assert engine.read_value(field("", more=arrow), FIELD).status == "empty"


@pytest.mark.parametrize(("ink", "ground"), [((150, 150, 150), WHITE), ((110, 110, 110), DARK)])
def test_a_hint_is_no_value(engine: Engine, ink: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    read = engine.read_value(field("prenom.nom", ink=ink, ground=ground), FIELD)
    assert (read.status, read.text) == ("hint", "")
    assert value_shows("prenom.nom", read) == "unsure"


def test_dots_of_a_password_are_no_value(engine: Engine) -> None:
    read = engine.read_value(field("••••••••"), FIELD)
    assert read.status == "masked"
    assert value_shows("••••••••", read) == "unsure"


def test_what_is_no_field_is_not_read(engine: Engine) -> None:
    assert engine.read_value(field("x"), Box(415, 20, 200, 30)).status == "unsure"
    assert engine.read_value(field("x"), Box(20, 20, 6, 6)).status == "unsure"


class Reader:
    """Says another text at each reading."""

    name, version = "scripted", "1"

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)

    def read(self, grey: GreyImage, *, layout: Layout, deadline: Deadline) -> list[Word]:
        return [Word(part, Box(0, 0, 5, 5), 0.9) for part in self.texts.pop(0).split()]


@pytest.mark.parametrize(
    ("texts", "status", "text"),
    [
        (("Box 7", "Box 7"), "read", "Box 7"),
        (("Box 7", "Box 1"), "unsure", ""),
        (("", ""), "unsure", ""),
        (("Box 7", ""), "unsure", ""),
    ],
)
def test_only_two_like_readings_make_a_value(texts: tuple[str, str], status: str, text: str) -> None:
    read = read_value(Reader(*texts), np.asarray(field("Box 7")), FIELD, deadline=Deadline.after(5))
    assert (read.status, read.text, read.readings) == (status, text, texts)


def test_a_comma_that_both_readings_lost_makes_a_value_unsure() -> None:
    shown = np.asarray(field("12,5 mg", size=20))
    assert read_value(Reader("125 mg", "125 mg"), shown, FIELD, deadline=Deadline.after(5)).status == "unsure"
    assert read_value(Reader("12,5 mg", "12,5 mg"), shown, FIELD, deadline=Deadline.after(5)).status == "read"


def test_a_value_shows_nothing_in_its_repr() -> None:
    assert "MARTIN" not in repr(ReadValue("read", "MARTIN", ("MARTIN", "MARTIN")))


# --- comparing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "shown", "answer"),
    [
        ("MARTIN Jeanne", "Martin  jeanne", "same"),
        ("Hélène", "HELENE", "same"),
        ("l’été", "l'ete", "same"),
        ("37,4", "37.4", "same"),
        ("12/03/1958", "12.03.1958", "same"),
        ("12/03/1958", "1958-03-12", "same"),
        ("12/03/1958", "12/3/1958", "same"),
        ("1 g", "1g", "same"),
        ("12/03/1958", "03/12/1958", "different"),
        ("12/03/1958", "12/03/1985", "different"),
        ("37,4", "374", "different"),
        ("1,25", "12,5", "different"),
        ("-5", "5", "different"),
        ("MARTIN Jeanne", "MARTIN Jeannine", "different"),
        ("80012345", "80012346", "different"),
        ("Lemoine", "Lemolne", "unsure"),
        ("80012345", "8OO12345", "unsure"),
        ("80012345", "8001 2345", "unsure"),
        ("B1", "Bl", "unsure"),
        ("O", "0", "unsure"),
        ("O+", "O-", "different"),
        ("", "x", "different"),
    ],
)
def test_values_compare_exactly_where_it_matters(expected: str, shown: str, answer: str) -> None:
    assert compare_values(expected, shown) == answer
    assert compare_values(shown, expected) == answer


@given(st.from_regex(r"[0-9]{1,4}([,./ -][0-9]{1,4}){0,2}", fullmatch=True), st.data())
def test_another_digit_is_never_the_same_value(text: str, data: st.DataObject) -> None:
    places = [number for number, char in enumerate(text) if char.isdigit()]
    at = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from("0123456789"))
    assume(digit != text[at])
    changed = text[:at] + digit + text[at + 1 :]
    assert compare_values(text, text) == "same"
    assert compare_values(text, changed) == "different"


@given(st.from_regex(r"[0-9]{2,6}", fullmatch=True), st.data())
def test_a_comma_elsewhere_is_never_the_same_value(digits: str, data: st.DataObject) -> None:
    first, second = data.draw(st.tuples(st.integers(1, len(digits) - 1), st.integers(1, len(digits))))
    assume(first != second)
    a = digits[:first] + "," + digits[first:]
    b = digits if second == len(digits) else digits[:second] + "," + digits[second:]
    assert compare_values(a, b) == "different"


@given(st.dates(min_value=date(1900, 1, 1)), st.dates(min_value=date(1900, 1, 1)))
def test_dates_are_the_same_when_they_are_the_same_day(a: date, b: date) -> None:
    written = [f"{a:%d/%m/%Y}", f"{a:%d.%m.%Y}", f"{a:%d-%m-%Y}", f"{a:%Y-%m-%d}", f"{a:%d %m %Y}"]
    assert {compare_values(one, other) for one in written for other in written} == {"same"}
    if a != b:
        assert {compare_values(f"{b:%d/%m/%Y}", other) for other in written} == {"different"}


@given(st.text(max_size=30), st.text(max_size=30))
def test_comparing_is_symmetric_and_a_text_is_itself(a: str, b: str) -> None:
    assert compare_values(a, b) == compare_values(b, a)
    assert compare_values(a, a) == "same"
