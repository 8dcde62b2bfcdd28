"""OCR pages: each picture is read once per settings, and its page kept compressed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from navigation.codec import page_from_json, page_to_json
from navigation.store import failures, sentences
from navigation.store.connection import Part
from navigation.store.models.evidence import PageRow
from navigation.types import Page


class Pages(Part):
    def put_page(self, page: Page) -> None:
        if self.page(page.image_id, page.settings_key) is not None:
            return
        try:
            with self._db.writing() as session:
                session.add(
                    PageRow(
                        image_id=page.image_id,
                        settings_key=page.settings_key,
                        payload=page_to_json(page),
                        created_at=datetime.now(UTC),
                    )
                )
        except IntegrityError as err:  # stored by another thread meanwhile, or of an unknown picture
            if self.page(page.image_id, page.settings_key) is None:
                failures.refuse_missing_reference(err, sentences.NO_PICTURE)
                raise

    def page(self, image_id: str, settings_key: str) -> Page | None:
        with self._db.reading() as session:
            row = session.get(PageRow, (image_id, settings_key))
            return None if row is None else page_from_json(row.payload)

    def pages_of(self, image_id: str) -> Sequence[Page]:
        """Every reading of a picture, oldest first."""
        of_image = (
            select(PageRow).where(PageRow.image_id == image_id).order_by(PageRow.created_at, PageRow.settings_key)
        )
        with self._db.reading() as session:
            return [page_from_json(row.payload) for row in session.scalars(of_image)]

    def readings_of(self, image_id: str) -> Sequence[str]:
        """The `settings_key` of every reading of a picture, oldest first."""
        keys = select(PageRow.settings_key).where(PageRow.image_id == image_id)
        with self._db.reading() as session:
            return list(session.scalars(keys.order_by(PageRow.created_at, PageRow.settings_key)))
