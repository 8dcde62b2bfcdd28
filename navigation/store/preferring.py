"""What people have set for themselves."""

from __future__ import annotations

from navigation.records import Json
from navigation.store.connection import Part
from navigation.store.models.review import PreferenceRow


class Preferences(Part):
    def preferences(self, user_id: str) -> Json:
        """A person's own settings by name; empty while nothing was set."""
        with self._db.reading() as session:
            row = session.get(PreferenceRow, user_id)
            return {} if row is None else row.body

    def set_preference(self, user_id: str, name: str, value: Json) -> None:
        """Set one of them; the others stay."""
        with self._db.writing() as session:
            row = session.get(PreferenceRow, user_id)
            if row is None:
                session.add(PreferenceRow(user_id=user_id, body={name: dict(value)}))
            else:
                row.body = {**row.body, name: dict(value)}
