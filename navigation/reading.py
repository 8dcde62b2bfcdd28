"""From a screenshot to a page: controls, flattened picture, words, phrases. Uses readers through their Protocol."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from navigation.deadline import Deadline
from navigation.geometry import contains, grow, share_inside
from navigation.phrases import group_phrases
from navigation.protocols import GreyImage, OcrEngine, RgbImage
from navigation.types import Box, Control, Page, Size, Word
from navigation.vision import crop, enlarge, find_controls, flatten, ink_colour, to_grey, without_lines

READING_VERSION = "flat2x-3"  # part of a stored page's key; raise it when the same picture would read differently
_SCALE = 2.0  # psm 11 on the flattened picture at 2x found 90 % at 1x's double time (measured.md)
_CROP_SCALE = 3.0
_HALF_OVERLAP = 28  # px; more than a line of text, so that no line is cut by both halves
_UNREAD_INK = 0.02  # share of dark pixels from which a control without words is worth reading on its own
_MAX_CROPS = 40


@dataclass(frozen=True, slots=True)
class PageReader:
    """Reads whole screenshots with one reader; `threads` halves are read side by side."""

    reader: OcrEngine
    threads: int = 2

    @property
    def settings_key(self) -> str:
        return f"{self.reader.name}/{self.reader.version}/{READING_VERSION}"

    def read(self, rgb: RgbImage, *, image_id: str, deadline: Deadline) -> Page:
        """The page of one screenshot; raises the reader's OcrError."""
        began = time.perf_counter()
        size = Size(rgb.shape[1], rgb.shape[0])
        grey = to_grey(rgb)
        controls = find_controls(rgb)
        flat = without_lines(flatten(grey, controls))
        words = self._read_halves(flat, deadline)
        controls = tuple(c for c in controls if not _is_part_of_a_letter(c.box, words))
        words += self._read_unread_controls(flat, controls, words, deadline)
        words = [replace(w, ink=ink_colour(rgb, flat, w.box)) for w in words]
        return Page(
            size=size,
            words=tuple(words),
            phrases=group_phrases(words, controls),
            controls=controls,
            reader=self.reader.name,
            image_id=image_id,
            settings_key=self.settings_key,
            read_ms=(time.perf_counter() - began) * 1000,
        )

    def read_line(self, rgb: RgbImage, box: Box, *, deadline: Deadline) -> str:
        """The text of one control, cut out, enlarged and read as one line."""
        words = self._read_crop(flatten(to_grey(crop(rgb, box))), deadline)
        return " ".join(w.text for w in words)

    def read_block(self, rgb: RgbImage, box: Box, *, deadline: Deadline) -> list[str]:
        """The lines of a region read on its own at three times its size, from top to bottom."""
        flat = flatten(to_grey(crop(rgb, box)))
        words = self.reader.read(enlarge(_padded(flat), _CROP_SCALE), layout="sparse", deadline=deadline)
        lines: dict[int, list[str]] = {}
        for word in words:
            lines.setdefault(word.line, []).append(word.text)
        return [" ".join(line) for line in lines.values()]

    def _read_halves(self, flat: GreyImage, deadline: Deadline) -> list[Word]:
        cut = _quiet_row(flat) if self.threads > 1 else flat.shape[0]
        parts = [(0, flat[:cut])] + ([(cut, flat[cut:])] if cut < flat.shape[0] else [])

        def read(part: tuple[int, GreyImage]) -> list[Word]:
            offset, picture = part
            words = self.reader.read(enlarge(picture, _SCALE), layout="sparse", deadline=deadline)
            return [_placed(w, scale=_SCALE, dx=0, dy=offset, line_base=offset * 1000) for w in words]

        if len(parts) == 1:
            return read(parts[0])
        with ThreadPoolExecutor(len(parts)) as pool:
            return [word for words in pool.map(read, parts) for word in words]

    def _read_unread_controls(
        self, flat: GreyImage, controls: Sequence[Control], words: Sequence[Word], deadline: Deadline
    ) -> list[Word]:
        """Words of the controls that hold something dark but no word: read one by one as a line."""
        unread = [c.box for c in controls if _looks_unread(flat, c.box, words)][:_MAX_CROPS]
        found: list[Word] = []
        for number, box in enumerate(unread):
            for word in self._read_crop(crop(flat, box), deadline):
                if word.confidence >= 0.5:
                    found.append(_placed(word, scale=1, dx=box.x, dy=box.y, line_base=-1 - number))
        return found

    def _read_crop(self, flat: GreyImage, deadline: Deadline) -> list[Word]:
        """Words of a small flattened picture, boxes in its own pixels."""
        pad = 6
        words = self.reader.read(enlarge(_padded(flat, pad), _CROP_SCALE), layout="line", deadline=deadline)
        return [_placed(w, scale=_CROP_SCALE, dx=-pad, dy=-pad, line_base=0) for w in words]


def _padded(flat: GreyImage, pad: int = 6) -> GreyImage:
    return np.pad(flat, pad, constant_values=255)


def _quiet_row(flat: GreyImage) -> int:
    """The row nearest the middle where no text is cut; the middle itself when every row near it has ink."""
    height = flat.shape[0]
    ink = np.count_nonzero(flat < 160, axis=1)
    rows = sorted(range(height // 2 - height // 6, height // 2 + height // 6), key=lambda y: abs(y - height // 2))
    return next((y for y in rows if not ink[y - 2 : y + 3].any()), min(rows, key=lambda y: ink[y - 2 : y + 3].sum()))


def _placed(word: Word, *, scale: float, dx: int, dy: int, line_base: int) -> Word:
    """A word of an enlarged part in the pixels of the whole screenshot."""
    box = word.box
    left, top = round(box.x / scale) + dx, round(box.y / scale) + dy
    right, bottom = round(box.right / scale) + dx, round(box.bottom / scale) + dy
    placed = Box(left, top, max(1, right - left), max(1, bottom - top))
    return Word(word.text, placed, word.confidence, line_base + word.line)


def _is_part_of_a_letter(box: Box, words: Sequence[Word]) -> bool:
    """Whether a small rectangle is the counter of a letter or a letter itself."""
    return box.h <= 26 and any(
        share_inside(box, w.box) > 0.6 and len(w.text) >= 2 and box.w < 0.8 * w.box.w for w in words
    )


def _looks_unread(flat: GreyImage, box: Box, words: Sequence[Word]) -> bool:
    if not (12 <= box.h <= 80 and 20 <= box.w <= 500):
        return False
    if any(contains(box, w.box, slack=3) or share_inside(w.box, box) > 0.5 for w in words):
        return False
    inner = crop(flat, grow(box, -3, -3, Size(flat.shape[1], flat.shape[0])))
    return bool(inner.size) and float(np.count_nonzero(inner < 140)) / inner.size >= _UNREAD_INK
