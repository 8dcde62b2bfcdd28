"""Which tab of a bar is chosen, from pixels alone. Pure; None where the picture does not tell.

A tab is chosen when it alone looks unlike its siblings, in a way that chosen tabs do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from navigation.colours import Colour, apart, contrast_with, median
from navigation.geometry import clip
from navigation.protocols import RgbImage
from navigation.types import Box, Size

_MARK_LEVEL, _EDGE_LEVEL = 24, 12  # channel levels: letters against their ground; what counts as another colour
_SAME_LOOK, _OTHER_LOOK = 6, 14  # channel levels: alike among the others, and apart from them
_BAR_LEVEL, _BAR_MAX, _BAR_REACH = 30, 6, 14  # level; px thick; px under or over the tab's text
_BOLDER = 1.25
_INK_LOOK = (30, 60)  # the same for letters, whose soft edges mix with the ground
_FADED = 0.75


def chosen_tab(rgb: RgbImage, tabs: Sequence[Box]) -> int | None:
    """Which of the tabs of one bar is chosen, as its index; None where the picture does not tell.

    Give the boxes of all the tabs of the bar, or of their texts. Of two tabs only a bar under or over one of them
    counts, or that one joins the panel below it: nothing else says which of two different looks is the chosen one.
    """
    if len(tabs) < 2 or any(clip(tab, _size(rgb)) != tab for tab in tabs):
        return None
    looks = [_TabLook(rgb, tab) for tab in tabs]
    votes = {vote for vote in (_by_bar(looks), _by_joining(looks), *_by_difference(looks)) if vote is not None}
    return votes.pop() if len(votes) == 1 else None


def is_chosen(rgb: RgbImage, tab: Box, siblings: Sequence[Box]) -> bool | None:
    """Whether one tab is the chosen one among its siblings."""
    found = chosen_tab(rgb, [tab, *siblings])
    return None if found is None else found == 0


class _TabLook:
    """What is seen of one tab."""

    def __init__(self, rgb: RgbImage, tab: Box) -> None:
        view = rgb[tab.y : tab.bottom, tab.x : tab.right]
        self.fill = _common(view)
        contrast = contrast_with(view, self.fill)
        ink = contrast > max(_MARK_LEVEL, 0.6 * float(contrast.max()))
        letters = _without_bars(ink)
        self.ink = median(view[letters]) if letters.any() else self.fill
        self.weight = _stroke(letters)
        self.below, self.above = _bars(rgb, tab, self.fill)
        self.joins = _joins_below(rgb, tab, self.fill)

    @property
    def strength(self) -> int:
        return apart(self.ink, self.fill)


def _common(view: npt.NDArray[np.uint8]) -> Colour:
    """The colour that most pixels of a view share, within a few levels."""
    flat = view.reshape(-1, 3)
    keys = (flat >> 3).astype(np.int32) @ np.array([1024, 32, 1])
    values, counts = np.unique(keys, return_counts=True)
    return median(flat[keys == values[counts.argmax()]])


def _without_bars(ink: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Ink without rows and columns that are nearly full: borders and bars."""
    kept = ink.copy()
    kept[ink.mean(axis=1) > 0.8] = False
    kept[:, ink.mean(axis=0) > 0.8] = False
    return kept


def _stroke(letters: npt.NDArray[np.bool_]) -> float:
    """How thick the strokes are: the mean length of horizontal runs of ink, in pixels."""
    padded = np.pad(letters, ((0, 0), (1, 0)))
    starts = np.count_nonzero(letters & ~padded[:, :-1])
    return float(np.count_nonzero(letters)) / starts if starts else 0.0


