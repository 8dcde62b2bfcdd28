"""Time-ordered identifiers (UUID version 7, RFC 9562 section 5.7)."""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid


def new_id() -> str:
    """A fresh UUIDv7 as text: 48 bits of milliseconds, the rest random."""
    value = (int(time.time() * 1000) & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def is_id(text: str) -> bool:
    """Whether `text` is a UUID of version 7 in its canonical lower-case form."""
    try:
        value = uuid.UUID(text)
    except ValueError:
        return False
    return value.version == 7 and str(value) == text


def derived_id(text: str) -> str:
    """An id that is always the same for `text`, of the oldest time there is; for what is brought in from files."""
    value = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big") & ((1 << 80) - 1)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
