"""What goes for good: by age, or because somebody asked for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from navigation.retention import Cutoffs, Purge, Scope


class RetentionStore(Protocol):
    def begin_purge(self, purge: Purge) -> None:
        """Write down that a purge begins. Twice does once."""

    def end_purge(self, purge_id: str, gone: Mapping[str, int], now: datetime) -> None:
        """Write down what went, added to what an earlier, cut off, try of it had noted."""

    def purges(self) -> Sequence[Purge]:
        """Every purge, oldest first."""

    def covered(self, asked: Scope | Cutoffs) -> Mapping[str, int]:
        """What a purge would take, counted by kind (see `navigation.retention.GONE`); nothing goes."""

    def covered_attempts(self, asked: Scope | Cutoffs, *, limit: int = 10_000) -> Sequence[str]:
        """Ids of the attempts that a purge would take, oldest first."""

    def purge_some(self, asked: Scope | Cutoffs, now: datetime, *, limit: int = 100) -> Mapping[str, int]:
        """Take the next rows that a purge covers, in one transaction; what went, empty when there are none left."""

    def remove_doomed(self, limit: int = 100) -> int:
        """Remove the files of pictures whose rows a purge took; how many were looked at (0: all are done)."""

    def remove_unowned(self, before: datetime) -> int:
        """Remove older files that no row owns; of how many pictures."""

    def empty_log(self) -> bool:
        """Bring the write-ahead log into the database and empty it; False when somebody was reading or writing."""

    def give_room_back(self) -> None:
        """Write the database anew without its free pages. Nobody writes meanwhile."""
