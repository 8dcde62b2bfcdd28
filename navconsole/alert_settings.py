"""Settings of alerts: who hears what, the mail server, the webhook. Passwords come from the environment alone."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from navconsole.operation_settings import whole
from navigation.alerts import KINDS, Kind, Recipient
from navigation.errors import SettingsError
from navigation.outgoing import Network, is_address, is_in_clear, is_loopback

Tls = Literal["starttls", "tls", "none"]
WEBHOOK: Final = "webhook"
ALL: Final = "all"
LEAST_SECRET: Final = 16
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The house's mail server. `tls`: by STARTTLS, from the first byte, or none (within this machine only)."""

    host: str
    port: int
    sender: str
    tls: Tls = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """The one address that is posted to. `networks`: addresses that are not public and may be connected to."""

    url: str
    secret: str = field(repr=False)
    networks: tuple[Network, ...] = ()
    ca_file: Path | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """`recipients` hear in `language` ("": the console's); from the first to the second `quiet` time, of stops only."""

    recipients: tuple[Recipient, ...] = ()
    language: str = ""
    quiet: tuple[time, time] | None = None
    smtp: SmtpSettings | None = None
    webhook: WebhookSettings | None = None

    @property
    def heard(self) -> frozenset[Kind]:
        """What anybody hears of."""
        return frozenset(kind for one in self.recipients for kind in one.kinds)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> AlertSettings:
        """Read NAVCONSOLE_ALERTS, NAVCONSOLE_ALERT_LANGUAGE, NAVCONSOLE_ALERT_QUIET, NAVCONSOLE_SMTP_HOST, …_PORT,
        …_TLS, …_USER, …_PASSWORD, …_FROM, …_CA_FILE, NAVCONSOLE_WEBHOOK_URL, …_SECRET, …_NETWORKS, …_CA_FILE.

        Raises SettingsError naming the variable.
        """
        smtp, webhook = _smtp(env), _webhook(env)
        return cls(
            recipients=_recipients(env, smtp, webhook),
            language=env.get("NAVCONSOLE_ALERT_LANGUAGE", ""),
            quiet=_quiet(env),
            smtp=smtp,
            webhook=webhook,
        )


def _recipients(
    env: Mapping[str, str], smtp: SmtpSettings | None, webhook: WebhookSettings | None
) -> tuple[Recipient, ...]:
    found: dict[str, Recipient] = {}
    for part in env.get("NAVCONSOLE_ALERTS", "").split(";"):
        if not part.strip():
            continue
        address, _, words = (text.strip() for text in part.partition(":"))
        is_webhook = address == WEBHOOK
        if not is_webhook and not _MAIL.fullmatch(address):
            raise SettingsError(
                "NAVCONSOLE_ALERTS", "{part!r} is neither an address of e-mail nor “webhook”", part=part.strip()
            )
        if address in found:
            raise SettingsError(
                "NAVCONSOLE_ALERTS",
                "{part!r} names somebody twice; put all they hear of in one place",
                part=part.strip(),
            )
        if is_webhook and webhook is None:
            raise SettingsError("NAVCONSOLE_WEBHOOK_URL", "is needed, since NAVCONSOLE_ALERTS names the webhook")
        if not is_webhook and smtp is None:
            raise SettingsError("NAVCONSOLE_SMTP_HOST", "is needed, since NAVCONSOLE_ALERTS names an e-mail address")
        name = webhook.host if webhook and is_webhook else address
        found[address] = Recipient("webhook" if is_webhook else "mail", name, _kinds(words, part.strip()))
    return tuple(found.values())


def _kinds(words: str, part: str) -> frozenset[Kind]:
    named = {word.strip() for word in words.split(",") if word.strip()}
    if named == {ALL}:
        return frozenset(KINDS)
    if not named or not named <= set(KINDS):
        choices = ", ".join((*KINDS, ALL))
        raise SettingsError(
            "NAVCONSOLE_ALERTS", "{part!r} must say what is heard: one or more of {choices}", part=part, choices=choices
        )
    return frozenset(kind for kind in KINDS if kind in named)


def _quiet(env: Mapping[str, str]) -> tuple[time, time] | None:
    text = env.get("NAVCONSOLE_ALERT_QUIET", "")
    if not text:
        return None
    if not _QUIET.fullmatch(text):
        raise SettingsError("NAVCONSOLE_ALERT_QUIET", "must be two times of day such as 22:00-07:00")
    begin, end = (time.fromisoformat(part) for part in text.split("-"))
    return begin, end


def _smtp(env: Mapping[str, str]) -> SmtpSettings | None:
    host, tls = env.get("NAVCONSOLE_SMTP_HOST", ""), env.get("NAVCONSOLE_SMTP_TLS", "starttls")
    port = whole(env, "NAVCONSOLE_SMTP_PORT", 587, low=1, high=65535)
    sender = env.get("NAVCONSOLE_SMTP_FROM", "")
    user, password = env.get("NAVCONSOLE_SMTP_USER", ""), env.get("NAVCONSOLE_SMTP_PASSWORD", "")
    ca_file = env.get("NAVCONSOLE_SMTP_CA_FILE", "")
    if tls not in get_args(Tls):
        raise SettingsError("NAVCONSOLE_SMTP_TLS", "must be one of {choices}", choices=", ".join(get_args(Tls)))
    if not host:
        return None
    if tls == "none" and not is_loopback(host):
        raise SettingsError(
            "NAVCONSOLE_SMTP_TLS", "may be none within this machine only; use starttls (port 587) or tls (port 465)"
        )
    if not _MAIL.fullmatch(sender):
        raise SettingsError(
            "NAVCONSOLE_SMTP_FROM", "must be the address that alerts come from, with NAVCONSOLE_SMTP_HOST"
        )
    if bool(user) != bool(password):
        missing = "NAVCONSOLE_SMTP_PASSWORD" if user else "NAVCONSOLE_SMTP_USER"
        raise SettingsError(missing, "is needed: a user and a password come together, or neither")
    return SmtpSettings(host, port, sender, tls, user, password, _file(ca_file))  # type: ignore[arg-type]


def _webhook(env: Mapping[str, str]) -> WebhookSettings | None:
    url, secret = env.get("NAVCONSOLE_WEBHOOK_URL", ""), env.get("NAVCONSOLE_WEBHOOK_SECRET", "")
    networks, ca_file = env.get("NAVCONSOLE_WEBHOOK_NETWORKS", ""), env.get("NAVCONSOLE_WEBHOOK_CA_FILE", "")
    try:
        listed = tuple(ipaddress.ip_network(part.strip()) for part in networks.split(",") if part.strip())
    except ValueError as err:
        detail = "must be addresses or networks by comma, such as 10.1.2.0/24"
        raise SettingsError("NAVCONSOLE_WEBHOOK_NETWORKS", detail) from err
    if not url:
        return None
    if not is_address(url):
        raise SettingsError(
            "NAVCONSOLE_WEBHOOK_URL", "must be an address such as https://alerts.hospital.example/navconsole"
        )
    if is_in_clear(url):
        raise SettingsError("NAVCONSOLE_WEBHOOK_URL", "must begin with https:// beyond this machine")
    if len(secret) < LEAST_SECRET:
        raise SettingsError(
            "NAVCONSOLE_WEBHOOK_SECRET",
            "must have at least {least} characters; it signs what is sent",
            least=LEAST_SECRET,
        )
    return WebhookSettings(url, secret, listed, _file(ca_file))


def _file(text: str) -> Path | None:
    return Path(text) if text else None
