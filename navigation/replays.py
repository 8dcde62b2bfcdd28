"""Replay in bulk: many stored attempts decided again under one setting, as a record that can be gone on with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from navigation.labels import Label
from navigation.records import Json
from navigation.shadow import ShadowVerdict
from navigation.types import Outcome

RunState = Literal["running", "paused", "cancelled", "done", "failed"]
RUN_STATES: Final[tuple[RunState, ...]] = ("running", "paused", "cancelled", "done", "failed")
OPEN: Final[frozenset[RunState]] = frozenset({"running", "paused", "failed"})
"""States that a run can be gone on with from."""

LEASE: Final = timedelta(seconds=30)
"""How long a worker that says nothing keeps its run; it says something every few seconds."""

Failure = Literal["no_reading", "no_picture", "record", "reader", "timeout", "worker", "fault"]
FAILURES: Final[tuple[Failure, ...]] = ("no_reading", "no_picture", "record", "reader", "timeout", "worker", "fault")
"""Why an attempt was not decided again: nothing is read of its picture; the picture is gone or damaged; its record does
not decode; the reader failed; it took too long; the process that worked on it died each time; a fault of ours."""

Doubt = Literal["", "second", "model", "remembered"]
DOUBTS: Final[tuple[Doubt, ...]] = ("", "second", "model", "remembered")
"""What the record cannot tell of an answer: what a second reading of the whole screen, or a model, would have found;
the place was remembered, and was looked for by reading."""


@dataclass(frozen=True, slots=True)
class ReplaySetting:
    """What decides. `limits` are thresholds by name, 0..1; those that are not named are each attempt's own.

    `config_id` is the configuration that the limits are of, where they are. Without `readers` stored readings decide;
    with them, pictures are read by these, in this language.
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    config_id: int | None = None
    readers: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class ReplayRun:
    """A run and how far it is.

    `asked` says in words of the address what was chosen; `applications` are those that it was limited to (None: all).
    `total` attempts are decided again; `left_out` were chosen too, and limits had no part in how they ended. `fence`
    counts the workers that took it: only the last one may write. `counts` are by name: "changes" (was>is),
    "differences", "labels" (right>wrong), "failures", "doubts". `taken_done` were done when the worker took it.
    """

    id: str
    asked: Json
    setting: ReplaySetting
    applications: Sequence[str] | None
    state: RunState
    total: int
    left_out: int
    done: int
    counts: Mapping[str, Mapping[str, int]]
    fence: int
    leased_until: datetime | None
    taken_at: datetime | None
    taken_done: int
    noted_at: datetime | None
    author_id: str
    author: str
    created_at: datetime
    ended_at: datetime | None

    def is_worked_on(self, now: datetime) -> bool:
        return self.leased_until is not None and self.leased_until > now

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Choice:
    """Which attempts are meant besides a filter: cases of a set, these ids, the newest so many. All that are given."""

    set_id: str = ""
    of_cases: bool = False
    ids: Sequence[str] | None = None
    latest: int | None = None


@dataclass(frozen=True, slots=True)
class ToReplay:
    """An attempt as the database keeps it: cheap to hand to another process, which unpacks it."""

    seq: int
    id: str
    image_id: str
    action: bytes
    grounding: bytes | None
    outcome: Outcome
    reason: str
    method: str | None
    versions: str
    config: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of one attempt: a verdict, or why there is none. `was_right` and `is_right` by its label, if any."""

    seq: int
    was: Outcome
    verdict: ShadowVerdict | None = None
    failure: Failure | None = None
    doubt: Doubt = ""
    was_right: bool | None = None
    is_right: bool | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """`share` 0..1; `rate` attempts a second since the worker took the run; `left_s` seconds to go (None: unknown)."""

    share: float
    rate: float
    left_s: float | None


def progress_of(run: ReplayRun) -> Progress:
    """How far a run is and how long it will take, by what its last worker did."""
    share = run.done / run.total if run.total else 1.0
    if run.taken_at is None or run.noted_at is None:
        return Progress(share, 0.0, None)
    seconds, done = (run.noted_at - run.taken_at).total_seconds(), run.done - run.taken_done
    rate = done / seconds if seconds > 0 else 0.0
    return Progress(share, rate, (run.total - run.done) / rate if rate > 0 else None)


def added(counts: Mapping[str, Mapping[str, int]], results: Sequence[Replayed]) -> dict[str, dict[str, int]]:
    """The counts with these results counted in."""
    found = {name: dict(kinds) for name, kinds in counts.items()}

    def count(name: str, kind: str) -> None:
        kinds = found.setdefault(name, {})
        kinds[kind] = kinds.get(kind, 0) + 1

    for one in results:
        if one.verdict is None:
            count("failures", str(one.failure))
            continue
        count("changes", f"{one.was.value}>{one.verdict.outcome.value}")
        count("differences", one.verdict.difference)
        if one.doubt:
            count("doubts", one.doubt)
        if one.was_right is not None and one.is_right is not None:
            count("labels", f"{_word(one.was_right)}>{_word(one.is_right)}")
    return found


def setting_to_json(setting: ReplaySetting) -> dict[str, Any]:
    return {
        "limits": dict(setting.limits),
        "config": setting.config_id,
        "readers": list(setting.readers),
        "language": setting.language,
    }


def setting_from_json(value: Json) -> ReplaySetting:
    return ReplaySetting(
        {str(name): float(limit) for name, limit in value["limits"].items()},
        value["config"],
        tuple(value["readers"]),
        value["language"],
    )


def _word(is_right: bool) -> str:
    return "right" if is_right else "wrong"
