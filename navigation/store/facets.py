"""What there is to filter by, each value with its count: exact up to `COUNTED` attempts, "at least" beyond.

The tallies answer for what they know, at any size. Everything else is counted by walking at most `COUNTED` of the
matching attempts, so that a page costs the same at a million.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session

from navigation.labels import SETTLED
from navigation.records import UNLABELLED, AttemptFilter, Facet, FacetName, FacetValue
from navigation.store.conditions import Conditions, conditions_of, narrow
from navigation.store.connection import Part
from navigation.store.counting import is_tallied, tallied
from navigation.store.listing import branches_of
from navigation.store.models.lists import NO_METHOD, SummaryRow, TallyRow, TargetRow
from navigation.store.models.review import LabelRow

COUNTED: Final = 10_000

_TALLIED: Mapping[FacetName, Any] = {
    "outcome": TallyRow.outcome,
    "application": TargetRow.application,
    "screen": TargetRow.screen,
    "target": TargetRow.text,
    "method": TallyRow.method,
}
_LINES: Mapping[FacetName, Any] = {
    "outcome": SummaryRow.outcome,
    "application": SummaryRow.application,
    "screen": SummaryRow.screen,
    "target": TargetRow.text,
    "method": SummaryRow.method,
    "config": SummaryRow.config_id,
}
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
        with self._db.reading() as session:
            return {name: _facet(session, replace(where, **_OWN[name]), name) for name in names}


def _facet(session: Session, where: AttemptFilter, name: FacetName) -> Facet:
    if name in _TALLIED and is_tallied(where):
        return Facet(_values(session.execute(tallied(where, _TALLIED[name]))))
    found = conditions_of(session, where)
    if found.is_empty:
        return Facet(())
    if name == "reviewer":
        return _reviewers(session, found)
    if name == "label":
        return _labels(session, found)
    if name == "cause":
        return _walked(session, _labelled(found), SummaryRow.cause)
    return _walked(session, found, _LINES[name])


def _labels(session: Session, found: Conditions) -> Facet:
    """What people said, and how many attempts nobody has labelled."""
    said = _walked(session, _labelled(found), SummaryRow.label)
    unsaid = replace(found, plain=[*found.plain, SummaryRow.label.is_(None)])
    unlabelled = session.scalar(select(func.count()).select_from(counted_lines(unsaid).subquery())) or 0
    is_exact = said.is_exact and unlabelled <= COUNTED
    return Facet((*said.values, FacetValue(UNLABELLED, min(unlabelled, COUNTED))), is_exact)


def _labelled(found: Conditions) -> Conditions:
    choices = dict(found.choices)
    narrow(choices, SummaryRow.label, SETTLED)
    return replace(found, choices=choices)


def _walked(session: Session, found: Conditions, column: Any) -> Facet:
    lines = counted_lines(found).subquery()
    counted = (
        select(column, func.count())
        .select_from(lines)
        .join(SummaryRow, SummaryRow.seq == lines.c.seq)
        .join(TargetRow, TargetRow.id == SummaryRow.target_id)
        .group_by(column)
    )
    rows = session.execute(counted).all()
    return Facet(_values(rows), is_exact=sum(row[1] for row in rows) <= COUNTED)


def counted_lines(found: Conditions) -> Select[Any]:
    """Sequences of the matching attempts, in no order; one more than `COUNTED` says that there are more."""
    branches = [select(SummaryRow.seq).where(*found.plain, *chosen).limit(COUNTED + 1) for chosen in branches_of(found)]
    if len(branches) == 1:
        return branches[0]
    every = union(*(select(branch.subquery()) for branch in branches)).subquery()
    return select(every).limit(COUNTED + 1)


def _reviewers(session: Session, found: Conditions) -> Facet:
    """By the id of who labelled, the name as it was last written; labels are few."""
    labelled = func.count(LabelRow.attempt_seq.distinct())
    counted = (
        select(LabelRow.author_id, labelled, func.max(LabelRow.author))
        .join(SummaryRow, SummaryRow.seq == LabelRow.attempt_seq)
        .where(*found.all)
        .group_by(LabelRow.author_id)
    )
    return Facet(_values(session.execute(counted)))


def _values(counted: Iterable[Any]) -> tuple[FacetValue, ...]:
    """The values of rows of value, count and maybe name, most frequent first; those without a value are left out."""
    values = [FacetValue(str(row[0]), int(row[1]), *row[2:]) for row in counted if row[0] not in (None, "", NO_METHOD)]
    return tuple(sorted(values, key=lambda one: (-one.count, one.value)))
