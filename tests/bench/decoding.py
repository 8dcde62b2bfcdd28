"""What opening a screenshot costs beside OpenCV's bare decoding, in one run: `python -m tests.bench.decoding`.

In milliseconds of the processor, the three steps in turn in every round, so that other programs weigh on each alike:
OpenCV's decoding, ours (the header judged, decoded, turned), and the hash of the pixels just decoded. With
`--corpus DIR` each of its screens too, small ones and copies as JPEG among them.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from navigation.imaging import decode, pixel_sha256
from tests.bench.corpus import by_image, load_cases
from tests.bench.tables import table

_FLAGS = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
Times = tuple[float, float, float]


def processor_ms(work: Callable[[], object]) -> float:
    """Processor time of this thread; decoding and hashing use no other."""
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


def measure(data: bytes, rounds: int) -> Times:
    """Medians of bare decoding, of `decode` and of the hash, taken on a picture that was just decoded."""
    times = []
    for _ in range(rounds):
        bare = processor_ms(lambda: cv2.imdecode(np.frombuffer(data, np.uint8), _FLAGS))
        ours = processor_ms(lambda: decode(data))
        rgb, _ = decode(data)
        times.append((bare, ours, processor_ms(lambda rgb=rgb: pixel_sha256(rgb))))
    bare, ours, hashing = (statistics.median(column) for column in zip(*times, strict=True))
    return bare, ours, hashing


def drawn() -> Iterator[tuple[str, bytes]]:
    """A 1920x1080 screen, noisy in its upper part, as PNG and as JPEG."""
    screen = np.full((1080, 1920, 3), 240, np.uint8)
    screen[:200] = np.random.default_rng(1).integers(0, 255, (200, 1920, 3), np.uint8)
    for extension in (".png", ".jpg"):
        yield f"drawn, {extension[1:]}", cv2.imencode(extension, screen)[1].tobytes()


def of_a_corpus(corpus: Path) -> Iterator[tuple[str, bytes]]:
    """Every screen, named by its size and format."""
    for image in by_image(load_cases(corpus)):
        data = (corpus / image).read_bytes()
        rgb, image_format = decode(data)
        yield f"{rgb.shape[1]} x {rgb.shape[0]}, {image_format}", data


def main() -> None:
    """Print a table: medians over the screens of a kind, the ratio too screen by screen."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.decoding", description=__doc__)
    parser.add_argument("--corpus", type=Path)
    options = parser.parse_args()
    kinds: dict[str, list[Times]] = defaultdict(list)
    for kind, data in drawn():
        kinds[kind].append(measure(data, 40))
    for kind, data in of_a_corpus(options.corpus) if options.corpus else ():
        kinds[kind].append(measure(data, 9))
    rows = []
    for kind, times in kinds.items():
        bare, ours, hashing = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(ours / bare for bare, ours, _ in times)
        rows.append([kind, len(times), f"{bare:.1f}", f"{ours:.1f}", f"{ratio:.2f}", f"{hashing:.1f}"])
    print(table(["screens", "how many", "cv2.imdecode ms", "decode ms", "ratio", "hash ms"], rows))


if __name__ == "__main__":
    main()
