"""What another score and margin would have done with an attempt, told from its stored candidates alone. Pure.

The rule is the engine's own (`navigation.grounding`), turned round: instead of one answer at one setting, the parts of
the (score, margin) plane in which the answer is the same. Where the record does not settle what the engine would do,
a part says what it would most likely do and what it may press instead, so that a count of wrong presses can take
the worst. See docs/decisions/0060-certificates.md for what the record cannot know.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from navigation.geometry import contains, in_reading_order
from navigation.matching import EXACT, LOOK_ALIKE
from navigation.records import Json
from navigation.types import SECOND, Box

_PUT_ASIDE = frozenset({"outside_region", "covered"})
_TIED = EXACT - LOOK_ALIKE
"""A tie is never broken for a candidate that reads less like the target than another by more than this."""
Stretch = tuple[float, float]
_ALL: Stretch = (-math.inf, math.inf)
_KEPT = 40  # candidates that an attempt keeps: of more, the list ends here


class Spot(NamedTuple):
    """A place that may be pressed: its score, the pixel, and the box that is pressed ([x, y, w, h], pixels)."""

    score: float
    x: int
    y: int
    box: tuple[int, int, int, int]
    is_second: bool = False


class Span(NamedTuple):
    """The settings with a score limit above `score_from` up to `score_to`, and a margin likewise.

    There the answer most likely is to press `likely` (None: to refuse); it may be to press one of `possible`.
    """

    score_from: float
    score_to: float
    margin_from: float
    margin_to: float
    likely: Spot | None
    possible: tuple[Spot, ...] = ()


class Seen(NamedTuple):
    """What of an attempt's record decides: the limits it ran with, its answer, and its candidates by score.

    `kept` are the candidates that could be pressed; `farther` those that lay farther from what the target is near;
    `bare` the scores of labels without an input. `model` is the place that a model proposed and reading confirmed,
    with the margin it had.
    """

    score: float
    margin: float
    outcome: str
    reason: str
    kind: str
    is_near: bool
    occurrence: int | None
    kept: Sequence[Spot]
    winner: Spot | None
    farther: Sequence[Spot]
    bare: Sequence[float]
    is_remembered: bool
    model: tuple[Spot, float] | None
    was_read_deeper: bool
    is_cut: bool


def seen_of(grounding: Json, target: Json, *, score: float, margin: float) -> Seen:
    """What decides, from a stored grounding and target (as `navigation.codec` writes them).

    Args:
        grounding: the attempt's, with its candidates.
        target: what was asked for.
        score: the limit 0..1 that the attempt ran with.
        margin: likewise.

    Raises KeyError, TypeError or ValueError for a record that does not decode.
    """
    kind, reason = target.get("kind", "clickable"), grounding["reason"]["code"]
    method, is_found = grounding.get("method"), grounding["outcome"] == "found"
    candidates = grounding.get("candidates", ())
    kept: list[Spot] = []
    farther: list[Spot] = []
    bare: list[float] = []
    winner: Spot | None = None
    model: tuple[Spot, float] | None = None
    for number, candidate in enumerate(candidates):
        code = candidate.get("rejected", "")
        if code in _PUT_ASIDE:
            continue
        if code == "no_field":
            bare.append(float(candidate["score"]))
            continue
        is_winner = is_found and number == 0
        spot = _spot(candidate, kind, grounding["point_px"] if is_winner else None)
        if is_winner and method == "vlm":
            model = spot, float(grounding["margin"])
            continue
        if is_winner:
            winner = spot
        (farther if code == "farther" else kept).append(spot)
    kept.sort(key=_by_score)
    return Seen(
        score=score,
        margin=margin,
        outcome="absent" if model else grounding["outcome"],
        reason=reason,
        kind=kind,
        is_near=target.get("near") is not None,
        occurrence=target.get("occurrence"),
        kept=kept,
        winner=winner,
        farther=farther,
        bare=bare,
        is_remembered=method == "cache" and is_found,
        model=model,
        was_read_deeper="read_deeper" in grounding.get("timings", ()),
        is_cut=len(candidates) >= _KEPT,
    )


def spans_of(seen: Seen) -> list[Span]:
    """What would be done at every setting; a setting in none of the spans refuses. Spans do not overlap.

    A remembered place is pressed whatever the limits are: they do not decide on it.
    """
    if seen.is_remembered and seen.winner is not None:
        return [Span(*_ALL, *_ALL, seen.winner)]
    spans, open_to_model = _reading(seen)
    if seen.model is not None:
        spot, margin = seen.model
        whole = Span(-math.inf, spot.score, -math.inf, margin, spot)
        spans += [part for stretch in open_to_model for part in _within(whole, stretch)]
    return spans


def answer_at(spans: Sequence[Span], score: float, margin: float) -> Span | None:
    """The span that a setting lies in; None where it refuses."""
    for span in spans:
        if span.score_from < score <= span.score_to and span.margin_from < margin <= span.margin_to:
            return span
    return None


# --- the rungs that read ----------------------------------------------------------------------------


def _reading(seen: Seen) -> tuple[list[Span], list[Stretch]]:
    """The spans of what was read, and the score limits at which reading finds nothing, so that a model is asked."""
    if seen.is_near:
        return _near(seen)
    one_list = _numbered if seen.occurrence is not None else _ranked
    spans, left = one_list(seen, seen.kept, is_own=True)
    if not seen.was_read_deeper:
        return spans, left
    # At the attempt's limits, and above, the first reading found nothing: what is known is of the second one. At
    # looser ones the first may find something before the second is asked.
    below = math.nextafter(seen.score, -math.inf)
    first, first_left = one_list(seen, [spot for spot in seen.kept if not spot.is_second], is_own=False)
    loose = first + [part for span in spans for stretch in first_left for part in _within(span, stretch)]
    strict = [part for span in spans for part in _within(span, (below, math.inf))]
    return strict + _loosened(loose, seen.kept, below), [(max(a, below), b) for a, b in left if b > below]


def _loosened(spans: Sequence[Span], spots: Sequence[Spot], below: float) -> list[Span]:
    """The spans up to a score limit, where each place that reaches the limit may be pressed instead.

    Of two readings of one place only the better is in the record: where that is the second reader's, the first may
    have read there what it would be pressed for.
    """
    found = []
    for low, high in _levels([spot.score for spot in spots]):
        good = tuple(spot for spot in spots if spot.score >= high)
        level, margin = (low, min(high, below)), -math.inf
        parts = [part for span in spans for part in _within(span, level)]
        for part in sorted(parts, key=lambda part: part.margin_from):
            found += _doubtful(level, (margin, part.margin_from), good)
            others = (spot for spot in good if spot != part.likely and spot not in part.possible)
            found.append(part._replace(possible=(*part.possible, *others)))
            margin = part.margin_to
        found += _doubtful(level, (margin, math.inf), good)
    return found


def _doubtful(level: Stretch, margins: Stretch, possible: tuple[Spot, ...]) -> list[Span]:
    """A span that most likely refuses and may press; none where it would be empty."""
    return [Span(*level, *margins, None, possible)] if level[0] < level[1] and margins[0] < margins[1] else []


def _ranked(seen: Seen, spots: Sequence[Spot], *, is_own: bool) -> tuple[list[Span], list[Stretch]]:
    """The best candidate decides, and who comes within the margin of it: the same at every score limit up to its own.

    With `is_own` the attempt's answer was given on this list, and holds for every margin with the same rivals.
    """
    if not spots:
        return [], [_ALL]
    best = spots[0]
    gaps = [best.score - spot.score for spot in spots[1:]]
    is_known = is_own and best.score >= seen.score
    rivals = sum(gap < seen.margin for gap in gaps)
    spans: list[Span] = []
    at, low = 0, -math.inf
    while True:
        high = gaps[at] if at < len(gaps) else math.inf
        while at < len(gaps) and gaps[at] == high:
            at += 1
        count = sum(gap < high for gap in gaps) if math.isfinite(high) else len(gaps)
        likely, possible = _with_rivals(seen, spots, gaps, count, rivals if is_known else None)
        if spans and (spans[-1].likely, spans[-1].possible) == (likely, possible):
            spans[-1] = spans[-1]._replace(margin_to=high)
        elif likely is not None or possible or spans:
            spans.append(Span(-math.inf, best.score, low, high, likely, possible))
        low = high
        if not math.isfinite(high):
            return [span for span in spans if span.likely is not None or span.possible], [(best.score, math.inf)]


def _with_rivals(
    seen: Seen, spots: Sequence[Spot], gaps: Sequence[float], count: int, own: int | None
) -> tuple[Spot | None, tuple[Spot, ...]]:
    """What is done with the best and `count` rivals, when the attempt had `own` rivals (None: nothing is known).

    One among rivals is pressed when its look says that it alone is a control. More rivals never make that choice fall
    on another, only on none; fewer may.
    """
    if own is not None and count == own:
        return seen.winner, ()
    if count == 0:
        ties = tuple(spot for spot, gap in zip(spots[1:], gaps, strict=True) if gap == 0)
        return spots[0], ties if seen.winner is not None else ()
    if seen.kind == "field":
        return None, ()
    tied = tuple(spot for spot in spots[: count + 1] if spot.score >= spots[0].score - _TIED)
    if own is not None and count > own:
        added = tuple(spot for spot in tied if spot not in spots[: own + 1])
        return None, added if seen.winner is None else (seen.winner, *added)
    if own is not None and seen.winner is not None and seen.winner in tied:
        return seen.winner, ()
    return None, tied


def _numbered(seen: Seen, spots: Sequence[Spot], *, is_own: bool) -> tuple[list[Span], list[Stretch]]:
    """The target's number in reading order decides, among all that reach the score limit."""
    assert seen.occurrence is not None, "asked of a target with a number"
    own = {spot for spot in spots if spot.score >= seen.score} if is_own else None
    spans = []
    for low, high in _levels([spot.score for spot in spots]):
        good = [spot for spot in spots if spot.score >= high]
        ordered = in_reading_order(good, box_of)
        pressed = ordered[seen.occurrence - 1] if seen.occurrence <= len(ordered) else None
        if own is not None and set(good) == own:
            pressed = seen.winner
        possible = tuple(good) if seen.is_cut else ()
        if pressed is not None or possible:
            spans.append(Span(low, high, *_ALL, pressed, possible))
    return spans, _rest(spans)


