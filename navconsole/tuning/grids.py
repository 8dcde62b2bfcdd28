"""The settings that a plan tries: lists of numbers and ranges as people write them, and the grid of one's own."""

from __future__ import annotations

import math

from navigation.certificates import MOST_POINTS

DEFAULT_SCORES = tuple(n / 100 for n in range(99, 79, -1))
DEFAULT_MARGINS = (0.3, 0.2, 0.12, 0.08, 0.05, 0.02)
"""Walks begin at 0.30, 0.12 and 0.05; the product's own limits (0.90 and 0.08) are among the points."""
_DIGITS = 6


def parse_axis(text: str) -> tuple[float, ...]:
    """Numbers 0..1 from "0.8,0.9" or "0.80:0.99:0.01" (from, to, step), or a mix of both; ValueError when not so."""
    found: list[float] = []
    for part in text.split(","):
        numbers = [float(number) for number in part.split(":")]
        if any(not 0 <= number <= 1 for number in numbers):
            raise ValueError("not from 0 to 1")
        if len(numbers) == 1:
            found += numbers
        elif len(numbers) == 3 and numbers[2] > 0:
            low, high, step = numbers
            count = math.floor((high - low) / step + 1e-9) + 1
            if not 0 < count <= MOST_POINTS:
                raise ValueError("too many points, or none")
            found += [round(low + number * step, _DIGITS) for number in range(count)]
        else:
            raise ValueError("neither a number nor from:to:step")
    return tuple(dict.fromkeys(found))
