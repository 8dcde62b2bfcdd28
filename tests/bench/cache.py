"""How the coordinate cache does on real screens: hits, wrong hits, and what a hit costs.

    python -m tests.bench.cache --corpus FOLDER [--only APPLICATION ...] [--json FILE]

Every native screen of the corpus is read once by the real reader and verified by two of its own texts; each target
that is found where the truth says is remembered, as after a verified press. Then the remembered places are looked up on
pictures on which they should hold (the same, other data, a lossy line, moved) and on which they should not (other
screens of the application, the control dimmed, recoloured, renamed, or there twice). No page is read for a look-up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from navigation.cache import CacheKey, CoordinateCache, MemoryCache
from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.geometry import contains_point, union
from navigation.imaging import Screenshot, open_screenshot
from navigation.protocols import RgbImage
from navigation.remembered import CacheScope, key_of, learn, recall
from navigation.settings import Settings
from navigation.store import open_store
from navigation.textfold import fold
from navigation.types import Box, Grounding, Page, Screen, Size, Target
from tests.bench import screen_changes

ANCHORS = 2
ROUNDS = 5
HELD_OUT = ("trac", "jupyterlab")
Times = tuple[float, float]
"""Milliseconds on the clock and of the processor; the least of some rounds, since other programs' load is no cost."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One picture of the corpus with what stands on it."""

    path: Path
    data: Mapping[str, Any]

    @property
    def screen(self) -> str:
        return str(self.data["screen"])

    @property
    def look(self) -> tuple[str, tuple[int, ...], str]:
        """Pictures of one application that a cache could take for each other: same size, same theme."""
        return self.data["app"], tuple(self.data["size"]), self.data["theme"]

    def places_of(self, target: Target) -> tuple[Box, ...]:
        """Where the target may be pressed on this picture, should it be on it, too."""
        wanted = "field" if target.kind == "field" else "clickable"
        named = [e for e in self.data["elements"] if e["kind"] == wanted]
        texts = [(e.get("label") or e["text"] if wanted == "field" else e["text"], e["bbox"]) for e in named]
        return tuple(Box(*map(round, box)) for text, box in texts if fold(text or "") == fold(target.text))

    def texts(self) -> dict[str, float]:
        """Whole lines of the screen with the size of their letters."""
        lines = [line for line in self.data["lines"] if line["strict"] and not line["cut"] and line["src"] == "text"]
        return {line["text"]: line["fs"] for line in lines if len(line["text"]) >= 4 and line["text"].isprintable()}


@dataclass(frozen=True, slots=True)
class Learned:
    """A target remembered on a screen, and where it may be pressed there.

    `whole` is the control (an input with its label), `text` where its text stands.
    """

    target: Target
    scope: CacheScope
    allowed: tuple[Box, ...]
    whole: Box
    text: Box
    found: Grounding


@dataclass(slots=True)
class Tally:
    looked_up: int = 0
    hits: int = 0
    wrong: int = 0
    ms: list[float] = field(default_factory=list)


Tallies = dict[str, Tally]


