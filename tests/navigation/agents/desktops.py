"""Real screens for the tests: Xvfb, a program of Debian's on it, and a session seen through VNC's compression."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from Xlib import X
from Xlib import display as xlib

WIDTH, HEIGHT = 1366, 768
END_S = 10.0


@dataclass
class Display:
    """An X display, what runs on it, and the home of that. `name` is as in DISPLAY."""

    name: str
    home: Path
    server: subprocess.Popen[bytes]
    programs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> Mapping[str, str]:
        """In French, as the ward has it; nothing of the machine's own desktop."""
        own = {"DISPLAY": self.name, "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home), "XAUTHORITY": ""}
        quiet = {"GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1", "GTK_A11Y": "none"}
        return {**os.environ, **own, **quiet, "LANG": "C.UTF-8", "LANGUAGE": "fr"}

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        program = subprocess.Popen(
            [need(command[0]), *command[1:]],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.programs.append(program)
        return program

    def end(self, program: subprocess.Popen[bytes]) -> None:
        program.terminate()
        try:
            program.wait(END_S)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
        self.programs.remove(program)

    def stop(self) -> None:
        self.server.terminate()
        self.server.wait(END_S)

    def keyboard(self, layout: str) -> None:
        self.run("setxkbmap", layout)

    def run(self, *command: str) -> None:
        subprocess.run([need(command[0]), *command[1:]], env=self.environment, check=True, timeout=END_S)


def need(program: str) -> str:
    path = shutil.which(program)
    assert path, f"{program} is missing; run make setup"
    return path


@contextmanager
def screen(home: Path, *, width: int = WIDTH, height: int = HEIGHT) -> Iterator[Display]:
    """A screen in memory."""
    with _started(home, "Xvfb", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset") as display:
        yield display


@contextmanager
def shared_screen(home: Path, *, width: int = WIDTH, height: int = HEIGHT) -> Iterator[tuple[Display, int]]:
    """A screen that only VNC shows, and the port at which it does: what a terminal server is to a ward's PC."""
    port = free_port()
    shown = ("-geometry", f"{width}x{height}", "-depth", "24", "-AcceptSetDesktopSize=0")
    asked = ("-rfbport", str(port), "-localhost", "-SecurityTypes", "None", "-AlwaysShared")
    with _started(home, "Xtigervnc", *shown, *asked) as display:
        yield display, port


@contextmanager
def _started(home: Path, *command: str) -> Iterator[Display]:
    """An X server that says its number once it answers."""
    ours, theirs = os.pipe()
    server = subprocess.Popen(
        [need(command[0]), "-displayfd", str(theirs), *command[1:]],
        pass_fds=(theirs,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    with os.fdopen(ours, "rb") as told:
        display = Display(":" + told.readline().decode().strip(), home, server)
    try:
        yield display
    finally:
        for program in reversed(list(display.programs)):
            display.end(program)
        display.stop()


def view(display: Display, port: int) -> subprocess.Popen[bytes]:
    """Show what VNC has on the whole of another screen, in the 256 colours of a slow line.

    In full colour TigerVNC would send plain surfaces and texts unharmed, whatever its JPEG does to pictures.
    """
    lossy = ["-AutoSelect=0", "-PreferredEncoding=Tight", "-CompressLevel=9", "-FullColor=0", "-LowColorLevel=2"]
    plain = ["-FullScreen=1", "-MenuKey=", "-RemoteResize=0", "-SecurityTypes=None", "-DotWhenNoCursor=0"]
    return display.start("xtigervncviewer", *plain, *lossy, f"127.0.0.1::{port}")


def free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


# --- what a program on the screen hears -----------------------------------------------------------

Heard = tuple[str, int, int, int]
"""What happened ("press", "release", "move"), the button, and where on the screen."""


@contextmanager
def listening(display: Display) -> Iterator[Callable[[], list[Heard]]]:
    """A window over the whole screen; gives what has been done to it with the pointer so far."""
    connection = xlib.Display(display.name)
    root = connection.screen()
    size = root.root.get_geometry()
    mask = X.ButtonPressMask | X.ButtonReleaseMask | X.PointerMotionMask | X.ExposureMask | X.KeyPressMask
    window = root.root.create_window(
        0, 0, size.width, size.height, 0, root.root_depth, background_pixel=0x336699, event_mask=mask,
        override_redirect=True,
    )  # fmt: skip
    window.map()
    connection.sync()
    while connection.next_event().type != X.Expose:
        pass
    heard: list[Heard] = []
    kinds = {X.ButtonPress: "press", X.ButtonRelease: "release", X.MotionNotify: "move", X.KeyPress: "key"}

    def so_far() -> list[Heard]:
        connection.sync()
        while connection.pending_events():
            event = connection.next_event()
            if event.type in kinds:
                heard.append((kinds[event.type], event.detail, event.root_x, event.root_y))
        return heard

    try:
        yield so_far
    finally:
        connection.close()
