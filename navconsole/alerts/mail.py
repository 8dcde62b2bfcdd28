"""Sends a message by the house's mail server, encrypted or not at all. No word of the server's is passed on."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime

from navconsole.alert_settings import SmtpSettings
from navconsole.alerts.telling import Told
from navigation.alerts import Message, Problem, Sent
from navigation.deadline import Deadline
from navigation.outgoing import certificates, cutting

Watch = Callable[[socket.socket], None]
TIMEOUT_S = 10.0
"""For each step of the conversation."""
WHOLE_S = 60.0
"""For all of it."""


def send_mail(
    message: Message, told: Told, settings: SmtpSettings, *, timeout_s: float = TIMEOUT_S, whole_s: float = WHOLE_S
) -> Sent:
    """Hand one message to the mail server. Whatever goes wrong there is a `Sent` with its problem.

    Raises SettingsError when the certificates of the setting cannot be read.
    """
    trusted = certificates(settings.ca_file, "NAVCONSOLE_SMTP_CA_FILE")
    deadline, is_accepted = Deadline.after(whole_s), False
    try:
        with cutting(deadline) as watch, _connected(settings, trusted, timeout_s, watch) as server:
            if settings.tls == "starttls":
                server.starttls(context=trusted)
            if settings.user:
                server.login(settings.user, settings.password)
            server.send_message(_letter(message, told, settings), settings.sender, [message.address])
            is_accepted = True  # a farewell that goes wrong does not take it back
    except (smtplib.SMTPException, OSError, ValueError) as err:
        if not is_accepted:
            return Sent("timeout") if deadline.has_passed else _problem(err)
    return Sent()


def _connected(settings: SmtpSettings, trusted: ssl.SSLContext, timeout_s: float, watch: Watch) -> smtplib.SMTP:
    class Watched(smtplib.SMTP):
        """Tells of its connection before a byte is read from it."""

        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            plain = socket.create_connection((host, port), timeout)
            watch(plain)
            return trusted.wrap_socket(plain, server_hostname=host) if settings.tls == "tls" else plain

    return Watched(settings.host, settings.port, timeout=timeout_s)


def _letter(message: Message, told: Told, settings: SmtpSettings) -> EmailMessage:
    """Plain text. Its Message-ID is the message's, so that a second copy is known as one."""
    letter = EmailMessage()
    letter["From"] = settings.sender
    letter["To"] = message.address
    letter["Subject"] = f"[navconsole] {told.title}"
    letter["Date"] = format_datetime(message.last_at)
    letter["Message-ID"] = f"<{message.id}@{settings.sender.partition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(f"{told.text}\n\n-- \n{told.note}\n")
    return letter


def _problem(err: Exception) -> Sent:
    answer = str(getattr(err, "smtp_code", "") or "")
    if isinstance(err.__context__, TimeoutError):  # smtplib says of it that the server went away
        return Sent("timeout")
    if isinstance(err, smtplib.SMTPRecipientsRefused):
        code, _ = next(iter(err.recipients.values()))
        return Sent("recipient", str(code))
    kinds: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Problem], ...] = (
        (smtplib.SMTPAuthenticationError, "login"),
        (smtplib.SMTPNotSupportedError, "no_tls"),
        (ssl.SSLCertVerificationError, "certificate"),
        (ssl.SSLError, "no_tls"),
        (TimeoutError, "timeout"),
        ((smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected, socket.gaierror, ConnectionError), "unreachable"),
        (smtplib.SMTPResponseException, "refused"),
        (OSError, "unreachable"),
    )
    found: Problem = next((problem for kind, problem in kinds if isinstance(err, kind)), "refused")
    return Sent(found, answer)
