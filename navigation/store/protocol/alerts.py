"""Alerts that wait to be told, the messages made of them, and who sends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from navigation.alerts import Alert, Channel, Message, Quiet, Recipient, Sent


class AlertStore(Protocol):
    def raise_alerts(self, conditions: Sequence[Alert], now: datetime) -> int:
        """Note conditions that hold now; how many of them are new. One that is still seen is told of once."""

    def has_alerts(self) -> bool:
        """Whether there are events to put into messages."""

    def has_message(self, channel: Channel, now: datetime) -> bool:
        """Whether a message is due on a channel."""

    def hold_alert_lease(self, holder: str, now: datetime, until: datetime) -> bool:
        """Be the one who sends, until then; False while another one is."""

    def gather_alerts(self, recipients: Sequence[Recipient], quiet: Quiet | None, *, limit: int = 500) -> int:
        """Put the oldest events into messages to all who hear of them; how many events (0: there are none left)."""

    def take_message(self, channel: Channel, now: datetime, again_at: datetime) -> Message | None:
        """The next message that is due on a channel, with the try counted that is to be made now; None when none is.
        Unless what came of it is noted, it is due again at `again_at`."""

    def note_sent(self, message_id: str, sent: Sent, now: datetime, *, due_at: datetime) -> None:
        """Note what came of a try: sent, to be tried again at `due_at`, or given up after the last."""

    def add_message(self, message: Message) -> None:
        """Keep a message that was sent outside of the queue: a test."""

    def send_again(self, message_id: str, now: datetime) -> None:
        """Try a message anew that was given up. ConflictError when it was not."""

    def forget_messages(self, now: datetime) -> int:
        """Remove messages that ended long ago (`navigation.alerts.KEPT`); how many."""

    def alert_messages(self, *, limit: int = 100) -> Sequence[Message]:
        """Messages, the newest first."""

    def count_given_up(self) -> int:
        """How many messages could not be sent and are tried no more; a test that failed is none."""
