"""What is kept from a person who has still to answer blind: the one rule behind every question about labels.

An attempt of a sample waits for a person as long as the sample wants more answers and none of them is theirs. Until
then it stands everywhere, for this person, as if nobody had said anything.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from navigation.store.connection import Part
from navigation.store.models.lists import SummaryRow
from navigation.store.models.review import LabelRow, SampleItemRow

ASKED_AT_ONCE = 500  # ids in one statement


class Blinding(Part):
    def due_in_samples(self, attempt_id: str, user_id: str) -> list[str]:
        """Samples that still want this person's answer on the attempt; until it is given, others' are not shown."""
        due = (
            select(SampleItemRow.sample_id)
            .join(SummaryRow, SummaryRow.seq == SampleItemRow.attempt_seq)
            .where(SummaryRow.id == attempt_id, is_due(SampleItemRow, user_id))
            .order_by(SampleItemRow.sample_id)
        )
        with self._db.reading() as session:
            return list(session.scalars(due))

    def kept_from(self, reader: str, attempt_ids: Collection[str]) -> frozenset[str]:
        """Of these attempts, those on which this person is not to see what others said; none for the reader ""."""
        if not reader or not attempt_ids:
            return frozenset()
        asked = list(dict.fromkeys(attempt_ids))
        kept: set[str] = set()
        with self._db.reading() as session:
            for at in range(0, len(asked), ASKED_AT_ONCE):
                some = SummaryRow.id.in_(asked[at : at + ASKED_AT_ONCE])
                kept.update(session.scalars(select(SummaryRow.id).where(some, SummaryRow.seq.in_(due_for(reader)))))
        return frozenset(kept)


def due_for(reader: str) -> Select[int]:
    """Sequences of the attempts that wait for this person's blind answer."""
    item = aliased(SampleItemRow)
    return select(item.attempt_seq).where(is_due(item, reader))


def is_due(item: Any, reader: str) -> ColumnElement[bool]:
    """That an item of a sample (`SampleItemRow` or an alias of it) waits for this person's answer."""
    label = aliased(LabelRow)
    given = (label.sample_id == item.sample_id, label.attempt_seq == item.attempt_seq, *counting(label))
    people = select(func.count(label.author_id.distinct())).where(*given).scalar_subquery()
    return and_(~exists().where(*given, label.author_id == reader), people < item.wanted)


def counting(label: Any = LabelRow) -> tuple[ColumnElement[bool], ...]:
    """That a label (`LabelRow` or an alias of it) is an answer which was not taken back."""
    later = aliased(LabelRow)
    withdrawn = exists().where(
        later.attempt_seq == label.attempt_seq, later.answer == "withdrawn", later.replaces == label.id
    )
    return label.answer != "withdrawn", ~withdrawn
