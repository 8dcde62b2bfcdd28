"""Leaving a failing service alone for a while, so that each attempt does not wait for it again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Circuit:
    """Opens after `limit` failures in a row; after `rest_s` seconds lets one probe through. Safe between threads."""

    def __init__(self, *, limit: int, rest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0

    @property
    def is_open(self) -> bool:
        with self._lock:
            return self._failures >= self._limit

    def try_enter(self) -> float:
        """0.0 when a call may be made now, else the seconds until one may.

        Whoever entered must say how it went, by `succeeded` or `failed`.
        """
        with self._lock:
            now = self._clock()
            if self._failures < self._limit:
                return 0.0
            if now < self._rests_until:
                return self._rests_until - now
            self._rests_until = now + self._rest_s  # this one is the probe; the others go on waiting
            return 0.0

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> bool:
        """Count a failure; True when it is the one that opens the circuit."""
        with self._lock:
            self._failures += 1
            self._rests_until = self._clock() + self._rest_s
            return self._failures == self._limit
