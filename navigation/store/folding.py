"""Text folded for searching in lists. Stored with each target, so a change here needs a migration.

It is not the folding that decides a press (`navigation.textfold`), which may be tuned at any time.
"""

from __future__ import annotations

import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})


def folded(text: str) -> str:
    """Lower case without accents, ligatures spelt out, runs of space as one: "Œuvre  Éco" gives "oeuvre eco"."""
    parts = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in parts if not unicodedata.combining(c))
    return " ".join(bare.casefold().translate(_LIGATURES).split())


def name_key(name: str) -> str:
    """An account's name as compared: NFC, case aside, no space around it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().casefold())
