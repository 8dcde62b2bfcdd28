"""Codes that change with time (RFC 6238 on RFC 4226: HMAC-SHA-1, six digits, steps of 30 s). Pure: the time is given.

Not by a library: which step a code belongs to must be known, so that the step can be spent, and the rest is one HMAC.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

STEP_S: Final = 30
DIGITS: Final = 6
KEY_BYTES: Final = 20  # RFC 4226, requirement 6: 160 bits are recommended
DRIFT: Final = 1  # steps that a clock may be off either way (RFC 6238, 5.2)


def step_at(moment: datetime) -> int:
    """The number of the step that `moment` lies in, counted from 1970."""
    return int(moment.timestamp()) // STEP_S


def code_at(key: bytes, step: int) -> str:
    """The code of one step (RFC 4226, 5.3: four bytes from where the last half-byte points, without the sign)."""
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(key: bytes, code: str, now: int) -> int | None:
    """The step around `now` whose code this is; None when it is none of them."""
    fits = [step for step in range(now - DRIFT, now + DRIFT + 1) if hmac.compare_digest(code_at(key, step), code)]
    return max(fits, default=None)


def shown_key(key: bytes) -> str:
    """The key as people type it: base 32 in groups of four."""
    text = base64.b32encode(key).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def provisioning_uri(key: bytes, account: str, issuer: str) -> str:
    """What an authenticator's camera reads (`otpauth://`, the Key Uri Format)."""
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?" + urlencode({"secret": shown_key(key).replace(" ", ""), "issuer": issuer})
