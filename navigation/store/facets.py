"""What there is to filter by, each value with its count: exact up to `COUNTED` attempts, "at least" beyond.

The tallies answer for what they know, at any size. Everything else is counted by walking at most `COUNTED` of the
matching attempts, so that a page costs the same at a million.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from navigation.labels import SETTLED
from navigation.records import UNLABELLED, AttemptFilter, Facet, FacetName, FacetValue
from navigation.store import sqlite
from navigation.store.conditions import (
    Conditions,
    applications_of,
    conditions_of,
    is_shown,
    narrow,
    outcomes_of,
    own_or_shown,
)
from navigation.store.connection import Part
from navigation.store.counting import is_tallied, tallied
from navigation.store.models.lists import NO_METHOD, RUNNING, ScreenTallyRow, SummaryRow, TargetRow
from navigation.store.models.review import LabelRow
from navigation.types import Outcome

COUNTED: Final = 10_000

_LINES: Mapping[FacetName, Any] = {
    "outcome": SummaryRow.outcome,
    "application": SummaryRow.application,
    "screen": SummaryRow.screen,
    "target": SummaryRow.target_id,
    "method": SummaryRow.method,
    "label": SummaryRow.label,
    "cause": SummaryRow.cause,
    "config": SummaryRow.config_id,
}
_SCREENS: Mapping[FacetName, Any] = {
    "outcome": ScreenTallyRow.outcome,
    "application": ScreenTallyRow.application,
    "screen": ScreenTallyRow.screen,
    "method": ScreenTallyRow.method,
}
_UNSAID: Mapping[tuple[FacetName, Any], str | None] = {("label", None): UNLABELLED, ("method", NO_METHOD): None}
"""What a column says of attempts without a value, and what the facet does."""
_SAID: tuple[FacetName, ...] = ("label", "cause")
_OWN: Mapping[FacetName, Mapping[str, Any]] = {
    "outcome": {"outcomes": (), "is_running": None},
    "application": {"application": ""},
    "screen": {"screen": ""},
    "target": {"target": ""},
    "method": {"method": ""},
    "label": {"labels": ()},
    "cause": {"causes": ()},
    "reviewer": {"reviewer": ""},
    "config": {"config_id": None},
}
"""A facet's own condition: it does not count for its own values, so that one can choose another."""


class Facets(Part):
    def facets(self, where: AttemptFilter, names: Collection[FacetName]) -> Mapping[FacetName, Facet]:
        """The values of each facet among the attempts that the rest of the filter lets through."""
        without = {name: replace(where, **_OWN[name]) for name in names}
        alike = [name for name in names if without[name] == where]
        batches = [alike, *([name] for name in names if name not in alike)]
        found: dict[FacetName, Facet] = {}
        with self._db.reading() as session:
            for batch in batches:
                if batch:
                    found |= _counted(session, without[batch[0]], batch)
        return found


def _counted(session: Session, where: AttemptFilter, names: Sequence[FacetName]) -> dict[FacetName, Facet]:
    """Facets that the same filter applies to."""
    found = conditions_of(session, where)
    if found.is_empty:
        return {name: Facet(()) for name in names}
    facets: dict[FacetName, Facet] = {}
    if is_tallied(where) and not where.target:
        by_screen = [name for name in names if name in _SCREENS]
        said = [name for name in names if name in _SAID]
        rows = session.execute(_by_screen(where, by_screen)).all() if by_screen or said else []
        facets |= _facets_of(by_screen, rows, is_exact=True)
        facets |= _said(session, found, said, sum(row[-1] for row in rows))
        if "target" in names:
            texts = session.execute(tallied(where, TargetRow.text))
            facets["target"] = Facet(_values({row[0]: row[1] for row in texts}))
    if "reviewer" in names:
        facets["reviewer"] = _reviewers(session, found, where.reader)
    rest = [name for name in names if name not in facets]
    if rest == ["outcome"] and _is_range(where):
        rows = session.execute(_by_outcome(found)).all()
        facets |= _facets_of(rest, rows, is_exact=all(row[-1] <= COUNTED for row in rows))
    elif rest:
        rows = session.execute(_walked(found, rest)).all()
        facets |= _facets_of(rest, rows, is_exact=sum(row[-1] for row in rows) <= COUNTED)
    if "target" in rest:
        facets["target"] = _with_texts(session, facets["target"])
    return facets


def _by_screen(where: AttemptFilter, names: Sequence[FacetName]) -> Select[Any]:
    """Rows of the facets' values and a count."""
    columns = [_SCREENS[name] for name in names]
    counted = select(*columns, func.sum(ScreenTallyRow.attempts)).where(ScreenTallyRow.attempts > 0).group_by(*columns)
    if (outcomes := outcomes_of(where)) is not None:
        counted = counted.where(ScreenTallyRow.outcome.in_(outcomes))
    if (applications := applications_of(where)) is not None:
        counted = counted.where(ScreenTallyRow.application.in_(applications))
    if where.screen:
        counted = counted.where(ScreenTallyRow.screen == where.screen)
    return counted.where(ScreenTallyRow.method == where.method) if where.method else counted


