"""What the engine asks of the outside world. Adapters implement these; the deciders import only these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from navigation.deadline import Deadline
from navigation.records import VlmReply
from navigation.types import Box, Size, Word

GreyImage = npt.NDArray[np.uint8]
RgbImage = npt.NDArray[np.uint8]

Layout = Literal["sparse", "line", "block"]


class OcrEngine(Protocol):
    """A reader: words of a grey picture. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """tesserocr, pytesseract, rapidocr."""

    @property
    def version(self) -> str:
        """Version of the program or model that does the reading, and its languages."""

    def read(self, grey: GreyImage, *, layout: Layout, deadline: Deadline) -> Sequence[Word]:
        """Words in reading order; boxes in pixels of `grey`, inside it; confidence 0..1; no empty text.

        `layout`: "sparse" for text scattered over a screen, "line" for one line, "block" for one column.
        Raises OcrUnavailableError, OcrTimeoutError or OcrFailedError.
        """


class VlmClient(Protocol):
    """A vision model that proposes a place."""

    def propose(self, rgb: RgbImage, description: str, *, deadline: Deadline) -> Box | None:
        """A box or a point (as a 1 x 1 box) in pixels of `rgb`, or None for "not there".

        Raises VlmUnavailableError or VlmInvalidError.
        """


class VlmReplies(Protocol):
    """Replies of a vision model, kept with the picture they are about. Each raises StoreError."""

    def vlm_reply(self, image_id: str, request_key: str) -> VlmReply | None:
        """What was answered about this picture to the question of this key (see `vlm_question`)."""

    def put_vlm_reply(self, reply: VlmReply) -> VlmReply:
        """Keep a reply, durably; the one that is kept: an earlier one stands."""


__all__ = ["GreyImage", "Layout", "OcrEngine", "RgbImage", "Size", "VlmClient", "VlmReplies"]
