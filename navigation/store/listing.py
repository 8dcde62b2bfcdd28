"""The list of attempts: filtered, in one of five orders, one page at a time from a place in that order.

A page is found without counting or skipping. Where a filter allows several outcomes (or applications, or
targets), each has an index that is already in order, so the first of each are taken and merged: the work
grows with the page's length and not with the number of attempts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Select, false, null, select, tuple_, union, union_all
from sqlalchemy.orm import Session

from navigation.records import AttemptFilter, AttemptPage, AttemptSummary, Order
from navigation.store.blinding import Kept
from navigation.store.conditions import Choices, Conditions, among, conditions_of, narrow, one_of
from navigation.store.connection import Part
from navigation.store.models.lists import RUNNING, SummaryRow, TargetRow
from navigation.store.rows import record_of
from navigation.types import Outcome

MAX_LIMIT = 500
MAX_BRANCHES = 64
_CURSOR = re.compile(r"(next|previous)-(\d{1,18})(?:-([\w.+-]{1,40}))?")
_NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class Sorting:
    """An order: by `key` where there is one, then by the order of storing; attempts without a key come last."""

    key: Any
    is_ascending: bool


SORTINGS: Mapping[Order, Sorting] = {
    "newest": Sorting(None, False),
    "oldest": Sorting(None, True),
    "score": Sorting(SummaryRow.score, True),
    "margin": Sorting(SummaryRow.margin, True),
    "duration": Sorting(SummaryRow.duration_ms, False),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attempt stands in an order; `key` is None for one without, or when the order has none."""

    seq: int
    key: float | None = None


class Listing(Part):
    def list_attempts(self, where: AttemptFilter, *, cursor: str | None = None, limit: int = 50) -> AttemptPage:
        """One page of the filtered list. ValueError for a cursor that no page gave, or a limit out of 1..500."""
        if not 1 <= limit <= MAX_LIMIT:
            raise ValueError(f"limit must be from 1 to {MAX_LIMIT}")
        sorting = SORTINGS[where.order]
        side, place = _parsed(cursor, sorting)
        with self._db.reading() as session:
            walk = Walk(session, conditions_of(session, where), sorting)
            found = walk.nearest(place, limit + 1, is_back=side == "previous")
            shown, has_more = found[:limit], len(found) > limit
            if side == "previous":
                shown.reverse()
            has_next = bool(shown) and (bool(walk.nearest(shown[-1], 1)) if side == "previous" else has_more)
            has_previous = bool(shown and place) and (
                has_more if side == "previous" else bool(walk.nearest(shown[0], 1, is_back=True))
            )
            rows = _rows(session, [place.seq for place in shown], walk.found.kept)
        return AttemptPage(
            rows=rows,
            next_cursor=_cursor("next", shown[-1], sorting) if has_next else None,
            previous_cursor=_cursor("previous", shown[0], sorting) if has_previous else None,
        )

    def neighbours(self, attempt_id: str, where: AttemptFilter) -> tuple[str | None, str | None]:
        with self._db.reading() as session:
            around = _Around(session, attempt_id, where)
            return around.beside(is_back=True), around.beside(is_back=False)

    def following(self, attempt_id: str, where: AttemptFilter) -> str | None:
        """The id of the attempt after this one in the filtered list; None at its end."""
        with self._db.reading() as session:
            return _Around(session, attempt_id, where).beside(is_back=False)


@dataclass(frozen=True, slots=True)
class Walk:
    """Matching attempts in an order, from a place in it."""

    session: Session
    found: Conditions
    sorting: Sorting

    def nearest(self, place: Place | None, limit: int, *, is_back: bool = False) -> list[Place]:
        """The next `limit` after a place (before it when `is_back`), nearest first; from the order's end for None."""
        if self.sorting.key is None:
            return self._part(place, limit, is_back, has_key=False)
        nearest: list[Place] = []
        for has_key in (False, True) if is_back else (True, False):
            is_passed = place is not None and (place.key is not None) != has_key and has_key != is_back
            if is_passed or len(nearest) == limit:
                continue
            starts_here = place is not None and (place.key is not None) == has_key
            nearest += self._part(place if starts_here else None, limit - len(nearest), is_back, has_key)
        return nearest

    def _part(self, place: Place | None, limit: int, is_back: bool, has_key: bool) -> list[Place]:
        """Those with a key, or those without, in their own order."""
        key = self.sorting.key
        is_ascending = self.sorting.is_ascending != is_back
        columns = [key, SummaryRow.seq] if has_key else [SummaryRow.seq]
        plain = list(self.found.plain)
        if key is not None:
            plain.append(key.is_not(None) if has_key else key.is_(None))
        if place is not None:
            at = tuple_(place.key, place.seq) if has_key else place.seq
            here = tuple_(*columns) if has_key else SummaryRow.seq
            plain.append(here > at if is_ascending else here < at)
        order = [column.asc() if is_ascending else column.desc() for column in columns]
        first = select(*columns[::-1]).where(*plain).order_by(*order).limit(limit)
        branches = [first.where(*chosen) for chosen in branches_of(self.found)]
        return [Place(*row) for row in self.session.execute(merged(branches, self.found, is_ascending, limit))]


