"""One stored attempt decided again on a stored reading, by the engine's own rules. Pure: no picture and no reader.

What only a picture could tell (a line read once more, the whole screen read by the second reader, a model's proposal)
is taken from the attempt's own record where it stands there; where it does not, the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from navconsole.whatif.answer import ground_again
from navigation.actions import NavigateAction
from navigation.cases import PRESSED, Expected, expected_of
from navigation.engine import may_be_unread
from navigation.geometry import contains_point
from navigation.handler import answered, stopped_by_screen
from navigation.labels import Label, settle
from navigation.replays import Doubt
from navigation.settings import Thresholds
from navigation.types import SECOND, Candidate, Grounding, NavigateResult, Outcome, Page, Phrase, Point, Target
from navigation.visual_verifier import verify_before


class Seen(NamedTuple):
    """What the record of an attempt keeps of its search; `reading` names its readers, `model` the one it could ask."""

    found: Grounding | None
    reading: str
    model: str


class Decided(NamedTuple):
    result: NavigateResult
    doubt: Doubt


def decide_on_record(page: Page, action: NavigateAction, limits: Thresholds, seen: Seen) -> Decided:
    """The answer before the press: is it the screen, and where is the target.

    The patient's banner is not read again: it was checked before the attempt looked for its target.
    """
    if action.before is not None:
        verified = verify_before(page, action.before, limits)
        stopped = stopped_by_screen(action, page, verified)
        if stopped is not None:
            return Decided(stopped, "")
    found, doubt = _grounded(page, action.target, limits, seen)
    return Decided(answered(found, page.size), doubt)


def _grounded(page: Page, target: Target, limits: Thresholds, seen: Seen) -> tuple[Grounding, Doubt]:
    """By the first reading, then by both readers, then by the model's confirmed proposal, as the engine goes."""
    then = seen.found
    candidates = then.candidates if then else ()
    was_remembered = then is not None and then.method == "cache"
    found = ground_again(page, target, limits, seen=candidates)
    if not may_be_unread(found):
        return found, "remembered" if was_remembered else ""
    was_read_deeper = then is not None and "read_deeper" in then.timings
    if was_read_deeper:
        found = ground_again(_deeper(page, candidates), target, limits, seen=candidates)
    if not may_be_unread(found):
        return found, ""
    if then is not None and then.method == "vlm" and _still_holds(then, limits):
        return then, ""
    if "+" in seen.reading and not was_read_deeper:
        return found, "second"
    if seen.model and (then is None or "vlm" not in then.timings):
        return found, "model"
    return found, "remembered" if was_remembered else ""


def _deeper(page: Page, candidates: Sequence[Candidate]) -> Page:
    """The page with what the second reader had read of the whole screen that may be the target."""
    known = {(phrase.box, phrase.text) for phrase in page.phrases}
    more = [
        Phrase(one.text, one.text_box, one.confidence, one.source)
        for one in candidates
        if one.source.startswith(SECOND) and (one.text_box, one.text) not in known
    ]
    return replace(page, phrases=(*page.phrases, *more))


def _still_holds(then: Grounding, limits: Thresholds) -> bool:
    """Whether a model's proposal, as it was confirmed by reading, passes these limits."""
    return then.score is not None and then.score >= limits.score and (then.margin or 0.0) >= limits.margin


# --- by the label -----------------------------------------------------------------------------------


def expected_by(labels: Sequence[Label], outcome: Outcome, reason: str, found: Grounding | None, *, has_screen: bool
                ) -> Expected | None:  # fmt: skip
    """What the labels of an attempt say its decision must be; None where they do not say, or people disagree."""
    settled = settle(labels)
    if settled.last is None or settled.state == "disputed":
        return None
    box = found.box_px if found and found.outcome == "found" else None
    method = found.method if found else None
    expected = expected_of(settled.last, outcome, box, has_screen=has_screen, method=method, reason=reason)
    return expected if isinstance(expected, Expected) else None


def is_right(expected: Expected, outcome: Outcome, point: Point | None) -> bool:
    """Whether a decision is what was expected; whether its press landed was not its to decide."""
    if expected.boxes and PRESSED.intersection(expected.outcomes):
        return outcome is Outcome.OK and point is not None and any(contains_point(b, point) for b in expected.boxes)
    return outcome in expected.outcomes
