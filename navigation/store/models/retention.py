"""Tables of what was purged: what was asked and what went, and files that are still to be removed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from navigation.store.columns import CompactJson
from navigation.store.models.base import Base
from navigation.store.models.evidence import ID, SHA256


class PurgeRow(Base):
    """A purge that was begun; `gone` counts what went by kind, once it has ended. Restores carry it out again.

    `asked` is a `navigation.retention` scope or cutoffs as JSON: keyed hashes, times and names, no patient text.
    """

    __tablename__ = "purge"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    asked: Mapped[dict[str, Any]] = mapped_column(CompactJson)
    author: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    gone: Mapped[dict[str, int] | None] = mapped_column(CompactJson)


class DoomedPictureRow(Base):
    """A picture whose row is gone, or says so, and whose files are to be removed next."""

    __tablename__ = "doomed_picture"

    image_id: Mapped[str] = mapped_column(SHA256, primary_key=True)
