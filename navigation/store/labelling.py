"""Labels: what people say about attempts. Added and never edited; the lists' lines follow in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from navigation.errors import ConflictError, StoreError
from navigation.ids import new_id
from navigation.labels import Label, Settled, settle
from navigation.records import AuditEvent
from navigation.store import sentences, summaries
from navigation.store.chaining import log
from navigation.store.connection import Part
from navigation.store.folding import folded
from navigation.store.models.evidence import AttemptRow
from navigation.store.models.review import LabelRow
from navigation.store.rows import values_of

LOOKED_AT = 20


class Labels(Part):
    def add_labels(
        self, labels: Sequence[Label], *, seen: str | None = None, event: AuditEvent | None = None
    ) -> Sequence[Settled]:
        """Add labels of one author, all or none; what each attempt's labels come to then.

        Args:
            labels: new ones; a source of "blind" is not compared with what others said.
            seen: the id of the newest standing label the author had on the page; None when there was none. Only looked
                at for a single label: a batch goes to what nobody has labelled.
            event: what to write to the audit log with them.

        Raises:
            ConflictError: somebody else has labelled one of the attempts meanwhile.
            StoreError: no such attempt.
        """
        with self._db.writing() as session:
            if event is not None:
                log(session, labels[0].created_at, event)
            return [_add(session, label, seen if len(labels) == 1 else None) for label in labels]

    def labels_of(self, attempt_id: str) -> Sequence[Label]:
        """Every label of an attempt, oldest first, withdrawals among them."""
        with self._db.reading() as session:
            return _labelled(session, attempt_id)[1]

    def settled(self, attempt_id: str) -> Settled:
        """What the labels of an attempt come to together."""
        return settle(self.labels_of(attempt_id))

    def last_label_of(self, author_id: str) -> Label | None:
        """The newest label of a person that still stands, for undoing it."""
        with self._db.reading() as session:
            return _last_of(session, author_id)

    def undo_last(self, *, author_id: str, author: str, now: datetime) -> Sequence[str]:
        """Take back a person's last label that still stands, and with it what stands of its batch; the attempts' ids.

        Raises StoreError when there is none.
        """
        with self._db.writing() as session:
            last = _last_of(session, author_id)
            if last is None:
                raise StoreError(sentences.NOTHING_TO_UNDO)
            is_given = LabelRow.id == last.id if last.batch_id is None else LabelRow.batch_id == last.batch_id
            given = (
                select(LabelRow, AttemptRow.id)
                .join(AttemptRow, AttemptRow.seq == LabelRow.attempt_seq)
                .where(is_given)
                .order_by(LabelRow.seq)
            )
            standing = [(row, attempt_id) for row, attempt_id in session.execute(given).all() if _stands(session, row)]
            return [_withdraw(session, row, attempt_id, author_id, author, now) for row, attempt_id in standing]


_ADD_LABEL = insert(LabelRow)  # made once, as all that a label asks


def _last_of(session: Session, author_id: str) -> Label | None:
    """Looks at each of the author's labels from the newest on: which still stand is said by others' labels too."""
    newest = (
        select(LabelRow, AttemptRow.id)
        .join(AttemptRow, AttemptRow.seq == LabelRow.attempt_seq)
        .where(LabelRow.author_id == author_id, LabelRow.answer != "withdrawn")
        .order_by(LabelRow.seq.desc())
        .execution_options(yield_per=LOOKED_AT)
    )
    for row, attempt_id in session.execute(newest):
        if _stands(session, row):
            return summaries.label_of(row, attempt_id)
    return None


def _stands(session: Session, row: LabelRow) -> bool:
    _, labels = _labelled(session, row.attempt_seq)
    return row.id in {label.id for label in settle(labels).standing}


def _add(session: Session, label: Label, seen: str | None) -> Settled:
    line, before = _labelled(session, label.attempt_id)
    if label.source != "blind":
        last = settle(before).last
        if last is not None and last.id != seen and last.author_id != label.author_id:
            raise ConflictError(sentences.LABELLED_MEANWHILE)
    _insert(session, line.seq, label)
    return summaries.note_labels(session, line, [*before, label])


def _withdraw(session: Session, row: LabelRow, attempt_id: str, author_id: str, author: str, now: datetime) -> str:
    """Take a label back by one that says so; what it had replaced counts again."""
    line, labels = _labelled(session, row.attempt_seq)
    withdrawal = Label(
        id=new_id(),
        attempt_id=attempt_id,
        author_id=author_id,
        author=author,
        answer="withdrawn",
        created_at=now,
        replaces=row.id,
        batch_id=row.batch_id,
    )
    _insert(session, row.attempt_seq, withdrawal)
    summaries.note_labels(session, line, [*labels, withdrawal])
    return attempt_id


def _insert(session: Session, seq: int, label: Label) -> None:
    values = values_of(label)
    del values["attempt_id"]
    box = label.box
    values["box"] = None if box is None else [box.x, box.y, box.w, box.h]
    if (pointed := label.pointed) is not None:
        values["pointed"] = {"on": pointed.on, "x": pointed.at.x, "y": pointed.at.y}
    session.connection().execute(_ADD_LABEL, {"attempt_seq": seq, "folded_note": folded(label.note), **values})


def _labelled(session: Session, of: int | str) -> tuple[Row[Any], list[Label]]:
    """The line of an attempt, named by its sequence or its id, with its labels. Raises StoreError for an unknown."""
    found = summaries.labelled_line(session, of)
    if found is None:
        raise StoreError(sentences.UNKNOWN_ATTEMPT)
    return found