def _bars(rgb: RgbImage, tab: Box, fill: Colour) -> tuple[tuple[int, Colour] | None, tuple[int, Colour] | None]:
    """The thickness and colour of the bar at the lower and at the upper edge of a tab."""
    middle = slice(tab.x + tab.w // 8, tab.right - tab.w // 8)
    down = rgb[tab.bottom - _BAR_MAX : min(rgb.shape[0], tab.bottom + _BAR_REACH), middle]
    up = rgb[max(0, tab.y - _BAR_REACH) : tab.y + _BAR_MAX, middle][::-1]
    return _first_bar(down, fill), _first_bar(up, fill)


def _first_bar(rows: npt.NDArray[np.uint8], fill: Colour) -> tuple[int, Colour] | None:
    """A run of rows of one strong colour, away from the text; None when there is none, or it does not end."""
    start: int | None = None
    for number, row in enumerate(rows):
        colour = median(row)
        is_even = float((contrast_with(row[None], colour) > _EDGE_LEVEL).mean()) < 0.1
        is_bar = is_even and apart(colour, fill) >= _BAR_LEVEL
        if is_bar and start is None:
            start = number
        elif start is not None and not (is_bar and apart(colour, median(rows[start])) < _BAR_LEVEL):
            thick = number - start
            return (thick, median(rows[start + thick // 2])) if thick <= _BAR_MAX else None
    return None


def _joins_below(rgb: RgbImage, tab: Box, fill: Colour) -> bool:
    """Whether nothing lies between a tab and what is under it: its fill goes on."""
    middle = slice(tab.x + tab.w // 4, tab.right - tab.w // 4)
    rows = rgb[tab.bottom - 3 : min(rgb.shape[0], tab.bottom + 8), middle]
    return bool(rows.shape[0] >= 8) and all(apart(median(row), fill) < _EDGE_LEVEL for row in rows)


def _by_bar(looks: Sequence[_TabLook]) -> int | None:
    """The one tab with a bar that the others lack, or that is thicker or of another colour than all theirs.

    A line under a tab is no sign where another tab has none because it joins the panel.
    """
    joins = _by_joining(looks) is not None
    for bars in ([] if joins else [look.below for look in looks], [look.above for look in looks]):
        having = [number for number, bar in enumerate(bars) if bar is not None]
        if len(having) == 1:
            return having[0]
        if not having or len(having) < len(bars):
            continue
        thick = [bar[0] for bar in bars if bar is not None]
        thickest = max(range(len(thick)), key=thick.__getitem__)
        if all(thick[number] <= thick[thickest] - 2 for number in having if number != thickest):
            return thickest
        if len(bars) > 2 and (found := _odd_one([bar[1] for bar in bars if bar is not None])) is not None:
            return found
    return None


def _by_joining(looks: Sequence[_TabLook]) -> int | None:
    """The one tab that is one with the panel below, where the others are set off from it."""
    joining = [number for number, look in enumerate(looks) if look.joins]
    return joining[0] if len(joining) == 1 and len({look.fill for look in looks}) > 1 else None


def _by_difference(looks: Sequence[_TabLook]) -> list[int | None]:
    """Of three tabs or more, the one with another fill, with other letters that are not paler, or with bolder ones."""
    if len(looks) < 3:
        return []
    found = [_odd_one([look.fill for look in looks]), _odd_one([look.ink for look in looks], *_INK_LOOK)]
    weights = [look.weight for look in looks]
    heaviest = max(range(len(weights)), key=weights.__getitem__)
    rest = [weight for number, weight in enumerate(weights) if number != heaviest]
    is_bolder = max(rest) > 0 and weights[heaviest] >= _BOLDER * max(rest) and max(rest) < _BOLDER * min(rest)
    found.append(heaviest if is_bolder else None)
    return [None if number is None or _is_faded(looks, number) else number for number in found]


def _is_faded(looks: Sequence[_TabLook], number: int) -> bool:
    """Whether a tab's letters stand out so much less than the others' that it looks disabled."""
    others = [look.strength for index, look in enumerate(looks) if index != number]
    return looks[number].strength < _FADED * min(others)


def _odd_one(colours: Sequence[Colour], same: int = _SAME_LOOK, other: int = _OTHER_LOOK) -> int | None:
    """The index of the one colour that is unlike all others while these are alike; None when there is no such."""
    for number, colour in enumerate(colours):
        others = [b for index, b in enumerate(colours) if index != number]
        alike = max(apart(a, b) for a in others for b in others) <= same
        if alike and min(apart(colour, b) for b in others) >= other:
            return number
    return None


def _size(rgb: RgbImage) -> Size:
    return Size(rgb.shape[1], rgb.shape[0])
