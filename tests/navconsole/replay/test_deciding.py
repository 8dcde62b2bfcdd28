"""Deciding on a stored reading: as the engine would, with what the record keeps of later readings and of the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from navconsole.replay.deciding import Seen, decide_on_record, expected_by, is_right
from navigation.actions import NavigateAction, parse_action
from navigation.cases import REFUSALS, Expected
from navigation.geometry import to_norm_point
from navigation.reasons import Reason
from navigation.settings import Thresholds
from navigation.types import Box, Candidate, Grounding, Outcome, Page, Phrase, Point
from tests.navigation.pages import SIZE, page_of
from tests.navigation.store.making import a_label

LIMITS = Thresholds()
PAGE = page_of(("Valider", 40, 60), ("Annuler", 40, 120))
SPOT = Box(300, 200, 60, 14)
ONE, TWO = "tesserocr/5.5.4/fra/cells2x-3", "tesserocr/5.5.4/fra+rapidocr/3.10/cells2x-3"


def action(text: str = "Valider", **more: Any) -> NavigateAction:
    return parse_action({"type": "navigate", "target": {"text": text}, **more})


def a_find(method: str, *candidates: Candidate, **given: Any) -> Grounding:
    """A stored answer at SPOT, found in this way."""
    values = {"point_px": SPOT.center, "point": to_norm_point(SPOT.center, SIZE), "box_px": SPOT}
    values |= {"score": 0.95, "margin": 0.5, "method": method, "candidates": candidates}
    return Grounding("found", Reason("found", {}), **values | given)  # type: ignore[arg-type]


def decided(text: str, seen: Seen, limits: Thresholds = LIMITS, page: Page = PAGE) -> tuple[str, Point | None, str]:
    result, doubt = decide_on_record(page, action(text), limits, seen)
    return result.outcome.value, result.point_px, doubt


def test_what_stands_on_the_page_is_found_and_a_screen_is_verified_first() -> None:
    seen = Seen(None, ONE, "")
    outcome, point, doubt = decided("Valider", seen)
    assert (outcome, doubt) == ("ok", "")
    assert point is not None
    assert abs(point.y - 67) < 4
    screen = {"verify_before": {"name": "n", "present": ["Identifiant"]}}
    result, _ = decide_on_record(PAGE, action(**screen), LIMITS, seen)
    assert (result.outcome, result.point) == (Outcome.WRONG_SCREEN, None)


def test_a_refusal_that_a_second_reading_was_not_asked_about_is_doubtful() -> None:
    assert decided("Fermer", Seen(None, ONE, "")) == ("absent", None, "")
    assert decided("Fermer", Seen(None, TWO, "")) == ("absent", None, "second")
    was_read_deeper = Grounding("absent", Reason("absent", {}), timings={"read_deeper": 3.0})
    assert decided("Fermer", Seen(was_read_deeper, TWO, "")) == ("absent", None, "")


def test_what_the_second_reader_had_read_is_found_again() -> None:
    candidate = Candidate("Fermer", SPOT, SPOT, 1.0, 0.9, source="second page")
    deeper = a_find("ocr", candidate, timings={"read_deeper": 3.0})
    assert decided("Fermer", Seen(deeper, TWO, "")) == ("ok", SPOT.center, "")
    assert decided("Fermer", Seen(replace(deeper, timings={}), TWO, ""))[0] == "absent", "only where it was asked"


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        (Thresholds(score=0.95, margin=0.5), "ok"),
        (Thresholds(score=0.96, margin=0.5), "absent"),
        (Thresholds(score=0.95, margin=0.51), "absent"),
    ],
)
def test_a_models_confirmed_place_stands_up_to_its_score_and_margin(limits: Thresholds, outcome: str) -> None:
    model = a_find("vlm", timings={"vlm": 900.0})
    found, point, doubt = decided("Fermer", Seen(model, ONE, "vlm-1"), limits)
    assert (found, point == SPOT.center, doubt) == (outcome, outcome == "ok", "")
    assert decided("Valider", Seen(model, ONE, "vlm-1"))[1] != SPOT.center, "reading goes first"


def test_a_model_that_was_not_asked_then_would_be_now() -> None:
    found = a_find("ocr")
    assert decided("Fermer", Seen(found, ONE, "vlm-1")) == ("absent", None, "model")


def test_a_remembered_place_is_looked_for_by_reading_and_says_so() -> None:
    remembered = a_find("cache")
    outcome, point, doubt = decided("Valider", Seen(remembered, ONE, ""))
    assert (outcome, doubt) == ("ok", "remembered")
    assert point != SPOT.center
    assert decided("Fermer", Seen(remembered, ONE, "")) == ("absent", None, "remembered")


def test_phrases_of_the_page_are_not_added_twice() -> None:
    phrase = Phrase("Fermer", SPOT, 0.9, "second page")
    page = replace(PAGE, phrases=(*PAGE.phrases, phrase))
    candidate = Candidate("Fermer", SPOT, SPOT, 1.0, 0.9, source="second page")
    assert (
        decided("Fermer", Seen(a_find("ocr", candidate, timings={"read_deeper": 1.0}), TWO, ""), page=page)[0] == "ok"
    )


def said(**label: Any) -> Expected | None:
    return expected_by([a_label("a", **label)], Outcome.OK, "found", a_find("ocr"), has_screen=True)


def test_labels_say_what_the_decision_must_be() -> None:
    right, absent = said(answer="right"), said(answer="wrong", place="absent")
    elsewhere = said(answer="wrong", place="box", box=Box(1, 1, 9, 9))
    assert right is not None
    assert absent is not None
    assert elsewhere is not None
    assert is_right(right, Outcome.OK, SPOT.center)
    assert not is_right(right, Outcome.OK, Point(5, 5))
    assert not is_right(right, Outcome.ABSENT, None)
    assert all(is_right(absent, outcome, None) for outcome in REFUSALS)
    assert not is_right(absent, Outcome.OK, SPOT.center)
    assert is_right(elsewhere, Outcome.OK, Point(5, 5))
    assert not is_right(elsewhere, Outcome.OK, SPOT.center)


def test_a_press_that_did_not_land_was_still_decided_rightly() -> None:
    missed = said(answer="right", has_landed=False)
    assert missed is not None
    assert is_right(missed, Outcome.OK, SPOT.center)


def test_what_does_not_say_or_is_disputed_says_nothing() -> None:
    assert expected_by([], Outcome.OK, "found", a_find("ocr"), has_screen=True) is None
    assert said(answer="unsure") is None
    both = [
        a_label("a", answer="right", author_id="ann"),
        a_label("a", answer="wrong", place="absent", author_id="bob"),
    ]
    assert expected_by(both, Outcome.OK, "found", a_find("ocr"), has_screen=True) is None
