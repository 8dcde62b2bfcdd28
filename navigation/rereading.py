"""What was read lately, by the very pixels it was read from: what did not change on a screen is not read again.

The same pixels give the same words, so a page made with what is kept here is the page that a cold reading makes;
nothing depends on which screen was read before. Only digests, words and blurred strips are kept, no screenshots.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

import numpy as np

from navigation.deadline import Deadline
from navigation.protocols import GreyImage, Layout, OcrEngine
from navigation.types import Word
from navigation.vision import FLATTEN_WINDOW, enlarge, median_ground

_KEPT_WORDS = 20_000  # some 100 screens; 10 MB
_KEPT_PIXELS = 16_000_000  # of grey; some 12 screens
_STRIP_ROWS = 128

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The values used last, up to a total weight. Safe to share between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._values: OrderedDict[bytes, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: bytes, make: Callable[[], Value], weigh: Callable[[Value], int]) -> Value:
        """The value of a key, made where it is not kept; two threads may both make it. Passes on what `make` raises."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
        value = make()
        self._put(key, value, weigh(value))
        return value

    def _put(self, key: bytes, value: Value, weight: int) -> None:
        with self._lock:
            if key in self._values or weight > self._limit:
                return
            self._values[key] = (value, weight)
            self._weight += weight
            while self._weight > self._limit:
                self._weight -= self._values.popitem(last=False)[1][1]


class Rereader:
    """Reads pictures with readers, each picture once, and blurs them, each strip once."""

    def __init__(self) -> None:
        self._words: Kept[tuple[Word, ...]] = Kept(_KEPT_WORDS)
        self._strips: Kept[GreyImage] = Kept(_KEPT_PIXELS)

    def read(
        self, reader: OcrEngine, grey: GreyImage, *, layout: Layout, deadline: Deadline, scale: float = 1.0
    ) -> Sequence[Word]:
        """What the reader reads in a picture enlarged by `scale`; boxes in the enlarged picture's pixels."""

        def read() -> tuple[Word, ...]:
            picture = grey if scale == 1 else enlarge(grey, scale)
            return tuple(reader.read(picture, layout=layout, deadline=deadline))

        key = _digest(grey, f"{reader.name} {reader.version} {layout} {scale}")
        return self._words.get(key, read, lambda words: 1 + len(words))

    def ground(self, grey: GreyImage, side_by_side: Executor) -> Callable[[], GreyImage]:
        """Starts the median around each pixel, in strips; gives what waits for it, a new array."""
        strips = side_by_side.map(lambda top: self._strip(grey, top), range(0, len(grey), _STRIP_ROWS))
        return lambda: np.concatenate(list(strips))

    def _strip(self, grey: GreyImage, top: int) -> GreyImage:
        """Some rows of the median; it looks half a window beyond them."""
        reach = FLATTEN_WINDOW // 2
        first, last = max(0, top - reach), min(len(grey), top + _STRIP_ROWS + reach)
        around = grey[first:last]
        rows = slice(top - first, min(len(grey), top + _STRIP_ROWS) - first)
        key = _digest(around, f"ground {rows}")
        return self._strips.get(key, lambda: median_ground(around)[rows].copy(), lambda strip: strip.size)


def _digest(grey: GreyImage, purpose: str) -> bytes:
    digest = hashlib.sha256(f"{purpose} {grey.shape} ".encode())
    digest.update(np.ascontiguousarray(grey).data)
    return digest.digest()
