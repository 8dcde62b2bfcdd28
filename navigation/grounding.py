"""Turning a target into a place on a page that was read: score, margin, and the permitted tie-breaks. Pure.

Reading a doubtful place once more is asked for through `ReadAgain`; the ladder of methods (cache, OCR, VLM) is
walked by `navigation.engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from navigation.fields import field_of, find_fields
from navigation.geometry import (
    clip,
    contains,
    distance,
    in_reading_order,
    share_inside,
    to_norm_point,
    to_pixel_box,
    to_pixel_point,
    union,
    vertical_overlap,
)
from navigation.looks import look_of, looks_off
from navigation.matching import best_text_score, text_score
from navigation.reasons import Reason
from navigation.settings import Thresholds
from navigation.ties import is_in_box, one_control
from navigation.types import Box, Candidate, Control, Grounding, NormPoint, Page, Phrase, Point, Target

ReadAgain = Callable[[Box], str]
"""Reads one place once more as a line, enlarged; gives its text."""

_DOUBT_FROM = 0.70  # a first reading this similar is worth a second one
_SURE_FROM = 0.99
_MAX_SECOND_READINGS = 6
_CONFIRMED_OTHER = 0.80  # cap: two readings agree on a text that is not the target
_KEPT = 40


def ground_page(page: Page, target: Target, limits: Thresholds, *, read_again: ReadAgain | None = None) -> Grounding:
    """Where the target is on the page, or why there is no answer."""
    asked = (target.text, *target.synonyms)
    found = _scored(page, asked, limits.candidate_floor)
    if read_again is not None:
        found = _read_doubtful_again(found, asked, limits, read_again)
    if target.kind == "field":
        found, labels_without_field = _as_fields(page, found, limits)
    else:
        found, labels_without_field = [_with_control(page, c) for c in found], []
    found, covered = _in_front(page, _distinct(found))
    kept, put_aside = _within_region(page, target, found)
    kept, put_aside_near, missing = _nearest(page, target, kept, labels_without_field, limits)
    put_aside += put_aside_near + covered
    if missing is None and covered and not any(c.score >= limits.score for c in kept):
        behind = any(c.score >= limits.score for c in covered)
        missing = Reason("covered", {"target": target.text}) if behind else None
    if missing is not None:
        return _refusal("absent", missing, kept + put_aside + labels_without_field)
    return _decide(page, target, kept, put_aside, labels_without_field, limits)


def _decide(
    page: Page,
    target: Target,
    kept: list[Candidate],
    put_aside: list[Candidate],
    labels: list[Candidate],
    limits: Thresholds,
) -> Grounding:
    ranked = sorted(kept, key=lambda c: -c.score)
    good = [c for c in ranked if c.score >= limits.score]
    aside = put_aside + labels
    if not good:
        return _no_good_candidate(target, ranked, labels, aside, limits)
    if target.occurrence is not None:
        numbered = in_reading_order(good, lambda candidate: candidate.box)
        if not 1 <= target.occurrence <= len(numbered):
            asked, count = target.occurrence, len(numbered)
            reason = Reason("occurrence_missing", {"target": target.text, "occurrence": asked, "count": count})
            return _refusal("absent", reason, [*ranked, *aside])
        best = numbered[target.occurrence - 1]
    else:
        best = good[0]
    is_told_apart = target.occurrence is not None or target.near is not None
    rivals = [] if is_told_apart else [c for c in ranked if c is not best and best.score - c.score < limits.margin]
    if rivals and target.kind == "clickable":
        only = one_control(page, [best, *rivals], (target.text, *target.synonyms))
        if only is not None:
            best, rivals = only, []
    if rivals:
        count = len(rivals) + 1
        margin = best.score - rivals[0].score
        reason = Reason("ambiguous", {"target": target.text, "count": count, "margin": margin, "limit": limits.margin})
        return replace(_refusal("ambiguous", reason, [*ranked, *aside]), score=best.score, margin=margin)
    if target.kind == "clickable" and not target.allow_disabled and _is_off(page, best):
        reason = Reason("disabled", {"target": target.text})
        return replace(_refusal("disabled", reason, [*ranked, *aside]), score=best.score)
    return _found(page, target, best, ranked, aside)


def _is_off(page: Page, candidate: Candidate) -> bool:
    look = look_of(page, candidate.text_box)
    return look is not None and looks_off(look, page.words)


def _found(
    page: Page, target: Target, best: Candidate, ranked: Sequence[Candidate], aside: Sequence[Candidate]
) -> Grounding:
    others = [c for c in ranked if c is not best]
    rejected = [replace(c, rejected=c.rejected or _why_rejected(page, best, c)) for c in others]
    runner_up = max((c.score for c, r in zip(others, rejected, strict=True) if r.rejected == "lower_score"), default=0)
    margin = best.score - runner_up if runner_up else 1.0
    code = "found" if runner_up else "found_alone"
    values: dict[str, str | int | float] = {"target": target.text, "score": best.score, "margin": margin}
    point = _press_point(page, target, best)
    return Grounding(
        "found",
        Reason(code, values),
        point=to_norm_point(point, page.size),
        point_px=point,
        box_px=best.box,
        score=best.score,
        margin=margin,
        method="ocr",
        candidates=tuple([best, *rejected, *aside][:_KEPT]),
    )


def _press_point(page: Page, target: Target, best: Candidate) -> Point:
    """The middle of the text where it is on the control itself, else the middle of the input beside its label.

    A text's middle is surely on its control; the middle of a wide bar may belong to something else, and so may what
    lies between the lines of a link: of several lines the one nearest to `near`, to the middle of `region`, or to the
    text's own middle is pressed.
    """
    if target.kind != "clickable" and not contains(best.box, best.text_box, slack=1):
        return best.box.center
    if not best.source.endswith("lines"):
        return best.text_box.center
    spot = _spot_asked(page, target) or best.text_box.center
    lines = _lines_of(page, best.text_box)
    return min(lines, key=lambda line: distance(line, Box(spot.x, spot.y, 1, 1)), default=best.text_box).center


def _spot_asked(page: Page, target: Target) -> Point | None:
    if isinstance(target.near, NormPoint):
        return to_pixel_point(target.near, page.size)
    return to_pixel_box(target.region, page.size).center if target.region is not None else None


def _lines_of(page: Page, text: Box) -> list[Box]:
    """The lines of the words in a box, from the top."""
    lines: list[Box] = []
    words = [w.box for w in (*page.words, *page.second_words) if share_inside(w.box, text) > 0.5]
    for box in sorted(words, key=lambda b: b.y + b.h / 2):
        if lines and vertical_overlap(lines[-1], box) > 0.5:
            lines[-1] = union((lines[-1], box))
        else:
            lines.append(box)
    return lines


def _why_rejected(page: Page, best: Candidate, other: Candidate) -> str:
    if other.score < best.score:
        return "lower_score"
    return "another_occurrence" if is_in_box(page, other) else "not_a_control"


def _no_good_candidate(
    target: Target, ranked: list[Candidate], labels: list[Candidate], aside: list[Candidate], limits: Thresholds
) -> Grounding:
    if any(c.score >= limits.score for c in labels):
        return _refusal("absent", Reason("no_field", {"target": target.text}), [*ranked, *aside])
    everything = sorted([*ranked, *labels], key=lambda c: -c.score)
    if not everything:
        return _refusal("absent", Reason("absent", {"target": target.text}), aside)
    nearest = everything[0]
    values: dict[str, str | int | float] = {"target": target.text, "nearest": nearest.text, "score": nearest.score}
    if nearest.score >= _CONFIRMED_OTHER + 0.01:
        reason = Reason("low_confidence", {**values, "limit": limits.score})
        return replace(_refusal("low_confidence", reason, [*ranked, *aside]), score=nearest.score)
    return replace(_refusal("absent", Reason("absent_nearest", values), [*ranked, *aside]), score=nearest.score)


def _refusal(outcome: str, reason: Reason, candidates: Sequence[Candidate]) -> Grounding:
    ranked = sorted(candidates, key=lambda c: -c.score)[:_KEPT]
    return Grounding(outcome, reason, candidates=tuple(ranked))  # type: ignore[arg-type]


# --- candidates -------------------------------------------------------------------------------------


def _scored(page: Page, asked: tuple[str, ...], floor: float) -> list[Candidate]:
    found = []
    for phrase in page.phrases:
        score = best_text_score(asked, phrase.text)
        if score >= floor:
            found.append(Candidate(phrase.text, phrase.box, phrase.box, score, phrase.confidence, source=phrase.source))
    return _best_of_overlapping(found)


def _best_of_overlapping(found: list[Candidate]) -> list[Candidate]:
    """One candidate where several phrases cover the same text: the best score, then the larger text."""
    kept: list[Candidate] = []
    for candidate in sorted(found, key=lambda c: (-c.score, -c.text_box.area)):
        if not any(_same_place(candidate.text_box, k.text_box) for k in kept):
            kept.append(candidate)
    return kept


def _same_place(a: Box, b: Box) -> bool:
    return share_inside(a, b) > 0.5 or share_inside(b, a) > 0.5


def _read_doubtful_again(
    found: list[Candidate], asked: tuple[str, ...], limits: Thresholds, read_again: ReadAgain
) -> list[Candidate]:
    """Reads places whose first reading is near the target but not equal, best first, a few at most.

    A second reading that is nearer counts. Two readings that agree on another text settle that it is another.
    """
    result, readings = [], 0
    for candidate in found:
        if not _DOUBT_FROM <= candidate.score < _SURE_FROM or readings >= _MAX_SECOND_READINGS:
            result.append(candidate)
            continue
        readings += 1
        text = read_again(candidate.text_box)
        score = best_text_score(asked, text)
        if score > candidate.score:
            result.append(replace(candidate, text=text, score=score))
        elif text_score(candidate.text, text) >= _SURE_FROM:
            result.append(replace(candidate, score=min(candidate.score, _CONFIRMED_OTHER)))
        else:
            result.append(candidate)
    return result


def _with_control(page: Page, candidate: Candidate) -> Candidate:
    """The candidate with the button it is the text of, when there is one, as the box to press."""
    control = _button_around(page, candidate.text_box)
    return replace(candidate, box=control.box) if control else candidate


def _button_around(page: Page, text: Box) -> Control | None:
    around = [c for c in page.controls if contains(c.box, text, slack=3) and c.box.h <= 4.4 * max(12, text.h)]
    if not around:
        return None
    control = min(around, key=lambda c: c.box.area)
    others = [
        w for w in page.words
        if contains(control.box, w.box, slack=2) and not contains(text, w.box, slack=6)
        and sum(map(str.isalnum, w.text)) > 2
    ]  # fmt: skip
    return None if others else control


def _as_fields(page: Page, found: list[Candidate], limits: Thresholds) -> tuple[list[Candidate], list[Candidate]]:
    """Candidates with the input of their label as the box to press; and the labels that have none."""
    fields = find_fields(page)
    kept, without = [], []
    for candidate in found:
        label = Phrase(candidate.text, candidate.text_box, candidate.confidence)
        answer = field_of(label, fields, page)
        if answer is None:
            without.append(replace(candidate, rejected="no_field"))
        else:
            kept.append(replace(candidate, box=answer[0].box))
    return kept, without


def _distinct(found: list[Candidate]) -> list[Candidate]:
    """One candidate for each box to press: the best."""
    kept: list[Candidate] = []
    for candidate in sorted(found, key=lambda c: -c.score):
        if not any(_same_place(candidate.box, k.box) and candidate.score <= k.score for k in kept):
            kept.append(candidate)
    return kept


def _in_front(page: Page, found: list[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """The candidates that can be pressed, and those behind a window that covers the screen."""
    window = page.overlay
    if window is None:
        return found, []
    front = [c for c in found if share_inside(c.text_box, window) > 0.5]
    return front, [replace(c, rejected="covered") for c in found if c not in front]


def _within_region(page: Page, target: Target, found: list[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    if target.region is None:
        return found, []
    region = to_pixel_box(target.region, page.size)
    inside = [c for c in found if share_inside(_place_to_press(target, c), region) > 0.5]
    return inside, [replace(c, rejected="outside_region") for c in found if c not in inside]


def _place_to_press(target: Target, candidate: Candidate) -> Box:
    """The text of what is clicked, whatever panel it heads; the input of a label."""
    return candidate.text_box if target.kind == "clickable" else candidate.box


def _nearest(
    page: Page, target: Target, found: list[Candidate], labels: Sequence[Candidate], limits: Thresholds
) -> tuple[list[Candidate], list[Candidate], Reason | None]:
    """With `near`, only the nearest good candidate is left; a text on the same row is nearer than any other.

    None is left when a label without an input is nearer still: the input asked for is that one's, and was not seen.
    """
    if target.near is None:
        return found, [], None
    if isinstance(target.near, NormPoint):
        spot = to_pixel_point(target.near, page.size)
        place: Box | None = Box(spot.x, spot.y, 1, 1)
    else:
        place = _place_of(page, target.near, limits)
    if place is None:
        return found, [], Reason("near_missing", {"target": target.text, "near": str(target.near)})

    def nearness(candidate: Candidate) -> tuple[bool, float]:
        boxes = (candidate.box, candidate.text_box)
        return min((vertical_overlap(box, place) < 0.5, distance(box, place)) for box in boxes)

    good = sorted((c for c in found if c.score >= limits.score), key=nearness)
    bare = [c for c in labels if c.score >= limits.score]
    if good and bare and min(map(nearness, bare)) < nearness(good[0]):
        return [], [replace(c, rejected="farther") for c in found], Reason("no_field", {"target": target.text})
    others = [replace(c, rejected="farther") for c in good[1:]]
    return good[:1] + [c for c in found if c not in good], others, None


def _place_of(page: Page, text: str, limits: Thresholds) -> Box | None:
    """Where a text stands that is on the page exactly once; None when it is absent or there are several."""
    places = [c for c in _scored(page, (text,), limits.candidate_floor) if c.score >= limits.score]
    best = [c for c in places if c.score >= places[0].score - limits.margin] if places else []
    return clip(best[0].text_box, page.size) if len(best) == 1 else None
