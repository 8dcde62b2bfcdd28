"""One budget shared by the stages of an attempt."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock by which work must be done."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    @property
    def remaining_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - time.monotonic())

    @property
    def has_passed(self) -> bool:
        return time.monotonic() >= self.at

    def capped(self, seconds: float) -> Deadline:
        """The earlier of this deadline and `seconds` from now, for one stage of the work."""
        return Deadline(min(self.at, time.monotonic() + seconds))
