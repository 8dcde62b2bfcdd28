"""What the audit log keeps of a search: its fields, what was chosen from lists, and typed text as keyed hashes only.

Typed text may name a patient, and rows of the log are never removed; see docs/decisions/0055.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from flask import g

from navconsole.attempts.forms import BOUNDS, DAYS, MANY, NUMBERS, AttemptQuery
from navconsole.auth import sessions
from navconsole.services import services
from navigation.records import Json
from navigation.textfold import fold

PURPOSE: Final = "search"
"""Of the key (`ConsoleSettings.subkey`)."""
HASH_LENGTH: Final = 24
CHOSEN: Final = (*BOUNDS, *DAYS, *NUMBERS, "method", "run", "view", "sort")
"""Fields of one value that is a number, a day, an id or of a fixed list."""
TYPED: Final = ("application", "screen", "target", "reviewer")
"""Fields of one value that may be any text."""


def is_search(query: AttemptQuery) -> bool:
    """Whether something was asked for that the log is to keep; further pages of it are the same search."""
    return query.is_filtered and not query.errors and not query.cursor


def note(query: AttemptQuery, where: str) -> None:
    """Write to the audit log that the list `where` was searched; without the record there is no answer."""
    if is_search(query):
        details = search_details(query, services().settings.subkey(PURPOSE))
        sessions.audit(g.user.id, "searched", object_kind=where, details=details)


def search_details(query: AttemptQuery, key: bytes) -> Json:
    """Values by field: as they are where they were chosen, else as hashes ("q": one for each word or quoted text)."""
    several = {name: list(query.many[name]) for name in MANY if name in query.many and name != "facet"}
    single = {name: query.values[name] for name in CHOSEN if name in query.values}
    typed = {name: [query.values[name]] for name in TYPED if name in query.values} | {"q": query.words}
    return {**several, **single, **{name: [text_hash(t, key) for t in texts] for name, texts in typed.items() if texts}}


def text_hash(text: str, key: bytes) -> str:
    """What stands for a text, case and accents aside: "#" and digits, which tell nothing of it without the key."""
    return "#" + hmac.new(key, fold(text).encode(), hashlib.sha256).hexdigest()[:HASH_LENGTH]
