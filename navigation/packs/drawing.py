"""A case's picture with what was expected and what came drawn on it, for whoever looks at a failure."""

from __future__ import annotations

import cv2
import numpy as np

from navigation.packs.running import CaseResult
from navigation.packs.writing import png_of
from navigation.protocols import RgbImage
from navigation.types import Box, Outcome, Point

EXPECTED = (24, 140, 78)
ACTUAL = (200, 40, 48)
_INK = (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_STRIP = 26
_WIDTH = 2


def drawn(result: CaseResult, rgb: RgbImage) -> bytes:
    """A PNG: acceptable boxes in green, the engine's press in red, both in words on a strip above the picture."""
    picture = np.ascontiguousarray(rgb)
    for box in result.case.expected.boxes:
        _frame(picture, box, EXPECTED)
    answer = result.answer
    if answer.grounding is not None and answer.point_px is None:
        for candidate in answer.grounding.candidates[:3]:
            _frame(picture, candidate.text_box, ACTUAL, width=1)
    if answer.box_px is not None:
        _frame(picture, answer.box_px, ACTUAL)
    if answer.point_px is not None:
        _cross(picture, answer.point_px)
    return png_of(np.vstack([_strip(result, picture.shape[1]), picture]))


def _strip(result: CaseResult, width: int) -> RgbImage:
    strip = np.full((2 * _STRIP, width, 3), 0, np.uint8)
    strip[:_STRIP], strip[_STRIP:] = EXPECTED, ACTUAL
    case = result.case
    _write(strip, 0, f"expected: {' or '.join(case.expected.outcomes)}   {case.action.target.text}")
    pressed = result.answer.outcome in (Outcome.OK, Outcome.NOT_LANDED)
    score = result.answer.grounding.score if result.answer.grounding else None
    details = f"   score {score:.2f}" if score is not None and pressed else f"   {result.answer.reason.code}"
    _write(strip, 1, f"actual: {result.answer.outcome}{details}")
    return strip


def _write(strip: RgbImage, line: int, text: str) -> None:
    plain = text.encode("ascii", "replace").decode()  # the font knows no other letters
    cv2.putText(strip, plain, (8, line * _STRIP + 18), _FONT, 0.5, _INK, 1, cv2.LINE_AA)


def _frame(picture: RgbImage, box: Box, colour: tuple[int, int, int], width: int = _WIDTH) -> None:
    cv2.rectangle(picture, (box.x - 2, box.y - 2), (box.right + 1, box.bottom + 1), colour, width)


def _cross(picture: RgbImage, at: Point) -> None:
    cv2.drawMarker(picture, (at.x, at.y), ACTUAL, cv2.MARKER_CROSS, 18, _WIDTH)
