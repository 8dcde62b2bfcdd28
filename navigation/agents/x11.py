"""An X server's pointer, keyboard and monitors, by its own protocol and the XTEST extension. Linux and other X11."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from Xlib import X, display, error, ext
from Xlib.ext import randr, xtest

from navigation.agents.surface import AgentError
from navigation.agents.x11_keys import Typed, typed_on
from navigation.types import Box

# python-xlib 0.33 sets up every extension it knows, and breaks off where two share an event's number (Xvnc): only ours.
ext.__extensions__[:] = [("XTEST", "xtest"), ("RANDR", "randr")]

_NOT_THERE = "No screen answers at {name}; check that it runs and that the agent may use it (DISPLAY, XAUTHORITY)"
_NO_TEST = "The screen {name} does not let a program press keys (no XTEST extension); use another X server"
_GONE = "The screen did not obey; it may have been closed. Start the agent again."


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor's name and its place on the whole desktop, in pixels."""

    name: str
    box: Box


class X11:
    """One connection to an X server; not for several threads. `name` is that of the display, as in DISPLAY."""

    def __init__(self, name: str | None = None) -> None:
        try:
            self._display = display.Display(name)
        except (error.DisplayError, OSError) as problem:
            raise AgentError(_NOT_THERE, name=name or "DISPLAY") from problem
        numbers = self._display.display  # of its extensions: python-xlib 0.33 keeps them for all servers together
        numbers.extension_major_opcodes = dict(numbers.extension_major_opcodes)
        self._root = self._display.screen().root
        if not self._display.has_extension("XTEST"):
            raise AgentError(_NO_TEST, name=self.name)

    @property
    def name(self) -> str:
        return str(self._display.get_display_name())

    def monitors(self) -> list[Monitor]:
        """Every monitor, the main one first, as the server gives them; the whole screen where it does not list them."""
        with _obeyed():
            listed = list(randr.get_monitors(self._root).monitors) if self._display.has_extension("RANDR") else []
            if not listed:
                whole = self._root.get_geometry()
                return [Monitor("screen", Box(0, 0, whole.width, whole.height))]
            return [
                Monitor(
                    str(self._display.get_atom_name(one.name)),
                    Box(one.x, one.y, one.width_in_pixels, one.height_in_pixels),
                )
                for one in listed
            ]

    def move(self, x: int, y: int) -> None:
        self._fake(X.MotionNotify, x=x, y=y)

    def button(self, number: int, *, is_down: bool) -> None:
        """1 is the main button, 3 the right one, 4 and 5 the wheel up and down."""
        self._fake(X.ButtonPress if is_down else X.ButtonRelease, number)

    def key(self, keycode: int, *, is_down: bool) -> None:
        self._fake(X.KeyPress if is_down else X.KeyRelease, keycode)

    def is_down(self, keycode: int) -> bool:
        """Whether somebody holds the key now."""
        with _obeyed():
            held: list[int] = self._display.query_keymap()
        return bool(held[keycode // 8] >> keycode % 8 & 1)

    def typed(self, text: str) -> tuple[Typed, ...]:
        """The keys that type the text on the keyboard as it is set now. Raises UntypableError."""
        with _obeyed():
            first, last = self._display.display.info.min_keycode, self._display.display.info.max_keycode
            keymap = self._display.get_keyboard_mapping(first, last - first + 1)
        return typed_on(keymap, first, text)

    def close(self) -> None:
        try:
            self._display.close()
        except (error.ConnectionClosedError, OSError):
            return  # the server went first

    def _fake(self, kind: int, detail: int = 0, **place: Any) -> None:
        with _obeyed():
            xtest.fake_input(self._display, kind, detail, **place)
            self._display.sync()


@contextmanager
def _obeyed() -> Iterator[None]:
    try:
        yield
    except (error.ConnectionClosedError, error.XError, OSError):
        # Without its cause: it may quote what was asked, and that may be a key of a secret.
        raise AgentError(_GONE) from None
