"""A model is used only once it has shown that it speaks the settings' coordinate convention."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from navigation.deadline import Deadline
from navigation.errors import VlmInvalidError, VlmUnavailableError
from navigation.geometry import contains_point
from navigation.protocols import RgbImage
from navigation.settings import VlmSettings
from navigation.types import Box
from navigation.vlm_asking import AskingVlm
from navigation.vlm_question import Question

MARK = Box(1572, 294, 120, 60)
"""Where the mark is on the picture of the proof. A full HD screen, since a model that resizes only large pictures
would pass on a small one; far right and high, so that a swapped order or a scale 5 % off falls beside it."""
MARK_COLOUR = (220, 0, 0)
_DESCRIPTION = "the red rectangle"
_ELSEWHERE = "it puts a known mark elsewhere: check RPA_VLM_CONVENTION and RPA_VLM_Y_FIRST"
_REST_S = 600.0


class ProvenVlm(AskingVlm):
    """A model behind its proof: nothing is asked before a known mark was found where it is.

    The server proves it at start, beside everything else; where that did not come to an end (the model starts
    later), the next question proves it first. A model that fails is not asked again for ten minutes.
    """

    def __init__(self, settings: VlmSettings, model: AskingVlm, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(settings)
        self._model = model
        self._clock = clock
        self._lock = threading.Lock()
        self._is_proven = False
        self._failed_until = 0.0

    @property
    def is_refuted(self) -> bool:
        """Whether the model failed its proof lately and is left alone."""
        return self._clock() < self._failed_until

    def ask(self, rgb: RgbImage, question: Question, *, deadline: Deadline) -> str:
        deadline = deadline.capped(self._settings.timeout_s)
        self.prove(deadline=deadline)
        return self._model.ask(rgb, question, deadline=deadline)

    def prove(self, *, deadline: Deadline) -> None:
        """Have the mark found, unless it was found before.

        Raises VlmInvalidError when the model puts it elsewhere or writes nonsense, VlmUnavailableError when it
        does not answer, which proves nothing either way.
        """
        if self._is_proven:
            return
        if not self._lock.acquire(timeout=deadline.remaining_s):
            raise VlmUnavailableError("it took longer than allowed")
        try:
            if not self._is_proven:
                self._find_the_mark(deadline)
        finally:
            self._lock.release()

    def _find_the_mark(self, deadline: Deadline) -> None:
        if self.is_refuted:
            raise VlmInvalidError(_ELSEWHERE)
        try:
            found = self._model.propose(proof_picture(), _DESCRIPTION, deadline=deadline)
        except VlmInvalidError:
            self._failed_until = self._clock() + _REST_S
            raise
        if found is None or not contains_point(MARK, found.center):
            self._failed_until = self._clock() + _REST_S
            raise VlmInvalidError(_ELSEWHERE)
        self._is_proven = True


def proof_picture() -> RgbImage:
    picture = np.full((1080, 1920, 3), 255, np.uint8)
    picture[MARK.y : MARK.bottom, MARK.x : MARK.right] = MARK_COLOUR
    return picture
