"""What a person's pointing says about an attempt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from navigation.judging import Case, propose, transferred
from navigation.labels import CAUSES
from navigation.reasons import Reason
from navigation.types import (
    Box,
    Candidate,
    Grounding,
    NormPoint,
    Outcome,
    Page,
    Phrase,
    Point,
    Size,
    Verification,
)

SIZE = Size(400, 300)
HERE, THERE, BLANK = Box(100, 100, 80, 30), Box(100, 200, 80, 30), Box(300, 20, 40, 20)
WINDOW = Box(90, 90, 120, 60)
READ = Page(SIZE, (), (Phrase("Valider", HERE, 0.9), Phrase("Annuler", THERE, 0.9)), (), "drawn", "image", "none")
OK = Outcome.OK


def verified(status: Any, change: Any = None) -> Verification:
    return Verification(status, (), Reason("screen_passed"), change)


def pressed(box: Box = HERE, method: Any = "ocr") -> Grounding:
    point = box.center
    return Grounding("found", Reason("found"), NormPoint(0.1, 0.1), point, box, 0.97, 0.2, method)


def refused(outcome: Any = "absent", *candidates: Candidate) -> Grounding:
    return Grounding(outcome, Reason("absent"), candidates=candidates)


def case(outcome: Outcome | None = OK, **given: Any) -> Case:
    values: dict[str, Any] = {"texts": ("Valider",), "page": READ, "before": verified("passed"), "grounding": pressed()}
    return Case(outcome, **values | given)


@pytest.mark.parametrize(
    ("seen", "place", "box", "answer"),
    [
        (case(), "box", HERE, "right"),
        (case(), "box", THERE, "wrong"),
        (case(), "absent", None, "wrong"),
        (case(), None, None, None),
        (case(Outcome.ABSENT, grounding=refused()), "absent", None, "right"),
        (case(Outcome.ABSENT, grounding=refused()), "box", HERE, "wrong"),
        (case(Outcome.AMBIGUOUS, grounding=refused("ambiguous")), "box", HERE, "wrong"),
        (case(Outcome.WRONG_SCREEN, grounding=None), "box", HERE, None),
        (case(Outcome.OCR_TIMEOUT, grounding=None, page=None), "absent", None, None),
        (case(Outcome.NOT_LANDED), "box", HERE, "right"),
    ],
    ids=["pressed there", "pressed elsewhere", "pressed what is not there", "nothing said", "absent and absent",
         "absent but there", "one of several", "screen decides", "never read", "pressed there without effect"],
)  # fmt: skip
def test_the_answer_follows_from_the_place(seen: Case, place: Any, box: Box | None, answer: str | None) -> None:
    assert propose(seen, place, box).answer == answer


def test_the_verdicts_follow_from_the_answer() -> None:
    landed = case(after=verified("passed"))
    assert propose(landed, "box", HERE).has_landed is True
    assert propose(landed, "box", THERE).has_landed is None
    assert propose(case(Outcome.NOT_LANDED, after=verified("failed")), None, None, "right").has_landed is False
    other = case(Outcome.WRONG_SCREEN, before=verified("failed"), grounding=None)
    assert [propose(other, None, None, a).is_screen_right for a in ("right", "wrong", "unsure")] == [False, True, None]
    assert propose(case(), None, None).is_screen_right is True
    assert propose(case(before=None), None, None).is_screen_right is None


NEAR = Candidate("Valider", HERE, HERE, 0.86, 0.9)
MISREAD = replace(READ, phrases=(Phrase("Va1ioer!?", HERE, 0.4),))
STRICT = replace(READ, phrases=(Phrase("Valide", HERE, 0.4),))


@pytest.mark.parametrize(
    ("seen", "place", "box", "cause"),
    [
        (case(), "box", HERE, None),
        (case(), "box", BLANK, "ocr_missed"),
        (case(), "box", THERE, "too_loose"),
        (case(), "absent", None, "too_loose"),
        (case(grounding=pressed(method="cache")), "box", THERE, "stale_cache"),
        (case(grounding=pressed(method="vlm")), "box", THERE, "vlm_wrong"),
        (case(Outcome.VLM_INVALID, grounding=refused("vlm_invalid")), None, None, "vlm_wrong"),
        (case(Outcome.ABSENT, grounding=refused()), "box", BLANK, "ocr_missed"),
        (case(Outcome.ABSENT, grounding=refused(), page=MISREAD), "box", HERE, "misread"),
        (case(Outcome.LOW_CONFIDENCE, grounding=refused("low_confidence", NEAR), page=MISREAD), "box", HERE,
         "too_strict"),
        (case(Outcome.LOW_CONFIDENCE, grounding=refused("low_confidence"), page=STRICT), "box", HERE, "too_strict"),
        (case(Outcome.ABSENT, grounding=refused()), "absent", None, None),
        (case(Outcome.ABSENT, grounding=refused(), page=replace(READ, overlay=WINDOW)), "box", THERE, "popup"),
        (case(Outcome.AMBIGUOUS, grounding=refused("ambiguous")), "box", HERE, "ambiguous"),
        (case(Outcome.WRONG_SCREEN, grounding=None), None, None, "wrong_screen"),
        (case(Outcome.WRONG_SCREEN, grounding=None, page=replace(READ, overlay=WINDOW)), None, None, "popup"),
        (case(Outcome.NOT_LANDED, after=verified("failed", "unchanged")), "box", HERE, "timing"),
        (case(Outcome.NOT_LANDED, after=verified("failed", "error_message")), None, None, "popup"),
        (case(Outcome.NOT_LANDED, after=verified("failed", "another_screen")), "box", THERE, "too_loose"),
        (case(Outcome.OCR_TIMEOUT, grounding=None, page=None), None, None, "timing"),
        (case(Outcome.ABSENT, grounding=refused(), spent=0.95), "box", HERE, "timing"),
        (case(Outcome.NEEDS_HUMAN, grounding=None), None, None, None),
        (case(Outcome.NOT_LANDED), "box", HERE, None),
    ],
    ids=["all is well", "nothing read there", "another place", "not there at all", "remembered elsewhere",
         "model elsewhere", "model's answer unusable", "refused, nothing read", "refused, read otherwise",
         "candidate under the limit", "nearly the text", "rightly absent", "behind a window", "several",
         "another screen", "a window in front", "nothing happened", "a message came", "led astray", "reader too slow",
         "time nearly up", "for a person", "untold"],
)  # fmt: skip
def test_the_cause_follows_from_the_evidence(seen: Case, place: Any, box: Box | None, cause: str | None) -> None:
    found = propose(seen, place, box).cause
    assert found == cause
    assert found is None or found in CAUSES


def test_a_wrong_answer_without_a_place_has_a_cause_too() -> None:
    assert propose(case(), None, None, "wrong").cause == "too_loose"
    assert propose(case(grounding=pressed(method="cache")), None, None, "wrong").cause == "stale_cache"


def test_a_box_is_carried_over_where_the_same_stands_in_it() -> None:
    assert transferred(HERE, READ, SIZE, READ, SIZE) == HERE
    assert transferred(HERE, READ, SIZE, READ, Size(401, 300)) is None
    assert transferred(HERE, READ, SIZE, MISREAD, SIZE) is None
    assert transferred(BLANK, READ, SIZE, READ, SIZE) is None
    assert transferred(HERE, READ, SIZE, None, SIZE) is None


def test_the_pressed_pixel_is_that_of_a_found_place_only() -> None:
    assert case().pressed == Point(140, 115)
    assert case(grounding=refused()).pressed is None


def test_the_engines_candidates_are_controls_that_one_may_point_at() -> None:
    button = Candidate("Valider", Box(90, 95, 110, 40), HERE, 0.97, 0.9)
    text = Candidate("Valider", HERE, HERE, 0.97, 0.9)
    edge = Point(92, 97)
    assert case(grounding=refused("ambiguous", button)).thing_at(edge, SIZE).box == button.box
    assert case(grounding=refused("ambiguous", text)).thing_at(HERE.center, SIZE).kind == "phrase"
