"""A browser as a surface: Playwright drives the system's Chromium.

It takes screenshots, moves to points, presses and types. It never reads the page: no locator, no script, no
source. Opening the start address is the one thing it does beyond what a person at the screen could.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal

from playwright.async_api import Browser, CDPSession, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from navigation.agents.keying import key_events
from navigation.agents.loop import LoopThread
from navigation.agents.surface import AgentError
from navigation.keyboards import Keystroke
from navigation.types import NormPoint, PressKind, Size

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_START_S, _OPEN_S, _ACT_S, _CLOSE_S = 60.0, 30.0, 10.0, 10.0
# A picture asked for at the very moment a page replaces another is never answered: ask again soon, then patiently.
_PICTURE_S = (0.3, 0.4, 0.8, 1.6, 3.2, 10.0)
_NOTCH_PX = 100  # what Chromium scrolls for one notch of a wheel
_DRAG_STEPS = 12
_GONE = "The browser did not obey; it may have been closed. Start the agent again."


def find_chromium() -> str:
    """The path of the system's browser. Raises AgentError naming the package to install."""
    for program in _PROGRAMS:
        if path := shutil.which(program):
            return path
    raise AgentError("No Chromium was found on this machine; on Debian install the package chromium")


class BrowserSurface:
    """One browser window, as a screen with a pointer and a keyboard. Not for several threads."""

    def __init__(self, loop: LoopThread, page: Page, devtools: CDPSession, size: Size) -> None:
        self._loop = loop
        self._page = page
        self._devtools = devtools
        self._size = size

    def open(self, address: str) -> None:
        """Go to a start address. Raises AgentError when nothing answers there."""
        try:
            self._loop.run(_quiet(self._page.goto(address, wait_until="load")), _OPEN_S)
        except (PlaywrightError, TimeoutError):
            raise AgentError("The start address could not be opened; check that the application runs") from None

    def screenshot(self) -> bytes:
        # Asked of the browser itself: the library's own screenshot first runs a script in the page, and waits for
        # a page that is on its way instead of showing what a person would see meanwhile.
        for patience_s in _PICTURE_S:
            try:
                question = self._devtools.send("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True})
                return base64.b64decode(self._loop.run(question, patience_s)["data"])
            except (PlaywrightError, TimeoutError):
                if self._page.is_closed():
                    break
                self._ask_anew()
        raise AgentError(_GONE)

    def _ask_anew(self) -> None:
        """Another connection: on one with an unanswered question the next ones are not answered either."""
        with suppress(PlaywrightError, TimeoutError):
            self._loop.run(self._devtools.detach(), _ACT_S)
        with suppress(PlaywrightError, TimeoutError):
            self._devtools = self._loop.run(self._page.context.new_cdp_session(self._page), _ACT_S)

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        x, y = self._pixels(point)
        button: Literal["left", "right"] = "right" if kind == "right" else "left"
        self._act(self._page.mouse.click(x, y, button=button, click_count=2 if kind == "double" else 1))

    def drag(self, start: NormPoint, end: NormPoint) -> None:
        # In steps: what is dragged begins to follow only after some pixels of movement.
        self._act(self._page.mouse.move(*self._pixels(start)))
        self._act(self._page.mouse.down())
        try:
            self._act(self._page.mouse.move(*self._pixels(end), steps=_DRAG_STEPS))
        finally:
            self._act(self._page.mouse.up())

    def scroll(self, point: NormPoint, steps: int) -> None:
        self._act(self._page.mouse.move(*self._pixels(point)))
        if steps:
            self._act(self._page.mouse.wheel(0, steps * _NOTCH_PX))

    def type_text(self, text: str) -> None:
        self._act(self._page.keyboard.press("ControlOrMeta+A"))
        self._act(self._page.keyboard.type(text))

    def type_keys(self, strokes: Sequence[Keystroke]) -> None:
        for stroke in strokes:
            for event in key_events(stroke):
                self._act(_quiet(self._devtools.send("Input.dispatchKeyEvent", event)))

    def _pixels(self, point: NormPoint) -> tuple[float, float]:
        return point.x * self._size.width, point.y * self._size.height

    def _act(self, deed: Coroutine[Any, Any, None]) -> None:
        try:
            self._loop.run(deed, _ACT_S)
        except (PlaywrightError, TimeoutError):
            # Without its cause: the message of the library quotes what was to be typed.
            raise AgentError(_GONE) from None


@contextmanager
def open_browser(*, size: Size = Size(1366, 768), is_visible: bool = False) -> Iterator[BrowserSurface]:
    """A fresh browser without history, closed at the end. Raises AgentError when it cannot be started."""
    _refuse_protocol_log()
    program = find_chromium()
    with LoopThread("browser") as loop:
        playwright = loop.run(async_playwright().start(), _START_S)
        try:
            try:
                browser = loop.run(_launch(playwright, program, is_visible=is_visible), _START_S)
            except (PlaywrightError, TimeoutError) as error:
                raise AgentError(
                    "{program} could not be started ({why})", program=program, why=type(error).__name__
                ) from None
            try:
                page, devtools = loop.run(_window(browser, size), _START_S)
                yield BrowserSurface(loop, page, devtools, size)
            finally:
                with suppress(PlaywrightError, TimeoutError):
                    loop.run(browser.close(), _CLOSE_S)
        finally:
            with suppress(PlaywrightError, TimeoutError):
                loop.run(playwright.stop(), _CLOSE_S)


async def _launch(playwright: Playwright, program: str, *, is_visible: bool) -> Browser:
    return await playwright.chromium.launch(
        executable_path=program,
        headless=not is_visible,
        args=list(_ARGUMENTS),
        chromium_sandbox=not _is_root(),  # Chromium refuses to sandbox itself for root
        handle_sigint=False,  # Ctrl-C is ours: the browser is closed in order
    )


async def _window(browser: Browser, size: Size) -> tuple[Page, CDPSession]:
    page = await browser.new_page(viewport={"width": size.width, "height": size.height})
    return page, await page.context.new_cdp_session(page)


async def _quiet(work: Coroutine[Any, Any, object]) -> None:
    await work


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _refuse_protocol_log() -> None:
    """Playwright's own debug log writes every typed character; with secrets about it must be off."""
    if "pw:" in os.environ.get("DEBUG", ""):
        raise AgentError("The variable DEBUG makes Playwright log what is typed; unset it and start again")
