"""From a description to a proposed place, over whatever answers the question: a server, a record, or both."""

from __future__ import annotations

from abc import ABC, abstractmethod

from navigation.deadline import Deadline
from navigation.protocols import RgbImage
from navigation.settings import VlmSettings
from navigation.types import Box, Size
from navigation.vlm_question import Question, make_question


class AskingVlm(ABC):
    """A `VlmClient` by its `ask`."""

    def __init__(self, settings: VlmSettings) -> None:
        self._settings = settings

    @abstractmethod
    def ask(self, rgb: RgbImage, question: Question, *, deadline: Deadline) -> str:
        """What the model writes, as it is. Raises VlmUnavailableError or VlmInvalidError."""

    def propose(self, rgb: RgbImage, description: str, *, deadline: Deadline) -> Box | None:
        """See `VlmClient.propose`."""
        question = make_question(self._settings, Size(rgb.shape[1], rgb.shape[0]), description)
        return question.place(self.ask(rgb, question, deadline=deadline))
