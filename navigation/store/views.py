"""Saved views: filters of the list under a name. They are no evidence, and may be changed and removed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, or_, select

from navigation.records import SavedView
from navigation.store.connection import Part
from navigation.store.models.review import ViewRow
from navigation.store.rows import record_of, values_of


class SavedViews(Part):
    def save_view(self, view: SavedView) -> SavedView:
        """Keep a view; one of the same person and name gets its address and sharing. Returns what is kept."""
        with self._db.writing() as session:
            row = session.scalar(select(ViewRow).where(ViewRow.owner_id == view.owner_id, ViewRow.name == view.name))
            if row is None:
                row = ViewRow(**values_of(view))
                session.add(row)
            row.address, row.is_shared = view.address, view.is_shared
            return record_of(SavedView, row)

    def saved_views(self, user_id: str) -> Sequence[SavedView]:
        """The person's own, then those that others share, each by name."""
        chosen = select(ViewRow).where(or_(ViewRow.owner_id == user_id, ViewRow.is_shared))
        with self._db.reading() as session:
            views = [record_of(SavedView, row) for row in session.scalars(chosen)]
        return sorted(views, key=lambda view: (view.owner_id != user_id, view.name.casefold(), view.id))

    def delete_view(self, view_id: str, owner_id: str) -> bool:
        """Remove a person's own view; False when they have none of this id."""
        with self._db.writing() as session:
            done = session.execute(delete(ViewRow).where(ViewRow.id == view_id, ViewRow.owner_id == owner_id))
            return bool(done.rowcount)  # type: ignore[attr-defined]
