"""From a screenshot to a page: controls, flattened picture, words, phrases. Uses readers through their Protocol."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from navigation.cells import find_cells
from navigation.deadline import Deadline
from navigation.errors import OcrFailedError, OcrUnavailableError
from navigation.geometry import contains, grow, share_inside, union, vertical_overlap
from navigation.lenses import find_lenses
from navigation.overlay import find_overlay
from navigation.phrases import group_phrases
from navigation.protocols import GreyImage, Layout, OcrEngine, RgbImage
from navigation.rereading import Rereader
from navigation.types import SECOND, Box, Control, Page, Phrase, Size, Word
from navigation.unread import find_unread
from navigation.vision import (
    crop,
    enlarge,
    find_controls,
    flatten,
    ground_colour,
    ink_colour,
    to_grey,
    without_lines,
)

_log = logging.getLogger(__name__)

READING_VERSION = "cells2x-3"  # part of a stored page's key; raise it when the same picture would read differently
_SCALE = 2.0  # psm 11 on the flattened picture at 2x found 90 % at 1x's double time (measured.md)
_CROP_SCALE = 3.0
_CELL_PAD = 10  # px of paper around a cell; the reader wants some
_UNREAD_INK = 0.02  # share of dark pixels from which a control without words is worth reading on its own
_MAX_CROPS = 40
_BLOCK_READINGS = ((True, 2.0), (False, 3.0), (True, 3.0), (False, 2.0), (True, 1.5), (False, 1.5), (True, 1.25))
# flattened?, scale; small ones last: they cost letters, but tesseract doubles no digit of a long number there
BLOCK_READINGS = len(_BLOCK_READINGS)
_SURE = 0.82  # confidence of a line under which it is read again
_SECOND_SURE = 0.60  # confidence from which the second reader is believed
_GAIN = 0.08  # confidence a second reading must add to be believed
_LARGE = 26  # px; text this high is too large for the reader at twice its size
_HALO = 3  # px; above and below a word together
_OVERHANG = 5  # px; how far an underline may reach past its words
_BEST_HEIGHT = 34.0  # px; the letters tesseract's network was trained on are about this high


@dataclass(frozen=True, slots=True)
class PageReader:
    """Reads whole screenshots with one reader; `threads` cells are read side by side.

    `second`, where there is one, reads single lines: what the first left unread or was unsure of. A cell, line or
    crop that was read lately, pixel for pixel, is not read again.
    """

    reader: OcrEngine
    threads: int = 2
    second: OcrEngine | None = None
    lately: Rereader = field(default_factory=Rereader, compare=False, repr=False)

    @property
    def settings_key(self) -> str:
        readers = [self.reader] if self.second is None else [self.reader, self.second]
        return "+".join(f"{r.name}/{r.version}" for r in readers) + f"/{READING_VERSION}"

    def read(self, rgb: RgbImage, *, image_id: str, deadline: Deadline) -> Page:
        """The page of one screenshot; raises the reader's OcrError."""
        began = time.perf_counter()
        size = Size(rgb.shape[1], rgb.shape[0])
        grey = to_grey(rgb)
        with ThreadPoolExecutor(max(1, self.threads)) as pool:
            ground = self.lately.ground(grey, pool)
            controls = find_controls(rgb)
            flat, rules = without_lines(flatten(grey, controls, background=ground()))
        words = self._read_cells(flat, deadline)
        controls = tuple(c for c in controls if not _is_made_of_letters(c.box, words))
        controls += tuple(Control(box, "lens") for box in find_lenses(flat))
        words += self._read_unread_controls(flat, controls, words, deadline)
        words = self._look_again(flat, words, deadline)
        words = _dressed(words, rgb, flat, rules)
        second = _dressed(self._second_words(grey, flat, words, deadline), rgb, flat, rules)
        return Page(
            size=size,
            words=tuple(words),
            phrases=(*group_phrases(words, controls), *_of_second(group_phrases(second, controls))),
            controls=controls,
            reader=self.reader.name,
            image_id=image_id,
            settings_key=self.settings_key,
            read_ms=(time.perf_counter() - began) * 1000,
            second_words=tuple(second),
            overlay=find_overlay(rgb),
        )

    def read_deeper(self, page: Page, rgb: RgbImage, *, deadline: Deadline) -> Page:
        """The page with every text as the second reader reads it, beside the first one's; the same page without one."""
        if self.second is None:
            return page
        grey = to_grey(rgb)
        flat, rules = without_lines(flatten(grey, page.controls))
        read = self._ask_second(grey, "sparse", deadline)
        words = _dressed([w for w in read if w.confidence >= _SECOND_SURE], rgb, flat, rules)
        phrases = (*page.phrases, *_of_second(group_phrases(words, page.controls)))
        return replace(page, phrases=phrases, second_words=tuple(words))

    def _second_words(self, grey: GreyImage, flat: GreyImage, words: Sequence[Word], deadline: Deadline) -> list[Word]:
        """Doubtful lines, and lines of which a part was left unread, as the second reader reads them."""
        if self.second is None:
            return []
        runs = _runs_of(words)
        doubtful = sorted((r for r in runs if _confidence(r) < _SURE), key=_confidence)[:_MAX_CROPS]
        places = [union(w.box for w in run) for run in doubtful]
        lines = [union(w.box for w in run) for run in runs]
        unread = [_whole_line(box, lines) for box in find_unread(flat, [w.box for w in words])[:_MAX_CROPS]]
        size = Size(flat.shape[1], flat.shape[0])

        def read(job: tuple[int, Box]) -> list[Word]:
            number, place = job
            box = grow(place, 4, 4, size)
            found = self._ask_second(crop(flat, box), "line", deadline)
            return [_placed(w, scale=1, dx=box.x, dy=box.y, line_base=number) for w in found]

        with ThreadPoolExecutor(max(1, self.threads)) as pool:
            answers = pool.map(read, enumerate(dict.fromkeys([*places, *unread])))
            return [w for answer in answers for w in answer if w.confidence >= _SECOND_SURE]

    def _ask_second(self, grey: GreyImage, layout: Layout, deadline: Deadline) -> Sequence[Word]:
        """What the second reader reads; nothing when it fails: the first one's reading stands without it."""
        if self.second is None:
            return []
        try:
            return self.lately.read(self.second, grey, layout=layout, deadline=deadline)
        except (OcrUnavailableError, OcrFailedError) as err:
            _log.warning("second reader failed reader=%s kind=%s", err.reader, type(err).__name__)
            return []

    def read_line(self, rgb: RgbImage, box: Box, *, deadline: Deadline) -> str:
        """The text of one control, cut out and read as one line, by the second reader where there is one."""
        words = self._ask_second(to_grey(crop(rgb, box)), "line", deadline)
        if words:
            return " ".join(w.text for w in words)
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

    def _read_cells(self, flat: GreyImage, deadline: Deadline) -> list[Word]:
        """Words of the whole picture, cell by cell, the large ones first since they take longest."""
        cells = find_cells(flat)
        order = sorted(range(len(cells)), key=lambda number: -cells[number].area)

        def read(number: int) -> list[Word]:
            box = cells[number]
            picture = _padded(crop(flat, box), _CELL_PAD)
            words = self.lately.read(self.reader, picture, layout="sparse", scale=_SCALE, deadline=deadline)
            dx, dy = box.x - _CELL_PAD, box.y - _CELL_PAD
            return [_placed(w, scale=_SCALE, dx=dx, dy=dy, line_base=number * 1000) for w in words]

        with ThreadPoolExecutor(max(1, self.threads)) as pool:
            found = dict(zip(order, pool.map(read, order), strict=True))
        return [word for number in range(len(cells)) for word in found[number]]

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
        runs = _runs_of(words)
        doubtful = sorted((r for r in runs if _is_doubtful(r)), key=_confidence)[:_MAX_CROPS]

        def again(run: list[Word]) -> list[Word]:
            box = grow(union(w.box for w in run), 5, 5, Size(flat.shape[1], flat.shape[0]))
            height = max(w.box.h for w in run)
            scale = min(4.0, max(0.5, _BEST_HEIGHT / height))
            picture = _padded(crop(flat, box))
            read = self.lately.read(self.reader, picture, layout="line", scale=scale, deadline=deadline)
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
        picture = _padded(flat, pad)
        words = self.lately.read(self.reader, picture, layout=layout, scale=_CROP_SCALE, deadline=deadline)
        return [_placed(w, scale=_CROP_SCALE, dx=-pad, dy=-pad, line_base=0) for w in words]


