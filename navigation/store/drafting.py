"""Profiles that people are making, and the captured screens they make them from."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Text, func, select, type_coerce

from navigation.store.connection import Part
from navigation.store.models.evidence import AttemptRow, ScreenshotRow
from navigation.store.models.workflows import ProfileDraftRow
from navigation.types import Size
from navigation.workflow_records import Capture, ProfileDraft

_LOOKED_THROUGH = 20_000
"""Newest attempts of an application among which its captures are looked for, so that a million cost no more."""


class Drafts(Part):
    def profile_draft(self, user_id: str, application: str) -> ProfileDraft | None:
        with self._db.reading() as session:
            row = session.get(ProfileDraftRow, (user_id, application))
            return None if row is None else ProfileDraft(row.user_id, row.application, row.body, row.changed_at)

    def put_profile_draft(self, draft: ProfileDraft) -> None:
        """Keep it in the place of the person's earlier one for this application."""
        with self._db.writing() as session:
            session.merge(
                ProfileDraftRow(
                    user_id=draft.user_id,
                    application=draft.application,
                    body=dict(draft.body),
                    changed_at=draft.changed_at,
                )
            )

    def drop_profile_draft(self, user_id: str, application: str) -> None:
        with self._db.writing() as session:
            row = session.get(ProfileDraftRow, (user_id, application))
            if row is not None:
                session.delete(row)

    def captures(self, application: str, *, limit: int = 500) -> Sequence[Capture]:
        """Pictures before a press on an application, each once, newest first; none whose file is gone on purpose."""
        newest = (
            select(AttemptRow.seq, AttemptRow.before_id)
            .where(AttemptRow.application == application)
            .order_by(AttemptRow.seq.desc())
            .limit(_LOOKED_THROUGH)
            .subquery()
        )
        last = select(func.max(newest.c.seq).label("seq")).group_by(newest.c.before_id).subquery()
        columns = (
            *(AttemptRow.before_id, AttemptRow.id, ScreenshotRow.width, ScreenshotRow.height, AttemptRow.screen),
            *(type_coerce(AttemptRow.versions, Text), AttemptRow.started_at),
        )
        chosen = (
            select(*columns)
            .join(last, last.c.seq == AttemptRow.seq)
            .join(ScreenshotRow, ScreenshotRow.id == AttemptRow.before_id)
            .where(ScreenshotRow.purged_at.is_(None))
            .order_by(AttemptRow.seq.desc())
            .limit(limit)
        )
        with self._db.reading() as session:
            return [
                Capture(image, attempt, Size(width, height), screen, str(json.loads(versions).get("reading", "")), at)
                for image, attempt, width, height, screen, versions, at in session.execute(chosen)
            ]