def _said(session: Session, found: Conditions, names: Sequence[FacetName], total: int) -> dict[FacetName, Facet]:
    """What people said and why, of the labelled attempts only: they are few; the others have no label."""
    if not names:
        return {}
    choices = dict(found.choices)
    narrow(choices, SummaryRow.label, SETTLED)
    shown = replace(found, choices=choices, plain=[*found.plain, *is_shown(found.kept)], kept=None)
    rows = session.execute(_walked(shown, names)).all()
    known = sum(row[-1] for row in rows)
    facets = _facets_of(names, rows, is_exact=known <= COUNTED)
    if "label" in facets:
        unlabelled = FacetValue(UNLABELLED, total - known)
        facets["label"] = replace(facets["label"], values=(*facets["label"].values, unlabelled))
    return facets


def _walked(found: Conditions, names: Sequence[FacetName]) -> Select[Any]:
    """Rows of the facets' values and a count, of at most one more than `COUNTED` matching attempts."""
    lines = select(*(_value(name, found).label(name) for name in names)).where(*found.all).limit(COUNTED + 1)
    every = lines.subquery()
    return select(*every.c, func.count()).group_by(*every.c)


def _is_range(where: AttemptFilter) -> bool:
    """Whether the filter is a range of scores or times of any outcome, which an index answers for one outcome."""
    limits = (where.score_min, where.score_max, where.since, where.until)
    is_any = not where.outcomes and where.is_running is None and not where.terms
    return is_any and any(limit is not None for limit in limits)


def _by_outcome(found: Conditions) -> Select[Any]:
    """Rows of the outcomes and a count, each of at most one more than `COUNTED` matching attempts."""
    outcome = sqlite.rows_of([*Outcome, RUNNING])
    lines = select(SummaryRow.seq).where(SummaryRow.outcome == outcome.c.value, *found.all).limit(COUNTED + 1)
    counted = select(func.count()).select_from(lines.correlate(outcome).subquery()).scalar_subquery().label("attempts")
    every = select(outcome.c.value, counted).subquery()
    return select(*every.c).where(every.c.attempts > 0)


def _value(name: FacetName, found: Conditions) -> Any:
    """An attempt's value of a facet; of what people said, none where it is kept from the reader."""
    if name not in _SAID or found.kept is None:
        return _LINES[name]
    return case((SummaryRow.seq.in_(found.kept), None), else_=_LINES[name])


def counted_lines(found: Conditions) -> Select[Any]:
    """Sequences of the matching attempts, at most one more than `COUNTED`, in no order."""
    return select(SummaryRow.seq).where(*found.all).limit(COUNTED + 1)


def _facets_of(names: Sequence[FacetName], rows: Sequence[Any], *, is_exact: bool) -> dict[FacetName, Facet]:
    """A facet of each column of rows whose last is a count."""
    facets = {}
    for at, name in enumerate(names):
        counts: Counter[Any] = Counter()
        for row in rows:
            counts[_UNSAID.get((name, row[at]), row[at])] += int(row[-1])
        facets[name] = Facet(_values(counts), is_exact)
    return facets


def _with_texts(session: Session, targets: Facet) -> Facet:
    """The facet of targets by their texts; the same text on two screens is one value."""
    counts: Counter[Any] = Counter()
    ids = {int(value.value): value.count for value in targets.values}
    for target_id, text in session.execute(select(TargetRow.id, TargetRow.text).where(TargetRow.id.in_(ids))):
        counts[text] += ids[target_id]
    return Facet(_values(counts), targets.is_exact)


def _reviewers(session: Session, found: Conditions, reader: str) -> Facet:
    """By the id of who labelled, with their name, which no account changes; labels are few."""
    labelled = func.count(LabelRow.attempt_seq.distinct())
    counted = (
        select(LabelRow.author_id, labelled, func.max(LabelRow.author))
        .group_by(LabelRow.author_id)
        .order_by(labelled.desc(), LabelRow.author_id)
    )
    conditions = [*found.all, *own_or_shown(reader, found.kept)]
    if conditions:
        counted = counted.join(SummaryRow, SummaryRow.seq == LabelRow.attempt_seq).where(*conditions)
    return Facet(tuple(FacetValue(*row) for row in session.execute(counted)))


def _values(counts: Mapping[Any, int]) -> tuple[FacetValue, ...]:
    """Most frequent first; attempts without a value are left out."""
    values = [FacetValue(str(key), count) for key, count in counts.items() if key not in (None, "")]
    return tuple(sorted(values, key=lambda one: (-one.count, one.value)))
