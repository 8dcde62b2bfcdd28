"""What reading only what changed saves, and whether it says the same: `python -m tests.bench.partial --corpus DIR`.

Pairs of screens of one size that follow each other: the corpus's transitions, and with `--demo FOLDER` what the robot
saw in the demo's runs (`navconsole demo --exit --data FOLDER`). Each second screen is read cold, and by an engine that
has read the first; both in this run, in turn. Then every query on it is asked of both pages.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from navigation import Engine, Settings, Target
from navigation.actions import parse_action
from navigation.engine import changed_share
from navigation.imaging import open_screenshot
from navigation.ocr import open_named_reader
from navigation.protocols import OcrEngine, RgbImage
from navigation.records import AttemptFilter
from navigation.store import open_store
from navigation.types import Page
from tests.bench.corpus import by_image, load_cases, load_picture, load_transitions
from tests.bench.tables import table

ALLOWANCE = 0.15  # of a cold reading, on top of the share that changed
_TILE = 32  # px; the area that changed is counted in tiles of this side
_LEVEL = 12  # grey levels; as `changed_share`


@dataclass(frozen=True, slots=True)
class Pair:
    """Two screens in a row, and what is asked of the second."""

    name: str
    source: str
    before: RgbImage
    after: RgbImage
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What one pair gave. `area`, `boxes`, `pixels` and `text` are the shares that changed; `cpu` is the processor's
    time, which other work on the machine changes less."""

    name: str
    source: str
    area: float
    boxes: float
    pixels: float
    text: float
    cold_ms: float
    partial_ms: float
    cold_cpu_ms: float
    partial_cpu_ms: float
    f1: float
    is_same_page: bool
    asked: int
    other_outcomes: int

    @property
    def ratio(self) -> float:
        return self.partial_ms / self.cold_ms

    @property
    def cpu_ratio(self) -> float:
        return self.partial_cpu_ms / self.cold_cpu_ms


def main() -> None:
    """Measure and print."""
    options = _options()
    settings = Settings(readers=tuple(options.readers.split(",")), language=options.language)
    readers = [open_named_reader(name, settings) for name in settings.readers]
    pairs = [*_of_corpus(options.corpus), *(_of_demo(options.demo) if options.demo else ())]
    rows = [_measured(pair, settings, readers, options.rounds) for pair in pairs]
    print(f"readers {options.readers}, language {options.language}, {options.rounds} rounds\n")
    print(_table(rows))
    versions = dict(Engine(settings, reader=readers[0]).versions)
    if options.json:
        plain = [{**asdict(row), "ratio": row.ratio, "cpu_ratio": row.cpu_ratio} for row in rows]
        options.json.write_text(json.dumps({"versions": versions, "pairs": plain}, indent=1))


def changed_area(before: RgbImage, after: RgbImage) -> float:
    """Share of the tiles in which a pixel differs visibly."""
    return float(_changed_tiles(before, after).mean())


def changed_boxes(before: RgbImage, after: RgbImage) -> float:
    """Share of the picture in the boxes around tiles with a change that touch: what a differ would cut out to read."""
    tiles = _changed_tiles(before, after)
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(tiles, np.uint8))
    covered = np.zeros(tiles.shape, bool)
    for x, y, w, h, _area in stats[1:].tolist():
        covered[y : y + h, x : x + w] = True
    return float(covered.mean())


