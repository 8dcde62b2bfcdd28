"""A model's replies kept with the picture they are about, and answering from what was kept, without any network."""

from __future__ import annotations

from datetime import UTC, datetime

from navigation.deadline import Deadline
from navigation.errors import StoreError, VlmError, VlmInvalidError, VlmUnavailableError
from navigation.imaging import pixel_sha256
from navigation.protocols import RgbImage, VlmReplies
from navigation.records import VlmReply
from navigation.settings import VlmSettings
from navigation.types import Grounding
from navigation.vlm_asking import AskingVlm
from navigation.vlm_question import Question

_FAILURES: dict[str, type[VlmError]] = {"vlm_unavailable": VlmUnavailableError, "vlm_invalid": VlmInvalidError}


class RecordingVlm(AskingVlm):
    """Asks a model what was never asked before, and keeps the reply before anybody acts on it.

    A reply that cannot be kept is not used: the attempt could not be replayed. One that cannot be understood is
    not kept: it would stand for ever, and the attempt itself says what was wrong with it.
    """

    def __init__(self, settings: VlmSettings, model: AskingVlm, replies: VlmReplies) -> None:
        super().__init__(settings)
        self._model = model
        self._replies = replies

    def ask(self, rgb: RgbImage, question: Question, *, deadline: Deadline) -> str:
        image_id = pixel_sha256(rgb)
        try:
            known = self._replies.vlm_reply(image_id, question.key)
            if known is not None:
                return known.text
            text = self._model.ask(rgb, question, deadline=deadline)
            question.place(text)
            reply = VlmReply(image_id, question.key, question.model, text, datetime.now(UTC))
            return self._replies.put_vlm_reply(reply).text
        except StoreError as err:
            raise VlmUnavailableError("its reply could not be stored") from err


class RecordedVlm(AskingVlm):
    """Answers from recorded replies only; opens no connection.

    Args:
        settings: those the attempt ran with; they are part of what a reply is found by.
        replies: where replies were kept.
        grounding: what the attempt concluded. When the model had failed then, it fails the same way now, whatever
            it answered to others since.
    """

    def __init__(self, settings: VlmSettings, replies: VlmReplies, *, grounding: Grounding | None = None) -> None:
        super().__init__(settings)
        self._replies = replies
        self._failure = _failure_of(grounding)

    def ask(self, rgb: RgbImage, question: Question, *, deadline: Deadline) -> str:
        if self._failure is not None:
            raise self._failure
        known = self._replies.vlm_reply(pixel_sha256(rgb), question.key)
        if known is None:
            raise VlmUnavailableError("no reply of it is recorded for this question")
        return known.text


def _failure_of(grounding: Grounding | None) -> VlmError | None:
    kind = _FAILURES.get(grounding.outcome) if grounding is not None else None
    return kind(str(grounding.reason.values["detail"])) if kind and grounding else None
