"""Posts a message to the one address of the settings, signed. Nothing else is connected to, wherever its name leads."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from navconsole.alert_settings import WebhookSettings
from navconsole.alerts.telling import Told, as_json
from navigation.alerts import Message, Problem, Sent
from navigation.deadline import Deadline
from navigation.outgoing import Network, certificates, cut_at, may_connect

TIMEOUT_S = 10.0
SIGNATURE = "X-Navconsole-Signature"
Resolve = Callable[[str, int], Sequence[str]]


class ForbiddenAddressError(Exception):
    """The name leads to an address that is neither public nor listed."""


def send_post(
    message: Message, told: Told, settings: WebhookSettings, language: str, *, timeout_s: float = TIMEOUT_S
) -> Sent:
    """Post one message. Any answer of 2xx is good; whatever goes wrong is a `Sent` with its problem.

    No redirect is followed, no proxy is taken from the environment, and of the answer only its number is read.
    Raises SettingsError when the certificates of the setting cannot be read.
    """
    body = json.dumps(as_json(message, told, language), ensure_ascii=False).encode()
    trusted = certificates(settings.ca_file, "NAVCONSOLE_WEBHOOK_CA_FILE")
    deadline = Deadline.after(timeout_s)
    headers: dict[bytes | str, bytes | str] = {
        "Content-Type": "application/json",
        "User-Agent": "navconsole",
        "Idempotency-Key": message.id,
        SIGNATURE: signature(body, settings.secret, int(time.time())),
    }
    limits = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=trusted, network_backend=Judged(settings.networks)) as pool,
            cut_at(deadline) as extensions,
            pool.stream(
                "POST", settings.url, headers=headers, content=body, extensions={"timeout": limits, **extensions}
            ) as answer,
        ):
            return _judged(answer.status)
    except ForbiddenAddressError:
        return Sent("forbidden")
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError, ValueError) as err:
        return Sent(_problem(err, deadline))


def signature(body: bytes, secret: str, at: int) -> str:
    """What proves who sent a body, and when: "t=<seconds>,v1=<HMAC-SHA256 of '<seconds>.<body>' in hex>"."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


class Judged(httpcore.NetworkBackend):
    """Resolves a name once, judges every address it leads to, and connects to one of those it judged."""

    def __init__(self, networks: Sequence[Network], *, resolve: Resolve | None = None) -> None:
        self._networks = networks
        self._resolve = resolve or _addresses
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises ForbiddenAddressError when any address may not be connected to: one of two is a trap, not a choice."""
        addresses = self._resolve(host, port)
        if not addresses or not all(may_connect(address, self._networks) for address in addresses):
            raise ForbiddenAddressError
        return self._plain.connect_tcp(addresses[0], port, timeout, local_address, socket_options)


def _addresses(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _judged(status: int) -> Sent:
    if 200 <= status < 300:
        return Sent()
    return Sent("redirect" if 300 <= status < 400 else "refused", str(status))


def _problem(err: BaseException, deadline: Deadline) -> Problem:
    if deadline.has_passed or isinstance(err, (httpcore.TimeoutException, TimeoutError)):
        return "timeout"
    cause: BaseException | None = err
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "certificate"
        cause = cause.__cause__ or cause.__context__
    return "unreachable"
