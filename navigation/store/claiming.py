"""Who is at which case, so that two people are not given the same one; and the next case that nobody has labelled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, exists, insert, or_, select
from sqlalchemy.orm import Session

from navigation.errors import StoreError
from navigation.labels import Claim
from navigation.store import sentences
from navigation.store.blinding import DUE
from navigation.store.connection import Part
from navigation.store.models.evidence import AttemptRow
from navigation.store.models.lists import SummaryRow
from navigation.store.models.review import ClaimRow
from navigation.store.rows import values_of


class Claims(Part):
    def claim(self, attempt_id: str, *, user_id: str, user_name: str, now: datetime, until: datetime) -> Claim:
        """Take a case for a person, who lets go of any other; whose it is then, which may be somebody else's.

        Raises StoreError when there is no such attempt.
        """
        with self._db.writing(is_durable=False) as session:
            connection = session.connection()
            held = connection.execute(_HELD, {"id": attempt_id}).one_or_none()
            if held is None:
                raise StoreError(sentences.UNKNOWN_ATTEMPT)
            if held.user_id not in (None, user_id) and held.until > now:
                return Claim(held.user_id, held.user_name, held.until)
            connection.execute(_LET_GO, {"person": user_id, "seq": held.seq})
            taken = Claim(user_id, user_name, until)
            connection.execute(_TAKE, {"attempt_seq": held.seq, **values_of(taken)})
            return taken

    def claim_on(self, attempt_id: str, now: datetime) -> Claim | None:
        """Who has the case open, unless nobody has or the claim has lapsed."""
        held = (
            select(ClaimRow)
            .join(AttemptRow, AttemptRow.seq == ClaimRow.attempt_seq)
            .where(AttemptRow.id == attempt_id, ClaimRow.until > now)
        )
        with self._db.reading() as session:
            row = session.scalar(held)
            return _claim(row) if row else None

    def next_unlabelled(
        self, group_id: int, *, user_id: str, now: datetime, before: str | None = None, limit: int = 1
    ) -> list[str]:
        """Ids of a group's newest attempts without a label that this person may see and that nobody else has open;
        with `before`, older ones than that attempt."""
        with self._db.reading() as session:
            newest = NEWEST if before is None else _seq_of(session, before)
            asked = {"group_id": group_id, "reader": user_id, "now": now, "before": newest, "limit": limit}
            return list(session.scalars(_FREE, asked))


def is_free(user_id: str | ColumnElement[str], now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """That nobody but this person has the attempt of a list's line open."""
    held = (ClaimRow.attempt_seq == SummaryRow.seq, ClaimRow.user_id != user_id, ClaimRow.until > now)
    return ~exists().where(*held)


# Made once: building these costs more than running them.
_HELD = (
    select(AttemptRow.seq, ClaimRow.user_id, ClaimRow.user_name, ClaimRow.until)
    .outerjoin(ClaimRow, ClaimRow.attempt_seq == AttemptRow.seq)
    .where(AttemptRow.id == bindparam("id"))
)
_LET_GO = delete(ClaimRow).where(or_(ClaimRow.user_id == bindparam("person"), ClaimRow.attempt_seq == bindparam("seq")))
_TAKE = insert(ClaimRow)
NEWEST = 2**62  # after every sequence
_FREE = (
    select(SummaryRow.id)
    .where(
        SummaryRow.group_id == bindparam("group_id"),
        or_(SummaryRow.label.is_(None), SummaryRow.seq.in_(DUE)),
        is_free(bindparam("reader"), bindparam("now", type_=ClaimRow.until.type)),
        SummaryRow.seq < bindparam("before"),
    )
    .order_by(SummaryRow.seq.desc())
    .limit(bindparam("limit"))
)


def _seq_of(session: Session, attempt_id: str) -> int:
    return session.scalar(select(SummaryRow.seq).where(SummaryRow.id == attempt_id)) or 0


def _claim(row: ClaimRow) -> Claim:
    return Claim(row.user_id, row.user_name, row.until)
