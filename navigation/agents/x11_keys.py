"""Where keys lie for an X server: the numbers of the keys of a keyboard, and which of them type a text. Pure.

Source of the numbers: Linux's `input-event-codes.h`; an X server on evdev, Xvfb and Xvnc add 8 to each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from navigation.keyboards import Modifier, UntypableError

_OFFSET = 8
_ROWS: Mapping[int, str] = {
    1: "Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace Tab",
    16: "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ControlLeft",
    30: "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote ShiftLeft Backslash",
    44: "KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight",
    56: "AltLeft Space CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock",
    86: "IntlBackslash F11 F12",
    97: "ControlRight",
    100: "AltRight",
    102: "Home ArrowUp PageUp ArrowLeft ArrowRight End ArrowDown PageDown Insert Delete",
    119: "Pause",
    125: "MetaLeft MetaRight ContextMenu",
}
KEY_NUMBERS: Final[Mapping[str, int]] = {
    code: first + place + _OFFSET for first, codes in _ROWS.items() for place, code in enumerate(codes.split())
}
"""The X keycode of each key, named by its place as the W3C's UI Events do ("KeyQ" types "a" in France)."""
MODIFIERS: Final[Mapping[Modifier, int]] = {
    "shift": KEY_NUMBERS["ShiftLeft"],
    "control": KEY_NUMBERS["ControlLeft"],
    "alt_gr": KEY_NUMBERS["AltRight"],
}
_LEVELS: tuple[tuple[int, tuple[Modifier, ...]], ...] = (
    (0, ()),
    (1, ("shift",)),
    (4, ("alt_gr",)),
    (5, ("shift", "alt_gr")),
)
"""Where the core protocol lists what a key types with which modifiers; the third level comes after a second group."""
_NAMED = {"\n": 0xFF0D, "\t": 0xFF09}
_LATIN_1_END, _UNICODE = 0x100, 0x01000000

Typed = tuple[int, tuple[Modifier, ...]]
"""A keycode, and what is held with it."""


def keysym_of(char: str) -> Iterable[int]:
    """The numbers X has for a character: Latin-1 as it is, else the one of Unicode. Euro has an older one too."""
    if char in _NAMED:
        return (_NAMED[char],)
    number = ord(char)
    if number < _LATIN_1_END:
        return (number,)
    return (0x20AC, _UNICODE | number) if char == "€" else (_UNICODE | number,)


def typed_on(keymap: Sequence[Sequence[int]], first: int, text: str) -> tuple[Typed, ...]:
    """The keys that type a text on the keyboard an X server has now.

    Args:
        keymap: for each keycode from `first` on, what it types plain, with Shift, …, as `GetKeyboardMapping` lists it.
        first: the keycode of the first entry.

    Raises UntypableError for a character without a key; what needs a dead key has none here.
    """
    places: dict[int, Typed] = {}
    for level, modifiers in _LEVELS:
        for place, keysyms in enumerate(keymap):
            if level < len(keysyms) and keysyms[level]:
                places.setdefault(keysyms[level], (first + place, modifiers))
    typed: list[Typed] = []
    for position, char in enumerate(text, start=1):
        found = next((places[keysym] for keysym in keysym_of(char) if keysym in places), None)
        if found is None:
            raise UntypableError(
                "Character number {position} of the text cannot be typed on this machine's keyboard; nothing was "
                "typed. Set the keyboard's layout on the machine or name it to the agent.",
                position=position,
            )
        typed.append(found)
    return tuple(typed)
