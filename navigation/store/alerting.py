"""Alerts: events in the outbox, the messages made of them, and the one process that sends.

An event is written in the transaction of what it tells of (`note_alert`), and becomes messages in one transaction too:
none is lost between, and none is told twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from navigation.alerts import (
    FORGOTTEN,
    KEPT,
    MAX_TRIES,
    Alert,
    Channel,
    Message,
    Quiet,
    Recipient,
    Sent,
    due_at,
    with_detail,
)
from navigation.errors import ConflictError
from navigation.ids import new_id
from navigation.store import sentences
from navigation.store.connection import Part
from navigation.store.models.alerts import AlertLeaseRow, AlertMessageRow, AlertRow
from navigation.store.rows import record_of, values_of

BATCH = 500
THE_LEASE = 1


class Alerts(Part):
    def raise_alerts(self, conditions: Sequence[Alert], now: datetime) -> int:
        """Note conditions that hold now; how many of them are new. Those unseen for `FORGOTTEN` are forgotten."""
        with self._db.writing() as session:
            known = {row.key: row for row in session.scalars(select(AlertRow).where(AlertRow.key.is_not(None)))}
            new = 0
            for one in conditions:
                row = known.get(one.key)
                if row is None:
                    note_alert(session, one)
                    new += 1
                else:
                    row.seen_at = now
            session.flush()
            gone = AlertRow.is_told, AlertRow.key.is_not(None), AlertRow.seen_at < now - FORGOTTEN
            session.execute(delete(AlertRow).where(*gone))
            return new

    def has_alerts(self) -> bool:
        """Whether there are events to put into messages."""
        with self._db.reading() as session:
            return session.scalar(select(AlertRow.id).where(~AlertRow.is_told).limit(1)) is not None

    def has_message(self, channel: Channel, now: datetime) -> bool:
        """Whether a message is due on a channel."""
        with self._db.reading() as session:
            return session.scalar(_due(channel, now)) is not None

    def hold_alert_lease(self, holder: str, now: datetime, until: datetime) -> bool:
        """Be the one who sends, until then; False while another one is."""
        with self._db.writing(is_durable=False) as session:
            row = session.get(AlertLeaseRow, THE_LEASE)
            if row is None:
                session.add(AlertLeaseRow(id=THE_LEASE, holder=holder, until=until))
                return True
            if row.holder != holder and row.until > now:
                return False
            row.holder, row.until = holder, until
            return True

    def gather_alerts(self, recipients: Sequence[Recipient], quiet: Quiet | None, *, limit: int = BATCH) -> int:
        """Put the oldest events into messages to all who hear of them; how many events (0: there are none left)."""
        with self._db.writing() as session:
            untold = select(AlertRow).where(~AlertRow.is_told).order_by(AlertRow.id).limit(limit)
            rows = list(session.scalars(untold))
            for row in rows:
                alert = record_of(Alert, row, key=row.key or "")
                for recipient in recipients:
                    if alert.kind in recipient.kinds:
                        _put(session, alert, recipient, quiet)
            ids = [row.id for row in rows]
            session.execute(
                update(AlertRow).where(AlertRow.id.in_(ids), AlertRow.key.is_not(None)).values(is_told=True)
            )
            session.execute(delete(AlertRow).where(AlertRow.id.in_(ids), AlertRow.key.is_(None)))
            return len(rows)

    def take_message(self, channel: Channel, now: datetime, again_at: datetime) -> Message | None:
        """The next message that is due on a channel, with the try counted that is to be made now; None when none is.
        Unless what came of it is noted, it is due again at `again_at`."""
        with self._db.writing() as session:
            row = session.scalar(_due(channel, now))
            if row is None:
                return None
            row.tries += 1
            row.due_at = again_at
            return record_of(Message, row)

    def note_sent(self, message_id: str, sent: Sent, now: datetime, *, due_at: datetime) -> None:
        """Note what came of a try: sent, to be tried again at `due_at`, or given up after the last."""
        with self._db.writing() as session:
            row = session.get_one(AlertMessageRow, message_id)
            row.problem, row.answer = sent.problem, sent.answer
            if sent.is_done or row.tries >= MAX_TRIES or sent.problem == "removed":
                row.state, row.ended_at, row.due_at = ("sent" if sent.is_done else "given_up"), now, now
            else:
                row.due_at = due_at

    def add_message(self, message: Message) -> None:
        """Keep a message that was sent outside of the queue: a test."""
        with self._db.writing() as session:
            session.add(AlertMessageRow(**values_of(message) | {"details": list(message.details)}))

    def send_again(self, message_id: str, now: datetime) -> None:
        """Try a message anew that was given up. ConflictError when it was not."""
        with self._db.writing() as session:
            row = session.get(AlertMessageRow, message_id)
            if row is None or row.state != "given_up":
                raise ConflictError(sentences.NOT_GIVEN_UP)
            row.state, row.tries, row.due_at, row.ended_at = "waiting", 0, now, None

    def forget_messages(self, now: datetime) -> int:
        """Remove messages that ended more than `KEPT` ago; how many."""
        old = AlertMessageRow.ended_at < now - KEPT
        with self._db.reading() as session:
            if session.scalar(select(AlertMessageRow.id).where(old).limit(1)) is None:
                return 0
        with self._db.writing() as session:
            return int(session.execute(delete(AlertMessageRow).where(old)).rowcount)  # type: ignore[attr-defined]

    def alert_messages(self, *, limit: int = 100) -> Sequence[Message]:
        """Messages, the newest first."""
        newest = select(AlertMessageRow).order_by(AlertMessageRow.first_at.desc(), AlertMessageRow.id.desc())
        with self._db.reading() as session:
            return [record_of(Message, row) for row in session.scalars(newest.limit(limit))]

    def count_given_up(self) -> int:
        """How many messages could not be sent and are tried no more; a test that failed is none."""
        lost = AlertMessageRow.state == "given_up", AlertMessageRow.what != "test"
        counted = select(func.count()).select_from(AlertMessageRow).where(*lost)
        with self._db.reading() as session:
            return session.scalar(counted) or 0


def note_alert(session: Session, alert: Alert) -> None:
    """Write an event down in the transaction of what it tells of."""
    values = values_of(alert) | {"key": alert.key or None, "seen_at": alert.at, "is_told": False}
    session.execute(insert(AlertRow).values(**values))


def _due(channel: Channel, now: datetime) -> Select[AlertMessageRow]:
    row = AlertMessageRow
    waiting = select(row).where(row.state == "waiting", row.due_at <= now, row.channel == channel)
    return waiting.order_by(row.due_at, row.id).limit(1)


def _put(session: Session, alert: Alert, recipient: Recipient, quiet: Quiet | None) -> None:
    """Add an event to the message that is still gathered for a recipient, or to a new one."""
    like = _like(alert, recipient)
    latest = select(AlertMessageRow).where(*like).order_by(AlertMessageRow.due_at.desc(), AlertMessageRow.id.desc())
    row = session.scalar(latest.limit(1))
    if row is not None and row.state == "waiting" and row.tries == 0:
        row.count += 1
        row.details = with_detail(row.details, alert.detail)
        row.first_at, row.last_at = min(row.first_at, alert.at), max(row.last_at, alert.at)
        return
    message = Message(
        id=new_id(),
        channel=recipient.channel,
        address=recipient.address,
        what=alert.what,
        application=alert.application,
        count=1,
        details=with_detail((), alert.detail),
        first_at=alert.at,
        last_at=alert.at,
        due_at=due_at(alert, row.due_at if row else None, quiet),
    )
    session.add(AlertMessageRow(**values_of(message)))
    session.flush()


def _like(alert: Alert, recipient: Recipient) -> tuple[Any, ...]:
    return (
        AlertMessageRow.channel == recipient.channel,
        AlertMessageRow.address == recipient.address,
        AlertMessageRow.what == alert.what,
        AlertMessageRow.application == alert.application,
    )
