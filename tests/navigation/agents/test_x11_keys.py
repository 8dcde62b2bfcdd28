"""Which keys of an X keyboard type a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.agents.x11_keys import KEY_NUMBERS, keysym_of, typed_on
from navigation.keyboards import LAYOUTS, UntypableError

# Eight columns for each key from keycode 10 on: plain, Shift, two of another group, AltGr, AltGr with Shift.
KEYMAP = [
    [0x26, 0x31, 0, 0, 0, 0],  # & 1
    [0xE9, 0x32, 0, 0, 0xFE53, 0x7E],  # é 2 dead_tilde ~
    [0x22, 0x33, 0, 0, 0x23],  # " 3 #, and no column more
    [0x65, 0x45, 0x65, 0x45, 0x20AC, 0xA2],  # e E € ¢
    [0x65],  # a second e
    [],
]
TYPABLE = {
    "&": (10, ()), "1": (10, ("shift",)), "é": (11, ()), "2": (11, ("shift",)), "~": (11, ("shift", "alt_gr")),
    '"': (12, ()), "3": (12, ("shift",)), "#": (12, ("alt_gr",)), "e": (13, ()), "E": (13, ("shift",)),
    "€": (13, ("alt_gr",)), "¢": (13, ("shift", "alt_gr")),
}  # fmt: skip


@given(st.text(st.sampled_from(sorted(TYPABLE))))
def test_each_character_is_typed_by_its_key(text: str) -> None:
    assert typed_on(KEYMAP, 10, text) == tuple(TYPABLE[char] for char in text)


@given(st.text(st.sampled_from(sorted(TYPABLE))), st.characters(exclude_characters=list(TYPABLE)))
def test_what_has_no_key_is_refused_by_its_place_alone(before: str, char: str) -> None:
    with pytest.raises(UntypableError, match=f"number {len(before) + 1} ") as refused:
        typed_on(KEYMAP, 10, before + char + "e")
    assert refused.value.__cause__ is None


def test_each_key_has_a_number_of_its_own_that_a_server_can_name() -> None:
    assert len(set(KEY_NUMBERS.values())) == len(KEY_NUMBERS)
    assert all(8 < number < 256 for number in KEY_NUMBERS.values())


def test_every_key_of_every_layout_has_a_number() -> None:
    assert {code for layout in LAYOUTS.values() for code in layout.keys} <= KEY_NUMBERS.keys()


@pytest.mark.parametrize(("char", "expected"), [("é", [0xE9]), ("œ", [0x01000153]), ("€", [0x20AC, 0x010020AC])])
def test_a_character_has_the_numbers_x_gives_it(char: str, expected: list[int]) -> None:
    assert list(keysym_of(char)) == expected
