"""What the pages of trials show. Pure but for `build_trials`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from navconsole.i18n import mark as _
from navconsole.tuning.configs import Change, Side
from navigation.cache_trial import Counts, Kind, counts_from_json
from navigation.place_records import PolicyTrial, TrialState
from navigation.records import Json, User
from navigation.settings import CachePolicy
from navigation.store.protocol import Store

LIMITS: Final = ("agreement", "max_age_days", "window_px")
KIND_NAMES: Final[Mapping[Kind, str]] = {
    "gained": _("Readings saved"),
    "kept": _("Remembered then, too"),
    "wrong": _("Pressed elsewhere"),
    "unproven": _("Pressed, unproven"),
    "caught": _("Wrong presses caught"),
    "lost": _("Right presses lost"),
    "read": _("Read, as then"),
}
KIND_HELP: Final[Mapping[Kind, str]] = {
    "gained": _("The screen was read then; the remembered place is the right one."),
    "kept": _("Pressed from memory then, and again, rightly."),
    "wrong": _("The remembered place is not where the target is."),
    "unproven": _("Nobody verified or labelled where the target is."),
    "caught": _("Pressed wrongly from memory then; now the screen is read."),
    "lost": _("Pressed rightly from memory then; now the screen is read."),
    "read": _("Nothing is remembered, or it does not hold any more."),
}
GOOD: Final[frozenset[Kind]] = frozenset({"gained", "kept", "caught"})
BAD: Final[frozenset[Kind]] = frozenset({"wrong"})


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind under both policies; `named` are attempts of it under the policy in question."""

    kind: Kind
    asked: int
    in_use: int
    named: Sequence[str]
    tone: str

    @property
    def change(self) -> int:
        return self.asked - self.in_use


@dataclass(frozen=True, slots=True)
class TrialAnswer:
    """`walked` attempts asked the memory; `left_out` did not, `without_picture` have lost theirs."""

    rows: Sequence[KindRow]
    hits: tuple[int, int]
    doubtful: tuple[int, int]
    walked: int
    left_out: int
    without_picture: int
    ms_each: float


@dataclass(frozen=True, slots=True)
class TrialView:
    """`state` is "silent" for one whose process is gone. `share` is how far it is, 0..1."""

    trial: PolicyTrial
    state: TrialState | str
    share: float
    changes: Sequence[Change]
    answer: TrialAnswer | None

    @property
    def is_running(self) -> bool:
        return self.state == "running"


def build_trials(store: Store, application: str, now: datetime) -> list[TrialView]:
    return [view_of(trial, now) for trial in store.trials(application)] if application else []


def applications_of(store: Store, user: User) -> Sequence[str]:
    return store.known_applications(user.applications)


def view_of(trial: PolicyTrial, now: datetime) -> TrialView:
    state = "silent" if trial.state == "running" and not trial.is_running(now) else trial.state
    return TrialView(
        trial=trial,
        state=state,
        share=trial.done / trial.total if trial.total else 0.0,
        changes=changes(trial.asked.policy, trial.asked.in_use),
        answer=answer_of(trial.counts, trial.done) if trial.counts is not None else None,
    )


def changes(policy: CachePolicy, in_use: CachePolicy) -> list[Change]:
    """Where a policy differs from the one in use: a higher agreement, a younger age, a smaller window are stricter."""
    found = []
    for name in LIMITS:
        here, there = getattr(policy, name), getattr(in_use, name)
        if here != there:
            is_stricter = here > there if name == "agreement" else here < there
            side: Side = "stricter" if is_stricter else "looser"
            found.append(Change(name, here, there, side))
    return found


def answer_of(counts: Json, total: int) -> TrialAnswer:
    asked, in_use = counts_from_json(counts["asked"]), counts_from_json(counts["in_use"])
    left_out: Mapping[str, Any] = counts["left_out"]
    return TrialAnswer(
        rows=[_row(kind, asked, in_use) for kind in KIND_NAMES],
        hits=(asked.hits, in_use.hits),
        doubtful=(asked.doubtful, in_use.doubtful),
        walked=sum(asked.kinds.values()),
        left_out=int(left_out["other"]),
        without_picture=int(left_out["picture"]),
        ms_each=1000 * float(counts["seconds"]) / total if total else 0.0,
    )


def _row(kind: Kind, asked: Counts, in_use: Counts) -> KindRow:
    tone = "good" if kind in GOOD else "danger" if kind in BAD else "plain"
    return KindRow(kind, asked.kinds[kind], in_use.kinds[kind], asked.named[kind], tone)
