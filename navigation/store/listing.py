"""The list of attempts: filtered, newest first, one page at a time by the order of storing.

A page is found without counting or skipping. Where a filter allows several outcomes (or applications, or
targets), each has an index that is already in order, so the newest of each are taken and merged: the work
grows with the page's length and not with the number of attempts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Select, select, union_all
from sqlalchemy.orm import Session

from navigation.records import AttemptFilter, AttemptPage, AttemptSummary
from navigation.store.conditions import Conditions, conditions_of
from navigation.store.connection import Part
from navigation.store.models.lists import RUNNING, SummaryRow, TargetRow
from navigation.store.rows import record_of
from navigation.types import Outcome

MAX_LIMIT = 500
MAX_BRANCHES = 64
_CURSOR = re.compile(r"(older|newer)-(\d{1,18})")


class Listing(Part):
    def list_attempts(self, where: AttemptFilter, *, cursor: str | None = None, limit: int = 50) -> AttemptPage:
        """One page of the filtered list. ValueError for a cursor that no page gave, or a limit out of 1..500."""
        if not 1 <= limit <= MAX_LIMIT:
            raise ValueError(f"limit must be from 1 to {MAX_LIMIT}")
        side, seq = _parsed(cursor)
        with self._db.reading() as session:
            found = conditions_of(session, where)
            if side == "newer":
                rows = _rows(session, found, newer_than=seq, limit=limit + 1)
                shown, has_newer = rows[:limit][::-1], len(rows) > limit
                has_older = bool(shown) and bool(_seqs(session, found, older_than=shown[-1].seq, limit=1))
            else:
                rows = _rows(session, found, older_than=seq, limit=limit + 1)
                shown, has_older = rows[:limit], len(rows) > limit
                has_newer = bool(shown and seq) and bool(_seqs(session, found, newer_than=shown[0].seq, limit=1))
        return AttemptPage(
            rows=shown,
            next_cursor=f"older-{shown[-1].seq}" if has_older else None,
            previous_cursor=f"newer-{shown[0].seq}" if has_newer else None,
        )

    def neighbours(self, attempt_id: str, where: AttemptFilter) -> tuple[str | None, str | None]:
        with self._db.reading() as session:
            seq = session.scalar(select(SummaryRow.seq).where(SummaryRow.id == attempt_id))
            if seq is None:
                return None, None
            found = conditions_of(session, where)
            newer = _seqs(session, found, newer_than=seq, limit=1)
            older = _seqs(session, found, older_than=seq, limit=1)
            ids = {s: session.scalar(select(SummaryRow.id).where(SummaryRow.seq == s)) for s in newer + older}
            return ids.get(newer[0]) if newer else None, ids.get(older[0]) if older else None


def _parsed(cursor: str | None) -> tuple[str, int | None]:
    if cursor is None:
        return "older", None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise ValueError("this is not a cursor of the list")
    return match[1], int(match[2])


def _rows(session: Session, found: Conditions, *, limit: int, **bound: int | None) -> list[AttemptSummary]:
    seqs = _seqs(session, found, limit=limit, **bound)
    lines = (
        select(SummaryRow, TargetRow.text, TargetRow.kind)
        .join(TargetRow, TargetRow.id == SummaryRow.target_id)
        .where(SummaryRow.seq.in_(seqs))
    )
    by_seq = {line.seq: summary_of(line, text, kind) for line, text, kind in session.execute(lines)}
    return [by_seq[seq] for seq in seqs]


def _seqs(
    session: Session,
    found: Conditions,
    *,
    limit: int,
    older_than: int | None = None,
    newer_than: int | None = None,
) -> list[int]:
    """The nearest matching attempts on one side, nearest first."""
    if found.is_empty:
        return []
    order = SummaryRow.seq.asc() if newer_than is not None else SummaryRow.seq.desc()
    plain = list(found.plain)
    if older_than is not None:
        plain.append(SummaryRow.seq < older_than)
    if newer_than is not None:
        plain.append(SummaryRow.seq > newer_than)
    nearest = select(SummaryRow.seq).where(*plain).order_by(order).limit(limit)
    branches = [nearest.where(*chosen) for chosen in _branches(found.choices)]
    return list(session.scalars(_merged(branches, newer_than is not None, limit)))


def _merged(branches: Sequence[Select[int]], ascending: bool, limit: int) -> Any:
    if len(branches) == 1:
        return branches[0]
    every = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    seq = every.c.seq
    return select(seq).order_by(seq.asc() if ascending else seq.desc()).limit(limit)


def _branches(choices: Sequence[tuple[Any, Sequence[Any]]]) -> list[list[ColumnElement[bool]]]:
    """One list of conditions for each combination of the values allowed; an IN where there would be too many."""
    split: list[list[ColumnElement[bool]]] = []
    rest: list[ColumnElement[bool]] = []
    count = 1
    for column, values in sorted(choices, key=lambda choice: len(choice[1])):
        if count * len(values) <= MAX_BRANCHES:
            split.append([column == value for value in values])
            count *= len(values)
        else:
            rest.append(column.in_(values))
    return [[*combination, *rest] for combination in product(*split)]


def summary_of(line: SummaryRow, text: str, kind: str) -> AttemptSummary:
    outcome = None if line.outcome == RUNNING else Outcome(line.outcome)
    return record_of(AttemptSummary, line, target_text=text, target_kind=kind, outcome=outcome)
