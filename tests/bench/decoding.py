"""What opening a screenshot costs beside OpenCV's bare decoding, in one run: `python -m tests.bench.decoding`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np

from navigation.imaging import open_screenshot, pixel_sha256


def median_ms(work: Callable[[], object], rounds: int = 25) -> float:
    """The middle of some rounds, in milliseconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    """Print a table for a 1920x1080 screen, noisy in its upper part, as PNG and as JPEG."""
    screen = np.full((1080, 1920, 3), 240, np.uint8)
    screen[:200] = np.random.default_rng(1).integers(0, 255, (200, 1920, 3), np.uint8)
    hashing = median_ms(lambda: pixel_sha256(screen))
    print("| format | cv2.imdecode ms | open_screenshot ms | of which hash ms | ratio without the hash |")
    print("|---|---|---|---|---|")
    for extension in (".png", ".jpg"):
        data = cv2.imencode(extension, screen)[1].tobytes()
        bare = median_ms(lambda data=data: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
        ours = median_ms(lambda data=data: open_screenshot(data))
        print(f"| {extension[1:]} | {bare:.1f} | {ours:.1f} | {hashing:.1f} | {(ours - hashing) / bare:.2f} |")


if __name__ == "__main__":
    main()
