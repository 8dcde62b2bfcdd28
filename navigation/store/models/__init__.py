"""The tables, by noun. Importing this package loads them all, so that the metadata is complete."""

from navigation.store.models import (
    accounts,
    alerts,
    cases,
    certificates,
    evidence,
    knowledge,
    lists,
    oversight,
    replays,
    retention,
    review,
    shadow,
    workflows,
)
from navigation.store.models.base import Base

__all__ = [
    "Base", "accounts", "alerts", "cases", "certificates", "evidence", "knowledge", "lists", "oversight", "replays",
    "retention", "review", "shadow", "workflows",
]  # fmt: skip
