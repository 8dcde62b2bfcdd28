"""How long a log-in must wait, from the failures counted so far. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `failures` within `window`."""

    failures: int
    window: timedelta


# Waits grow with the failures and stay in minutes, so that a stranger's guesses cannot shut a clinician out for
# long; refused tries are not counted. 20 in a quarter of an hour is some 2,000 a day against a 15-character password.
ACCOUNT_LIMITS: Sequence[Limit] = (Limit(5, timedelta(seconds=30)), Limit(20, timedelta(minutes=15)))
SOURCE_LIMITS: Sequence[Limit] = (Limit(20, timedelta(minutes=1)), Limit(100, timedelta(minutes=15)))

# A code has a million values of which three are good: 50 a day is a chance of 1 in 6,700. Whoever tries them knows the
# password already, so a stranger cannot use the long wait against anybody.
CODE_LIMITS: Sequence[Limit] = (
    Limit(5, timedelta(minutes=1)),
    Limit(20, timedelta(hours=1)),
    Limit(50, timedelta(days=1)),
)


def wait_needed(counts: Sequence[int], limits: Sequence[Limit]) -> timedelta:
    """The longest window whose limit is reached; `counts[i]` are the failures within `limits[i].window`."""
    reached = [limit.window for count, limit in zip(counts, limits, strict=True) if count >= limit.failures]
    return max(reached, default=timedelta(0))
