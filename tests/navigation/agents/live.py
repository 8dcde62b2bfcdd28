"""Pages shown in a real Chromium by the tests, and what the tests (never the agent) ask of them."""

from __future__ import annotations

import base64
from typing import Any

from navigation.agents.browser import BrowserSurface
from navigation.agents.frames import decode
from navigation.protocols import RgbImage
from navigation.types import Box, NormPoint, Size

SIZE = Size(1000, 700)


def show(surface: BrowserSurface, body: str, *, style: str = "", script: str = "") -> None:
    """Put a page into the window, and have it drawn: a press before that may go to the page that was there."""
    page = (
        f"<!doctype html><meta charset=utf-8><style>body{{font:16px Arial;margin:20px}}{style}</style>"
        f"<body>{body}<script>{script}</script></body>"
    )
    surface.open("data:text/html;base64," + base64.b64encode(page.encode()).decode())
    surface.screenshot()


def ask(surface: BrowserSurface, script: str) -> Any:
    return surface._loop.run(surface._page.evaluate(script), 10)


def box_of(surface: BrowserSurface, selector: str, number: int = 0) -> Box:
    """Where an element is on the screen, in whole pixels."""
    x, y, w, h = ask(
        surface,
        f"(() => {{ const r = document.querySelectorAll('{selector}')[{number}].getBoundingClientRect();"
        " return [r.x, r.y, r.width, r.height]; })()",
    )
    return Box(round(x), round(y), round(w), round(h))


def middle_of(surface: BrowserSurface, selector: str, number: int = 0) -> NormPoint:
    at = box_of(surface, selector, number).center
    return NormPoint(at.x / SIZE.width, at.y / SIZE.height)


def seen(surface: BrowserSurface) -> RgbImage:
    return decode(surface.screenshot())
