"""Times beside the peers', in one run on the same screens: `python -m tests.bench.speed --corpus DIR --peers FILE.py`.

FILE holds the scorer's adapters (REG = {name: class}); a peer that is not installed is left out, and said so. Every
screen is read by each tool in turn, so that a busy moment of the machine strikes all. Times are medians in ms and are
to be read as ratios; the processor's time, of this process and those it started, hardly depends on what else runs.
`--memory N` posts N attempts to a real server (`--full`: 10,000).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from navigation import Engine, Settings, Target
from navigation.cache import MemoryCache
from navigation.engine import CacheScope
from navigation.imaging import decode, open_screenshot, pixel_sha256
from navigation.ocr import open_named_reader
from navigation.protocols import OcrEngine
from tests.bench.corpus import Case, by_image, load_cases
from tests.bench.memory import Sample, held_over
from tests.bench.tables import table

PEERS = ("rpaframework", "tesserocr-grey2x")
OURS = "navconsole"
_FULL = 10_000
_QUERIES = 6  # of each screen
_PACKAGES = ("tesserocr", "opencv-python-headless", "numpy", "pillow", "rapidocr", "rpaframework-recognition")
_SCOPE = CacheScope("bench", "screen")

Times = dict[str, list[float]]
ColdTimes = dict[str, list[tuple[float, float]]]
"""On the clock and of the processor."""


def main() -> None:
    """Measure and print."""
    options = _options()
    settings = Settings(readers=tuple(options.readers.split(",")), language=options.language)
    readers = [open_named_reader(name, settings) for name in settings.readers]
    peers, left_out = _peers(options.peers)
    screens = _screens(options.corpus, options.screens)
    cold: ColdTimes = {name: [] for name in (OURS, *peers)}
    ours: Times = {"a further query": [], "a verified cache hit": [], "decoding": [], "cv2.imdecode": [], "hash": []}
    for image, cases in screens:
        data = (options.corpus / image).read_bytes()
        _time_cold(data, cases[0], settings, readers, peers, cold)
        _time_known(data, cases, settings, readers, ours)
    print(f"readers {options.readers}, language {options.language}, {len(screens)} screens")
    for name, why in left_out.items():
        print(f"{name} left out: {why}")
    print(f"\n{_cold_table(cold)}\n\n{_known_table(ours)}")
    attempts = _FULL if options.full else options.memory
    samples = held_over(attempts) if attempts else []
    if samples:
        print(f"\n{_memory_table(samples)}")
    if options.json:
        figures = {"versions": _versions(settings, readers), "left_out": left_out, "cold_ms": cold, "ours_ms": ours,
                   "memory": [asdict(sample) for sample in samples]}  # fmt: skip
        options.json.write_text(json.dumps(figures, indent=1))


def _time_cold(
    data: bytes, case: Case, settings: Settings, readers: Sequence[OcrEngine], peers: Mapping[str, Any], cold: ColdTimes
) -> None:
    """A screen never seen and one query on it; decoding is no part of it, since the peers take a decoded picture."""
    engine, picture = _engine(settings, readers), open_screenshot(data)
    cold[OURS].append(_both_ms(lambda: engine.ground(picture, _target(case))))
    image = Image.fromarray(picture.rgb)
    limit = os.environ.pop("OMP_THREAD_LIMIT", None)  # our reader sets it; the peers run as they come
    for name, peer in peers.items():
        cold[name].append(_both_ms(lambda peer=peer: _asked(peer, image, case)))
    if limit is not None:
        os.environ["OMP_THREAD_LIMIT"] = limit


def _time_known(
    data: bytes, cases: Sequence[Case], settings: Settings, readers: Sequence[OcrEngine], ours: Times
) -> None:
    picture = open_screenshot(data)
    ours["decoding"].append(_ms(lambda: decode(data)))
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    ours["cv2.imdecode"].append(_ms(lambda: cv2.imdecode(np.frombuffer(data, np.uint8), flags)))
    ours["hash"].append(_ms(lambda: pixel_sha256(picture.rgb)))
    cache = MemoryCache()
    engine = _engine(settings, readers, cache)
    page = engine.read(picture)
    for case in cases:
        target = _target(case)
        first = engine.ground(page, target)  # a crop that is read for it is read now
        if first.outcome != "found":
            continue
        ours["a further query"].append(_ms(lambda target=target: engine.ground(page, target)))
        engine.learn(picture, target, first, _SCOPE)
        later = _engine(settings, readers, cache)  # as the next process: it has not read the page
        hits: list[Any] = []
        took = _ms(
            lambda later=later, target=target, hits=hits: hits.append(later.ground(picture, target, scope=_SCOPE))
        )
        if hits[0].method == "cache":
            ours["a verified cache hit"].append(took)


def _engine(settings: Settings, readers: Sequence[OcrEngine], cache: MemoryCache | None = None) -> Engine:
    return Engine(settings, reader=readers[0], second_reader=readers[1] if len(readers) > 1 else None, cache=cache)


def _target(case: Case) -> Target:
    return Target(case["query"], "field" if case["kind"] == "field" else "clickable")


def _asked(peer: Any, image: Image.Image, case: Case) -> Any:
    if hasattr(peer, "tokens"):
        return peer.match(peer.tokens(image), case["query"], case["kind"])
    return peer.find(image, case["query"], case["kind"])


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _both_ms(work: Callable[[], object]) -> tuple[float, float]:
    began = _processor_s()
    took = _ms(work)
    return took, (_processor_s() - began) * 1000


def _processor_s() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _peers(path: Path | None) -> tuple[dict[str, Any], dict[str, str]]:
    """The peers that run here, opened; and why the others do not."""
    if path is None:
        return {}, dict.fromkeys(PEERS, "no file of adapters was given")
    spec = importlib.util.spec_from_file_location("peers", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found, left_out = {}, {}
    for name in PEERS:
        try:
            found[name] = module.REG[name]()
            _asked(found[name], Image.new("RGB", (200, 80), "white"), {"query": "x", "kind": "clickable"})
        except (ImportError, KeyError, RuntimeError, OSError) as err:
            found.pop(name, None)
            left_out[name] = f"{type(err).__name__}: {err}"
    return found, left_out


def _screens(corpus: Path, count: int) -> list[tuple[str, list[Case]]]:
    """Screens spread over the corpus, with queries for texts that are on them."""
    images = sorted(by_image(c for c in load_cases(corpus) if not c["negative"]).items())
    chosen = images[:: max(1, len(images) // count)][:count]
    return [(image, list(cases[:_QUERIES])) for image, cases in chosen]


def _cold_table(cold: ColdTimes) -> str:
    medians = {name: [statistics.median(side) for side in zip(*times, strict=True)] for name, times in cold.items()}
    rows = [
        [name, clock, processor, f"{medians[OURS][0] / clock:.2f}", f"{medians[OURS][1] / processor:.2f}"]
        for name, (clock, processor) in medians.items()
    ]
    return table(["a screen never seen", "ms", "processor ms", "navconsole's share", "of processor time"], rows)


def _known_table(ours: Times) -> str:
    rows = [[name, len(ms), f"{statistics.median(ms):.2f}"] for name, ms in ours.items() if ms]
    bare = statistics.median(ours["cv2.imdecode"])
    ratio = f"{statistics.median(ours['decoding']) / bare:.2f}"
    return table(["", "times", "median ms"], [*rows, ["decoding / cv2.imdecode", "", ratio]])


def _memory_table(samples: Sequence[Sample]) -> str:
    rows = [
        [
            s.attempts,
            *(f"{mib:.0f}" for mib in (s.server_mib, s.readers_mib, s.server_mib + s.readers_mib, s.together_mib)),
        ]
        for s in samples
    ]
    return table(["attempts", "server MiB", "readers MiB", "both", "shared pages once"], rows)


def _versions(settings: Settings, readers: Sequence[OcrEngine]) -> dict[str, Any]:
    engine = _engine(settings, readers)
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "not installed"
    return {**engine.versions, "python": platform.python_version(), "packages": packages}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.speed", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--peers", type=Path, help="file with the peers' adapters, as the scorer takes it")
    parser.add_argument("--readers", default="tesserocr", help="first reader, second reader (by comma)")
    parser.add_argument("--language", default="fra")
    parser.add_argument("--screens", type=int, default=20)
    parser.add_argument("--memory", type=int, default=300, metavar="N", help="attempts posted to a server (0: none)")
    parser.add_argument("--full", action="store_true", help=f"{_FULL} attempts")
    parser.add_argument("--json", type=Path, help="write every figure and the versions here")
    return parser.parse_args()


if __name__ == "__main__":
    main()
