"""Groups of attempts that ended alike: three hundred failures are a dozen rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, false, func, literal, select
from sqlalchemy.orm import Session, aliased

from navigation.records import AttemptFilter, AttemptGroup
from navigation.store.blinding import Kept, due_for, waiting
from navigation.store.conditions import conditions_of, outcomes_of, target_conditions
from navigation.store.connection import Part
from navigation.store.counting import is_tallied
from navigation.store.facets import counted_lines
from navigation.store.models.lists import GroupRow, SummaryRow, TargetRow
from navigation.types import Outcome

MAX_GROUPS = 500


class Groups(Part):
    def groups(self, where: AttemptFilter, *, limit: int = MAX_GROUPS) -> Sequence[AttemptGroup]:
        """Groups of what the filter lets through; those with most to label first, then the newest.

        Groups know application, screen, target and outcome: by these, counts are of whole groups. With any other
        condition they are of the matching attempts, and of at most `COUNTED` of them.
        """
        with self._db.reading() as session:
            if is_tallied(where) and not where.method:
                counting = _counting(session, where.reader)
                return [_group(row) for row in session.execute(counting.with_words(_first(where, counting, limit)))]
            counted = _matching(session, where, limit)
            rows = session.execute(_Counting(None).with_words(list(counted)))
            whole = {row.id: _group(row) for row in rows}
            return [replace(whole[group_id], **values) for group_id, values in counted.items()]

    def group(self, group_id: int, *, reader: str = "") -> AttemptGroup | None:
        """A group as the reader sees it."""
        with self._db.reading() as session:
            return _one(session, group_id, reader)

    def group_days(self, group_ids: Sequence[int], *, since: datetime) -> Mapping[int, Mapping[date, int]]:
        """How many attempts of each group on each day (UTC) from `since` on; days without any are left out."""
        day = func.date(SummaryRow.started_at)
        # By the time's index: the least sequence would be looked for from the oldest attempt on.
        first = select(SummaryRow.seq).where(SummaryRow.started_at >= since).order_by(SummaryRow.started_at).limit(1)
        counted = (
            select(SummaryRow.group_id, day, func.count())
            .where(
                SummaryRow.group_id.in_(group_ids),
                SummaryRow.seq >= first.scalar_subquery(),
                SummaryRow.started_at >= since,
            )
            .group_by(SummaryRow.group_id, day)
        )
        days: dict[int, dict[date, int]] = {}
        with self._db.reading() as session:
            for group_id, on, count in session.execute(counted):
                days.setdefault(group_id, {})[date.fromisoformat(str(on))] = count
        return days

    def group_of(self, attempt_id: str, *, reader: str = "") -> AttemptGroup | None:
        """The group that an attempt is in; None while it is under way."""
        own = select(SummaryRow.group_id).where(SummaryRow.id == attempt_id)
        with self._db.reading() as session:
            group_id = session.scalar(own)
            return None if group_id is None else _one(session, group_id, reader)


def _one(session: Session, group_id: int, reader: str) -> AttemptGroup | None:
    counting = _counting(session, reader)
    of_one = _OF_ONE if counting.kept is None else counting.with_words([bindparam("group_id")])
    found = session.execute(of_one, {"group_id": group_id}).one_or_none()
    return _group(found) if found else None


def _matching(session: Session, where: AttemptFilter, limit: int) -> dict[Any, dict[str, Any]]:
    """What of a group's values is about its matching attempts, by the group's id, in the order of `groups`."""
    found = conditions_of(session, where)
    lines = counted_lines(found).subquery()
    last = func.max(SummaryRow.seq)
    is_due = SummaryRow.seq.in_(due_for(where.reader)) if where.reader else false()
    labelled, due = func.count(case((~is_due, SummaryRow.label))), func.count(case((is_due, 1)))
    counted = (
        select(
            SummaryRow.group_id,
            func.count(),
            labelled,
            due,
            func.min(SummaryRow.started_at),
            func.max(SummaryRow.started_at),
            last,
        )
        .where(SummaryRow.seq.in_(select(lines.c.seq)), SummaryRow.group_id.is_not(None))
        .group_by(SummaryRow.group_id)
        .order_by((func.count() - labelled).desc(), last.desc())
        .limit(limit)
    )
    rows = session.execute(counted).all()
    newest = select(SummaryRow.seq, SummaryRow.id).where(SummaryRow.seq.in_([row[-1] for row in rows]))
    ids = {row.seq: row.id for row in session.execute(newest)}
    return {
        group_id: {
            "attempts": attempts, "labelled": labelled, "due": due, "first_at": first_at, "last_at": last_at,
            "last_id": ids[seq],
        }
        for group_id, attempts, labelled, due, first_at, last_at, seq in rows
    }  # fmt: skip


def _counting(session: Session, reader: str) -> _Counting:
    return _Counting(waiting(session, reader))


@dataclass(frozen=True, slots=True)
class _Counting:
    """What the whole groups count, where labels of the attempts `kept`, which wait for the reader, are not shown."""

    kept: Kept | None

    def first(self, *where: Any, limit: int) -> Select[int]:
        """Ids of the groups that come first, found before anything is joined to them."""
        if self.kept is None:
            return select(GroupRow.id).where(*where).order_by(*_order(GroupRow.labelled)).limit(limit)
        silent = self._silent(self.kept)
        labelled = GroupRow.labelled - func.coalesce(silent.c.labelled, 0)
        joined = select(GroupRow.id).outerjoin(silent, silent.c.group_id == GroupRow.id)
        return joined.where(*where).order_by(*_order(labelled)).limit(limit)

    def with_words(self, ids: Any) -> Select[*tuple[Any, ...]]:
        labelled: Any = GroupRow.labelled
        due: Any = literal(0)
        words = (
            select()
            .select_from(GroupRow)
            .join(TargetRow, TargetRow.id == GroupRow.target_id)
            .join(SummaryRow, SummaryRow.seq == GroupRow.last_seq)
            .where(GroupRow.id.in_(ids))
        )
        if self.kept is not None:
            silent = self._silent(self.kept)
            words = words.outerjoin(silent, silent.c.group_id == GroupRow.id)
            labelled, due = labelled - func.coalesce(silent.c.labelled, 0), func.coalesce(silent.c.due, 0)
        counts = {"labelled": labelled, "due": due}
        columns = [counts[name].label(name) if name in counts else _COLUMNS[name] for name in _NAMES]
        return words.add_columns(*columns).order_by(*_order(labelled))

    def _silent(self, kept: Kept) -> Any:
        """Of each group with such attempts, how many there are and how many of them have a label."""
        line = aliased(SummaryRow)
        counted = select(line.group_id, func.count().label("due"), func.count(line.label).label("labelled"))
        return counted.where(line.seq.in_(kept)).group_by(line.group_id).subquery()


def _order(labelled: Any) -> tuple[Any, Any]:
    return (GroupRow.attempts - labelled).desc(), GroupRow.last_seq.desc()


def _first(where: AttemptFilter, counting: _Counting, limit: int) -> Select[int]:
    """Ids of the groups that the filter lets through."""
    conditions = []
    if targets := target_conditions(where):
        conditions.append(GroupRow.target_id.in_(select(TargetRow.id).where(*targets)))
    if (outcomes := outcomes_of(where)) is not None:
        conditions.append(GroupRow.outcome.in_(outcomes))
    return counting.first(*conditions, limit=limit)


_NAMES = tuple(item.name for item in fields(AttemptGroup))
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_OUTCOME = _NAMES.index("outcome")
_COLUMNS: dict[str, Any] = {
    **{name: getattr(GroupRow, name) for name in _NAMES if hasattr(GroupRow, name)},
    "target_text": TargetRow.text.label("target_text"),
    "target_kind": TargetRow.kind.label("target_kind"),
    "last_id": SummaryRow.id.label("last_id"),
}


_OF_ONE = _Counting(None).with_words([bindparam("group_id")])  # made once: each page of a case asks for one


def _group(row: Row[Any]) -> AttemptGroup:
    """A row's columns are in the record's order; there are hundreds of rows."""
    values = list(row)
    values[_OUTCOME] = _OUTCOMES[values[_OUTCOME]]
    return AttemptGroup(*values)
