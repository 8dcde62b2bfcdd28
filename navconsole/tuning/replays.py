"""What the pages of replays in bulk show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from navconsole.attempts.outcomes import OutcomeView, outcome_view
from navconsole.auth.permissions import blind_reader
from navconsole.replay.asking import matrix_of, may_see_run
from navconsole.replay.words import DIFFERENCES as WORDS
from navconsole.replay.words import DOUBTS, FAILURES
from navconsole.steps import result_of
from navconsole.tuning.shadow import FAMILIES, NAMES, Kind
from navigation.geometry import to_pixel_point
from navigation.records import AttemptDetail, AttemptSummary, User
from navigation.replays import Progress, Replayed, ReplayRun, progress_of
from navigation.shadow import DIFFERENCES
from navigation.store.protocol import Store
from navigation.types import Box, Outcome, Point, Size

SHOWN: Final = 30
_PAGE: Final = 50
KINDS: Final = ("", *DIFFERENCES, "newly_wrong", "newly_right", "failed")
JUST_NOW: Final = timedelta(seconds=20)
"""So long after a run was asked for, or is to go on, its worker may still be starting."""


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as lists show it. `state` is "waiting" before a worker has it, "silent" once its worker is gone."""

    run: ReplayRun
    state: str
    progress: Progress
    ends_at: datetime | None
    changed: int
    failed: int

    @property
    def is_running(self) -> bool:
        return self.state in ("running", "waiting")


@dataclass(frozen=True, slots=True)
class Cell:
    """How many ended so before and end so now; `family` colours those that changed."""

    count: int
    is_same: bool
    family: str


@dataclass(frozen=True, slots=True)
class Row:
    was: OutcomeView
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Line:
    """An attempt that came out otherwise, or failed. `said` by its label: "right", "wrong" or ""."""

    attempt: AttemptSummary
    result: Replayed
    was: OutcomeView
    now: OutcomeView | None
    title: str
    family: str
    said: str
    doubt: str


