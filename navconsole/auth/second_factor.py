"""The second factor of an account: sealed keys, recovery codes, and whether a code that was typed is good."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from navconsole.auth import totp
from navconsole.auth.login import LoginResult, wait_for
from navconsole.auth.throttle import CODE_LIMITS
from navconsole.settings import ConsoleSettings
from navigation.records import Role, User
from navigation.store.protocol import AccountStore

log = logging.getLogger(__name__)

RECOVERY_CODES: Final = 10
ENROLMENT_LIFE: Final = timedelta(minutes=15)
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another
_GROUPS: Final = 3
_GROUP: Final = 4  # twelve of 31 letters: 59 bits


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals keys for the store and for the form of the enrolment, and hashes recovery codes, by the server's own keys.

    What is sealed for one person does not open for another.
    """

    sealing: Fernet
    hashing: bytes

    @classmethod
    def of(cls, settings: ConsoleSettings) -> Sealer:
        sealing = Fernet(base64.urlsafe_b64encode(settings.subkey("second factor")))
        return cls(sealing, settings.subkey("recovery codes"))

    def seal(self, key: bytes, user_id: str) -> str:
        return self.sealing.encrypt(user_id.encode() + b":" + key).decode()

    def open(self, sealed: str, user_id: str, *, life: timedelta | None = None) -> bytes | None:
        """The key; None when it was not sealed here and for this person, or longer ago than `life`."""
        try:
            text = self.sealing.decrypt(sealed.encode(), ttl=int(life.total_seconds()) if life else None)
        except InvalidToken:
            return None
        owner, _, key = text.partition(b":")
        return key if owner == user_id.encode() else None

    def hash_code(self, code: str, user_id: str) -> str:
        """What the store keeps of a recovery code; spaces, hyphens and case do not count."""
        bare = "".join(c for c in code.casefold() if c.isalnum())
        return hmac.new(self.hashing, f"{user_id}:{bare}".encode(), hashlib.sha256).hexdigest()


def new_key() -> bytes:
    return secrets.token_bytes(totp.KEY_BYTES)


def new_recovery_codes() -> list[str]:
    """Ten codes such as "k7fm-2xqa-9hwd"."""
    return ["-".join(_letters() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]


def is_required(role: Role, settings: ConsoleSettings) -> bool:
    """Whether people of this role must have a second factor."""
    return role in settings.second_factor_roles


def try_code(store: AccountStore, user: User, code: str, sealer: Sealer, *, source: str) -> LoginResult:
    """Check a code of the second factor, or a recovery code, and spend it; throttled apart from passwords."""
    now = datetime.now(UTC)
    counter = f"code {user.id}"
    wait = wait_for(store, counter, source, now, CODE_LIMITS)
    if wait:
        return LoginResult(None, wait)
    if not _is_good(store, user.id, code, sealer, now):
        store.note_login_failure(counter, source, now)
        return LoginResult(None)
    store.clear_login_failures(counter)
    return LoginResult(user)


def hashes_of(codes: Sequence[str], user_id: str, sealer: Sealer) -> list[str]:
    return [sealer.hash_code(code, user_id) for code in codes]


def plain_digits(code: str) -> str:
    """A code as it is compared: authenticators show "123 456"."""
    return "".join(code.split())


def _is_good(store: AccountStore, user_id: str, code: str, sealer: Sealer, now: datetime) -> bool:
    digits = plain_digits(code)
    if not (digits.isascii() and digits.isdigit() and len(digits) == totp.DIGITS):
        return store.use_recovery_code(user_id, sealer.hash_code(code, user_id), now)
    factor = store.second_factor(user_id)
    key = sealer.open(factor.sealed_key, user_id) if factor else None
    if factor and key is None:
        log.error("second factor not readable user=%s; was SECRET_KEY changed?", user_id)
    step = totp.step_of(key, digits, totp.step_at(now)) if key else None
    return step is not None and store.use_step(user_id, step)


def _letters() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_GROUP))
