"""The chain over the audit log: the hash of each entry covers what it says and the hash of the one before.

So what is changed, removed or put in later does not fit the rest. Who can write the database can also make the whole
chain anew: against that, a head (a number and its hash) is kept elsewhere and compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

START: Final = "0" * 64
"""What stands for the hash before the first entry."""
TRIMMED: Final = "audit_trimmed"
"""The action of the entry that says up to where ("through") entries were removed for their age."""

Fault = Literal["broken", "missing", "unchained", "unexplained", "head"]
"""Why a chain does not hold from an entry on: it, or what stood before it, was changed; it has gone; it was put in
beside the chain; it is the oldest, and no purge says that those before it went; it is not the one that was kept."""


@dataclass(frozen=True, slots=True)
class Head:
    """The number of an entry and its hash."""

    entry_id: int
    hash: str


@dataclass(frozen=True, slots=True)
class ChainState:
    """How many entries were looked at and the newest one's head; from which entry on it does not hold, and why.

    `is_kept_known` False: the head to compare with went with its age, so that nothing can be said of it.
    """

    entries: int
    head: Head
    broken_at: int | None = None
    fault: Fault | None = None
    is_kept_known: bool = True


def linked(previous: str, entry_id: int, at: datetime, texts: Sequence[str]) -> str:
    """The hash (SHA-256, hexadecimal) of an entry after the one whose hash is `previous`.

    `texts` are the entry's values as they are stored, in the order of its columns. Never changed: kept chains are
    checked with it.
    """
    body = json.dumps([previous, entry_id, at.astimezone(UTC).isoformat(timespec="microseconds"), *texts])
    return hashlib.sha256(body.encode()).hexdigest()


def head_of(text: str) -> Head:
    """The head written as "number:hash". Raises ValueError for anything else."""
    number, _, digest = text.strip().partition(":")
    if not number.isdecimal() or len(digest) != len(START) or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("a head is a number, a colon and 64 hexadecimal digits")
    return Head(int(number), digest)