@dataclass(frozen=True, slots=True)
class ReplayPage:
    view: RunView
    columns: Sequence[OutcomeView]
    rows: Sequence[Row]
    kinds: Sequence[Kind]
    labels: dict[str, int]
    doubts: Sequence[tuple[str, int]]
    failures: Sequence[tuple[str, int]]
    kind: str
    lines: Sequence[Line]
    more_after: int | None


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One attempt of a run on its picture: what was pressed and what would be, in its pixels."""

    run: ReplayRun
    line: Line
    size: Size | None
    old_box: Box | None
    old_point: Point | None
    new_point: Point | None
    old_score: float | None
    old_margin: float | None
    next_id: str | None


def view_of(run: ReplayRun, now: datetime, *, others: Sequence[ReplayRun] = ()) -> RunView:
    """`others` may be worked on first."""
    progress = progress_of(run)
    state: str = run.state
    if run.state == "running" and not run.is_worked_on(now):
        is_new = now - (run.noted_at or run.created_at) < JUST_NOW
        state = "waiting" if is_new or any(one.is_worked_on(now) for one in others) else "silent"
    differences = run.counts.get("differences", {})
    return RunView(
        run=run,
        state=state,
        progress=progress,
        ends_at=now + timedelta(seconds=progress.left_s) if progress.left_s is not None else None,
        changed=sum(count for kind, count in differences.items() if kind != "same"),
        failed=sum(run.counts.get("failures", {}).values()),
    )


def build_list(store: Store, user: User, now: datetime) -> list[RunView]:
    runs = store.replays()
    return [view_of(run, now, others=runs) for run in runs if may_see_run(run, user)]


def build_page(store: Store, run: ReplayRun, user: User, now: datetime, *, kind: str, after: int) -> ReplayPage:
    rows, columns, cells = matrix_of(run.counts.get("changes", {}))
    lines, more_after = _lines(store, run, user, kind if kind in KINDS else "", after)
    return ReplayPage(
        view=view_of(run, now, others=store.replays()),
        columns=[outcome_view(Outcome(one)) for one in columns],
        rows=[
            Row(outcome_view(Outcome(was)), [_cell(was, is_now, cells.get((was, is_now), 0)) for is_now in columns])
            for was in rows
        ],
        kinds=_kinds(run),
        labels={name: int(count) for name, count in run.counts.get("labels", {}).items()},
        doubts=[(DOUBTS[name], count) for name, count in run.counts.get("doubts", {}).items()],  # type: ignore[index]
        failures=[(FAILURES[name], count) for name, count in run.counts.get("failures", {}).items()],  # type: ignore[index]
        kind=kind if kind in KINDS else "",
        lines=lines,
        more_after=more_after,
    )


def build_attempt(store: Store, run: ReplayRun, user: User, attempt: AttemptDetail, kind: str) -> AttemptView | None:
    """None when the run has no result for the attempt."""
    found = store.replayed_attempt(run.id, attempt.start.id)
    if found is None:
        return None
    summary, result = found
    meta = store.screenshot(attempt.start.before_id)
    size = Size(meta.width, meta.height) if meta else None
    then = result_of(attempt) if attempt.decision else None
    was_pressed = then is not None and then.outcome is Outcome.OK
    point = result.verdict.point if result.verdict else None
    following, _more = _lines(store, run, user, kind if kind in KINDS else "", result.seq, shown=1)
    return AttemptView(
        run=run,
        line=_line(summary, result, _kept(store, user, [attempt.start.id])),
        size=size,
        old_box=then.box_px if then and was_pressed else None,
        old_point=then.point_px if then and was_pressed else None,
        new_point=to_pixel_point(point, size) if point and size else None,
        old_score=attempt.decision.score if attempt.decision else None,
        old_margin=attempt.decision.margin if attempt.decision else None,
        next_id=following[0].attempt.id if following else None,
    )


def _lines(
    store: Store, run: ReplayRun, user: User, kind: str, after: int, shown: int | None = None
) -> tuple[list[Line], int | None]:
    """So many lines of a kind, and where the next ones follow. Labels that are kept from who looks do not show, nor
    does an attempt that is only listed for what its label says."""
    is_by_label = kind in ("newly_wrong", "newly_right")
    lines: list[Line] = []
    while found := store.replayed(run.id, user.applications, kind=kind, after=after, limit=_PAGE):
        kept = _kept(store, user, [summary.id for summary, _ in found])
        for summary, result in found:
            if is_by_label and summary.id in kept:
                continue
            if len(lines) == (shown or SHOWN):
                return lines, lines[-1].result.seq
            lines.append(_line(summary, result, kept))
        after = found[-1][1].seq
    return lines, None


def _kept(store: Store, user: User, ids: Sequence[str]) -> Any:
    reader = blind_reader(user)
    return store.kept_from(reader, ids) if reader else ()


def _line(summary: AttemptSummary, result: Replayed, kept: Any) -> Line:
    verdict = result.verdict
    is_said = result.is_right is not None and summary.id not in kept
    difference = verdict.difference if verdict else "failed"
    return Line(
        attempt=summary,
        result=result,
        was=outcome_view(result.was),
        now=outcome_view(verdict.outcome) if verdict else None,
        title=FAILURES[result.failure] if result.failure else WORDS[verdict.difference] if verdict else "",
        family=FAMILIES.get(difference, "fault" if result.failure else "good"),
        said="" if not is_said else "right" if result.is_right else "wrong",
        doubt=DOUBTS[result.doubt],
    )


def _kinds(run: ReplayRun) -> list[Kind]:
    differences = run.counts.get("differences", {})
    return [
        Kind(name, NAMES[name], FAMILIES[name], count := differences.get(name, 0), count / max(1, run.done))
        for name in DIFFERENCES
    ]


def _cell(was: str, now: str, count: int) -> Cell:
    if was == now:
        return Cell(count, True, "")
    return Cell(
        count, False, FAMILIES["presses" if now == Outcome.OK else "refuses" if was == Outcome.OK else "other_reason"]
    )
