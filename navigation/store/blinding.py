"""What is kept from a person who has still to answer blind: the one rule behind every question about labels.

An attempt of a sample waits for a person as long as the sample wants more answers and none of them is theirs. Until
then it stands everywhere, for this person, as if nobody had said anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from navigation.store.connection import Part
from navigation.store.models.lists import SummaryRow
from navigation.store.models.review import LabelRow, SampleItemRow

ASKED_AT_ONCE = 500  # ids in one statement
LISTED = 10_000  # kept as a list and not asked for again in each statement; under SQLite's 32,766 values of one

Kept = Sequence[int] | Select[int]
"""Sequences of attempts, as they are or to be asked for."""


class Blinding(Part):
    def due_in_samples(self, attempt_id: str, user_id: str) -> list[str]:
        """Samples that still want this person's answer on the attempt; until it is given, others' are not shown."""
        with self._db.reading() as session:
            if session.scalar(_ANY_ITEM) is None:
                return []
            seq = session.scalar(select(SummaryRow.seq).where(SummaryRow.id == attempt_id))
            return list(session.scalars(_SAMPLES_DUE, {"reader": user_id, "seq": seq}))

    def kept_from(self, reader: str, attempt_ids: Collection[str]) -> frozenset[str]:
        """Of these attempts, those on which this person is not to see what others said; none for the reader ""."""
        if not reader or not attempt_ids:
            return frozenset()
        asked = list(dict.fromkeys(attempt_ids))
        kept: set[str] = set()
        with self._db.reading() as session:
            if session.scalar(_ANY_ITEM) is None:
                return frozenset()
            for at in range(0, len(asked), ASKED_AT_ONCE):
                some = asked[at : at + ASKED_AT_ONCE]
                seqs = dict(session.execute(select(SummaryRow.seq, SummaryRow.id).where(SummaryRow.id.in_(some))).all())
                due = due_items(reader, LabelRow.attempt_seq.in_(seqs)).where(SampleItemRow.attempt_seq.in_(seqs))
                kept.update(seqs[seq] for seq in session.scalars(due))
        return frozenset(kept)


def kept_back(session: Session, reader: str) -> Kept | None:
    """Sequences of the attempts of which this person sees no label though there is one; None when there are none."""
    if not reader or session.scalar(_ANY_ITEM) is None:
        return None
    found = list(session.scalars(_SOME_KEPT, {"reader": reader}))
    return (found if len(found) <= LISTED else _KEPT.params(reader=reader)) if found else None


def waiting(session: Session, reader: str) -> Kept | None:
    """Sequences of the attempts that wait for this person's blind answer; None when there are none."""
    if not reader or session.scalar(_ANY_ITEM) is None:
        return None
    found = list(session.scalars(_SOME_DUE, {"reader": reader}))
    return (found if len(found) <= LISTED else due_for(reader)) if found else None


def due_for(reader: str) -> Select[int]:
    """Sequences of the attempts that wait for this person's blind answer."""
    return due_items(reader)


def due_items(reader: str | ColumnElement[str], *labels: ColumnElement[bool]) -> Select[int]:
    """Attempts' sequences of the samples' items that wait for this person's answer.

    `labels` may narrow the labels that are looked at to those of the items one asks about.
    """
    own = func.max(case((LabelRow.author_id == reader, 1), else_=0))
    given = (
        select(
            LabelRow.sample_id,
            LabelRow.attempt_seq,
            func.count(LabelRow.author_id.distinct()).label("people"),
            own.label("is_own"),
        )
        .where(LabelRow.sample_id.is_not(None), *labels, *counting())
        .group_by(LabelRow.sample_id, LabelRow.attempt_seq)
        .correlate(None)
        .subquery()
    )
    of_item = and_(given.c.sample_id == SampleItemRow.sample_id, given.c.attempt_seq == SampleItemRow.attempt_seq)
    return (
        select(SampleItemRow.attempt_seq)
        .outerjoin(given, of_item)
        .where(func.coalesce(given.c.is_own, 0) == 0, func.coalesce(given.c.people, 0) < SampleItemRow.wanted)
        .correlate(None)
    )


def counting(label: Any = LabelRow) -> tuple[ColumnElement[bool], ...]:
    """That a label (`LabelRow` or an alias of it) is an answer which was not taken back."""
    later = aliased(LabelRow)
    withdrawn = exists().where(
        later.attempt_seq == label.attempt_seq, later.answer == "withdrawn", later.replaces == label.id
    )
    return label.answer != "withdrawn", ~withdrawn


# Made once: building these costs more than running them, and each page asks.
_ANY_ITEM = select(SampleItemRow.attempt_seq).limit(1)
DUE = due_items(bindparam("reader"))
"""Sequences of the attempts that wait for the blind answer of the person `reader`."""
_SOME_DUE = DUE.limit(LISTED + 1)
_SAMPLES_DUE = (
    due_items(bindparam("reader"), LabelRow.attempt_seq == bindparam("seq"))
    .where(SampleItemRow.attempt_seq == bindparam("seq"))
    .with_only_columns(SampleItemRow.sample_id)
    .order_by(SampleItemRow.sample_id)
)
_KEPT = DUE.where(exists().where(aliased(LabelRow).attempt_seq == SampleItemRow.attempt_seq))
_SOME_KEPT = _KEPT.limit(LISTED + 1)
