"""What the page of shadow mode shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from navconsole.attempts.outcomes import OutcomeView, outcome_view
from navconsole.i18n import mark as _
from navconsole.tuning.configs import Version, may_change, version_of
from navigation.errors import StoreError
from navigation.records import AttemptSummary, User
from navigation.shadow import DIFFERENCES, ShadowCounts, ShadowTrial, ShadowVerdict
from navigation.store.protocol import Store

SHOWN: Final = 30
NAMES: Final[Mapping[str, str]] = {
    "elsewhere": _("presses elsewhere"),
    "presses": _("presses where it was refused"),
    "refuses": _("refuses where it was pressed"),
    "other_reason": _("refuses otherwise"),
}
FAMILIES: Final[Mapping[str, str]] = {
    "elsewhere": "danger",
    "presses": "held",
    "refuses": "running",
    "other_reason": "fault",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of difference as a button: `share` (0..1) of what was judged."""

    name: str
    title: str
    family: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Line:
    """An attempt that would have been answered otherwise."""

    attempt: AttemptSummary
    verdict: ShadowVerdict
    live: OutcomeView
    candidate: OutcomeView
    kind: Kind


@dataclass(frozen=True, slots=True)
class ShadowPage:
    """`trial` is the one that is shown: the running one, the asked one, or the last; None when there never was one."""

    trial: ShadowTrial | None
    version: Version | None
    counts: ShadowCounts
    kinds: Sequence[Kind]
    lines: Sequence[Line]
    more_before: int | None
    trials: Sequence[ShadowTrial]
    candidates: Sequence[Version]
    is_running: bool
    may_change: bool


def build_page(store: Store, user: User, *, trial_id: int | None, difference: str, before: int | None) -> ShadowPage:
    trials = store.shadows()
    trial = next((one for one in trials if one.id == trial_id), trials[0] if trials else None)
    versions = _versions(store)
    counts, found = ShadowCounts(0, {}), []
    if trial is not None:
        counts = store.verdict_counts(trial.id, user.applications)
        kind = difference if difference in DIFFERENCES else ""
        found = list(
            store.verdicts_that_differ(trial.id, user.applications, difference=kind, before=before, limit=SHOWN + 1)
        )
    kinds = kinds_of(counts)
    named = {kind.name: kind for kind in kinds}
    return ShadowPage(
        trial=trial,
        version=next((one for one in versions if trial and one.config.id == trial.config_id), None),
        counts=counts,
        kinds=kinds,
        lines=[_line(attempt, verdict, named[verdict.difference]) for attempt, verdict in found[:SHOWN]],
        more_before=found[SHOWN - 1][0].seq if len(found) > SHOWN else None,
        trials=trials,
        candidates=[one for one in versions if not one.is_in_use],
        is_running=any(one.ended_at is None for one in trials),
        may_change=may_change(user),
    )


def kinds_of(counts: ShadowCounts) -> list[Kind]:
    """Every kind of difference, most dangerous first."""
    return [
        Kind(
            name, NAMES[name], FAMILIES[name], count := counts.by_difference.get(name, 0), count / max(1, counts.judged)
        )
        for name in DIFFERENCES
    ]


def _versions(store: Store) -> list[Version]:
    try:
        active = store.active_config()
    except StoreError:
        return []
    return [version for config in store.configs() if (version := version_of(config, active)) is not None]


def _line(attempt: AttemptSummary, verdict: ShadowVerdict, kind: Kind) -> Line:
    return Line(attempt, verdict, outcome_view(attempt.outcome), outcome_view(verdict.outcome), kind)
