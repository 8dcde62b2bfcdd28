"""What every request to another machine keeps to: one address of the settings, certificates checked, a bounded time.

Nothing here sends. A name is resolved once, and what is connected to is the address that was judged.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from navigation.deadline import Deadline
from navigation.errors import SettingsError
from navigation.late import Late

if TYPE_CHECKING:
    import httpx
else:
    httpx = Late("httpx")

Network = IPv4Network | IPv6Network
NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Addresses of IPv6 behind which one of IPv4 stands (RFC 6052, RFC 8215)."""


def is_address(url: str) -> bool:
    """Whether `url` is http or https to a host, with no user, query or fragment in it."""
    try:
        parts = urlsplit(url)
        is_port_good = parts.port != 0
    except ValueError:
        return False
    is_plain = "@" not in parts.netloc and not parts.query and not parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_plain and is_port_good


def is_in_clear(url: str) -> bool:
    """Whether what is sent there could be read on the way: http, and not within this machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Whether this is an address of this machine alone."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def may_connect(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address may be connected to: a public one, or one in the networks that a setting lists.

    Loopback, private, link-local (a cloud's metadata), multicast and reserved addresses are not public; nor are those
    of IPv6 that lead to one of IPv4, which could be any of these. An IPv4 address written as IPv6 counts as itself.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    if any(ip in network for network in networks if network.version == ip.version):
        return True
    return ip.is_global and not ip.is_multicast and not _leads_to_ipv4(ip)


def _leads_to_ipv4(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return False
    return ip.sixtofour is not None or ip.teredo is not None or any(ip in network for network in NAT64)


def certificates(ca_file: Path | None, variable: str) -> ssl.SSLContext:
    """Whose signature an address is believed by: the house's file alone, or the public ones without it.

    Raises SettingsError naming the variable when the file cannot be read.
    """
    if ca_file is None:
        context: ssl.SSLContext = httpx.create_ssl_context(trust_env=False)
        return context
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:  # missing, or holds no certificate
        raise SettingsError(variable, "must be a file of certificates (PEM) that can be read") from None


@contextmanager
def cut_at(deadline: Deadline) -> Iterator[dict[str, Any]]:
    """Request extensions (of httpx and httpcore) under which the connection is shut at the deadline, see `cutting`."""
    with cutting(deadline) as watch:

        def note(event: str, info: dict[str, Any]) -> None:
            if event == "connection.connect_tcp.complete":
                watch(info["return_value"].get_extra_info("socket"))

        yield {"trace": note}


@contextmanager
def cutting(deadline: Deadline) -> Iterator[Callable[[socket.socket], None]]:
    """A function to tell of each connection, which is then shut at the deadline, whatever it is doing.

    Clients limit each single read; a server that sends one byte at a time would pass every limit.
    """
    copies: list[socket.socket] = []
    lock = threading.Lock()

    def watch(connection: socket.socket) -> None:
        with lock:  # a copy of the handle stays good when TLS takes the original over
            copies.append(socket.socket(fileno=os.dup(connection.fileno())))
        if deadline.has_passed:
            cut()

    def cut() -> None:
        with lock:
            for copy in copies:
                with suppress(OSError):
                    copy.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(deadline.remaining_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        timer.join()
        for copy in copies:
            copy.close()
