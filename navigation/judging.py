"""What a person's pointing says about an attempt: whether the engine was right, and the likely root cause. Pure.

Everything here is a proposal that the person may correct.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from navigation.geometry import contains_point
from navigation.labels import Answer, Place
from navigation.matching import best_text_score
from navigation.snapping import Snapped, snap, text_in
from navigation.textfold import fold
from navigation.types import Box, Grounding, Outcome, Page, Point, Size, Verification

NEARLY: Final = 0.80
"""A text from this score up to the limit is the target as people see it: the limit kept it out, not the reader."""
NEAR_BUDGET: Final = 0.8
"""Of the time after which an attempt counts as interrupted, which is the budget and a wait for the picture after."""
REFUSALS: Final = frozenset({Outcome.ABSENT, Outcome.LOW_CONFIDENCE, Outcome.AMBIGUOUS})
"""Outcomes that say that the target was not found; other refusals have grounds besides where it is."""
LATE: Final = frozenset({Outcome.OCR_TIMEOUT, Outcome.TIMEOUT, Outcome.INTERRUPTED})
AFTER: Final = {"unchanged": "timing", "error_message": "popup", "another_screen": "wrong_screen"}
"""The likely cause of a press without its effect, by what followed it."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of an attempt: what the engine concluded and what it had read (`page`, of the picture before).

    `texts` are the target and its synonyms; `spent` is the share (0..) of the time allowed that was used.
    """

    outcome: Outcome | None
    texts: tuple[str, ...]
    page: Page | None
    before: Verification | None = None
    grounding: Grounding | None = None
    after: Verification | None = None
    spent: float = 0.0

    @property
    def pressed(self) -> Point | None:
        """The pixel the engine pressed, or would have."""
        found = self.grounding
        return found.point_px if found and found.outcome == "found" else None

    def thing_at(self, point: Point, size: Size) -> Snapped:
        """What stands at a pixel of the picture before; the engine's candidates are controls too."""
        known = [c.box for c in self.grounding.candidates if c.box != c.text_box] if self.grounding else []
        return snap(point, self.page, size, known)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What follows from a place: each None where it does not follow."""

    answer: Answer | None
    is_screen_right: bool | None
    has_landed: bool | None
    cause: str | None


def propose(case: Case, place: Place | None, box: Box | None, answer: Answer | None = None) -> Proposal:
    """What follows from where the target is (`box` in pixels) and, where the person has said it, from the answer."""
    answer = answer or answer_for(case, place, box)
    return Proposal(answer, _screen(case, answer), _landing(case, answer), likely_cause(case, answer, place, box))


def answer_for(case: Case, place: Place | None, box: Box | None) -> Answer | None:
    """Right when the engine pressed in the box, or refused what is not there; wrong when it pressed elsewhere, or did
    not find what is there."""
    if place is None:
        return None
    if case.pressed is not None:
        return "right" if box is not None and contains_point(box, case.pressed) else "wrong"
    if case.outcome not in REFUSALS:
        return None
    return "right" if place == "absent" else "wrong"


def likely_cause(case: Case, answer: Answer | None, place: Place | None, box: Box | None) -> str | None:
    """The likely root cause, a word of `labels.CAUSES`; None when nothing failed or nothing tells."""
    if case.outcome is Outcome.OK and answer != "wrong":
        return None
    if case.outcome in LATE or case.spent >= NEAR_BUDGET:
        return "timing"
    if case.outcome is Outcome.WRONG_SCREEN:
        return "popup" if case.page and case.page.overlay else "wrong_screen"
    if case.pressed is not None:
        return _cause_of_press(case, answer, place, box)
    return _cause_of_refusal(case, box)


def transferred(box: Box, source: Page | None, source_size: Size, other: Page | None, other_size: Size) -> Box | None:
    """The box, when it shows the same on another picture: same size of picture, and the same text read inside it."""
    text = fold(text_in(box, source))
    same = source_size == other_size and text and text == fold(text_in(box, other))
    return box if same else None


def _screen(case: Case, answer: Answer | None) -> bool | None:
    """The engine's own verdict, where the answer says that it may be believed."""
    if case.before is None or case.before.status not in ("passed", "failed"):
        return None
    if case.before.status == "passed":
        return True
    return {"right": False, "wrong": True}.get(answer or "")


def _landing(case: Case, answer: Answer | None) -> bool | None:
    if case.after is None or answer != "right":
        return None
    return {"passed": True, "failed": False}.get(case.after.status)


def _cause_of_press(case: Case, answer: Answer | None, place: Place | None, box: Box | None) -> str | None:
    method = case.grounding.method if case.grounding else None
    if answer == "wrong" and method in ("vlm", "cache"):
        return "vlm_wrong" if method == "vlm" else "stale_cache"
    if answer != "right" and place is not None:
        return "ocr_missed" if box and not text_in(box, case.page) else "too_loose"
    change = case.after.change if case.after else None
    return AFTER.get(change or "") or ("too_loose" if answer == "wrong" else None)


def _cause_of_refusal(case: Case, box: Box | None) -> str | None:
    if case.outcome is Outcome.VLM_INVALID:
        return "vlm_wrong"
    if case.outcome is Outcome.AMBIGUOUS:
        return "ambiguous"
    if case.outcome not in REFUSALS:
        return None
    if case.page and case.page.overlay and (box is None or not contains_point(case.page.overlay, box.center)):
        return "popup"
    if box is None:
        return None
    read = text_in(box, case.page)
    if not read:
        return "ocr_missed"
    return "too_strict" if max(best_text_score(case.texts, read), _best_score(case, box)) >= NEARLY else "misread"


def _best_score(case: Case, box: Box) -> float:
    """The best score of the engine's own candidates in the box."""
    candidates = case.grounding.candidates if case.grounding else ()
    return max((c.score for c in candidates if contains_point(box, c.text_box.center)), default=0.0)
