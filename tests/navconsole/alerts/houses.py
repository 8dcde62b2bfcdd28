"""A hospital's servers on loopback: one for mail, one that webhooks are posted to. Both are real and keep what came."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from navconsole.alert_settings import SmtpSettings, WebhookSettings
from navigation.outgoing import Network

USER, PASSWORD, SECRET = "robot", "a-password-of-mail", "a-secret-of-the-webhook"


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that no authority has signed, with its key in the same file."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=house",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "certificate"]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both"
    both.write_bytes((folder / "key").read_bytes() + (folder / "certificate").read_bytes())
    return both


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


# --- mail -----------------------------------------------------------------------------------------


@dataclass
class MailHouse:
    """`letters` are those it took; it answers `refusal` to a recipient or to a letter instead, while there is one."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    recipient_refusal: str = ""
    data_refusal: str = ""

    async def handle_RCPT(self, _s: SMTP, _session: Session, envelope: Envelope, address: str, _o: list[str]) -> str:
        if self.recipient_refusal:
            return self.recipient_refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data_refusal:
            return self.data_refusal
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients += envelope.rcpt_tos
        self.was_encrypted.append(session.ssl is not None)
        return "250 OK"

    def settings(self, **given: Any) -> SmtpSettings:
        values: dict[str, Any] = {"host": "127.0.0.1", "port": self.port, "sender": "navconsole@chu.example"}
        return SmtpSettings(**values | given)


def _knows(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword) -> AuthResult:
    is_known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_known, handled=is_known)


@contextmanager
def mail_house(certificate: Path | None = None, *, from_first_byte: bool = False) -> Iterator[MailHouse]:
    """A mail server on a free port: with STARTTLS that it insists on, with TLS from the first byte, or in clear."""
    house = MailHouse()
    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": 0}
    if certificate and from_first_byte:
        options["ssl_context"] = _context(certificate)
    elif certificate:
        options |= {"tls_context": _context(certificate), "require_starttls": True, "authenticator": _knows}
    controller = _OnFreePort(house, **options)
    controller.start()
    house.port = controller.port
    try:
        yield house
    finally:
        controller.stop()


class _OnFreePort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # it was 0 until now
        super()._trigger_server()


# --- webhook --------------------------------------------------------------------------------------


@dataclass
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class HookHouse:
    """`posts` are what came; it answers `status` with `headers`, or as `behave` says."""

    url: str = ""
    posts: list[Posted] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    behave: Callable[[BaseHTTPRequestHandler], None] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def settings(self, *networks: Network, **given: Any) -> WebhookSettings:
        values: dict[str, Any] = {"url": self.url, "secret": SECRET, "networks": networks}
        return WebhookSettings(**values | given)


@contextmanager
def hook_house(certificate: Path | None = None) -> Iterator[HookHouse]:
    house = HookHouse()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            house.posts.append(Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if house.behave is not None:
                house.behave(self)
                return
            self.send_response(house.status)
            for name, value in house.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that leaves is no news
    if certificate:
        server.socket = _context(certificate).wrap_socket(server.socket, server_side=True)
    house.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}/alerts"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield house
    finally:
        house.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
