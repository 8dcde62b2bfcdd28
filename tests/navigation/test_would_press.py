"""What stored candidates say about other settings, beside what the engine says on the page itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navigation.action_resolver import build_page
from navigation.codec import grounding_to_json, target_to_json
from navigation.engine import may_be_unread
from navigation.grounding import ground_page
from navigation.reasons import Reason
from navigation.settings import Thresholds
from navigation.types import SECOND, Box, Candidate, Grounding, NormBox, NormPoint, Page, Point, Target, Word
from navigation.would_press import Span, answer_at, seen_of, spans_of
from tests.navigation.pages import control, page_of

SCORES = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99, 1.0)
MARGINS = (0.0, 0.005, 0.01, 0.05, 0.08, 0.2, 0.5)
TEXTS = ("Valider", "Valider", "VALIDER", "Validé", "Va1ider", "Vallder", "Valid", "Invalider", "Valider la saisie")
INKS = ((20, 20, 20), (0, 80, 200), (120, 120, 120))
PAPER, PANEL = (255, 255, 255), (20, 40, 80)
OTHERS = ("Nom", "Nom :", "Prénom", "Annuler")


@st.composite
def pages(draw: st.DrawFn) -> Page:
    """Up to seven texts like the target in rows, some of them in buttons or beside inputs."""
    texts, controls = [], []
    for row in range(draw(st.integers(1, 7))):
        x, y = draw(st.sampled_from((40, 300, 600, 900))), 60 + 40 * row
        texts.append((draw(st.sampled_from(TEXTS + OTHERS)), x, y, draw(st.sampled_from((14, 14, 20)))))
        beside = draw(st.sampled_from(("", "", "button", "field")))
        if beside == "button":
            controls.append(control(x - 10, y - 6, 130, 26, "button"))
        if beside == "field":
            controls.append(control(x + 120, y - 4, 150, 24))
    return page_of(*texts, controls=tuple(controls))


@st.composite
def dressed(draw: st.DrawFn) -> Page:
    """Such a page over a body of text, its lines drawn as links, plain, dim or underlined: looks tell ties apart."""
    page = draw(pages())
    looks: dict[int, Any] = {}
    words = []
    for word in page.words:
        if word.line not in looks:
            looks[word.line] = draw(
                st.tuples(st.sampled_from(INKS), st.sampled_from((PAPER, PAPER, PANEL)), st.booleans())
            )
        ink, ground, is_underlined = looks[word.line]
        words.append(replace(word, ink=ink, ground=ground, is_underlined=is_underlined))
    body = [Word("texte", Box(40 + 60 * n, 500 + 24 * row, 40, 14), 0.95, 100 + row, INKS[0], PAPER)
            for row in range(8) for n in range(5)]  # fmt: skip
    return build_page([*words, *body], page.size, controls=page.controls)


@st.composite
def targets(draw: st.DrawFn) -> Target:
    ways = [
        {},
        {"occurrence": draw(st.integers(1, 3))},
        {"near": draw(st.sampled_from(("Annuler", "Nom", NormPoint(0.3, 0.2))))},
        {"region": NormBox(0, 0, 0.5, 0.3)},
    ]
    way = draw(st.sampled_from(ways))
    return Target(draw(st.sampled_from(("Valider", "Nom"))), kind=draw(st.sampled_from(("clickable", "field"))), **way)  # type: ignore[arg-type]


def spans_for(found: Grounding, target: Target, limits: Thresholds) -> list[Span]:
    seen = seen_of(grounding_to_json(found), target_to_json(target), score=limits.score, margin=limits.margin)
    return spans_of(seen)


def pixel(span: Span | None) -> tuple[int, int] | None:
    return (span.likely.x, span.likely.y) if span is not None and span.likely is not None else None


def pressed(found: Grounding) -> tuple[int, int] | None:
    return (found.point_px.x, found.point_px.y) if found.point_px else None


@given(pages(), targets(), st.sampled_from(SCORES), st.sampled_from((0.005, 0.01, 0.05, 0.08, 0.2)))
@settings(max_examples=400, deadline=None)
def test_at_its_own_setting_an_attempt_has_its_own_answer(
    page: Page, target: Target, score: float, margin: float
) -> None:
    limits = Thresholds(score=score, margin=margin)
    found = ground_page(page, target, limits)
    own = answer_at(spans_for(found, target, limits), score, margin)
    assert pixel(own) == pressed(found)
    assert own is None or not own.possible


@given(pages(), targets(), st.sampled_from(SCORES), st.sampled_from((0.005, 0.01, 0.05, 0.08, 0.2)))
@settings(max_examples=150, deadline=None)
def test_what_the_engine_presses_at_another_setting_is_among_what_is_foreseen(
    page: Page, target: Target, score: float, margin: float
) -> None:
    limits = Thresholds(score=score, margin=margin)
    spans = spans_for(ground_page(page, target, limits), target, limits)
    for other in (Thresholds(score=s, margin=m) for s in SCORES for m in MARGINS):
        exact = pressed(ground_page(page, target, other))
        span = answer_at(spans, other.score, other.margin)
        foreseen = [] if span is None else [pixel(span), *((spot.x, spot.y) for spot in span.possible)]
        assert exact is None or exact in foreseen


@given(dressed(), st.sampled_from((0.8, 0.9)), st.sampled_from((0.005, 0.01, 0.08, 0.2)))
@settings(max_examples=60, deadline=None)
def test_ties_that_looks_tell_apart_are_foreseen_too(page: Page, score: float, margin: float) -> None:
    target, limits = Target("Valider"), Thresholds(score=score, margin=margin)
    found = ground_page(page, target, limits)
    spans = spans_for(found, target, limits)
    assert pixel(answer_at(spans, score, margin)) == pressed(found)
    for other in (Thresholds(score=s, margin=m) for s in (0.8, 0.9, 0.99) for m in MARGINS):
        exact = pressed(ground_page(page, target, other))
        span = answer_at(spans, other.score, other.margin)
        foreseen = [] if span is None else [pixel(span), *((spot.x, spot.y) for spot in span.possible)]
        assert exact is None or exact in foreseen


@given(pages(), targets(), st.sampled_from(SCORES))
@settings(max_examples=200, deadline=None)
def test_spans_do_not_overlap(page: Page, target: Target, score: float) -> None:
    limits = Thresholds(score=score)
    spans = spans_for(ground_page(page, target, limits), target, limits)
    for s in SCORES:
        for m in MARGINS:
            holding = [x for x in spans if x.score_from < s <= x.score_to and x.margin_from < m <= x.margin_to]
            assert len(holding) <= 1


def two_readings(page: Page, deeper: Page, target: Target, limits: Thresholds) -> Grounding:
    """As the engine does: where the first reading finds nothing, the page as both readers read it."""
    found = ground_page(page, target, limits)
    if not may_be_unread(found):
        return found
    return replace(ground_page(deeper, target, limits), timings={"read_deeper": 300.0})


@given(
    pages(), pages(), st.sampled_from(("clickable", "field")), st.sampled_from(SCORES), st.sampled_from((0.01, 0.08))
)
@settings(max_examples=150, deadline=None)
def test_a_second_reading_is_foreseen_too_where_it_was_asked_for(
    page: Page, second: Page, kind: Any, score: float, margin: float
) -> None:
    seconds = tuple(replace(phrase, source=f"{SECOND} {phrase.source}") for phrase in second.phrases)
    deeper = replace(page, phrases=(*page.phrases, *seconds), second_words=second.words)
    target, limits = Target("Valider", kind=kind), Thresholds(score=score, margin=margin)
    own = two_readings(page, deeper, target, limits)
    spans = spans_for(own, target, limits)
    assert pixel(answer_at(spans, score, margin)) == pressed(own)
    for other in (Thresholds(score=s, margin=m) for s in SCORES for m in MARGINS):
        exact = two_readings(page, deeper, target, other)
        if "read_deeper" in exact.timings and "read_deeper" not in own.timings:
            continue  # a reading that was not made: the record cannot know it
        holding = [span for span in spans if answer_at([span], other.score, other.margin)]
        assert len(holding) <= 1
        foreseen = [(spot.x, spot.y) for x in holding for spot in (x.likely, *x.possible) if spot is not None]
        near = pressed(exact)
        assert near is None or any(abs(near[0] - x) <= 60 and abs(near[1] - y) <= 20 for x, y in foreseen)


# --- one by one -------------------------------------------------------------------------------------

LIMITS = Thresholds()
SAVE = Target("Ordonnance")


def test_a_limit_above_the_score_refuses() -> None:
    target = Target("Ordonnances")
    found = ground_page(page_of(("Ordonnauces", 100, 200)), target, LIMITS)
    assert found.score is not None
    assert LIMITS.score < found.score < 1
    spans = spans_for(found, target, LIMITS)
    assert pixel(answer_at(spans, found.score, 0.08)) == pressed(found)
    assert answer_at(spans, found.score + 0.001, 0.08) is None


def test_a_rival_that_comes_within_the_margin_refuses_unless_its_look_says_otherwise() -> None:
    found = ground_page(page_of(("Ordonnance", 100, 200), ("Ordonnancement", 100, 300)), SAVE, LIMITS)
    assert found.margin is not None
    spans = spans_for(found, SAVE, LIMITS)
    assert pixel(answer_at(spans, 0.9, found.margin)) == pressed(found)
    wide = answer_at(spans, 0.9, found.margin + 0.001)
    assert wide is not None
    assert wide.likely is None
    assert [(spot.x, spot.y) for spot in wide.possible] == [pressed(found)]


def test_a_smaller_margin_presses_what_was_ambiguous() -> None:
    page = page_of(("Ordonnance", 100, 200), ("Ordonnancc", 100, 300))
    limits = Thresholds(margin=0.3)
    found = ground_page(page, SAVE, limits)
    assert found.outcome == "ambiguous"
    assert found.margin is not None
    spans = spans_for(found, SAVE, limits)
    assert pixel(answer_at(spans, 0.9, found.margin)) == pressed(ground_page(page, SAVE, Thresholds(margin=0.01)))
    assert answer_at(spans, 0.9, 0.3) is None


def candidate(text: str, score: float, x: int, **given: str) -> Candidate:
    box = Box(x, 100, 80, 20)
    return Candidate(text, box, box, score, 0.9, **given)  # type: ignore[arg-type]


def stored(outcome: str, candidates: tuple[Candidate, ...], **given: object) -> Grounding:
    values = {"method": None, "score": None, "margin": None} | given
    if outcome == "found":
        box = candidates[0].box
        values |= {"point_px": Point(box.center.x, box.center.y), "box_px": box}
    return Grounding(outcome, Reason("x"), candidates=candidates, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(("score", "margin"), [(0.5, 0.0), (1.0, 1.0)])
def test_a_remembered_place_is_pressed_whatever_the_limits_are(score: float, margin: float) -> None:
    found = stored("found", (candidate("Valider", 1.0, 10, method="cache"),), method="cache", score=1.0, margin=1.0)
    assert pixel(answer_at(spans_for(found, Target("Valider"), LIMITS), score, margin)) == pressed(found)


def test_a_models_place_is_asked_for_only_where_reading_finds_nothing() -> None:
    read = candidate("Valider tout", 0.8, 300)
    model = candidate("Valider", 0.95, 10, method="vlm")
    found = stored("found", (model, read), method="vlm", score=0.95, margin=0.15)
    spans = spans_for(found, Target("Valider"), LIMITS)
    assert pixel(answer_at(spans, 0.9, 0.08)) == pressed(found)
    assert pixel(answer_at(spans, 0.8, 0.08)) == (340, 110)
    assert answer_at(spans, 0.96, 0.08) is None
    assert answer_at(spans, 0.9, 0.16) is None


def test_at_a_looser_limit_the_first_reading_answers_before_the_deeper_one() -> None:
    first = candidate("Valider tout", 0.8, 300, source="page", rejected="lower_score")
    deeper = candidate("Valider", 1.0, 10, source="second page")
    found = stored("found", (deeper, first), method="ocr", score=1.0, margin=0.2, timings={"read_deeper": 300.0})
    spans = spans_for(found, Target("Valider"), LIMITS)
    assert pixel(answer_at(spans, 0.9, 0.08)) == pressed(found)
    loose = answer_at(spans, 0.8, 0.08)
    assert loose is not None
    assert pixel(loose) == (340, 110)
    assert [spot.x for spot in loose.possible] == [50]


def test_a_text_that_the_second_reader_hides_may_still_be_pressed_at_a_looser_limit() -> None:
    hiding = candidate("Valider", 0.85, 10, source="second page")
    shown = candidate("Valider tout", 0.85, 300)
    found = stored("absent", (shown, hiding), timings={"read_deeper": 300.0})
    spans = spans_for(found, Target("Valider"), LIMITS)
    assert answer_at(spans, 0.9, 0.08) is None
    loose = answer_at(spans, 0.85, 0.08)
    assert loose is not None
    assert {spot.x for spot in (loose.likely, *loose.possible) if spot} == {50, 340}
