"""Typing by keys: a keyboard simulated from the tables gives the text back, and what has no key is refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.keyboards import LAYOUTS, Keystroke, LayoutName, UntypableError, keystrokes, named_key, select_all

# What a keyboard driver does with a dead key and the next one, told apart from the product's own way of composing.
MARKS = {"^^": "\u0302", "¨¨": "\u0308", '""': "\u0308", "~~": "\u0303", "``": "\u0300", "''": "\u0301"}
LEVEL = {(): 0, ("shift",): 1, ("alt_gr",): 2, ("shift", "alt_gr"): 3}


def simulated(strokes: Sequence[Keystroke], name: LayoutName) -> str:
    """The text that a keyboard types when only places and modifiers of the keys are known."""
    typed, pending = "", ""
    for stroke in strokes:
        if stroke.code in ("Enter", "Tab"):
            typed += "\n" if stroke.code == "Enter" else "\t"
            continue
        sign = LAYOUTS[name].keys[stroke.code][LEVEL[stroke.modifiers]]
        assert sign, f"{stroke} has no sign"
        if pending:
            typed += driver_composed(pending, sign)
            pending = ""
        elif sign in MARKS:
            pending = sign
        else:
            typed += sign
    assert not pending, "a dead key was left pending"
    return typed


def driver_composed(dead: str, sign: str) -> str:
    if sign == " ":
        return dead[0]
    if dead == "''" and sign in "cC":
        return {"c": "ç", "C": "Ç"}[sign]
    made = unicodedata.normalize("NFC", sign + MARKS[dead])
    return made if len(made) == 1 else dead[0] + sign


def typable(name: LayoutName) -> str:
    return "".join(c for c in map(chr, range(9, 0x2100)) if can_type(c, name))


def can_type(char: str, name: LayoutName) -> bool:
    try:
        keystrokes(char, name)
    except UntypableError:
        return False
    return True


TEXTS = st.sampled_from(list(LAYOUTS)).flatmap(lambda name: st.tuples(st.just(name), st.text(typable(name))))


@given(TEXTS)
def test_a_simulated_keyboard_gives_the_text_back(case: tuple[LayoutName, str]) -> None:
    name, text = case
    assert simulated(keystrokes(text, name), name) == unicodedata.normalize("NFC", text)


@given(TEXTS)
def test_what_the_keys_are_said_to_type_is_the_text(case: tuple[LayoutName, str]) -> None:
    name, text = case
    said = "".join(stroke.text.replace("\r", "\n") or ("\t" if stroke.key == "Tab" else "") for stroke in
                   keystrokes(text, name))  # fmt: skip
    assert said == unicodedata.normalize("NFC", text)


# Read off keyboards, so that a slip in a table is seen even where the table agrees with itself.
FACTS = [
    ("azerty-fr", "a", ["KeyQ"]), ("azerty-fr", "q", ["KeyA"]), ("azerty-fr", "z", ["KeyW"]),
    ("azerty-fr", "m", ["Semicolon"]), ("azerty-fr", "M", ["shift Semicolon"]), ("azerty-fr", ",", ["KeyM"]),
    ("azerty-fr", "1", ["shift Digit1"]), ("azerty-fr", "0", ["shift Digit0"]), ("azerty-fr", "é", ["Digit2"]),
    ("azerty-fr", "è", ["Digit7"]), ("azerty-fr", "ç", ["Digit9"]), ("azerty-fr", "à", ["Digit0"]),
    ("azerty-fr", "ù", ["Quote"]), ("azerty-fr", ".", ["shift Comma"]), ("azerty-fr", "/", ["shift Period"]),
    ("azerty-fr", "_", ["Digit8"]), ("azerty-fr", "-", ["Digit6"]), ("azerty-fr", "°", ["shift Minus"]),
    ("azerty-fr", "@", ["alt_gr Digit0"]), ("azerty-fr", "#", ["alt_gr Digit3"]), ("azerty-fr", "{", ["alt_gr Digit4"]),
    ("azerty-fr", "[", ["alt_gr Digit5"]), ("azerty-fr", "|", ["alt_gr Digit6"]),
    ("azerty-fr", "\\", ["alt_gr Digit8"]), ("azerty-fr", "^", ["alt_gr Digit9"]), ("azerty-fr", "]", ["alt_gr Minus"]),
    ("azerty-fr", "}", ["alt_gr Equal"]), ("azerty-fr", "€", ["alt_gr KeyE"]), ("azerty-fr", "<", ["IntlBackslash"]),
    ("azerty-fr", "ê", ["BracketLeft", "KeyE"]), ("azerty-fr", "Ê", ["BracketLeft", "shift KeyE"]),
    ("azerty-fr", "â", ["BracketLeft", "KeyQ"]), ("azerty-fr", "ë", ["shift BracketLeft", "KeyE"]),
    ("azerty-fr", "ñ", ["alt_gr Digit2", "KeyN"]), ("azerty-fr", "~", ["alt_gr Digit2", "Space"]),
    ("azerty-fr", "`", ["alt_gr Digit7", "Space"]), ("azerty-fr", "À", ["alt_gr Digit7", "shift KeyQ"]),
    ("qwerty-us", "a", ["KeyA"]), ("qwerty-us", "@", ["shift Digit2"]), ("qwerty-us", "'", ["Quote"]),
    ("qwerty-us", "|", ["shift Backslash"]), ("qwerty-us", "?", ["shift Slash"]),
    ("qwerty-us-intl", "é", ["alt_gr KeyE"]), ("qwerty-us-intl", "è", ["Backquote", "KeyE"]),
    ("qwerty-us-intl", "ê", ["shift Digit6", "KeyE"]), ("qwerty-us-intl", "ë", ["shift Quote", "KeyE"]),
    ("qwerty-us-intl", "'", ["Quote", "Space"]), ("qwerty-us-intl", "ç", ["alt_gr Comma"]),
    ("qwerty-us-intl", "€", ["alt_gr Digit5"]), ("qwerty-us-intl", "«", ["alt_gr BracketLeft"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "char", "keys"), FACTS, ids=[f"{char} on {name}" for name, char, _ in FACTS])
def test_each_character_is_on_the_keys_printed_so(name: LayoutName, char: str, keys: list[str]) -> None:
    assert [" ".join((*stroke.modifiers, stroke.code)) for stroke in keystrokes(char, name)] == keys


@pytest.mark.parametrize(
    ("name", "text", "position"),
    [("azerty-fr", "École", 1), ("qwerty-us", "caf\u00e9", 4), ("azerty-fr", "un «", 4), ("qwerty-us-intl", "a→b", 2)],
)
def test_a_character_without_a_key_is_refused_by_its_place(name: LayoutName, text: str, position: int) -> None:
    with pytest.raises(UntypableError) as caught:
        keystrokes(text, name)
    assert caught.value.values == {"position": position, "layout": name}
    assert f"number {position} " in caught.value.detail


def test_a_refusal_does_not_repeat_the_text() -> None:
    with pytest.raises(UntypableError) as caught:
        keystrokes("Secret→9", "azerty-fr")
    assert "Secret" not in str(caught.value)
    assert "→" not in str(caught.value)


def test_an_accent_written_apart_is_typed_as_one_letter() -> None:
    assert keystrokes("e\u0302", "azerty-fr") == keystrokes("ê", "azerty-fr")


def test_capital_letters_and_digits_are_all_there() -> None:
    for name in LAYOUTS:
        assert all(can_type(char, name) for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ")


def test_everything_is_selected_by_the_key_that_types_a() -> None:
    assert select_all("azerty-fr") == Keystroke("KeyQ", ("control",), "a")
    assert select_all("qwerty-us").code == "KeyA"


def test_a_named_key_types_nothing_but_enter() -> None:
    assert named_key("ArrowDown") == Keystroke("ArrowDown", (), "ArrowDown", "")
    assert named_key("Enter").text == "\r"
