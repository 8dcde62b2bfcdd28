"""The answer to a target on a stored page, by the engine's own rules. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from navigation.geometry import contains_point
from navigation.grounding import ReadAgain, ground_page
from navigation.matching import best_text_score
from navigation.settings import Thresholds
from navigation.types import Box, Candidate, Grounding, Page, Target

Change = Literal["same", "elsewhere", "other", "first"]


def ground_again(page: Page, target: Target, limits: Thresholds, *, seen: Sequence[Candidate] = ()) -> Grounding:
    """Where the target is on the page with these limits.

    `seen` are the candidates of the attempt, when they are of this page and this text: what a second reading of
    doubtful places had made of them counts again.
    """
    return ground_page(page, target, limits, read_again=_read_as_before(page, target, seen) if seen else None)


def with_text(target: Target, text: str) -> Target:
    """The target under another name; its synonyms belong to the old one."""
    return target if text == target.text else replace(target, text=text, synonyms=())


def change_of(stored: Grounding | None, now: Grounding) -> Change:
    """What became of the stored answer: "first" when none was sought, "elsewhere" when another place is found."""
    if stored is None:
        return "first"
    if stored.outcome != now.outcome:
        return "other"
    if stored.box_px is None or now.point_px is None:
        return "same"
    return "same" if contains_point(stored.box_px, now.point_px) else "elsewhere"


def _read_as_before(page: Page, target: Target, seen: Sequence[Candidate]) -> ReadAgain:
    """Gives for a place what it was read as the second time.

    The record keeps what came of it: a text that is not the page's is the second reading's; a score under the text's
    own was lowered because both readings agreed; else the second reading changed nothing.
    """
    asked = (target.text, *target.synonyms)
    kept = {candidate.text_box: candidate for candidate in seen}
    read = {(phrase.box, phrase.text) for phrase in page.phrases}

    def read_again(box: Box) -> str:
        candidate = kept.get(box)
        if candidate is None:
            return ""
        is_new = (box, candidate.text) not in read
        is_lowered = candidate.score < best_text_score(asked, candidate.text)
        return candidate.text if is_new or is_lowered else ""

    return read_again