def main() -> None:
    arguments = _arguments()
    engine = Engine(Settings())
    truths = _truths(arguments.corpus, arguments.only)
    parts: dict[str, Tallies] = {"tuned on": defaultdict(Tally), "held out": defaultdict(Tally)}
    cost: dict[str, list[Times]] = defaultdict(list)
    layout_only: Tally = Tally()
    cases = _cases(arguments.corpus)
    for truth in [t for t in truths if t.data["variant"] == "native"]:
        shot = open_screenshot(truth.path.read_bytes())
        cache = MemoryCache()
        learned = list(
            _learn(engine, cache, truth, shot, truths, cases[truth.path.relative_to(arguments.corpus).as_posix()])
        )
        part = "held out" if truth.data["app"] in HELD_OUT else "tuned on"
        _look_up_all(engine, cache, truth, shot, truths, learned, parts[part])
        _without_anchors(engine, truth, shot, truths, learned, layout_only)
        _time(cache, shot, truth.path.read_bytes(), learned, cost)
        print(f"{truth.path.parent.name}/{truth.path.name}: {len(learned)} places", flush=True)
    for name, tallies in parts.items():
        print(f"\n{name}\n{_table(tallies)}")
    print(
        f"\nby layout alone, other screens of the same look: {layout_only.hits} of {layout_only.looked_up} let through"
    )
    print(_cost_table(cost))
    if arguments.json:
        arguments.json.write_text(json.dumps({name: _plain(tallies) for name, tallies in parts.items()}, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--corpus", type=Path, required=True, help="folder with cases.jsonl and a folder per application"
    )
    parser.add_argument("--only", nargs="*", default=[], help="applications; all of the corpus unless given")
    parser.add_argument("--json", type=Path, help="where to write the counts")
    return parser.parse_args()


def _truths(corpus: Path, only: Sequence[str]) -> list[Truth]:
    found = []
    for path in sorted(corpus.glob("*/*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        if not only or data["app"] in only:
            found.append(Truth(path.parent / data["image"], data))
    return found


def _cases(corpus: Path) -> dict[str, list[dict[str, Any]]]:
    """The positive cases of each picture that name one place."""
    found = defaultdict(list)
    for line in (corpus / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if not case["negative"] and not case["ambiguous"]:
            found[case["image"]].append(case)
    return found


# --- learning ---------------------------------------------------------------------------------------


def _learn(
    engine: Engine,
    cache: MemoryCache,
    truth: Truth,
    shot: Screenshot,
    truths: Sequence[Truth],
    cases: Sequence[Mapping[str, Any]],
) -> Iterator[Learned]:
    """Remember what the engine finds where the truth says, on the screen as a person would define it."""
    page = engine.read(shot)
    screen = _definition(engine, truth, page, truths)
    scope = CacheScope.of(truth.data["app"], screen, engine.verify_before(page, screen))
    engine.cache = cache
    for case in cases:
        target = Target(case["query"], "field" if case["kind"] == "field" else "clickable")
        found = engine.ground(page, target)
        allowed = tuple(Box(*map(round, box)) for box in case["acceptable"])
        if found.point_px is not None and found.box_px is not None and _is_right(found, allowed):
            engine.learn(shot, target, found, scope)
            text = next(c.text_box for c in found.candidates if c.box == found.box_px)
            whole = union([found.box_px, text]) if target.kind == "field" else found.box_px
            yield Learned(target, scope, allowed, whole, text, found)


def _definition(engine: Engine, truth: Truth, page: Page, truths: Sequence[Truth]) -> Screen:
    """Two texts of the screen, as a person would choose them: on no other screen if possible, large, without digits."""
    others = [t.texts() for t in truths if t.data["app"] == truth.data["app"] and t.screen != truth.screen]
    own = truth.texts()
    ranked = sorted(own, key=lambda t: (any(map(str.isdigit, t)), sum(t in other for other in others), -own[t], t))
    read = [t for t in ranked[:12] if engine.verify_before(page, Screen((t,))).status == "passed"]
    return Screen(tuple(read[:ANCHORS]), name=truth.screen)


def _is_right(found: Grounding, allowed: Sequence[Box]) -> bool:
    return found.point_px is not None and any(contains_point(box, found.point_px) for box in allowed)


# --- looking up ---------------------------------------------------------------------------------------


def _look_up_all(
    engine: Engine,
    cache: MemoryCache,
    truth: Truth,
    shot: Screenshot,
    truths: Sequence[Truth],
    learned: Sequence[Learned],
    tallies: Tallies,
) -> None:
    rgb = shot.rgb
    for one in learned:
        _count(tallies["the same picture"], _look_up(engine, cache, rgb, one), one.allowed)
    for seed in (1, 2):
        data = screen_changes.with_other_data(rgb, truth.data, keep=_kept(learned), seed=seed)
        for one in learned:
            _count(tallies["other data"], _look_up(engine, cache, data, one), one.allowed)
        _lossy_line(engine, rgb, data, learned, tallies["a lossy line, other data"])
    _degraded(engine, cache, truth, truths, learned, tallies)
    _changed_controls(engine, cache, rgb, learned, tallies)
    for other in truths:
        if other.look == truth.look and other.screen != truth.screen and other.data["variant"] == "native":
            picture = open_screenshot(other.path.read_bytes()).rgb
            for one in learned:
                allowed = other.places_of(one.target)
                _count(tallies["! another screen"], _look_up(engine, cache, picture, one), allowed)


def _lossy_line(engine: Engine, rgb: RgbImage, data: RgbImage, learned: Sequence[Learned], tally: Tally) -> None:
    """Places learned from what a lossy connection shows, looked up on what it shows of the screen with other data."""
    cache = MemoryCache()
    before, now = screen_changes.compressed(rgb), screen_changes.compressed(data)
    for one in learned:
        learn(cache, before, one.target, one.found, one.scope, now=datetime.now(UTC))
        _count(tally, _look_up(engine, cache, now, one), one.allowed)


def _degraded(
    engine: Engine,
    cache: MemoryCache,
    truth: Truth,
    truths: Sequence[Truth],
    learned: Sequence[Learned],
    tallies: Tallies,
) -> None:
    for other in truths:
        is_copy = other.look == truth.look and other.screen == truth.screen and other.data["variant"] != "native"
        if is_copy:
            picture = open_screenshot(other.path.read_bytes()).rgb
            for one in learned:
                _count(tallies[f"copy: {other.data['variant']}"], _look_up(engine, cache, picture, one), one.allowed)


def _changed_controls(
    engine: Engine, cache: MemoryCache, rgb: RgbImage, learned: Sequence[Learned], tallies: Tallies
) -> None:
    for one in learned:
        moved = screen_changes.pushed_down(rgb, one.whole, by=40)
        places = tuple(replace(box, y=box.y + 40) for box in one.allowed)
        if moved is not None:
            _count(tallies["pushed down 40 px"], _look_up(engine, cache, moved, one), places)
        for name, change in CONTROL_CHANGES.items():
            changed = change(rgb, one.text if change is screen_changes.with_letter_out else one.whole)
            if changed is not None:
                _count(tallies[f"! {name}"], _look_up(engine, cache, changed, one), ())


CONTROL_CHANGES: dict[str, Callable[[RgbImage, Box], RgbImage | None]] = {
    "dimmed to 60 %": lambda rgb, box: screen_changes.dimmed(rgb, box, 0.6),
    "dimmed to 85 %": lambda rgb, box: screen_changes.dimmed(rgb, box, 0.85),
    "another colour": screen_changes.recoloured,
    "one letter painted out": screen_changes.with_letter_out,
    "twice within 100 px": screen_changes.with_twin,
}


def _without_anchors(
    engine: Engine,
    truth: Truth,
    shot: Screenshot,
    truths: Sequence[Truth],
    learned: Sequence[Learned],
    tally: Tally,
) -> None:
    """The same on other screens for places learned without a single anchor: the layout has to tell."""
    cache = MemoryCache()
    engine.cache = cache
    page = engine.read(shot)
    bare = [replace(one, scope=replace(one.scope, anchor_boxes=())) for one in learned]
    for one in bare:
        engine.learn(shot, one.target, engine.ground(page, one.target), one.scope)
    for other in truths:
        if other.look == truth.look and other.screen != truth.screen and other.data["variant"] == "native":
            picture = open_screenshot(other.path.read_bytes()).rgb
            for one in bare:
                _count(tally, _look_up(engine, cache, picture, one), other.places_of(one.target))


def _kept(learned: Sequence[Learned]) -> list[Box]:
    return [box for one in learned for box in (*one.allowed, *one.scope.anchor_boxes)]


def _look_up(engine: Engine, cache: CoordinateCache, rgb: RgbImage, one: Learned) -> tuple[Grounding | None, float]:
    limit = Deadline.after(60)
    began = time.perf_counter()
    found = recall(
        cache,
        rgb,
        one.target,
        one.scope,
        page=None,
        read_line=lambda box: engine.pages.read_line(rgb, box, deadline=limit),
        policy=engine.settings.cache,
        limits=engine.settings.thresholds,
        now=datetime.now(UTC),
    )
    return found, (time.perf_counter() - began) * 1000


def _count(tally: Tally, answer: tuple[Grounding | None, float], allowed: Sequence[Box]) -> None:
    found, ms = answer
    tally.looked_up += 1
    tally.ms.append(ms)
    if found is not None:
        tally.hits += 1
        tally.wrong += not _is_right(found, allowed)


# --- cost -------------------------------------------------------------------------------------------


def _time(
    cache: MemoryCache, shot: Screenshot, data: bytes, learned: Sequence[Learned], cost: dict[str, list[Times]]
) -> None:
    """`Engine.ground` on a picture that was only decoded, with places in memory and in a database."""
    size = f"{shot.size.width}x{shot.size.height}"
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "nav.db")
        places = store.remembered_places(Settings().cache)
        for one in learned:
            entry = cache.get(_key(one, shot.size))
            if entry is not None:
                places.put(_key(one, shot.size), entry.place, datetime.now(UTC))
        kept: list[tuple[str, CoordinateCache]] = [("in memory", cache), ("in the database", places)]
        for name, where in kept:
            engine = Engine(Settings(), cache=where)
            for one in learned:
                ground = partial(engine.ground, shot, one.target, scope=one.scope)
                if ground().method == "cache":
                    cost[f"hit, {name}, {size}"].append(_least(ground))
        places.close()
        store.close()
    cost[f"decoding, {size}"].append(_least(partial(open_screenshot, data)))


def _least(work: Callable[[], object]) -> Times:
    times = []
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), time.process_time()
        work()
        times.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)))
    return min(clock for clock, _ in times), min(processor for _, processor in times)


