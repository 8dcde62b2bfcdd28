"""How the server and a reader process talk: a length, a JSON object, and for a picture its raw bytes after it."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

from navigation.deadline import Deadline

MAX_MESSAGE_BYTES = 1024 * 1024
"""Longest JSON part either way; a screen full of words needs about 100,000."""

_LENGTH = struct.Struct(">I")


class WireError(Exception):
    """The other side is gone, or said something that is not a message."""


def send(channel: socket.socket, message: dict[str, Any], picture: bytes | memoryview = b"") -> None:
    """Raises OSError (TimeoutError by the channel's own timeout), WireError when the message is too long."""
    body = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
    if len(body) > MAX_MESSAGE_BYTES:
        raise WireError("the message is too long")
    channel.sendall(_LENGTH.pack(len(body)) + body)
    if picture:
        channel.sendall(picture)


def receive(channel: socket.socket, *, deadline: Deadline | None = None) -> dict[str, Any]:
    """The next message. Raises TimeoutError at the deadline, OSError, WireError."""
    (length,) = _LENGTH.unpack(receive_exactly(channel, _LENGTH.size, deadline=deadline))
    if length > MAX_MESSAGE_BYTES:
        raise WireError("the message is too long")
    try:
        message = json.loads(receive_exactly(channel, length, deadline=deadline))
    except (ValueError, RecursionError):
        raise WireError("the message is not JSON") from None
    if not isinstance(message, dict):
        raise WireError("the message is not an object")
    return message


def receive_exactly(channel: socket.socket, count: int, *, deadline: Deadline | None = None) -> bytearray:
    """`count` bytes, no more and no fewer. Raises TimeoutError, OSError, WireError when the other side is gone."""
    data, at = bytearray(count), 0
    view = memoryview(data)
    while at < count:
        if deadline is not None:
            if deadline.has_passed:
                raise TimeoutError
            channel.settimeout(deadline.remaining_s or 0.001)
        got = channel.recv_into(view[at:])
        if not got:
            raise WireError("the other side is gone")
        at += got
    return data