def _near(seen: Seen) -> tuple[list[Span], list[Stretch]]:
    """The one nearest to something decides, among all that reach the score limit; which is nearer was not kept."""
    every = [*seen.kept, *seen.farther]
    own, own_bare = _reaching(every, seen.score), sum(score >= seen.score for score in seen.bare)
    nearest = seen.winner or next((s for s in seen.kept if s.score >= seen.score), None)
    spans = []
    for low, high in _levels([*(spot.score for spot in every), *seen.bare]):
        good, bare = _reaching(every, high), sum(score >= high for score in seen.bare)
        likely, possible = _nearest_of(seen, good, own, nearest, is_same_bare=bare == own_bare)
        if likely is not None or possible:
            spans.append(Span(low, high, *_ALL, likely, possible))
    if seen.reason == "near_missing":  # at the attempt's own limits, or a wider margin, it was not told from others
        spans = [part for span in spans for part in _without(span, seen.score, seen.margin)]
    return spans, _rest(spans)


def _nearest_of(
    seen: Seen, good: Sequence[Spot], own: Sequence[Spot], nearest: Spot | None, *, is_same_bare: bool
) -> tuple[Spot | None, tuple[Spot, ...]]:
    if not good:
        return None, ()
    if seen.reason == "near_missing":
        return None, tuple(good)
    if list(good) == list(own) and is_same_bare:
        return seen.winner, ()
    if nearest is not None and nearest in good:
        return seen.winner, tuple(spot for spot in good if spot not in own)
    return (good[0] if len(good) == 1 and is_same_bare else None), tuple(good)


