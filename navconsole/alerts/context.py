"""What the page of alerts shows, as plain values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from navconsole.alerts.telling import tell
from navconsole.alerts.words import CHANNELS, ICONS, KINDS, PROBLEMS, Explained
from navconsole.settings import ConsoleSettings
from navigation.alerts import KINDS as ALL_KINDS
from navigation.alerts import Message, Recipient


@dataclass(frozen=True, slots=True)
class Card:
    """Somebody who hears of alerts; `last` is the newest message to them that was tried."""

    number: int
    recipient: Recipient
    channel: str
    icon: str
    kinds: Sequence[str]
    last: Message | None


@dataclass(frozen=True, slots=True)
class Line:
    """A message with its title in the reader's language, and what is wrong with it, if anything is."""

    message: Message
    title: str
    details: str
    icon: str
    problem: Explained | None

    @property
    def is_retried(self) -> bool:
        return self.message.state == "waiting" and self.message.tries > 0


@dataclass(frozen=True, slots=True)
class Page:
    """`tested` is the test message that was just sent; `failed` are those that were given up."""

    cards: Sequence[Card]
    failed: Sequence[Line]
    lines: Sequence[Line]
    tested: Line | None
    server: str
    language: str
    quiet: tuple[str, str] | None
    timezone: str


def build_page(
    settings: ConsoleSettings, messages: Sequence[Message], *, language: str, zone: ZoneInfo, tested: str = ""
) -> Page:
    """`messages` newest first; titles in the reader's `language`, which may be another than that of the alerts."""
    lines = [build_line(message, settings, language=language, zone=zone) for message in messages]
    alerts = settings.alerts
    smtp, quiet = alerts.smtp, alerts.quiet
    return Page(
        cards=[_card(number, one, messages) for number, one in enumerate(alerts.recipients)],
        failed=[line for line in lines if line.message.state == "given_up" and line.message.kind != "test"],
        lines=lines,
        tested=next((line for line in lines if line.message.id == tested and line.message.kind == "test"), None),
        server=f"{smtp.host}:{smtp.port}" if smtp else "",
        language=settings.alert_language,
        quiet=(f"{quiet[0]:%H:%M}", f"{quiet[1]:%H:%M}") if quiet else None,
        timezone=settings.timezone,
    )


def build_line(message: Message, settings: ConsoleSettings, *, language: str, zone: ZoneInfo) -> Line:
    told = tell(message, language=language, zone=zone, base_url=settings.base_url)
    problem = PROBLEMS[message.problem] if message.problem else None
    return Line(message, told.title, told.details, ICONS[message.channel], problem)


def _card(number: int, recipient: Recipient, messages: Sequence[Message]) -> Card:
    of_them = (m for m in messages if (m.channel, m.address) == (recipient.channel, recipient.address) and m.tries)
    kinds = [KINDS[kind] for kind in ALL_KINDS if kind in recipient.kinds]
    return Card(number, recipient, CHANNELS[recipient.channel], ICONS[recipient.channel], kinds, next(of_them, None))
