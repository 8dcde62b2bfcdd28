"""Pages made by hand, so that deciders can be tested without a reader."""

from __future__ import annotations

from navigation.action_resolver import build_page
from navigation.settings import Thresholds
from navigation.types import Box, Control, ControlKind, Page, Size, Word

LIMITS = Thresholds()
SIZE = Size(1366, 768)
LETTER = 8  # px of width a letter takes in these pages
HEIGHT = 14


def text_at(text: str, x: int, y: int, *, height: int = HEIGHT, confidence: float = 0.95) -> list[Word]:
    """The words of a text set in one line, with the spaces a font has."""
    words, left = [], x
    for part in text.split():
        width = LETTER * len(part) * height // HEIGHT
        words.append(Word(part, Box(left, y, width, height), confidence))
        left += width + 5 * height // HEIGHT
    return words


def control(x: int, y: int, w: int, h: int, kind: ControlKind = "field") -> Control:
    return Control(Box(x, y, w, h), kind)


def page_of(*texts: tuple[str, int, int] | tuple[str, int, int, int], controls: tuple[Control, ...] = ()) -> Page:
    """A page with each text at (x, y), and its height where a fourth number is given."""
    words: list[Word] = []
    for number, entry in enumerate(texts):
        text, x, y = entry[:3]
        height = entry[3] if len(entry) > 3 else HEIGHT
        words += [Word(w.text, w.box, w.confidence, line=number) for w in text_at(text, x, y, height=height)]
    return build_page(words, SIZE, controls=controls)
