"""Runs and pictures: what attempts refer to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from navigation.errors import ConflictError
from navigation.records import RunStart, ScreenshotMeta
from navigation.store import sentences
from navigation.store.connection import Part
from navigation.store.models.evidence import RunRow, ScreenshotRow
from navigation.store.rows import record_of, values_of


class Runs(Part):
    def create_run(self, run: RunStart) -> RunStart:
        try:
            with self._db.writing() as session:
                stored = session.get(RunRow, run.id)
                if stored is None:
                    session.add(RunRow(**values_of(run)))
                    return run
                return _same_run(stored, run)
        except IntegrityError:  # another process stored it between our look and our insert
            with self._db.reading() as session:
                stored = session.get(RunRow, run.id)
                if stored is None:
                    raise
                return _same_run(stored, run)

    def run(self, run_id: str, *, applications: Sequence[str] | None = None) -> RunStart | None:
        chosen = select(RunRow).where(RunRow.id == run_id)
        if applications is not None:
            chosen = chosen.where(RunRow.application.in_(applications))
        with self._db.reading() as session:
            row = session.scalar(chosen)
            return None if row is None else record_of(RunStart, row)


class Screenshots(Part):
    def add_screenshot(self, meta: ScreenshotMeta) -> None:
        try:
            with self._db.writing() as session:
                row = session.get(ScreenshotRow, meta.id)
                if row is None:
                    session.add(ScreenshotRow(**values_of(meta), is_reencoded=False))
                elif row.purged_at is not None:  # the same screen again, after its file was purged
                    row.purged_at, row.is_reencoded = None, False
                    row.stored_format, row.stored_bytes = meta.stored_format, meta.stored_bytes
        except IntegrityError:
            if self.screenshot(meta.id) is None:
                raise

    def screenshot(self, image_id: str) -> ScreenshotMeta | None:
        with self._db.reading() as session:
            row = session.get(ScreenshotRow, image_id)
            return None if row is None else record_of(ScreenshotMeta, row)

    def note_reencoded(self, image_id: str, stored_format: str, stored_bytes: int) -> None:
        """Record the form that `BlobStore.reencode` gave a picture's file."""
        changed = (
            update(ScreenshotRow)
            .where(ScreenshotRow.id == image_id)
            .values(stored_format=stored_format, stored_bytes=stored_bytes, is_reencoded=True)
        )
        with self._db.writing() as session:
            session.execute(changed)

    def screenshots_to_reencode(self, limit: int = 100) -> list[str]:
        """Ids of pictures still kept as received, oldest first."""
        waiting = (
            select(ScreenshotRow.id)
            .where(ScreenshotRow.is_reencoded.is_(False))
            .order_by(ScreenshotRow.created_at, ScreenshotRow.id)
            .limit(limit)
        )
        with self._db.reading() as session:
            return list(session.scalars(waiting))


def _same_run(stored: RunRow, run: RunStart) -> RunStart:
    if stored.body_hash != run.body_hash:
        raise ConflictError(sentences.OTHER_RUN)
    return record_of(RunStart, stored)
