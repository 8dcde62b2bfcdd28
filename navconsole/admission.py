"""How many attempts are worked on at once, and never the same one twice at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from navigation.errors import NavigationError


class BusyError(NavigationError):
    """As much is under way as may be; the same request is welcome a little later."""


class KeyLocks:
    """Callers with the same key go one after another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        with self._lock:
            lock, users = self._keys.get(key, (threading.Lock(), 0))
            self._keys[key] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, users = self._keys.pop(key)
                if users > 1:
                    self._keys[key] = (lock, users - 1)


class Admission:
    """Lets `limit` callers in at once and refuses the others; callers with the same key go one after another."""

    def __init__(self, limit: int) -> None:
        self._places = threading.BoundedSemaphore(limit)
        self._locks = KeyLocks()
        self._is_closed = False

    def close(self) -> None:
        """Let nobody in any more; those inside go on."""
        self._is_closed = True

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    @contextmanager
    def enter(self, key: str) -> Iterator[None]:
        """Hold a place, and the key alone. Raises BusyError at once when there is no place."""
        if self._is_closed or not self._places.acquire(blocking=False):
            raise BusyError("As many attempts as the server can work on are under way. Send this again in a moment.")
        try:
            with self._locks.alone(key):
                yield
        finally:
            self._places.release()
