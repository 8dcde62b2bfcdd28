"""The sender: threads in the server that look for conditions, gather events into messages, and send them.

Each channel has its own thread, so that a mail server that hangs keeps no webhook waiting. Several processes may run
this on one database; the lease lets one of them work.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from navconsole.alerts.conditions import conditions
from navconsole.alerts.telling import tell
from navconsole.settings import ConsoleSettings
from navigation.alerts import CHANNELS, Channel, Message, Recipient, Sent, next_wait
from navigation.deadline import Deadline
from navigation.errors import NavigationError, SettingsError
from navigation.ids import new_id
from navigation.late import Late
from navigation.outgoing import certificates
from navigation.store.protocol import Store

if TYPE_CHECKING:  # what speaks to other machines is loaded with the first message
    from navconsole.alerts import mail, webhook
else:
    mail, webhook = Late("navconsole.alerts.mail"), Late("navconsole.alerts.webhook")

log = logging.getLogger(__name__)

EVERY_S = 2.0
LEASE = timedelta(minutes=2)
"""Longer than one message can take, so that nobody else begins it meanwhile."""
LOOKED_EVERY = timedelta(minutes=30)
FIRST_LOOK = timedelta(minutes=1)
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class AlertSender:
    """Background threads: one gathers, one for each channel sends; `close` ends them after the messages they are at.

    Raises SettingsError when the certificates of a setting cannot be read.
    """

    def __init__(
        self, store: Store, settings: ConsoleSettings, *, every_s: float = EVERY_S, now: Clock = utc_now
    ) -> None:
        check_files(settings)
        self._store = store
        self._settings = settings
        self._every_s = every_s
        self._now = now
        self._holder = new_id()
        self._look_at = now() + FIRST_LOOK
        self._stop = threading.Event()
        works = {"alerts": self.gather} | {f"alerts {one}": partial(self.send, one) for one in CHANNELS}
        self._threads = [
            threading.Thread(target=self._run, args=(work,), name=name, daemon=True) for name, work in works.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._stop.set()
        deadline = Deadline.after(10)
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(timeout=deadline.remaining_s)

    def step(self) -> int:
        """Do what there is to do, one thing after another; how many messages were tried."""
        self.gather()
        return sum(self.send(channel) for channel in CHANNELS)

    def gather(self) -> None:
        """Look for conditions when it is time, and put events into messages, unless another process does it."""
        now = self._now()
        is_look_due = now >= self._look_at
        if not (is_look_due or self._store.has_alerts()) or not self._hold():
            return
        if is_look_due:
            self._look(now)
        while not self._stop.is_set() and self._store.gather_alerts(
            self._settings.alerts.recipients, self._settings.quiet
        ):
            pass

    def send(self, channel: Channel) -> int:
        """Send what is due on a channel, unless another process does it; how many messages were tried."""
        tried = 0
        while not self._stop.is_set() and self._store.has_message(channel, self._now()) and self._hold():
            tried += self._send_next(channel)
        return tried

    def _look(self, now: datetime) -> None:
        new = self._store.raise_alerts(conditions(self._store, self._settings.alerts.heard, now), now)
        self._store.forget_messages(now)
        self._look_at = now + LOOKED_EVERY
        if new:
            log.info("conditions found count=%d", new)

    def _hold(self) -> bool:
        now = self._now()
        return self._store.hold_alert_lease(self._holder, now, now + LEASE)

    def _send_next(self, channel: Channel) -> bool:
        now = self._now()
        message = self._store.take_message(channel, now, now + LEASE)
        if message is None:
            return False
        sent = send(message, self._settings) if self._is_wanted(message) else Sent("removed")
        done = self._now()
        wait = next_wait(message.tries, random.random())
        self._store.note_sent(message.id, sent, done, due_at=done + wait)
        log.info(
            "alert tried alert=%s channel=%s kind=%s count=%d try=%d problem=%s answer=%s",
            message.id, message.channel, message.kind, message.count, message.tries, sent.problem or "-",
            sent.answer or "-",
        )  # fmt: skip
        return True

    def _is_wanted(self, message: Message) -> bool:
        recipients = self._settings.alerts.recipients
        return any((one.channel, one.address) == (message.channel, message.address) for one in recipients)

    def _run(self, work: Callable[[], object]) -> None:
        while not self._stop.wait(self._every_s):
            try:
                work()
            except (NavigationError, OSError) as err:  # a full disk or a lock: the next round tries again
                log.warning("alerts put off kind=%s", type(err).__name__)


def check_files(settings: ConsoleSettings) -> None:
    """Raise SettingsError when the certificates that a setting names cannot be read."""
    for name, channel in (("SMTP", settings.alerts.smtp), ("WEBHOOK", settings.alerts.webhook)):
        if channel is not None and channel.ca_file is not None:
            certificates(channel.ca_file, f"NAVCONSOLE_{name}_CA_FILE")


def send(message: Message, settings: ConsoleSettings) -> Sent:
    """Hand a message to its channel now; what came of it."""
    try:
        return _send(message, settings)
    except SettingsError:  # the file of certificates went away while the server runs
        return Sent("certificate")


def _send(message: Message, settings: ConsoleSettings) -> Sent:
    alerts, language = settings.alerts, settings.alert_language
    told = tell(message, language=language, zone=ZoneInfo(settings.timezone), base_url=settings.base_url)
    if message.channel == "mail" and alerts.smtp is not None:
        return mail.send_mail(message, told, alerts.smtp)
    if message.channel == "webhook" and alerts.webhook is not None:
        return webhook.send_post(message, told, alerts.webhook, language)
    return Sent("removed")


def send_test(store: Store, settings: ConsoleSettings, recipient: Recipient, now: datetime) -> Message:
    """Send a test message now and keep it with what came of it; the message as it is kept."""
    test = Message(
        id=new_id(),
        channel=recipient.channel,
        address=recipient.address,
        what="test",
        application="",
        count=1,
        details=(),
        first_at=now,
        last_at=now,
        due_at=now,
    )
    sent = send(test, settings)
    kept = replace(
        test,
        state="sent" if sent.is_done else "given_up",
        tries=1,
        problem=sent.problem,
        answer=sent.answer,
        ended_at=now,
    )
    store.add_message(kept)
    return kept