# --- small parts ------------------------------------------------------------------------------------


def _spot(candidate: Json, kind: str, pressed: Sequence[int] | None) -> Spot:
    """The candidate as a place to press: the pixel that was pressed, or the one that such a candidate is pressed at."""
    box, text = tuple(candidate["box"]), tuple(candidate["text_box"])
    score, is_second = float(candidate["score"]), candidate.get("source", "").startswith(SECOND)
    if pressed is not None:
        return Spot(score, pressed[0], pressed[1], box, is_second)
    of = text if kind == "clickable" or box == text or contains(Box(*box), Box(*text), slack=1) else box
    return Spot(score, of[0] + of[2] // 2, of[1] + of[3] // 2, box, is_second)


def box_of(spot: Spot) -> Box:
    return Box(*spot.box)


def _by_score(spot: Spot) -> float:
    return -spot.score


def _levels(scores: Sequence[float]) -> list[tuple[float, float]]:
    """The stretches of the score limit in which the same candidates reach it, lowest first."""
    known = sorted(set(scores))
    return list(zip([-math.inf, *known], known, strict=False))


def _reaching(spots: Sequence[Spot], score: float) -> list[Spot]:
    return [spot for spot in spots if spot.score >= score]


def _rest(spans: Sequence[Span]) -> list[Stretch]:
    """The score limits that none of the spans covers."""
    rest, low = [], -math.inf
    for span in sorted(spans, key=lambda span: span.score_from):
        if span.score_from > low:
            rest.append((low, span.score_from))
        low = max(low, span.score_to)
    return [*rest, (low, math.inf)]


def _within(span: Span, stretch: Stretch) -> list[Span]:
    """The part of a span in a stretch of the score limit, if there is one."""
    low, high = max(span.score_from, stretch[0]), min(span.score_to, stretch[1])
    return [span._replace(score_from=low, score_to=high)] if low < high else []


def _without(span: Span, score: float, margin: float) -> list[Span]:
    """The span less one score limit at this margin and above."""
    below = math.nextafter(score, -math.inf)
    at_once = span._replace(margin_to=min(span.margin_to, math.nextafter(margin, -math.inf)))
    return [
        *_within(span, (-math.inf, below)),
        *_within(at_once, (below, score)),
        *_within(span, (score, math.inf)),
    ]