def _key(one: Learned, size: Size) -> CacheKey:
    key = key_of(one.target, one.scope, size)
    assert key is not None
    return key


def _table(tallies: Mapping[str, Tally]) -> str:
    lines = ["| looked up on | places | hit % | wrong | median ms | p95 ms |", "|---|---|---|---|---|---|"]
    for name, tally in sorted(tallies.items(), key=lambda item: item[0].startswith("!")):
        ms = np.percentile(tally.ms, [50, 95])
        lines.append(
            f"| {name} | {tally.looked_up} | {100 * tally.hits / tally.looked_up:.1f} | {tally.wrong} "
            f"| {ms[0]:.1f} | {ms[1]:.1f} |"
        )
    return "\n".join(lines)


def _cost_table(cost: Mapping[str, Sequence[Times]]) -> str:
    rows = ["\n| least of five rounds, ms | count | median | p95 | of the processor |", "|---|---|---|---|---|"]
    for name, times in sorted(cost.items()):
        clock, processor = zip(*times, strict=True)
        middle, high = np.percentile(clock, [50, 95])
        rows.append(f"| {name} | {len(times)} | {middle:.1f} | {high:.1f} | {statistics.median(processor):.1f} |")
    return "\n".join(rows)


def _plain(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    return {n: {"looked_up": t.looked_up, "hits": t.hits, "wrong": t.wrong} for n, t in tallies.items()}


if __name__ == "__main__":
    main()
