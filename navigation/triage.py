"""Which failures to look at first, and why. Pure: groups of like attempts and the time in, places out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from navigation.records import AttemptGroup
from navigation.types import Outcome

DANGER: Final[Mapping[Outcome, float]] = {
    Outcome.WRONG_PATIENT: 1.0,
    Outcome.NOT_LANDED: 0.9,
    Outcome.ACCOUNT_LOCKED: 0.7,
    Outcome.LOGIN_REFUSED: 0.6,
    Outcome.AMBIGUOUS: 0.5,
    Outcome.WRONG_SCREEN: 0.5,
    Outcome.LOW_CONFIDENCE: 0.4,
    Outcome.ABSENT: 0.4,
    Outcome.DISABLED: 0.4,
    Outcome.SESSION_EXPIRED: 0.3,
    Outcome.NEEDS_HUMAN: 0.3,
}
"""How much harm an outcome may stand for: a wrong patient, then a press without its effect, then a refusal."""
OTHER_DANGER: Final = 0.2  # faults of the reader or the server, which harm nobody
WEIGHTS: Final[Mapping[str, float]] = {"danger": 0.5, "share": 0.25, "fresh": 0.15, "size": 0.1}
HALVING_DAYS: Final = 7.0
FULL_SIZE: Final = 1000


@dataclass(frozen=True, slots=True)
class Ranked:
    """A group in the queue: `place` 0..1, larger is worse; `parts` are what makes it, each 0..1 before its weight.

    `failing` is the share of attempts at the same target that ended in a failure, of `tried` in all.
    """

    group: AttemptGroup
    place: float
    parts: Mapping[str, float]
    failing: float
    tried: int

    @property
    def unlabelled(self) -> int:
        return self.group.attempts - self.group.labelled

    @property
    def why(self) -> Sequence[str]:
        """Names of the parts that put it where it is, the weightiest first; at most three."""
        return sorted(self.parts, key=lambda name: -WEIGHTS[name] * self.parts[name])[:3]


def rank(groups: Iterable[AttemptGroup], now: datetime) -> list[Ranked]:
    """The failures among the groups, worst first. Labels do not move a group, so that a queue stays in its order.

    Give all groups of a target, those that succeeded too: they tell how often it fails.
    """
    groups = list(groups)
    tried: dict[object, int] = defaultdict(int)
    failed: dict[object, int] = defaultdict(int)
    for group in groups:
        tried[_target(group)] += group.attempts
        failed[_target(group)] += 0 if group.outcome is Outcome.OK else group.attempts
    failures = [group for group in groups if group.outcome is not Outcome.OK]
    ranked = [_ranked(g, failed[_target(g)] / tried[_target(g)], tried[_target(g)], now) for g in failures]
    return sorted(ranked, key=lambda item: (-item.place, -item.group.id))


def _ranked(group: AttemptGroup, failing: float, tried: int, now: datetime) -> Ranked:
    days = max(0.0, (now - group.first_at).total_seconds() / 86400)
    parts = {
        "danger": DANGER.get(group.outcome, OTHER_DANGER),
        "share": failing,
        "fresh": 2 ** (-days / HALVING_DAYS),
        "size": min(1.0, math.log(1 + group.attempts, 1 + FULL_SIZE)),
    }
    return Ranked(group, sum(WEIGHTS[name] * part for name, part in parts.items()), parts, failing, tried)


def _target(group: AttemptGroup) -> object:
    return group.application, group.screen, group.signature, group.target_text, group.target_kind
