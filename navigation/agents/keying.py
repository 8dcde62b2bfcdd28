"""Keystrokes as the key events of a browser's own interface (DevTools `Input.dispatchKeyEvent`). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from navigation.keyboards import Keystroke, Modifier

# AltGr has no bit of its own; with those of Alt and Control the browser would take a sign for a shortcut.
_BITS: dict[Modifier, int] = {"shift": 8, "control": 2, "alt_gr": 0}
_HELD: dict[Modifier, dict[str, Any]] = {
    "shift": {"key": "Shift", "code": "ShiftLeft", "windowsVirtualKeyCode": 16},
    "control": {"key": "Control", "code": "ControlLeft", "windowsVirtualKeyCode": 17},
    "alt_gr": {"key": "AltGraph", "code": "AltRight", "windowsVirtualKeyCode": 225},
}
_VIRTUAL = {
    "Enter": 13, "Tab": 9, "Escape": 27, "Space": 32, "Backspace": 8, "Delete": 46, "Home": 36, "End": 35,
    "PageUp": 33, "PageDown": 34, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}  # fmt: skip


def key_events(stroke: Keystroke) -> Iterator[dict[str, Any]]:
    """Modifiers down, key down, key up, modifiers up: what a real keyboard sends for one keystroke."""
    bits = 0
    for modifier in stroke.modifiers:
        bits |= _BITS[modifier]
        yield {"type": "rawKeyDown", "modifiers": bits, **_HELD[modifier]}
    key = {
        "key": stroke.key,
        "code": stroke.code,
        "windowsVirtualKeyCode": _virtual_key(stroke),
        "modifiers": bits,
    }
    text = "" if "control" in stroke.modifiers else stroke.text
    yield {"type": "keyDown" if text else "rawKeyDown", **key, **({"text": text} if text else {})}
    yield {"type": "keyUp", **key}
    for modifier in reversed(stroke.modifiers):
        bits &= ~_BITS[modifier]
        yield {"type": "keyUp", "modifiers": bits, **_HELD[modifier]}


def _virtual_key(stroke: Keystroke) -> int:
    """The number Windows has for a key: that of the letter or digit it makes, else of its place; 0 for a sign's key."""
    if stroke.code in _VIRTUAL:
        return _VIRTUAL[stroke.code]
    if stroke.code.startswith("Digit"):
        return ord(stroke.code[-1])
    letter = stroke.key.upper()
    return ord(letter) if len(letter) == 1 and "A" <= letter <= "Z" else 0
