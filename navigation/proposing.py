"""The last rung of the ladder: a model proposes a place, and what is read there decides.

A proposal counts only if the text read in it is the target's, once, and the same text stands nowhere else on the
screen, neither read nor, since this rung is for what the reader does not see, as an equal picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from navigation.deadline import Deadline
from navigation.errors import VlmInvalidError, VlmUnavailableError
from navigation.geometry import grow, share_inside, to_norm_point, union
from navigation.matching import best_text_score
from navigation.protocols import RgbImage, VlmClient
from navigation.reading import PageReader
from navigation.reasons import Reason
from navigation.settings import Thresholds
from navigation.textfold import fold
from navigation.types import Box, Candidate, Grounding, Page, Target, Word
from navigation.vision import crop, flatten, to_grey

_AROUND_POINT = (60, 30)  # px each way: a proposal that is only a point is read with its surroundings
_AROUND_BOX = 6
_AROUND_TEXT = 6
_TWIN = 0.9  # correlation from which another place shows the same picture of a text


def from_model(
    vlm: VlmClient,
    pages: PageReader,
    page: Page,
    rgb: RgbImage,
    target: Target,
    found: Grounding,
    limits: Thresholds,
    *,
    deadline: Deadline,
) -> Grounding:
    """What the model proposes, if it is confirmed; else `found`, or why the model could not be asked.

    `found` is what reading alone concluded. An input is never taken from a model: its own text does not say that
    it is the right one, so none is asked.
    """
    if target.kind == "field":
        return found
    try:
        proposal = vlm.propose(rgb, target.instruction or target.text, deadline=deadline)
    except VlmUnavailableError as err:
        return replace(found, outcome="vlm_unavailable", reason=Reason("vlm_unavailable", {"detail": err.detail}))
    except VlmInvalidError as err:
        return replace(found, outcome="vlm_invalid", reason=Reason("vlm_invalid", {"detail": err.detail}))
    if proposal is None:
        return found
    words, lines = _read_in(pages, page, rgb, proposal, deadline)
    winner = confirmed(page, target, words, lines, found.candidates, limits)
    if winner is None or _has_twin(rgb, winner.text_box):
        return found
    return _found(page, target, winner, found.candidates)


def confirmed(
    page: Page,
    target: Target,
    words: Sequence[Word],
    lines: Sequence[str],
    candidates: Sequence[Candidate],
    limits: Thresholds,
) -> Candidate | None:
    """The proposed place as a candidate, when its text is the target's and stands there once and nowhere else.

    Args:
        page: as it was read, for the same text elsewhere.
        target: what was asked for.
        words: the place read as one line; boxes in pixels of the screenshot.
        lines: the place read again as a block, so that a second line or a repetition shows.
        candidates: places that reading alone had thought of, with what a second reading made of them.
        limits: score and margin.
    """
    if not words:
        return None
    asked = (target.text, *target.synonyms)
    text, box = " ".join(word.text for word in words), union(word.box for word in words)
    score = best_text_score(asked, text)
    if score < limits.score or _times(asked, lines) > 1:
        return None
    elsewhere = [best_text_score(asked, phrase.text) for phrase in page.phrases if not _same_place(phrase.box, box)]
    elsewhere += [c.score for c in candidates if not _same_place(c.text_box, box)]
    if any(score - other < limits.margin for other in elsewhere):
        return None
    confidence = min(word.confidence for word in words)
    return Candidate(text, grow(box, _AROUND_TEXT, _AROUND_TEXT, page.size), box, score, confidence, method="vlm")


def _found(page: Page, target: Target, winner: Candidate, others: Sequence[Candidate]) -> Grounding:
    point = winner.text_box.center
    rivals = [c.score for c in others if not _same_place(c.text_box, winner.text_box)]
    return Grounding(
        "found",
        Reason("found_vlm", {"target": target.text}),
        point=to_norm_point(point, page.size),
        point_px=point,
        box_px=winner.box,
        score=winner.score,
        margin=winner.score - max(rivals, default=0.0),
        method="vlm",
        candidates=(winner, *others),
    )


def _read_in(
    pages: PageReader, page: Page, rgb: RgbImage, proposal: Box, deadline: Deadline
) -> tuple[list[Word], list[str]]:
    """The words of the place as one line, in pixels of the screenshot; and its lines when read as a block.

    The whole screenshot is flattened and not the crop: at the edge of a coloured control a crop has no background.
    """
    place = _crop_of(proposal, page)
    flat = crop(flatten(to_grey(rgb), page.controls), place)
    words = pages.read_flat(flat, layout="line", deadline=deadline)
    placed = [replace(w, box=replace(w.box, x=w.box.x + place.x, y=w.box.y + place.y)) for w in words]
    lines: dict[int, list[str]] = {}
    for word in pages.read_flat(flat, layout="sparse", deadline=deadline) if words else []:
        lines.setdefault(word.line, []).append(word.text)
    return placed, [" ".join(line) for line in lines.values()]


def _crop_of(proposal: Box, page: Page) -> Box:
    by_x, by_y = _AROUND_POINT if proposal.area <= 4 else (_AROUND_BOX, _AROUND_BOX)
    return grow(proposal, by_x, by_y, page.size)


def _times(asked: Sequence[str], lines: Sequence[str]) -> int:
    """How often one of the texts stands on the lines."""
    shown = fold("\n".join(lines))
    return max(shown.count(fold(text)) for text in asked)


def _same_place(a: Box, b: Box) -> bool:
    return share_inside(a, b) > 0.5 or share_inside(b, a) > 0.5


def _has_twin(rgb: RgbImage, text: Box) -> bool:
    """Whether the picture of this text stands on the screen a second time."""
    grey = to_grey(rgb)
    likeness = cv2.matchTemplate(grey, crop(grey, text), cv2.TM_CCOEFF_NORMED)
    likeness[~np.isfinite(likeness)] = 0.0
    left, top = max(0, text.x - text.w // 2), max(0, text.y - text.h // 2)
    likeness[top : text.y + text.h // 2 + 1, left : text.x + text.w // 2 + 1] = 0.0
    return bool(likeness.max() >= _TWIN)
