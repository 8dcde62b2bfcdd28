"""Making two spellings of the same words equal: case, accents, quotes, spaces, look-alike letters. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SAME = str.maketrans(
    {
        "’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "œ": "oe", "Œ": "oe",
        "æ": "ae", "Æ": "ae", "ß": "ss",
    }
)  # fmt: skip
_EDGE = " :*.,;·•…\"'|_-()[]"
_LOOK_ALIKE = str.maketrans({"1": "l", "i": "l", "|": "l", "!": "l", "0": "o"})
_DIGIT_LIKE = str.maketrans({"o": "0", "l": "1", "i": "1", "|": "1"})


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """Lower case without accents, quotes and dashes made plain, spaces single, colon or star at the ends gone."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_SAME)).translate(_SAME)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return re.sub(r"\s+", " ", plain).strip(_EDGE) or re.sub(r"\s+", " ", plain).strip()


@lru_cache(maxsize=16384)
def skeleton(text: str) -> str:
    """A folded text without spaces in which letters that OCR confuses are one: rn/m, vv/w, 1/I/l, 0/O."""
    return text.replace(" ", "").translate(_LOOK_ALIKE).replace("rn", "m").replace("vv", "w")


@lru_cache(maxsize=16384)
def digits(text: str) -> tuple[str, ...]:
    """The numbers in a folded text, with O and l read as digits inside a token that is otherwise numeric.

    A 0 or 1 that opens a number inside a word is not counted: it is as likely the letter.
    """
    found = []
    for token in re.findall(r"[0-9a-z|]+", text):
        if any(c.isdigit() for c in token):
            numeric = token.translate(_DIGIT_LIKE)
            found += re.findall(r"\d+", numeric) if numeric.isdigit() else re.findall(r"[2-9]\d*", token)
    return tuple(found)


def has_letters_or_digits(text: str) -> bool:
    return any(c.isalnum() for c in text)
