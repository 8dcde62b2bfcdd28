"""Whether a screen stands still, judged frame by frame. Pure: frames and the times they were taken go in.

What goes on changing for ever on a screen that waits for nothing: a caret blinks, a clock ticks. What does so while
the screen is not ready yet: a spinner turns, a bar grows, a dialog fades in. The first two are looked past, the
others are waited for. They are told apart by how the changes lie, never by what is read.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2

from navigation.agents.frames import all_changes, is_caret
from navigation.geometry import contains, union
from navigation.protocols import RgbImage
from navigation.types import Box

# A clock's changing part: text of usual sizes, no wider than "23:59:59.9" in large type.
_CLOCK_HEIGHT, _CLOCK_MAX_WIDTH = (6, 48), 200
# A changing place about as wide as high, when it is not a narrow digit, is a spinner.
_SQUARE = (0.8, 1.3)
# Share of the looks in which a clock changes only where it changed before; a growing bar hardly ever does.
_SAME_PLACE = 0.6
_MIN_LOOKS = 4
_FADE_BLOCK, _FADE_LEVEL, _FADE_SHARE = 16, 2, 0.01  # px a side; grey levels on average; share of the blocks


class Stillness:
    """Looks at one frame after another; `restless_s` is how long only clocks may have changed."""

    def __init__(self, *, restless_s: float) -> None:
        self._restless_s = restless_s
        self._last: RgbImage | None = None
        self._carets: list[Box] = []
        self._ticks = _Ticks()

    def sees(self, frame: RgbImage, at_s: float) -> bool:
        """Whether the screen stands still, this frame being the newest, taken at `at_s`."""
        last, self._last = self._last, frame
        if last is None or last.shape != frame.shape or is_fading(last, frame):
            self._carets, self._ticks = [], _Ticks()
            return False
        changed = all_changes(last, frame)
        if not changed:
            return True
        carets, self._carets = self._carets, [box for box in changed if is_caret(box)]
        if len(self._carets) == len(changed) and _all_within(changed, carets):
            return True  # it came and went where it stands; the edge of a growing bar moves on
        if not self._ticks.take(changed, at_s):
            self._ticks = _Ticks()
        return self._ticks.is_a_clock_for(at_s, self._restless_s)


class _Ticks:
    """A run of looks in which nothing but small places changed."""

    def __init__(self) -> None:
        self._places: list[Box] = []
        self._since: float | None = None
        self._looks = self._repeated = 0

    def take(self, changed: Sequence[Box], at_s: float) -> bool:
        """Add the changes of one look; False when they are not, or no longer, those of a clock."""
        self._since = at_s if self._since is None else self._since
        self._looks += 1
        self._repeated += _all_within(changed, self._places)
        self._places = _merged([*self._places, *changed])
        return all(box.h <= _CLOCK_HEIGHT[1] and box.w <= _CLOCK_MAX_WIDTH for box in self._places)

    def is_a_clock_for(self, at_s: float, restless_s: float) -> bool:
        return (
            self._since is not None
            and self._looks >= _MIN_LOOKS
            and at_s - self._since >= restless_s
            and self._repeated >= _SAME_PLACE * self._looks
            and all(_is_text(box) for box in self._places)
        )


def is_fading(before: RgbImage, after: RgbImage) -> bool:
    """Whether much of the screen became a little lighter or darker, however slowly: a dialog or page fading in.

    Averages over blocks are compared, in which the noise of a lossy display cancels out.
    """
    size = (max(1, before.shape[1] // _FADE_BLOCK), max(1, before.shape[0] // _FADE_BLOCK))
    small = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in (before, after)]
    return float((cv2.absdiff(*small).max(axis=2) > _FADE_LEVEL).mean()) > _FADE_SHARE


def _is_text(box: Box) -> bool:
    return box.h >= _CLOCK_HEIGHT[0] and not _SQUARE[0] <= box.w / box.h <= _SQUARE[1]


def _all_within(boxes: Sequence[Box], places: Sequence[Box]) -> bool:
    return all(any(contains(place, box) for place in places) for box in boxes)


def _merged(boxes: Sequence[Box]) -> list[Box]:
    """One box for all that lie on a line no farther apart than they are high."""
    places: list[Box] = []
    for box in sorted(boxes, key=lambda b: b.x):
        near = next((p for p in places if _on_one_line(p, box)), None)
        if near is not None:
            places.remove(near)
        places.append(box if near is None else union((near, box)))
    return places


def _on_one_line(a: Box, b: Box) -> bool:
    gap = max(a.x, b.x) - min(a.right, b.right)
    return gap <= max(a.h, b.h) and min(a.bottom, b.bottom) > max(a.y, b.y)
