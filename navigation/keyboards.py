"""What to press on a keyboard, key by key, to type a text: tables of layouts, dead keys included. Pure.

For surfaces that pass keys on (a remote display, a thick client) rather than text. A key is named by its place, as
a US keyboard labels it (the `code` of the W3C's UI Events): the key that types "a" in France is `KeyQ`.

Sources: Microsoft's KBDFR (French), KBDUS and KBDUSX (United States-International).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from navigation.errors import NavigationError

LayoutName = Literal["azerty-fr", "qwerty-us", "qwerty-us-intl"]
Modifier = Literal["shift", "alt_gr", "control"]

_LEVELS: tuple[tuple[Modifier, ...], ...] = ((), ("shift",), ("alt_gr",), ("shift", "alt_gr"))
_NAMED = {"\n": "Enter", "\t": "Tab"}
_UNTYPABLE = (
    "Character number {position} of the text cannot be typed on the keyboard {layout}; nothing was typed. "
    "Choose another layout or another text."
)
# What a dead key is called in the tables, the sign that it types before a space, and the mark it sets on letters.
_DEAD = {
    "^^": ("^", "\N{COMBINING CIRCUMFLEX ACCENT}"),
    "¨¨": ("¨", "\N{COMBINING DIAERESIS}"),
    '""': ('"', "\N{COMBINING DIAERESIS}"),
    "~~": ("~", "\N{COMBINING TILDE}"),
    "``": ("`", "\N{COMBINING GRAVE ACCENT}"),
    "''": ("'", "\N{COMBINING ACUTE ACCENT}"),
}


@dataclass(frozen=True, slots=True)
class Keystroke:
    """One key pressed and let go while its modifiers are held.

    `key` is what the layout makes of it: a character, "Dead", or a name such as "Enter"; `text` is what it types,
    "" for none. The character after a dead key is already the composed one.
    """

    code: str
    modifiers: tuple[Modifier, ...] = ()
    key: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """One keyboard: for each key its signs plain, with Shift, with AltGr, with both; dead ones by their name.

    `marks` names the letters that each dead key can be set on; other letters would come after its bare sign.
    """

    name: LayoutName
    keys: Mapping[str, tuple[str, ...]]
    marks: Mapping[str, str]


class UntypableError(NavigationError):
    """A text that a keyboard cannot type. Says which character by its position only: the text may be a secret."""


def keystrokes(text: str, layout: LayoutName) -> tuple[Keystroke, ...]:
    """The keys that type a text on a keyboard. Raises UntypableError for a character it has no keys for."""
    strokes: list[Keystroke] = []
    for position, char in enumerate(unicodedata.normalize("NFC", text), start=1):
        keys = _STROKES[layout].get(char)
        if keys is None:
            raise UntypableError(_UNTYPABLE, position=position, layout=layout)
        strokes += keys
    return tuple(strokes)


def named_key(name: str) -> Keystroke:
    """A key that types nothing and lies alike on every keyboard: Enter, Tab, Escape, Home, ArrowDown…"""
    return Keystroke(name, (), name, {"Enter": "\r"}.get(name, ""))


def select_all(layout: LayoutName) -> Keystroke:
    """Control and the key that types "a"."""
    return Keystroke(_STROKES[layout]["a"][0].code, ("control",), "a")


# --- the tables -------------------------------------------------------------------------------------


def _row(codes: str, plain: str, shifted: str, alt: str = "", both: str = "") -> dict[str, tuple[str, ...]]:
    """Keys in a row; the signs of each level separated by spaces, "·" where a key has none."""
    levels = [level.split() for level in (plain, shifted, alt, both)]
    return {
        code: tuple("" if number >= len(signs) or signs[number] == "·" else signs[number] for signs in levels)
        for number, code in enumerate(codes.split())
    }


_TOP = "Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal"
_UPPER = "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Backslash"
_HOME = "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote"
_LOWER = "IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash"
_SPACE = {"Space": (" ", "", "", "")}

_AZERTY = Layout(
    "azerty-fr",
    _row(_TOP, "² & é \" ' ( - è _ ç à ) =", "· 1 2 3 4 5 6 7 8 9 0 ° +", "· · ~~ # { [ | `` \\ ^ @ ] }")
    | _row(_UPPER, "a z e r t y u i o p ^^ $ *", "A Z E R T Y U I O P ¨¨ £ µ", "· · € · · · · · · · · ¤")
    | _row(_HOME, "q s d f g h j k l m ù", "Q S D F G H J K L M %")
    | _row(_LOWER, "< w x c v b n , ; : !", "> W X C V B N ? . / §")
    | _SPACE,
    {"^^": "aeiouAEIOU", "¨¨": "aeiouyAEIOU", "~~": "anoANO", "``": "aeiouAEIOU"},
)
_US_LETTERS = (
    _row(_UPPER, "q w e r t y u i o p [ ] \\", "Q W E R T Y U I O P { } |")
    | _row(_LOWER, "· z x c v b n m , . /", "· Z X C V B N M < > ?")
    | _SPACE
)
_QWERTY = Layout(
    "qwerty-us",
    _row(_TOP, "` 1 2 3 4 5 6 7 8 9 0 - =", "~ ! @ # $ % ^ & * ( ) _ +")
    | _row(_HOME, "a s d f g h j k l ; '", 'A S D F G H J K L : "')
    | _US_LETTERS,
    {},
)
_INTERNATIONAL = Layout(
    "qwerty-us-intl",
    _row(
        _TOP,
        "`` 1 2 3 4 5 6 7 8 9 0 - =",
        "~~ ! @ # $ % ^^ & * ( ) _ +",
        "· ¡ ² ³ ¤ € ¼ ½ ¾ ‘ ’ ¥ ×",
        "· ¹ · · £ · · · · · · · ÷",
    )
    | _row(
        _UPPER,
        "q w e r t y u i o p [ ] \\",
        "Q W E R T Y U I O P { } |",
        "ä å é ® þ ü ú í ó ö « » ¬",
        "Ä Å É · Þ Ü Ú Í Ó Ö · · ¦",
    )
    | _row(_HOME, "a s d f g h j k l ; ''", 'A S D F G H J K L : ""', "á ß ð · · · · · ø ¶ ´", "Á § Ð · · · · · Ø ° ¨")
    | _row(_LOWER, "· z x c v b n m , . /", "· Z X C V B N M < > ?", "· æ · © · · ñ µ ç · ¿", "· Æ · ¢ · · Ñ · Ç · ·")
    | _SPACE,
    {"''": "aeiouycAEIOUYC", '""': "aeiouyAEIOU", "``": "aeiouAEIOU", "~~": "anoANO", "^^": "aeiouAEIOU"},
)
LAYOUTS: Mapping[LayoutName, Layout] = {layout.name: layout for layout in (_AZERTY, _QWERTY, _INTERNATIONAL)}


def _strokes_of(layout: Layout) -> dict[str, tuple[Keystroke, ...]]:
    """For each character a keyboard types, its keys; one key where there is a choice."""
    direct: dict[str, tuple[Keystroke, ...]] = {}
    dead: dict[str, Keystroke] = {}
    for code, signs in layout.keys.items():
        for modifiers, sign in zip(_LEVELS, signs, strict=True):
            if sign in _DEAD:
                dead.setdefault(sign, Keystroke(code, modifiers, "Dead"))
            elif sign and (sign not in direct or len(modifiers) < len(direct[sign][0].modifiers)):
                direct[sign] = (Keystroke(code, modifiers, sign, sign),)
    composed: dict[str, tuple[Keystroke, ...]] = {}
    for name, first in dead.items():
        bare, mark = _DEAD[name]
        composed[bare] = (first, Keystroke("Space", (), bare, bare))
        for letter in layout.marks[name]:
            made = _composed(letter, mark)
            then = direct[letter][0]
            composed[made] = (first, Keystroke(then.code, then.modifiers, made, made))
    names = {char: (Keystroke(name, (), name, "\r" if name == "Enter" else ""),) for char, name in _NAMED.items()}
    return composed | direct | names


def _composed(letter: str, mark: str) -> str:
    if letter in "cC" and mark == _DEAD["''"][1]:
        return "ç" if letter == "c" else "Ç"  # not the ć of Unicode: this keyboard is made for Portuguese too
    return unicodedata.normalize("NFC", letter + mark)


_STROKES: Mapping[LayoutName, Mapping[str, tuple[Keystroke, ...]]] = {
    name: _strokes_of(layout) for name, layout in LAYOUTS.items()
}
