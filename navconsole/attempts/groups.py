"""What the template of groups of like failures needs, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from navconsole.attempts.forms import AttemptQuery
from navconsole.attempts.outcomes import OutcomeView, outcome_view
from navigation.records import AttemptFilter, AttemptGroup
from navigation.store.protocol import AttemptStore
from navigation.types import Outcome

MOST_SHOWN = 50
DAYS = 14
FAILURES = tuple(outcome for outcome in Outcome if outcome is not Outcome.OK)


@dataclass(frozen=True, slots=True)
class DayBar:
    """A day of the sparkline: its place from the left, and its height as a share of the busiest day's."""

    x: int
    height: float


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A row: attempts that ended alike. `done` is the share that is labelled, in per cent."""

    id: int
    href: str
    picture_of: str
    outcome: OutcomeView
    target: str
    kind: str
    screen: str
    application: str
    attempts: int
    labelled: int
    done: float
    first_at: datetime
    last_at: datetime
    bars: Sequence[DayBar]


@dataclass(frozen=True, slots=True)
class GroupList:
    """`has_more`: there are others, of fewer attempts without a label."""

    lines: Sequence[GroupLine]
    has_more: bool


def build_groups(store: AttemptStore, query: AttemptQuery, where: AttemptFilter, now: datetime) -> GroupList:
    """Groups with most to label first. Of failures, unless outcomes are asked for."""
    chosen = where if where.outcomes else replace(where, outcomes=FAILURES)
    found = store.groups(chosen, limit=MOST_SHOWN + 1)
    shown = found[:MOST_SHOWN]
    days = store.group_days([group.id for group in shown], since=now - timedelta(days=DAYS - 1))
    lines = [_line(group, query, bars_of(days.get(group.id, {}), now.date())) for group in shown]
    return GroupList(lines, len(found) > len(shown))


def bars_of(counts: Mapping[date, int], today: date) -> list[DayBar]:
    """The last `DAYS` days, today at the right; days without attempts are left out."""
    most = max(counts.values(), default=1)
    places = {today - timedelta(days=DAYS - 1 - x): x for x in range(DAYS)}
    return [DayBar(places[day], counts[day] / most) for day in sorted(counts) if day in places]


def _line(group: AttemptGroup, query: AttemptQuery, bars: Sequence[DayBar]) -> GroupLine:
    return GroupLine(
        id=group.id,
        href=query.address(view=None, group=str(group.id)),
        picture_of=group.last_id,
        outcome=outcome_view(group.outcome),
        target=group.target_text,
        kind=group.target_kind,
        screen=group.screen,
        application=group.application,
        attempts=group.attempts,
        labelled=group.labelled,
        done=100 * group.labelled / group.attempts,
        first_at=group.first_at,
        last_at=group.last_at,
        bars=bars,
    )
