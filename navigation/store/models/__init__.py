"""The tables, by noun. Importing this package loads them all, so that the metadata is complete."""

from navigation.store.models import accounts, cases, evidence, knowledge, lists, oversight, review
from navigation.store.models.base import Base

__all__ = ["Base", "accounts", "cases", "evidence", "knowledge", "lists", "oversight", "review"]
