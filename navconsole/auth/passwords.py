"""Passwords: hashing with argon2id and the rules for a new one (NIST 800-63B-4, OWASP ASVS 5)."""

from __future__ import annotations

import importlib.util
import runpy
import threading
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from navconsole.i18n import mark as _

MIN_LENGTH = 15
MAX_LENGTH = 1024
BLOCKLIST = Path(__file__).with_name("blocklist.txt")

# 32 MiB and 3 passes: above OWASP's minimum (19 MiB, 2 passes), and two at once stay under the console's memory.
_HASHER = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(2)

PROBLEMS = {
    "short": _("The password needs at least 15 characters; four or five unrelated words do well."),
    "long": _("The password is longer than 1,024 characters; choose a shorter one."),
    "common": _("This password is among the first that are tried; choose one that nobody would guess."),
    "repeated": _("The two entries differ; type the new password twice."),
    "same": _("The new password is the present one; choose another."),
}


def hash_password(password: str) -> str:
    """An argon2id hash with its own salt and parameters in it."""
    with _AT_ONCE:
        return _HASHER.hash(_normal(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the stored one; takes as long when there is none to compare with."""
    if len(password) > MAX_LENGTH:
        password = ""
    try:
        with _AT_ONCE:
            _HASHER.verify(stored or _decoy(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether the parameters have risen since it was stored."""
    return _HASHER.check_needs_rehash(stored)


def problem_with(password: str, *, name: str) -> str | None:
    """Why a new password cannot be taken, as a key of `PROBLEMS`; None when it can."""
    if len(password) > MAX_LENGTH:
        return "long"
    if len(password) < MIN_LENGTH:
        return "short"
    return "common" if _is_common(password, name) else None


def _is_common(password: str, name: str) -> bool:
    folded = "".join(c for c in _normal(password).casefold() if c.isalnum())
    own = "".join(c for c in name.casefold() if c.isalnum())
    rest = folded.strip("0123456789")
    repeats = not folded or any(
        len(folded) >= 3 * period and folded == (folded[:period] * len(folded))[: len(folded)] for period in range(1, 6)
    )
    doubled = folded[: len(folded) // 2] if folded[: len(folded) // 2] * 2 == folded else folded
    return repeats or {folded, rest, doubled} & (_blocklist() | {own, own * 2, own * 3}) != set()


@cache
def _blocklist() -> frozenset[str]:
    """Our own words, and the 30,000 commonest passwords that zxcvbn ships, folded as a new one is.

    Its file of lists is run by itself: the package would keep five more lists and their ranks in memory, some 20 MB.
    """
    shipped = importlib.util.find_spec("zxcvbn")
    assert shipped is not None, "zxcvbn is among the dependencies"
    assert shipped.submodule_search_locations is not None
    lists = runpy.run_path(str(Path(shipped.submodule_search_locations[0], "frequency_lists.py")))["FREQUENCY_LISTS"]
    common = {"".join(c for c in word.casefold() if c.isalnum()) for word in lists["passwords"]}
    return frozenset(BLOCKLIST.read_text(encoding="utf-8").split()) | common - {""}


@cache
def _decoy() -> str:
    return _HASHER.hash("nobody has this password")


def _normal(password: str) -> str:
    # The same key presses give composed or decomposed accents by keyboard and system.
    return unicodedata.normalize("NFKC", password)
