"""What vision models wrote about stored pictures: asked once, kept, and never edited."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from navigation.records import VlmReply
from navigation.store import failures, sentences
from navigation.store.connection import Part
from navigation.store.models.evidence import AttemptRow
from navigation.store.models.knowledge import VlmReplyRow


class Replies(Part):
    def vlm_reply(self, image_id: str, request_key: str) -> VlmReply | None:
        with self._db.reading() as session:
            return _find(session, image_id, request_key)

    def put_vlm_reply(self, reply: VlmReply) -> VlmReply:
        try:
            with self._db.writing() as session:
                stored = _find(session, reply.image_id, reply.request_key)
                if stored is None:
                    _add(session, reply)
                return stored or reply
        except IntegrityError as err:
            failures.refuse_missing_reference(err, sentences.NO_PICTURE_OF_REPLY)
            raise

    def vlm_replies_of(self, image_id: str) -> Sequence[VlmReply]:
        """Everything models wrote about a picture, oldest first."""
        of_image = select(VlmReplyRow).where(VlmReplyRow.image_id == image_id).order_by(VlmReplyRow.id)
        with self._db.reading() as session:
            return [_reply(row) for row in session.scalars(of_image)]


def _find(session: Session, image_id: str, request_key: str) -> VlmReply | None:
    asked = select(VlmReplyRow).where(VlmReplyRow.image_id == image_id, VlmReplyRow.request_key == request_key)
    row = session.scalar(asked)
    return None if row is None else _reply(row)


def _reply(row: VlmReplyRow) -> VlmReply:
    return VlmReply(row.image_id, row.request_key, row.model, str(row.reply["text"]), row.created_at)


def _add(session: Session, reply: VlmReply) -> None:
    session.add(
        VlmReplyRow(
            image_id=reply.image_id,
            request_key=reply.request_key,
            attempt_seq=session.scalar(select(func.max(AttemptRow.seq)).where(AttemptRow.before_id == reply.image_id)),
            model=reply.model,
            reply={"text": reply.text},
            created_at=reply.created_at,
        )
    )
