"""From a screenshot to a page: controls, flattened picture, words, phrases. Uses readers through their Protocol."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from navigation.deadline import Deadline
from navigation.geometry import contains, grow, share_inside, union
from navigation.phrases import group_phrases
from navigation.protocols import GreyImage, Layout, OcrEngine, RgbImage
from navigation.types import Box, Control, Page, Size, Word
from navigation.vision import crop, enlarge, find_controls, flatten, ink_colour, to_grey, without_lines

READING_VERSION = "flat2x-6"  # part of a stored page's key; raise it when the same picture would read differently
_SCALE = 2.0  # psm 11 on the flattened picture at 2x found 90 % at 1x's double time (measured.md)
_CROP_SCALE = 3.0
_UNREAD_INK = 0.02  # share of dark pixels from which a control without words is worth reading on its own
_MAX_CROPS = 40
_BLOCK_READINGS = ((True, 2.0), (False, 3.0), (True, 3.0), (False, 2.0), (True, 1.5), (False, 1.5), (True, 1.25))
# flattened?, scale; small ones last: they cost letters, but tesseract doubles no digit of a long number there
BLOCK_READINGS = len(_BLOCK_READINGS)
_SURE = 0.82  # confidence of a line under which it is read again
_GAIN = 0.08  # confidence a second reading must add to be believed
_LARGE = 26  # px; text this high is too large for the reader at twice its size
_BEST_HEIGHT = 34.0  # px; the letters tesseract's network was trained on are about this high


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
        words = self._look_again(flat, words, deadline)
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

    def read_flat(self, flat: GreyImage, *, layout: Layout, deadline: Deadline) -> list[Word]:
        """The words of a part of a flattened screenshot (`vision.flatten`), enlarged; boxes in pixels of the part."""
        return self._read_crop(flat, deadline, layout)

    def read_block(self, rgb: RgbImage, box: Box, *, attempt: int, deadline: Deadline) -> list[Word]:
        """The words of a region read on its own, boxes in pixels of the screenshot; each `attempt` (from 0) prepares
        it another way."""
        flattened, scale = _BLOCK_READINGS[attempt % len(_BLOCK_READINGS)]
        grey = to_grey(crop(rgb, box))
        picture = flatten(grey) if flattened else grey
        words = self.reader.read(enlarge(_padded(picture), scale), layout="sparse", deadline=deadline)
        return [_placed(word, scale=scale, dx=box.x - 6, dy=box.y - 6, line_base=0) for word in words]

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

    def _look_again(self, flat: GreyImage, words: Sequence[Word], deadline: Deadline) -> list[Word]:
        """The words, with doubtful or large lines read again at the size the reader knows best, where that helps."""
        lines: dict[int, list[Word]] = {}
        for word in words:
            lines.setdefault(word.line, []).append(word)
        runs = [run for line in lines.values() for run in _close_runs(line)]
        doubtful = sorted((r for r in runs if _is_doubtful(r)), key=_confidence)[:_MAX_CROPS]

        def again(run: list[Word]) -> list[Word]:
            box = grow(union(w.box for w in run), 5, 5, Size(flat.shape[1], flat.shape[0]))
            height = max(w.box.h for w in run)
            scale = min(4.0, max(0.5, _BEST_HEIGHT / height))
            picture = enlarge(_padded(crop(flat, box)), scale)
            read = self.reader.read(picture, layout="line", deadline=deadline)
            better = [_placed(w, scale=scale, dx=box.x - 6, dy=box.y - 6, line_base=0) for w in read]
            better = [replace(w, line=run[0].line) for w in better if w.confidence > 0.1]
            return better if _is_better(better, run) else run

        with ThreadPoolExecutor(max(1, self.threads)) as pool:
            replaced = list(pool.map(again, doubtful))
        settled = {id(r) for r in doubtful}
        return [w for r in runs if id(r) not in settled for w in r] + [w for r in replaced for w in r]

    def _read_crop(self, flat: GreyImage, deadline: Deadline, layout: Layout = "line") -> list[Word]:
        """Words of a small flattened picture, boxes in its own pixels."""
        pad = 6
        words = self.reader.read(enlarge(_padded(flat, pad), _CROP_SCALE), layout=layout, deadline=deadline)
        return [_placed(w, scale=_CROP_SCALE, dx=-pad, dy=-pad, line_base=0) for w in words]


def _close_runs(line: Sequence[Word]) -> list[list[Word]]:
    """A reader's line cut where a gap is wider than any space: each part is read again on its own."""
    runs: list[list[Word]] = []
    for word in sorted(line, key=lambda w: w.box.x):
        if runs and word.box.x - runs[-1][-1].box.right <= 1.2 * max(word.box.h, runs[-1][-1].box.h):
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _is_doubtful(run: Sequence[Word]) -> bool:
    letters = sum(c.isalnum() for w in run for c in w.text)
    height = max(w.box.h for w in run)
    return letters >= 2 and 6 <= height <= 80 and (_confidence(run) < _SURE or height > _LARGE)


def _is_better(new: Sequence[Word], old: Sequence[Word]) -> bool:
    """Whether a second reading replaces the first: surely more certain, of the same extent, and no shorter."""
    if not new or _confidence(new) < _confidence(old) + _GAIN:
        return False
    before, after = union(w.box for w in old), union(w.box for w in new)
    alike = share_inside(before, after) > 0.75 and share_inside(after, before) > 0.75
    return alike and sum(len(w.text) for w in new) >= 0.8 * sum(len(w.text) for w in old)


def _confidence(run: Sequence[Word]) -> float:
    """The reader's confidence in a run: the mean of its words weighted by their length."""
    letters = sum(len(w.text) for w in run)
    return sum(w.confidence * len(w.text) for w in run) / letters if letters else 0.0


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
