"""A real nginx in front of a console, by the configuration that is shipped; and clients that stop half-way."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from waitress import create_server

from navconsole.app import create_app
from navconsole.serving import server_options
from navconsole.settings import ConsoleSettings
from navigation.store import open_store

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "docs" / "operations" / "nginx.conf"
NAME = "nav.hospital.example"
MAIN = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/navconsole.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """`url` is reached by the name of the certificate, `cafile`, at this machine's `port`."""

    port: int
    cafile: Path
    folder: Path

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    def client(self, **options: object) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.cafile)
        transport = httpx.HTTPTransport(verify=context)
        base = f"https://127.0.0.1:{self.port}"
        headers = {"Host": NAME, "Accept": "text/html"}
        extensions = {"sni_hostname": NAME}
        client = httpx.Client(base_url=base, headers=headers, transport=transport, timeout=30, **options)  # type: ignore[arg-type]
        client.event_hooks["request"] = [lambda request: request.extensions.update(extensions)]
        return client

    def connected(self, *, is_tls: bool) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        if not is_tls:
            return plain
        context = ssl.create_default_context(cafile=self.cafile)
        return context.wrap_socket(plain, server_hostname=NAME)


@contextmanager
def console(data: Path) -> Iterator[int]:
    """A console behind a proxy, by the server's own options, in a thread of this process; its port."""
    port = free_port()
    settings = ConsoleSettings(
        data=data, secret_key="k" * 40, port=port, public_url=f"https://{NAME}", proxy="127.0.0.1"
    )  # fmt: skip
    store = open_store(settings.database)
    server = create_server(create_app(settings, store=store, navigator=None), **server_options(settings))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        server.close()
        thread.join(10)
        store.close()


def nginx() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert found, "set-up installs nginx"
    return found


def configured(folder: Path, upstream: int) -> tuple[Path, int, int]:
    """The shipped configuration with this machine's ports and a certificate; its main file and the ports."""
    secure, plain = free_port(), free_port()
    certificate(folder)
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in (
        ("server 127.0.0.1:5005;", f"server 127.0.0.1:{upstream};"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{secure} ssl http2;"),
        ("/etc/navconsole/tls", f"{folder}/tls"),
        ("/var/log/nginx/navconsole.error.log", f"{folder}/navconsole.error.log"),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "navconsole.conf").write_text(text, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), encoding="utf-8")
    return folder / "nginx.conf", secure, plain


@contextmanager
def proxied(folder: Path, upstream: int) -> Iterator[Proxy]:
    """nginx as it is shipped, in front of the server on the port `upstream`."""
    main, secure, _ = configured(folder, upstream)
    process = subprocess.Popen([nginx(), "-p", str(folder), "-c", str(main)], stderr=subprocess.DEVNULL)
    try:
        proxy = Proxy(secure, folder / "tls.crt", folder)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                proxy.connected(is_tls=False).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "error.log").read_text()
                time.sleep(0.05)
        yield proxy
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def half_open(proxy: Proxy, count: int) -> Iterator[list[socket.socket]]:
    """Connections that have begun and do not go on: a third before TLS, a third in the head, a third in the body."""
    with ExitStack() as opened:
        found = []
        for number in range(count):
            begun = opened.enter_context(proxy.connected(is_tls=number % 3 > 0))
            if number % 3:
                head = f"POST /login HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 1000\r\n"
                begun.sendall(head.encode() if number % 3 == 1 else f"{head}\r\nhalf a body".encode())
            found.append(begun)
        yield found


def certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", folder / "tls.key", "-out", folder / "tls.crt", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