def _changed_tiles(before: RgbImage, after: RgbImage) -> npt.NDArray[np.bool_]:
    differs = np.asarray(cv2.absdiff(before, after).max(axis=2) > _LEVEL, np.uint8)
    down, across = -(-differs.shape[0] // _TILE), -(-differs.shape[1] // _TILE)
    whole = np.zeros((down * _TILE, across * _TILE), np.uint8)
    whole[: differs.shape[0], : differs.shape[1]] = differs
    return np.asarray(whole.reshape(down, _TILE, across, _TILE).any(axis=(1, 3)))


def changed_text(before: RgbImage, after: RgbImage, page: Page) -> float:
    """Share of the letters of a page in whose word a pixel differs visibly: what no reader can take from before."""
    differs = cv2.absdiff(before, after).max(axis=2) > _LEVEL
    letters = [(len(w.text), bool(differs[w.box.y : w.box.bottom, w.box.x : w.box.right].any())) for w in page.words]
    return sum(count for count, is_new in letters if is_new) / max(1, sum(count for count, _ in letters))


def word_f1(page: Page, other: Page) -> float:
    """Of words as text at a place, each counted once."""
    words, others = (Counter((w.text, w.box) for w in p.words) for p in (page, other))
    total = words.total() + others.total()
    return 2 * (words & others).total() / total if total else 1.0


def _measured(pair: Pair, settings: Settings, readers: Sequence[OcrEngine], rounds: int) -> Row:
    cold_times, partial_times = [], []
    for _ in range(rounds):
        cold, partial = _engine(settings, readers), _engine(settings, readers)
        partial.read(pair.before)
        cold_page, times = _timed(cold, pair.after)
        cold_times.append(times)
        page, times = _timed(partial, pair.after)
        partial_times.append(times)
    is_same_page = (page.words, page.phrases, page.controls) == (cold_page.words, cold_page.phrases, cold_page.controls)
    answers = [(_answer(cold, cold_page, t), _answer(partial, page, t)) for t in pair.targets]
    return Row(
        pair.name,
        pair.source,
        changed_area(pair.before, pair.after),
        changed_boxes(pair.before, pair.after),
        changed_share(pair.before, pair.after),
        changed_text(pair.before, pair.after, cold_page),
        statistics.median(wall for wall, _ in cold_times),
        statistics.median(wall for wall, _ in partial_times),
        statistics.median(cpu for _, cpu in cold_times),
        statistics.median(cpu for _, cpu in partial_times),
        word_f1(page, cold_page),
        is_same_page,
        len(answers),
        sum(a != b for a, b in answers),
    )


def _timed(engine: Engine, picture: RgbImage) -> tuple[Page, tuple[float, float]]:
    """The page, and the milliseconds on the clock and of the processor."""
    began, began_cpu = time.perf_counter(), time.process_time()
    page = engine.read(picture)
    return page, ((time.perf_counter() - began) * 1000, (time.process_time() - began_cpu) * 1000)


def _engine(settings: Settings, readers: Sequence[OcrEngine]) -> Engine:
    return Engine(settings, reader=readers[0], second_reader=readers[1] if len(readers) > 1 else None)


def _answer(engine: Engine, page: Page, target: Target) -> tuple[Any, ...]:
    found = engine.ground(page, target)
    return found.outcome, found.point_px, found.box_px, found.score, found.margin


def _of_corpus(corpus: Path) -> Iterator[Pair]:
    """Transitions between two screens; those without effect show the same one and are not read at all."""
    cases = by_image(load_cases(corpus))
    for item in load_transitions(corpus):
        if item["before"] == item["after"]:
            continue
        before, after = load_picture(corpus, item["before"]), load_picture(corpus, item["after"])
        if before.shape == after.shape:
            targets = tuple(
                Target(c["query"], "field" if c["kind"] == "field" else "clickable")
                for c in cases.get(item["after"], [])
            )
            yield Pair(item["id"], f"corpus, {item['type']}", before, after, targets)


def _of_demo(folder: Path) -> Iterator[Pair]:
    """Every two screens that the robot saw one after the other, and what it asked of the second."""
    store = open_store(folder / "navconsole.db", create=False)
    try:
        rows = store.list_attempts(AttemptFilter(), limit=500).rows
        frames: list[tuple[str, tuple[Target, ...]]] = []
        for row in reversed(rows):
            detail = store.attempt(row.id)
            if detail is None:
                continue
            frames.append((detail.start.before_id, (parse_action(detail.start.action).target,)))
            if detail.finish is not None and detail.finish.after_id:
                frames.append((detail.finish.after_id, ()))
        for number, ((first, _), (second, targets)) in enumerate(pairwise(frames), start=1):
            if first == second:
                continue
            before, after = (open_screenshot(store.blobs.read(image_id)[0]).rgb for image_id in (first, second))
            if before.shape == after.shape:
                yield Pair(f"demo-{number}", "demo", before, after, targets)
    finally:
        store.close()


def _table(rows: Sequence[Row]) -> str:
    lines = []
    for source in (*dict.fromkeys(row.source for row in rows), "all"):
        part = [row for row in rows if source in ("all", row.source)]
        lines.append(
            [
                source,
                len(part),
                f"{100 * statistics.median(r.area for r in part):.0f}",
                f"{100 * statistics.median(r.boxes for r in part):.0f}",
                f"{100 * statistics.median(r.pixels for r in part):.0f}",
                f"{100 * statistics.median(r.text for r in part):.0f}",
                statistics.median(r.cold_ms for r in part),
                statistics.median(r.partial_ms for r in part),
                f"{statistics.median(r.ratio for r in part):.2f}",
                f"{statistics.median(r.cpu_ratio for r in part):.2f}",
                sum(r.cpu_ratio > r.area + ALLOWANCE for r in part),
                sum(r.cpu_ratio > r.boxes + ALLOWANCE for r in part),
                sum(r.cpu_ratio > r.text + ALLOWANCE for r in part),
                f"{min(r.f1 for r in part):.3f}",
                sum(not r.is_same_page for r in part),
                f"{sum(r.other_outcomes for r in part)} of {sum(r.asked for r in part)}",
            ]
        )
    head = ["", "pairs", "area changed %", "boxes %", "pixels %", "text %", "cold ms", "partial ms",
            "ratio", "of processor time", "over area + 0.15", "over boxes + 0.15", "over text + 0.15",
            "least word F1", "other pages", "other outcomes"]  # fmt: skip
    return table(head, lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.partial", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--demo", type=Path, help="data folder of a demo that has run")
    parser.add_argument("--readers", default="tesserocr", help="first reader, second reader (by comma)")
    parser.add_argument("--language", default="fra")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write every pair here")
    return parser.parse_args()


if __name__ == "__main__":
    main()
