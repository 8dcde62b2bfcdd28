"""The labelled evidence a page shows, kept for some seconds: a slider asks for the same cases again and again."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from navconsole.tuning.grids import DEFAULT_MARGINS, DEFAULT_SCORES
from navconsole.tuning.looking import audited_for
from navigation.certificates import Plan
from navigation.evidence import Gathered, gather
from navigation.store.protocol import Store

KEPT_S: Final = 15.0
MOST_KEPT: Final = 4


@dataclass(frozen=True, slots=True)
class Kept:
    gathered: Gathered
    at: float


class Labelled:
    """Evidence by application and screen. Safe to share between threads; one of them gathers at a time."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Kept] = {}
        self._lock = threading.Lock()

    def of(self, store: Store, application: str, screen: str) -> Gathered:
        """What audits have labelled of an application and screen ("" for every one), at most `KEPT_S` seconds old."""
        with self._lock:
            known = self._kept.get((application, screen))
            if known is None or time.monotonic() - known.at > KEPT_S:
                self._kept.pop((application, screen), None)
                while len(self._kept) >= MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
                gathered = gather(audited_for(store, _whole(application, screen)))
                known = self._kept[application, screen] = Kept(gathered, time.monotonic())
            return known.gathered

    def forget(self) -> None:
        """Gather anew for the next one who asks."""
        with self._lock:
            self._kept.clear()


def _whole(application: str, screen: str) -> Plan:
    """A plan that stands for looking only; it certifies nothing and is not kept."""
    return Plan(
        "", application, screen, 0.05, None, 0.05, DEFAULT_SCORES, DEFAULT_MARGINS, "multi_start", "frozen", "", "",
        datetime.now(UTC),
    )  # fmt: skip
