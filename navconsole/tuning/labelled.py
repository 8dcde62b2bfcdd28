"""The labelled evidence a page shows, kept for some seconds: a slider asks for the same cases again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

from navconsole.tuning.looking import Standing, audited_for, standings
from navconsole.tuning.parts import of_part
from navconsole.tuning.picture import Cell, cells_of
from navigation.evidence import Gathered, gather
from navigation.store.protocol import Store

KEPT_S: Final = 15.0
MOST_KEPT: Final = 8


class Labelled:
    """Evidence by application and screen, and how certificates stand. Safe to share between threads; one of them
    gathers at a time."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[Any, float]] = {}
        self._lock = threading.Lock()

    def of(self, store: Store, application: str, screen: str) -> Gathered:
        """What audits have labelled of an application and screen ("" for every one), at most `KEPT_S` seconds old."""
        found: Gathered = self._lately((application, screen), lambda: gather(audited_for(store, application, screen)))
        return found

    def cells(self, store: Store, application: str, screen: str, part: str = "") -> Sequence[Cell]:
        """What every setting of the pictures presses on it or a part: the sliders move over them and change none."""
        cases = of_part(self.of(store, application, screen).cases, part)
        found: Sequence[Cell] = self._lately(("cells", application, screen, part), lambda: cells_of(cases))
        return found

    def standings(self, store: Store) -> Sequence[Standing]:
        """Every certificate and whether it holds, as of at most `KEPT_S` seconds ago."""
        found: Sequence[Standing] = self._lately("standings", lambda: standings(store))
        return found

    def forget(self) -> None:
        """Gather anew for the next one who asks."""
        with self._lock:
            self._kept.clear()

    def _lately(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:
            value, at = self._kept.pop(key, (None, -KEPT_S))
            if value is None or time.monotonic() - at > KEPT_S:
                value, at = make(), time.monotonic()
            while len(self._kept) >= MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = value, at
            return value