def _dressed(words: Sequence[Word], rgb: RgbImage, flat: GreyImage, rules: Sequence[Box]) -> list[Word]:
    """The words with how they are drawn."""
    underlined = _underlined(words, rules)
    return [
        replace(
            word,
            ink=ink_colour(rgb, flat, word.box),
            ground=ground_colour(rgb, flat, word.box),
            is_underlined=number in underlined,
        )
        for number, word in enumerate(words)
    ]


def _of_second(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    return tuple(replace(p, source=f"{SECOND} {p.source}") for p in phrases)


def _whole_line(part: Box, lines: Sequence[Box]) -> Box:
    """A part of a line with the parts that were read to its left and right."""
    whole = part
    for _ in range(2):
        near = [
            line for line in lines
            if vertical_overlap(line, whole) >= 0.55
            and max(line.x - whole.right, whole.x - line.right) <= 0.6 * max(line.h, part.h)
            and max(line.h, part.h) <= 2.6 * min(line.h, part.h)
        ]  # fmt: skip
        whole = union([whole, *near])
    return whole


def _runs_of(words: Sequence[Word]) -> list[list[Word]]:
    lines: dict[int, list[Word]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word)
    return [run for line in lines.values() for run in _close_runs(line)]


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


def _placed(word: Word, *, scale: float, dx: int, dy: int, line_base: int) -> Word:
    """A word of an enlarged part in the pixels of the whole screenshot."""
    box = word.box
    left, top = round(box.x / scale) + dx, round(box.y / scale) + dy
    right, bottom = round(box.right / scale) + dx, round(box.bottom / scale) + dy
    placed = Box(left, top, max(1, right - left), max(1, bottom - top))
    return Word(word.text, placed, word.confidence, line_base + word.line)


def _is_made_of_letters(box: Box, words: Sequence[Word]) -> bool:
    """Whether a small rectangle is the counter of a letter, a letter itself, or the noise close around a word."""
    return box.h <= 26 and any(
        (box.w < 0.8 * w.box.w and len(w.text) >= 2 and share_inside(box, w.box) > 0.6) or _is_close_around(box, w.box)
        for w in words
    )


def _is_close_around(box: Box, word: Box) -> bool:
    """Whether a rectangle leaves less room around a word than any button does."""
    return contains(box, word, slack=1) and box.h - word.h <= _HALO and box.w - word.w <= 0.8 * word.h


def _underlined(words: Sequence[Word], rules: Sequence[Box]) -> set[int]:
    """Numbers of the words that rules stand right under; a rule longer than its words divides the screen instead."""
    found: set[int] = set()
    for rule in rules:
        above = [n for n, w in enumerate(words) if _stands_under(rule, w.box)]
        if not above:
            continue
        left, right = min(words[n].box.x for n in above), max(words[n].box.right for n in above)
        if rule.x >= left - _OVERHANG and rule.right <= right + _OVERHANG:
            found.update(above)
    return found


def _stands_under(rule: Box, box: Box) -> bool:
    if not -max(3, 0.3 * box.h) <= rule.y - box.bottom <= max(4, 0.45 * box.h):
        return False
    return min(rule.right, box.right) - max(rule.x, box.x) >= 0.6 * box.w


def _looks_unread(flat: GreyImage, box: Box, words: Sequence[Word]) -> bool:
    if not (12 <= box.h <= 80 and 20 <= box.w <= 500):
        return False
    if any(contains(box, w.box, slack=3) or share_inside(w.box, box) > 0.5 for w in words):
        return False
    inner = crop(flat, grow(box, -3, -3, Size(flat.shape[1], flat.shape[0])))
    return bool(inner.size) and float(np.count_nonzero(inner < 140)) / inner.size >= _UNREAD_INK