def branches_of(found: Conditions) -> list[list[ColumnElement[bool]]]:
    """Lists of conditions, each of which an index answers in order; together they are what `found` lets through."""
    if not found.either:
        return _split(found.choices, MAX_BRANCHES) or [[false()]]
    first, *others = found.either
    rest = [one_of(places) for places in others]
    branches = []
    for column, values in first.items():
        choices = dict(found.choices)
        narrow(choices, column, values)
        branches += [[*branch, *rest] for branch in _split(choices, MAX_BRANCHES)]
    return branches or [[false()]]


def merged(branches: Sequence[Select[Any]], found: Conditions, is_ascending: bool, limit: int) -> Any:
    """The first `limit` of all branches: columns of the sequence, then of the key where there is one."""
    if len(branches) == 1:
        return branches[0]
    join = union if found.either else union_all  # by two of a term's places, the same attempt
    every = join(*(select(branch.subquery()) for branch in branches)).subquery()
    order = [column.asc() if is_ascending else column.desc() for column in reversed(list(every.c))]
    return select(every).order_by(*order).limit(limit)


def _split(choices: Choices, most: int) -> list[list[ColumnElement[bool]]]:
    """One list of conditions for each combination of the values allowed; an IN where there would be too many."""
    split: list[list[ColumnElement[bool]]] = []
    rest: list[ColumnElement[bool]] = []
    count = 1
    for column, values in sorted(choices.items(), key=lambda choice: len(choice[1])):
        if count * len(values) <= most:
            split.append([column == value for value in values])
            count *= len(values)
        else:
            rest.append(among(column, values))
    return [[*combination, *rest] for combination in product(*split)]


def _parsed(cursor: str | None, sorting: Sorting) -> tuple[str, Place | None]:
    if cursor is None:
        return "next", None
    match = _CURSOR.fullmatch(cursor)
    if match is None or (match[3] is None) != (sorting.key is None):
        raise ValueError("this is not a cursor of the list")
    key = float(match[3]) if match[3] not in (None, _NO_KEY) else None  # ValueError when it is no number
    if key is not None and not math.isfinite(key):
        raise ValueError("this is not a cursor of the list")
    return match[1], Place(int(match[2]), key)


def _cursor(side: str, place: Place, sorting: Sorting) -> str:
    key = "" if sorting.key is None else f"-{_NO_KEY if place.key is None else repr(place.key)}"
    return f"{side}-{place.seq}{key}"


def _rows(session: Session, seqs: Sequence[int], kept: Kept | None) -> list[AttemptSummary]:
    lines = (
        select(SummaryRow, TargetRow.text, TargetRow.kind)
        .join(TargetRow, TargetRow.id == SummaryRow.target_id)
        .where(SummaryRow.seq.in_(seqs))
    )
    by_seq = {line.seq: summary_of(line, text, kind) for line, text, kind in session.execute(lines)}
    if kept is not None:
        for seq in session.scalars(select(SummaryRow.seq).where(SummaryRow.seq.in_(seqs), SummaryRow.seq.in_(kept))):
            by_seq[seq] = replace(by_seq[seq], label=None, cause=None)
    return [by_seq[seq] for seq in seqs]


class _Around:
    """The attempts beside one in the filtered list."""

    def __init__(self, session: Session, attempt_id: str, where: AttemptFilter) -> None:
        sorting = SORTINGS[where.order]
        key = null() if sorting.key is None else sorting.key
        here = session.execute(select(SummaryRow.seq, key).where(SummaryRow.id == attempt_id)).one_or_none()
        self._here = None if here is None else Place(*here)
        self._walk = Walk(session, conditions_of(session, where), sorting)

    def beside(self, *, is_back: bool) -> str | None:
        """The id of the attempt after this one, or before it; None at the list's end, and for an unknown one."""
        found = self._walk.nearest(self._here, 1, is_back=is_back) if self._here else []
        return _id_of(self._walk.session, found[0].seq) if found else None


def _id_of(session: Session, seq: int) -> str | None:
    return session.scalar(select(SummaryRow.id).where(SummaryRow.seq == seq))


def summary_of(line: SummaryRow, text: str, kind: str) -> AttemptSummary:
    outcome = None if line.outcome == RUNNING else Outcome(line.outcome)
    return record_of(AttemptSummary, line, target_text=text, target_kind=kind, outcome=outcome)
