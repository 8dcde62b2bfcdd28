"""How a text is drawn, and what that says: a link, a heading, plain text, something switched off. Pure.

Only what is visible decides; names and places of controls are never used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from navigation.geometry import share_inside
from navigation.phrases import font_size
from navigation.types import Box, Page, Word

Rgb = tuple[int, int, int]
LookKind = Literal["link", "heading", "plain", "unknown"]
"""link: underlined or of a colour of its own. heading: plain but large. plain: as most text of the page.
unknown: anything else, which may or may not be a control."""

_LINK_CHROMA = 45  # between the channels of a text colour
_LINK_LIGHT = 100  # of its strongest channel; a text that is darker reads as black
_SAME = 40.0  # distance of two RGB colours that are drawn alike; smoothing of small letters makes up to 30
_HEADING = 1.2  # times the usual font size of this page
_TITLE = 1.35  # the same for a coloured text: links are set larger now and then, but not so much
_OFF_CONTRAST = 2.7  # WCAG contrast ratio; text that is meant to be read has 4.5, smoothed small letters measure 3
_OFF_CONTRAST_LIGHT = 3.7  # the same for light on dark: 38 % of black on white is 2.7, 38 % of white on black 3.6
_OFF_SHARE = 0.3  # of the contrast that other texts on that ground have: a dark theme may be faint throughout
_STRONG_SHARE = 0.9  # of the words on a ground are fainter than what counts as its strong text
_OFF_CHROMA = 36  # switched-off controls are grey; a pale text on a coloured button is not off


@dataclass(frozen=True, slots=True)
class Look:
    """How the text in a box is drawn; `size` is that of its font in px, as the height of its letters suggests."""

    ink: Rgb
    ground: Rgb
    is_underlined: bool
    size: float


@dataclass(frozen=True, slots=True)
class Usual:
    """The look of plain text: its ink on one ground, and the middle font size of the page in px."""

    ink: Rgb
    size: float


def look_of(page: Page, box: Box) -> Look | None:
    """How the words in a box are drawn; None where none was read or no picture was at hand."""
    words = [w for w in (*page.words, *page.second_words) if share_inside(w.box, box) > 0.5]
    drawn = [w for w in words if w.ink is not None and w.ground is not None]
    if not drawn:
        return None
    widest = max(drawn, key=lambda w: w.box.w)
    return Look(widest.ink, widest.ground, all(w.is_underlined for w in drawn), font_size(widest.text, widest.box.h))  # type: ignore[arg-type]


def usual_look(words: Sequence[Word], ground: Rgb) -> Usual | None:
    """The look of the text that is merely read, among the words that stand on about the same ground.

    That is the most frequent ink that is not of a link's colour, by letters: on a page full of links, links are the
    most frequent. None where no word with a picture stands on such a ground.
    """
    inks: Counter[Rgb] = Counter()
    for word in words:
        if word.ink is not None and word.ground is not None and look_distance(word.ground, ground) <= _SAME:
            inks[_bin(word.ink)] += len(word.text)
    if not inks:
        return None
    neutral = [ink for ink, _ in inks.most_common() if not _is_colourful(ink)]
    sizes = sorted(font_size(w.text, w.box.h) for w in words if len(w.text) > 3) or [1e6]
    return Usual((neutral or [inks.most_common(1)[0][0]])[0], sizes[len(sizes) // 2])


def main_ground(words: Sequence[Word]) -> Rgb | None:
    """What most letters of a page stand on; other grounds are bars, panels and buttons."""
    grounds = Counter[Rgb]()
    for word in words:
        if word.ground is not None:
            grounds[_bin(word.ground)] += len(word.text)
    return grounds.most_common(1)[0][0] if grounds else None


def kind_of_look(look: Look, usual: Usual, ground: Rgb) -> LookKind:
    """What the look of a text says about it; `ground` is the page's main one. Text on a bar may be an entry of it."""
    is_large = look.size >= _HEADING * usual.size
    is_title = look.size >= _TITLE * usual.size
    has_own_colour = _is_colourful(look.ink) and look_distance(look.ink, usual.ink) > _SAME
    if look.is_underlined or (has_own_colour and not is_title):
        return "link"
    if has_own_colour:
        return "unknown"  # a heading that is a link, or one in the house's colour
    if is_large:
        return "heading"
    if look_distance(look.ground, ground) > 1.5 * _SAME:
        return "unknown"
    is_emphasised = contrast(look.ink, look.ground) > contrast(usual.ink, look.ground)
    return "plain" if is_emphasised or look_distance(look.ink, usual.ink) <= 1.5 * _SAME else "unknown"


def looks_off(look: Look, words: Sequence[Word]) -> bool:
    """Whether a text is drawn as disabled controls are: grey, not underlined, and too faint to be meant for reading.

    Light text on dark may be a little stronger, if it is faint beside the other `words` on its ground.
    """
    if look.is_underlined or max(_chroma(look.ink), _chroma(look.ground)) > _OFF_CHROMA:
        return False
    own = contrast(look.ink, look.ground)
    if own < _OFF_CONTRAST:
        return True
    is_light = _luminance(look.ink) > _luminance(look.ground)
    return is_light and own < _OFF_CONTRAST_LIGHT and own < _OFF_SHARE * _strong_contrast(words, look.ground)


def _strong_contrast(words: Sequence[Word], ground: Rgb) -> float:
    """The contrast of strong text on about the same ground; 1 where there is no text."""
    found = sorted(
        contrast(w.ink, w.ground)
        for w in words
        if w.ink is not None and w.ground is not None and look_distance(w.ground, ground) <= _SAME
    )
    return found[int(_STRONG_SHARE * (len(found) - 1))] if found else 1.0


def contrast(a: Rgb, b: Rgb) -> float:
    """Contrast ratio of two colours, 1..21. Source: WCAG 2.2, "contrast ratio" and "relative luminance"."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _is_colourful(ink: Rgb) -> bool:
    """Whether an ink is of a colour that links have: neither grey nor nearly black."""
    return _chroma(ink) >= _LINK_CHROMA and max(ink) >= _LINK_LIGHT


def _chroma(colour: Rgb) -> int:
    return max(colour) - min(colour)


def look_distance(a: Rgb, b: Rgb) -> float:
    return float(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5)


def _bin(colour: Rgb) -> Rgb:
    red, green, blue = (min(255, channel // 32 * 32 + 16) for channel in colour)
    return (red, green, blue)
