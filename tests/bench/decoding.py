"""What opening a screenshot costs beside OpenCV's bare decoding, in one run: `python -m tests.bench.decoding`.

In milliseconds of the processor, the three steps in turn in every round, so that other programs weigh on each alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np

from navigation.imaging import open_screenshot, pixel_sha256

_ROUNDS = 40


def processor_ms(work: Callable[[], object]) -> float:
    """Processor time of this thread; decoding and hashing use no other."""
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


def measure(data: bytes) -> tuple[float, float, float]:
    """Medians of bare decoding, of `open_screenshot` and of its hash, taken on a picture that was just decoded."""
    rounds = []
    for _ in range(_ROUNDS):
        bare = processor_ms(lambda: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
        ours = processor_ms(lambda: open_screenshot(data))
        rgb = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        rounds.append((bare, ours, processor_ms(lambda rgb=rgb: pixel_sha256(rgb))))
    bare, ours, hashing = (statistics.median(column) for column in zip(*rounds, strict=True))
    return bare, ours, hashing


def main() -> None:
    """Print a table for a 1920x1080 screen, noisy in its upper part, as PNG and as JPEG."""
    screen = np.full((1080, 1920, 3), 240, np.uint8)
    screen[:200] = np.random.default_rng(1).integers(0, 255, (200, 1920, 3), np.uint8)
    print("| format | cv2.imdecode ms | open_screenshot ms | of which hash ms | ratio without the hash |")
    print("|---|---|---|---|---|")
    for extension in (".png", ".jpg"):
        bare, ours, hashing = measure(cv2.imencode(extension, screen)[1].tobytes())
        print(f"| {extension[1:]} | {bare:.1f} | {ours:.1f} | {hashing:.1f} | {(ours - hashing) / bare:.2f} |")


if __name__ == "__main__":
    main()
