"""A browser as a surface: Playwright drives the system's Chromium.

It takes screenshots, moves to points, presses and types. It never reads the page: no locator, no script, no
source. Opening the start address is the one thing it does beyond what a person at the screen could.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright

from navigation.agents.surface import AgentError
from navigation.types import NormPoint, Size

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A screenshot asked for at the moment a page replaces another is sometimes never answered: ask again soon.
_PATIENCE_MS = (800, 1500, 3000, 10_000)
_GONE = "The browser did not obey ({what}); it may have been closed. Start the agent again."


def find_chromium() -> str:
    """The path of the system's browser. Raises AgentError naming the package to install."""
    for program in _PROGRAMS:
        if path := shutil.which(program):
            return path
    raise AgentError("No Chromium was found on this machine; on Debian install the package chromium")


class BrowserSurface:
    """One browser window, as a screen with a pointer and a keyboard."""

    def __init__(self, page: Page, size: Size) -> None:
        self._page = page
        self._size = size

    def open(self, address: str) -> None:
        """Go to a start address. Raises AgentError when nothing answers there."""
        try:
            self._page.goto(address, wait_until="load")
        except PlaywrightError:
            raise AgentError("The start address could not be opened; check that the application runs") from None

    def screenshot(self) -> bytes:
        for patience_ms in _PATIENCE_MS:
            try:
                # "initial" and "allow": nothing is put into the page to hide a caret or stop an animation.
                return self._page.screenshot(
                    type="png", caret="initial", animations="allow", scale="device", timeout=patience_ms
                )
            except PlaywrightError:
                if self._page.is_closed():
                    break
        raise AgentError(_GONE.format(what="screenshot"))

    def press(self, point: NormPoint) -> None:
        x, y = point.x * self._size.width, point.y * self._size.height
        try:
            self._page.mouse.move(x, y)
            self._page.mouse.click(x, y)
        except PlaywrightError:
            raise AgentError(_GONE.format(what="press")) from None

    def type_text(self, text: str) -> None:
        try:
            self._page.keyboard.press("ControlOrMeta+A")
            self._page.keyboard.type(text)
        except PlaywrightError:
            # Without its cause: the message of the library quotes what was to be typed.
            raise AgentError(_GONE.format(what="typing")) from None


@contextmanager
def open_browser(*, size: Size = Size(1366, 768), is_visible: bool = False) -> Iterator[BrowserSurface]:
    """A fresh browser without history, closed at the end. Raises AgentError when it cannot be started."""
    _refuse_protocol_log()
    program = find_chromium()
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=program,
                headless=not is_visible,
                args=list(_ARGUMENTS),
                chromium_sandbox=not _is_root(),  # Chromium refuses to sandbox itself for root
            )
        except PlaywrightError as error:
            raise AgentError(f"{program} could not be started ({type(error).__name__})") from None
        try:
            page = browser.new_page(viewport={"width": size.width, "height": size.height})
            yield BrowserSurface(page, size)
        finally:
            browser.close()


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _refuse_protocol_log() -> None:
    """Playwright's own debug log writes every typed character; with secrets about it must be off."""
    if "pw:" in os.environ.get("DEBUG", ""):
        raise AgentError("The variable DEBUG makes Playwright log what is typed; unset it and start again")
