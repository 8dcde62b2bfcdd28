"""A real desktop as a surface: what a remote display or a thick client shows, and the machine's own pointer and keys.

It works on X11. It sees one monitor and presses on that one only; points are shares of it, so that its scale and its
place among others do not matter. Somebody who presses the panic key at the machine stops it between two keys.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import mss
import numpy as np
from mss.exception import ScreenShotError

from navigation.agents.frames import encode
from navigation.agents.surface import AgentError
from navigation.agents.x11 import X11, Monitor
from navigation.agents.x11_keys import KEY_NUMBERS, MODIFIERS, Typed
from navigation.geometry import to_pixel_point
from navigation.keyboards import Keystroke
from navigation.types import NormPoint, PressKind, Size

PANIC_KEY = "Pause"
_HOLD_S, _BETWEEN_S, _KEY_S = 0.03, 0.08, 0.008
_DRAG_STEPS, _STEP_S = 12, 0.015
_LOOK_S = 0.03  # a key is held by a hand for 80 ms and more
_MAIN, _RIGHT, _UP, _DOWN = 1, 3, 4, 5
_NO_PICTURE = "The screen could not be photographed; it may have been closed. Start the agent again."


class PanicError(AgentError):
    """Somebody pressed the panic key at the machine: nothing more is done on it, and what was held is let go."""

    def __init__(self) -> None:
        super().__init__(
            "The panic key was pressed at this machine: the robot does nothing more on it. Look at the screen, "
            "and start the agent again when it may go on"
        )


class PanicWatch:
    """Watches a key of the machine from a thread of its own; once pressed it stays so."""

    def __init__(self, name: str | None, key: str = PANIC_KEY) -> None:
        if key not in KEY_NUMBERS:
            raise AgentError("There is no key {key} to stop the agent with; name one such as Pause or F12", key=key)
        self._keycode = KEY_NUMBERS[key]
        self._connection = X11(name)
        self._pressed, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._watch, name="panic key", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raises PanicError once the key was pressed, or when it can no longer be watched."""
        if self._pressed.is_set():
            raise PanicError

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._connection.close()

    def _watch(self) -> None:
        try:
            while not self._closing.wait(_LOOK_S):
                if self._connection.is_down(self._keycode):
                    self._pressed.set()
        except AgentError:
            self._pressed.set()  # a robot that cannot be stopped does not go on


class DesktopSurface:
    """One monitor with the machine's pointer and keyboard. Not for several threads."""

    def __init__(self, connection: X11, camera: mss.MSS, monitor: Monitor, panic: PanicWatch) -> None:
        self._hands = connection
        self._camera = camera
        self._box = monitor.box
        self._panic = panic

    def screenshot(self) -> bytes:
        box = self._box
        try:
            shot = self._camera.grab({"left": box.x, "top": box.y, "width": box.w, "height": box.h})
        except (ScreenShotError, OSError, AssertionError):  # mss asserts that the server answered
            raise AgentError(_NO_PICTURE) from None
        pixels = np.frombuffer(shot.bgra, np.uint8).reshape(shot.height, shot.width, 4)
        return encode(np.ascontiguousarray(pixels[:, :, 2::-1]))

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self._move(point)
        button = _RIGHT if kind == "right" else _MAIN
        self._click(button)
        if kind == "double":
            time.sleep(_BETWEEN_S)
            self._click(button)

    def drag(self, start: NormPoint, end: NormPoint) -> None:
        self._move(start)
        with self._held_button(_MAIN):
            for step in range(1, _DRAG_STEPS + 1):  # what is dragged begins to follow only after some pixels
                part = step / _DRAG_STEPS
                self._move(NormPoint(start.x + (end.x - start.x) * part, start.y + (end.y - start.y) * part))
                time.sleep(_STEP_S)

    def scroll(self, point: NormPoint, steps: int) -> None:
        self._move(point)
        for _ in range(abs(steps)):
            self._click(_DOWN if steps > 0 else _UP)

    def type_text(self, text: str) -> None:
        """Type over what the field holds, with the keyboard that is set on the machine. Raises UntypableError first."""
        (letter, _), *_ = self._hands.typed("a")
        self._type([(letter, ("control",)), *self._hands.typed(text)])

    def type_keys(self, strokes: Sequence[Keystroke]) -> None:
        try:
            keys: list[Typed] = [(KEY_NUMBERS[stroke.code], stroke.modifiers) for stroke in strokes]
        except KeyError:
            raise AgentError("A key to be pressed is on no keyboard that this agent knows; nothing was typed") from None
        self._type(keys)

    def _type(self, keys: Sequence[Typed]) -> None:
        for keycode, modifiers in keys:
            self._panic.check()
            held = [MODIFIERS[name] for name in modifiers]
            try:
                for modifier in held:
                    self._hands.key(modifier, is_down=True)
                self._hands.key(keycode, is_down=True)
            finally:
                for key in (keycode, *reversed(held)):
                    self._hands.key(key, is_down=False)
            time.sleep(_KEY_S)

    def _move(self, point: NormPoint) -> None:
        self._panic.check()
        at = to_pixel_point(point, Size(self._box.w, self._box.h))
        self._hands.move(self._box.x + at.x, self._box.y + at.y)

    def _click(self, button: int) -> None:
        with self._held_button(button):
            time.sleep(_HOLD_S)

    @contextmanager
    def _held_button(self, button: int) -> Iterator[None]:
        self._panic.check()
        self._hands.button(button, is_down=True)
        try:
            yield
        finally:
            self._hands.button(button, is_down=False)


def monitors(display: str | None = None) -> list[Monitor]:
    """The monitors of a display (DISPLAY's when None), the main one first. Raises AgentError when none answers."""
    connection = X11(display)
    try:
        return connection.monitors()
    finally:
        connection.close()


@contextmanager
def open_desktop(
    display: str | None = None, *, monitor: int = 1, panic_key: str = PANIC_KEY
) -> Iterator[DesktopSurface]:
    """A monitor of this machine, counted from 1, the main one first. Raises AgentError when it cannot be used."""
    connection = X11(display)
    try:
        found = connection.monitors()
        if not 1 <= monitor <= len(found):
            raise AgentError(
                "This machine has {count} monitors; there is no number {asked}", count=len(found), asked=monitor
            )
        panic = PanicWatch(display, panic_key)
        try:
            with _camera(connection.name) as camera:
                yield DesktopSurface(connection, camera, found[monitor - 1], panic)
        finally:
            panic.close()
    finally:
        connection.close()


@contextmanager
def _camera(name: str) -> Iterator[mss.MSS]:
    camera = _made(name)
    try:
        yield camera
    finally:
        with suppress(ScreenShotError):  # the screen went first
            camera.close()


def _made(name: str) -> mss.MSS:
    """The newer way where it knows the visuals (not Xvnc's); the older one ends the program when the screen goes."""
    for backend in ("default", "xlib"):
        try:
            camera = mss.MSS(display=name, backend=backend)
        except (ScreenShotError, OSError):
            continue
        try:
            camera.grab({"left": 0, "top": 0, "width": 1, "height": 1})
        except ScreenShotError:
            camera.close()
        else:
            return camera
    raise AgentError(_NO_PICTURE)
